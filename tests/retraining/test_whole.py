"""A case on the command line, from its proposal to its end: as a person does it."""

import json
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from retraining.__main__ import main
from retraining.records import rfc3339
from tests.retraining.scenes import END, Scenes

Run = Callable[..., str]


@pytest.fixture
def run(scenes: Scenes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; what it says, on either output where it fails."""
    monkeypatch.setenv("DATABASE_URL", scenes.database.url("retraining"))
    monkeypatch.setenv("MODELS_DIR", str(scenes.models))
    monkeypatch.setenv("DATA_DIR", str(scenes.models.parent))
    # Its handler would outlive the test.
    monkeypatch.setattr("retraining.__main__.signal.signal", lambda *_: None)

    def command(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["retraining", *arguments])
        found = main()
        said = capsys.readouterr()
        assert found == code, said.err
        return said.out if code == 0 else said.out + said.err

    return command


def test_a_person_approves_and_promotes_what_is_proposed_and_takes_it_back(
    scenes: Scenes, run: Run
) -> None:
    scenes.feed(shift=2.5)
    scenes.database.query("INSERT INTO monitor_clock (as_of) VALUES (%s)", END + timedelta(hours=1))

    told = run("propose", "--manual", "more bads than forecast", "--as-of", rfc3339(END))
    record = json.loads(
        run(
            "propose",
            "--manual",
            "more bads than forecast",
            "--as-of",
            rfc3339(END),
            "--json",
        )
    )
    challenger = record["challenger"]
    assert told.startswith("case 1: recalibrate\n")
    assert f"{challenger} is published, and not active: `retraining approve 1`" in told

    assert "not approved" in run("promote", "1", "--by", "Ann", code=1)
    run("approve", "1", "--by", "Ann", "--reason", "The forecast was wrong.")
    run("promote", "1", "--by", "Bob")
    assert scenes.store.active() == challenger

    assert "promoted by Bob" in run("show", "1")
    assert "The actions, from the smallest to the largest" in run("explain", "1")
    assert "are those of the log" in run("verify")

    run("rollback", "--by", "Ann", "--reason", "Complaints.")
    assert scenes.store.active() == scenes.champion
    assert "rolled back" in run("list")
