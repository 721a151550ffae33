"""A case: opened once for what it is about, looked at again, and made again to the last figure."""

import json
from datetime import timedelta
from typing import Any

import pytest

from retraining import approvals, records
from retraining.cases import case_of
from retraining.errors import CannotPropose
from retraining.evidence import evidence_now
from retraining.recomputing import differences
from retraining.records import Record
from tests.monitor.incidents import log
from tests.retraining.scenes import END, Scenes


def ledger(scenes: Scenes) -> list[Record]:
    with scenes.connections.connection() as connection, connection.attempt():
        return records.read(connection)


def incident(scenes: Scenes, cause: str, action: str, **more: Any) -> int:
    """One that the monitor found on the fifth day, diagnosed so; its number."""
    content = {
        "at": 0,
        "cause": cause,
        "candidates": [],
        "actionable": True,
        "action": action,
        "columns": ["MonthlyIncome"],
        **more,
    }
    onset = log.FIRST + 96
    opened = {"onset": {"hour": onset, "low": onset - 2, "high": onset + 2}, "moved": []}
    ((number,),) = scenes.database.query("SELECT count(*) + 1 FROM incident")
    scenes.database.query(
        "INSERT INTO incident VALUES (%s, %s, %s, %s)",
        *(number, scenes.champion, number, log.moment(6)),
    )
    for kind, said in (("opened", opened), ("diagnosed", {"diagnosis": content})):
        scenes.database.query(
            "INSERT INTO incident_record SELECT count(*) + 1, %s, %s, %s, %s FROM incident_record",
            *(number, log.moment(6), kind, json.dumps(said)),
        )
    return int(number)


def test_more_bads_alike_among_all_are_a_recalibration(scenes: Scenes) -> None:
    """And the case, looked at again, judges the same challengers on more rows."""
    scenes.feed(shift=2.5)

    record = scenes.propose(END - timedelta(days=1))
    again = scenes.propose(END - timedelta(days=1))
    later = scenes.propose()

    content = record.content
    assert (record.kind, record.case_id, record.written_by) == ("proposed", 1, "retraining")
    proposal = content["proposal"]
    assert (proposal["verdict"], proposal["rung"]) == ("recalibrate", "intercept")
    assert content["maturity"]["coverage"] == 1
    derived = scenes.store.load(content["challenger"])
    assert derived.derived_from == scenes.champion == scenes.store.active()
    assert derived.link.intercept == pytest.approx(2.5, abs=0.3)
    rungs = [option["rung"] for option in content["options"]]
    assert rungs == ["nothing", "intercept", "slope", "refit"]
    assert scenes.store.has(content["challengers"]["rungs"][-1]["version"])
    assert content["rows"]["fit"]["to"] < content["rows"]["judged"]["from"]
    assert again == record
    assert (later.kind, later.case_id) == ("looked", 1)
    assert later.content["challengers"] == content["challengers"]
    assert later.content["challenger"] == content["challenger"]
    assert later.content["rows"]["judged"]["rows"] > content["rows"]["judged"]["rows"]
    assert len(ledger(scenes)) == 2
    with pytest.raises(CannotPropose, match="which is later: give --as-of a time after that"):
        scenes.propose(END - timedelta(days=2))

    assert differences(scenes.means(), ledger(scenes)) == []
    case = case_of(ledger(scenes), 1)
    assert evidence_now(scenes.means(), case) == case.terms.evidence_sha256
    with scenes.connections.connection() as connection:
        approvals.approve(connection, 1, by="Ann", reason="It pays.", at=END)
    with pytest.raises(CannotPropose, match="is about the same, and approved: promote it"):
        scenes.propose(END + timedelta(days=1))

    # A fault that is found later, in rows that were judged on.
    incident(scenes, "unit", "fix_pipeline")
    assert evidence_now(scenes.means(), case) != case.terms.evidence_sha256

    # And somebody who can change rows.
    scenes.database.query("DELETE FROM outcome_event WHERE client_reference = 'case-2500'")
    told = differences(scenes.means(), ledger(scenes)[:1])
    assert any("maturity.known was 2592, and is 2591 by the log" in each for each in told)


