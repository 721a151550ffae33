"""`monitor incidents` and `monitor explain ID`: what a person and a program get of them."""

import argparse
import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from monitor.incidents import commands_telling, plain
from monitor.incidents.incident import Diagnosed, Incident
from tests.monitor.application import client
from tests.monitor.conftest import Monitor
from tests.monitor.incidents import made

BEFORE = "2026-05-08T08:00:00Z"


@dataclass
class Answer:
    returncode: int
    stdout: str
    stderr: str


@dataclass
class Telling:
    """The commands on a database, without a process for each."""

    monitor: Monitor
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Answer:
        parser = argparse.ArgumentParser()
        commands_telling.add(parser.add_subparsers())
        options = parser.parse_args(arguments)
        code = options.run(options, self.monitor.connections, None)
        return Answer(code, *self.capture.readouterr())


@pytest.fixture
def two(monitor: Monitor, capsys: pytest.CaptureFixture[str]) -> Telling:
    """A closed one, and an open one that was undetermined for a day."""
    made.keep(monitor.database, made.closed(incident_id=1), made.settled(2))
    monitor.query("UPDATE rollup_state SET as_of = '2026-05-20Z', rolled_at = now()")
    return Telling(monitor, capsys)


def test_incidents_are_listed_with_their_state(two: Telling) -> None:
    listed = two.run("incidents")

    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout == (
        "2  Open for 12 days, action due\n"
        "   Cases with age below 32 go bad 1.75 times as often as the model says\n"
        "   Since 8 May 2026, 03:00 UTC, version loans-1a2b3c.\n"
        "\n"
        "1  Closed: everything is back, after 5 days\n"
        "   MonthlyIncomeOfTheHousehold was 12 times too high, for 5 days\n"
        "   Since 8 May 2026, 03:00 UTC, version loans-1a2b3c.\n"
    )


def test_as_json_standard_output_is_what_the_api_answers_and_nothing_else(two: Telling) -> None:
    listed = two.monitor.run("incidents", "--json")

    assert (listed.returncode, listed.stderr) == (0, "")
    with client(two.monitor.database.url("monitor")) as api:
        assert json.loads(listed.stdout) == api.get("/api/incidents").json()
    documents = json.loads(listed.stdout)["incidents"]
    assert [each["incident_id"] for each in documents] == [2, 1]
    assert documents[0] == made.settled(2).document()


def test_the_open_ones_and_those_of_an_earlier_time_can_be_asked_for(two: Telling) -> None:
    still = json.loads(two.run("incidents", "--json", "--open").stdout)["incidents"]
    earlier = two.run("incidents", "--json", "--as-of", "2026-05-08T10:30:00Z")
    then = json.loads(earlier.stdout)["incidents"]
    before = two.run("incidents", "--json", "--as-of", BEFORE)

    assert [each["incident_id"] for each in still] == [2]
    assert [each["closed_at"] for each in then] == [None, None]
    assert then[0]["diagnosis"]["cause"] == "undetermined"
    assert (before.returncode, json.loads(before.stdout)) == (0, {"incidents": []})


def test_an_explanation_says_what_the_page_says(two: Telling) -> None:
    explained = two.run("explain", "2")

    assert (explained.returncode, explained.stderr) == (0, "")
    text = explained.stdout
    assert text.startswith(
        "Incident 2: Cases with age below 32 go bad 1.75 times as often as the model says\n"
        "Open for 12 days, action due.\n\n"
    )
    assert "Cost        0.26 instead of 0.21 (log loss a case), measured on 9,611 due" in text
    assert "  holds      99%  Concept drift with age below 32. Taken back on" in text
    assert "  8 May 2026, 10:00 UTC   Undetermined. Concept drift" in text


def test_an_explanation_as_of_a_time_is_what_was_known_then(two: Telling) -> None:
    explained = two.run("explain", "2", "--as-of", "2026-05-08T11:00:00Z")

    assert "says; the cause is open\nOpen for 2 hours, undetermined: wait.\n" in explained.stdout
    assert "\nWhat would decide\n" in explained.stdout
    assert "9 May" not in explained.stdout


@pytest.mark.parametrize("number", ["3", "0", "-1", str(2**70)])
def test_an_unknown_one_fails_and_says_what_to_do(two: Telling, number: str) -> None:
    explained = two.run("explain", "--", number)

    assert (explained.returncode, explained.stdout) == (1, "")
    assert explained.stderr == (
        f"there was no incident {number}: `monitor incidents` lists those that were opened\n"
    )


def test_one_that_was_not_opened_by_then_is_unknown(two: Telling) -> None:
    explained = two.run("explain", "2", "--as-of", BEFORE)

    assert explained.returncode == 1
    assert "no incident 2 by 8 May 2026, 08:00 UTC" in explained.stderr


@pytest.mark.parametrize("arguments", [("explain", "two"), ("incidents", "--as-of", "yesterday")])
def test_wrong_usage_is_told_from_failure(two: Telling, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        two.run(*arguments)


def test_without_postgres_it_fails_and_prints_nothing(monitor: Monitor) -> None:
    listed = monitor.run(
        "incidents", "--json", DATABASE_URL="postgresql://monitor@127.0.0.1:1/mlops"
    )

    assert (listed.returncode, listed.stdout) == (1, "")
    assert listed.stderr.startswith("incidents failed: ")


def test_none_is_said_in_words() -> None:
    assert plain.listing([], made.OPENED) == "No incident was opened yet.\n"
    assert plain.listing([], made.OPENED, only_open=True) == "No incident is open.\n"


@pytest.mark.parametrize("incident", made.everyone(), ids=lambda one: str(one.incident_id))
def test_every_line_fits_a_terminal(incident: Incident) -> None:
    now = made.OPENED + timedelta(days=3)
    noted = [
        Diagnosed(each.at, replace(each.diagnosis, notes=("A note at the onset",)))
        for each in incident.diagnoses
    ]

    text = plain.explanation(replace(incident, diagnoses=tuple(noted)), now)

    assert max(len(line) for line in text.splitlines()) <= 80
    assert ("\nNotes\n  A note at the onset.\n" in text) == bool(noted)
