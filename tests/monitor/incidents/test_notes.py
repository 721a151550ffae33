"""What people tell the monitor is kept as they said it, and nothing else is."""

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.incidents import commands_notes, notes, reading
from monitor.incidents.acceptance import accepted
from monitor.settings import MonitorSettings
from tests.monitor.conftest import Monitor
from tests.monitor.webhook.found import LIFE, keep, of

OPENED, _, ENDED = LIFE
START = datetime(2026, 2, 28, tzinfo=UTC)
NOTES = "SELECT at::text, body, written_by FROM operator_note ORDER BY note_id"


class Spoken:
    """The commands, in this process; each has the exit status 0."""

    def __init__(self, monitor: Monitor, capsys: pytest.CaptureFixture[str]) -> None:
        self._monitor = monitor
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[str, str]:
        """What was written to standard output and error."""
        options = parser().parse_args(arguments)
        given: dict[str, Any] = {"database_url": self._monitor.database.url("monitor")}
        settings = MonitorSettings(**given)
        assert options.run(options, self._monitor.connections, settings) == 0
        written = self._capsys.readouterr()
        return written.out, written.err


@pytest.fixture
def say(monitor: Monitor, capsys: pytest.CaptureFixture[str]) -> Spoken:
    return Spoken(monitor, capsys)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    commands_notes.add(made.add_subparsers())
    return made


def test_a_note_is_kept_with_its_time_and_who_wrote_it(monitor: Monitor, say: Spoken) -> None:
    first = monitor.run("note", " app 4.2, für alle ", "--at", "2026-03-01T01:00:00+01:00")
    say("note", "it", "--by", "Ann B.", "--at", "2026-02-28T23:00:00Z")

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "note 1 is kept, of 2026-03-01T00:00:00Z\n"
    with monitor.connections.snapshot() as reader:
        found = reading.notes(reader, START, START + timedelta(days=2))
    assert [(note.text, note.by) for note in found] == [
        ("it", "Ann B."),
        ("app 4.2, für alle", None),
    ]


def test_now_is_the_monitors_business_time(monitor: Monitor, say: Spoken) -> None:
    monitor.query("INSERT INTO monitor_clock (as_of) VALUES ('2026-01-05 10:00Z')")
    held, _ = say("note", "in a replay")
    monitor.query("DELETE FROM monitor_clock")
    say("note", "today")

    assert held == "note 1 is kept, of 2026-01-05T10:00:00Z\n"
    (age,) = monitor.query(
        "SELECT now() - at < interval '1 min' FROM operator_note WHERE note_id=2"
    )
    assert age == (True,)


def test_anything_else_is_refused_and_not_kept(monitor: Monitor) -> None:
    refused = {
        "": "a note is a line of 1 to 1,000 printable characters",
        "x" * 1001: "a note is a line of 1 to 1,000 printable characters",
        "two\nlines": "a note is a line",
        "red \x1b[31m": "a note is a line",
        "accept 7": "this would accept incident 7: write `monitor accept 7",
        "accept 7: fine": "this would accept incident 7",
    }
    with monitor.connections.connection() as connection:
        for text, said in refused.items():
            with pytest.raises(notes.NoteRefused, match=re.escape(said)):
                notes.write(connection, text, None, None)
        for by in ("", "\u202e", "x" * 201):
            with pytest.raises(notes.NoteRefused, match="a name is a line of 1 to 200"):
                notes.write(connection, "text", None, by)
        for because in (" ", "x" * 991):
            with pytest.raises(notes.NoteRefused, match="a reason is a line"):
                notes.accept(connection, 7, because, None)
        with pytest.raises(notes.NoteRefused, match="there is no incident 7"):
            notes.accept(connection, 7, "planned", None)

    assert monitor.query(NOTES) == []


def test_a_refusal_is_a_line_and_an_exit_status(monitor: Monitor) -> None:
    refused = monitor.run("note", "red \x1b[31m")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("note failed: a note is a line of")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["note", "x", "--at", "yesterday"], "must be a time with its offset"),
        (["note", "x", "--at", "2026-03-01T00:00:00"], "must be a time with its offset"),
        (["accept", "7"], "--because"),
        (["accept", "0", "--because", "x"], "must be the number of an incident"),
        (["accept", "9" * 30, "--because", "x"], "must be the number of an incident"),
        (["accept", "\u0667", "--because", "x"], "must be the number of an incident"),
    ],
)
def test_what_is_no_command_is_said(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(arguments)

    assert said in capsys.readouterr().err


def test_an_open_incident_is_accepted_once(monitor: Monitor, say: Spoken) -> None:
    keep(monitor, of(1, OPENED), of(2, OPENED), of(2, ENDED))

    done = say("accept", "1", "--because", "the new form leaves it out", "--by", "Ann")
    again = say("accept", "1", "--because", "as before")
    closed = say("accept", "2", "--because", "as before")

    assert done[0].startswith("incident 1 is accepted: the next look closes it")
    assert (done[1], again[0], closed[0]) == ("", "", "")
    assert "accepted already" in again[1]
    assert "was closed on" in closed[1]
    assert [row[1:] for row in monitor.query(NOTES)] == [
        ("accept 1: the new form leaves it out", "Ann")
    ]


@pytest.mark.parametrize(
    ("text", "incident_id"),
    [
        ("accept 17: why not", 17),
        ("accept 17", 17),
        ("accept 17 and go on", None),
        ("accept 017: x", None),
        ("please accept 17: x", None),
        ("accept 17: a\nb", None),
        ("Accept 17: x", None),
    ],
)
def test_only_its_own_form_is_an_acceptance(text: str, incident_id: int | None) -> None:
    assert accepted(text) == incident_id