def test_another_relation_is_a_refit(scenes: Scenes) -> None:
    scenes.feed(by_age=True)

    content = scenes.propose().content

    assert (content["proposal"]["verdict"], content["proposal"]["rung"]) == ("refit", "refit")
    assert content["challenger"] == content["challengers"]["rungs"][-1]["version"]
    found = scenes.store.load(content["challenger"])
    assert found.metadata["data"]["rows"] == content["rows"]["refit"]["rows"]
    assert found.metadata["data"]["source"] == "the prediction log, 1,440 due rows of gmsc/1"
    assert scenes.store.active() == scenes.champion


def test_a_training_that_was_refused_is_no_rung_and_is_refused_again_when_it_is_checked(
    scenes: Scenes, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.feed(shift=2.5)
    monkeypatch.setenv("MIN_AUC", "0.99")
    before = scenes.store.versions()

    content = scenes.propose().content

    assert "is under MIN_AUC 0.99" in content["challengers"]["troubles"]["refit"]
    assert [each["rung"] for each in content["options"]] == ["nothing", "intercept", "slope"]
    assert set(scenes.store.versions()) - set(before) == {content["challenger"]}
    assert differences(scenes.means(), ledger(scenes)) == []
    monkeypatch.delenv("MIN_AUC")
    assert any("troubles.refit" in each for each in differences(scenes.means(), ledger(scenes)))


def test_nothing_is_trained_where_the_pipeline_is_at_fault(scenes: Scenes) -> None:
    """And rows of the fault are in no part, whatever a later case is about."""
    scenes.feed(shift=1.5)
    number = incident(scenes, "unit", "fix_pipeline")
    before = scenes.store.versions()

    of_fault = scenes.propose(incident_id=number).content
    of_wish = scenes.propose(policy="evidence.minimum_bads = 500").content

    assert of_fault["proposal"]["verdict"] == "fix_pipeline"
    assert of_fault["challengers"] is of_fault["challenger"] is None
    assert scenes.store.versions() == before
    window = of_fault["quarantine"][0]
    assert (window["incident_id"], window["from"], window["to"]) == (
        *(number, "2026-03-05T22:00:00.000000Z"),
        None,
    )
    assert of_wish["proposal"]["verdict"] == "wait"
    assert of_wish["maturity"]["quarantined"] == 2880 - of_wish["maturity"]["due"] > 0
    assert max(each["to"] for each in of_wish["rows"].values()) < window["from"]


def test_too_few_outcomes_wait_and_say_until_when(scenes: Scenes) -> None:
    scenes.feed(hours=48)

    not_due = scenes.propose(log.moment(5)).content
    few = scenes.propose(END, wish="later").content
    selected = scenes.database.query(
        "DELETE FROM outcome_event WHERE client_reference LIKE %s RETURNING 1", "case-1%"
    )
    missing = scenes.propose(END, wish="again").content

    assert not_due["proposal"]["verdict"] == "wait"
    assert not_due["maturity"]["next_due"] == "2026-03-12T00:01:00.000000Z"
    assert few["proposal"]["verdict"] == "wait"
    assert few["proposal"]["reason"].startswith("The event happened in")
    assert missing["maturity"]["known"] == 576 - len(selected)
    assert "have an outcome that is settled" in missing["proposal"]["reason"]


def test_a_case_is_about_an_incident_or_a_wish(scenes: Scenes) -> None:
    with pytest.raises(CannotPropose, match=r"no incident of .* is open: name one with --incident"):
        scenes.propose(wish=None)
    with pytest.raises(CannotPropose, match="there is no incident 7 of this data set"):
        scenes.propose(incident_id=7)
    quiet = incident(scenes, "season", "nothing")
    loud = incident(scenes, "calibration", "recalibrate")
    incident(scenes, "season", "nothing")

    first = scenes.propose(wish=None)
    second = scenes.propose(incident_id=quiet)

    assert first.content["trigger"]["document"]["incident_id"] == loud
    assert second.case_id == 2
    assert first.content["bounds"]["since"] > 0
    (scenes.models / "current").unlink()
    with pytest.raises(CannotPropose, match=r"no version is active in .*: train first"):
        scenes.propose()
