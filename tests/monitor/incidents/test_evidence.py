"""What a diagnosis asks of the log is answered as of its hour, and the same for a log fed again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from contract.scoring import Scorer
from contract.signature import SigningKeys
from diagnosis.evidence import Event
from diagnosis.rows import Rows
from monitor import round as rounds
from monitor.incidents.evidence import LogEvidence
from monitor.incidents.versions import Versions
from tests.db.rows import insert, row
from tests.monitor.conftest import Monitor
from tests.monitor.incidents import log

FIRST = log.FIRST
EVER = FIRST + 1000 * 24


@contextmanager
def evidence(monitor: Monitor, scorer: Scorer | None = None) -> Iterator[LogEvidence]:
    versions = Versions(monitor.models, SigningKeys(()))
    with monitor.connections.snapshot() as connection, connection.cursor() as cursor:
        reference = versions.reference(cursor, log.version_of(monitor.models))
        yield LogEvidence(cursor, reference, lambda: scorer)


def fed(monitor: Monitor, sent: log.Traffic, *, as_events: bool = True) -> None:
    log.register(monitor.database, monitor.models)
    log.write(monitor.database, monitor.models, sent, as_events=as_events)
    count(monitor)


def count(monitor: Monitor) -> None:
    rounds.run(monitor.connections, monitor.references())


def columns(rows: Rows) -> list[object]:
    found = (rows.values, rows.scores, rows.callers, rows.times, rows.outcomes)
    return [*(each.tobytes() for each in found), rows.observed.tobytes(), rows.names]


@pytest.mark.parametrize("as_events", [True, False])
def test_few_rows_come_all_and_as_they_were_logged(monitor: Monitor, as_events: bool) -> None:
    sent = log.traffic(monitor.models, 30, 4)
    fed(monitor, sent, as_events=as_events)

    with evidence(monitor) as found:
        rows = found.rows(FIRST + 2, FIRST + 28, EVER, 1000)
        none = found.rows(FIRST + 40, FIRST + 50, EVER, 1000)

    expected = log.loaded(monitor.models).scorer.score(sent.values)[8:112]
    order = np.argsort(sent.hours[8:112], kind="stable")
    assert rows.times == pytest.approx(sent.hours[8:112][order] + FIRST)
    assert sorted(rows.scores) == sorted(expected)
    assert np.nanmean(rows.values) == pytest.approx(np.nanmean(sent.values[8:112]))
    assert rows.names == ("branch", "mobile", "web")
    assert np.bincount(rows.callers).sum() == 104
    assert rows.due == pytest.approx(rows.times + log.DUE.days * 24)
    assert np.isnan(rows.outcomes).all()
    assert len(none) == 0


def test_a_log_that_is_fed_again_has_the_same_sample(monitor: Monitor) -> None:
    sent = log.traffic(monitor.models, 48, 40)
    fed(monitor, sent)
    with evidence(monitor) as found:
        first = found.rows(FIRST, FIRST + 48, EVER, 300)
    monitor.query("DELETE FROM prediction_log")

    shuffled = np.random.default_rng(0).permutation(len(sent.hours))
    again = log.Traffic(*(getattr(sent, name)[shuffled] for name in sent.__dataclass_fields__))
    log.write(monitor.database, monitor.models, again)
    count(monitor)

    with evidence(monitor) as found:
        second = found.rows(FIRST, FIRST + 48, EVER, 300)
    assert 200 < len(first) < 400
    assert columns(first) == columns(second)


@pytest.mark.parametrize("as_events", [True, False])
def test_a_sample_does_not_depend_on_other_hours_and_is_even(
    monitor: Monitor, as_events: bool
) -> None:
    fed(monitor, log.traffic(monitor.models, 48, 40), as_events=as_events)

    with evidence(monitor) as found:
        before = found.rows(FIRST, FIRST + 24, EVER, 240)
        log.write(
            monitor.database,
            monitor.models,
            replace((more := log.traffic(monitor.models, 10, 50, seed=3)), hours=more.hours + 30),
        )
    count(monitor)
    with evidence(monitor) as found:
        after = found.rows(FIRST, FIRST + 24, EVER, 240)

    assert columns(before) == columns(after)
    by_hour = np.histogram(before.times - FIRST, bins=np.arange(0, 25, 6))[0]
    assert by_hour == pytest.approx([60] * 4, abs=30)


def test_outcomes_are_those_that_were_observed_before_the_hour(monitor: Monitor) -> None:
    sent = log.traffic(monitor.models, 6, 2)
    # What is observed at the hour itself was not observed before it.
    sent = replace(sent, hours=np.floor(sent.hours))
    fed(monitor, sent)
    log.report(monitor.database, sent, timedelta(days=3))
    count(monitor)

    with evidence(monitor) as found:
        early = found.rows(FIRST, FIRST + 6, FIRST + 3 * 24, 100)
        half = found.rows(FIRST, FIRST + 6, FIRST + 3 * 24 + 3, 100)
        late = found.rows(FIRST, FIRST + 6, EVER, 100)

    assert not early.labelled.any()
    assert half.labelled.tolist() == (half.times < FIRST + 3).tolist()
    assert late.labelled.all()
    assert late.outcomes.sum() == sent.labels.sum()
    assert late.observed == pytest.approx(late.times + 3 * 24)


@pytest.mark.parametrize("state", ["retracted", "unobservable", "interim", "contested"])
def test_what_is_not_settled_is_no_outcome(monitor: Monitor, state: str) -> None:
    sent = log.traffic(monitor.models, 3, 2)
    fed(monitor, sent)
    if state == "contested":
        log.report(monitor.database, sent)
        log.report(monitor.database, sent, key="other", flip=True)
    else:
        log.report(monitor.database, sent, state=state)
    count(monitor)

    with evidence(monitor) as found:
        rows = found.rows(FIRST, FIRST + 3, EVER, 100)
        due = found.due(FIRST + 10 * 24, FIRST + 11 * 24, 100)

    assert not rows.labelled.any()
    assert np.isnan(rows.observed).all()
    assert len(due) == 6


def test_due_cases_are_found_to_the_hour_however_long_before_they_came(monitor: Monitor) -> None:
    sent = log.traffic(monitor.models, 30, 4)
    fed(monitor, sent)
    later = log.moment(days=100, hours=5, minutes=30)
    insert(
        monitor.database,
        [
            row(
                "2026-03-02T04:10:00Z",
                model_version=log.version_of(monitor.models),
                outcome_due=later,
                probability=0.987,
            )
        ],
    )
    log.report(monitor.database, sent, timedelta(days=3))
    count(monitor)

    with evidence(monitor) as found:
        due = found.due(FIRST + 240 + 3, FIRST + 240 + 7, 1000)
        said = found.due(FIRST + 2405, FIRST + 2406, 1000)
        before = found.due(FIRST + 2400, FIRST + 2405, 1000)
        some = found.due(FIRST + 240, FIRST + 264, 40)

    assert due.times.min() >= FIRST + 3
    assert due.times.max() < FIRST + 7
    assert len(due) == 16
    assert due.labelled.all()
    assert said.scores.tolist() == [0.987]
    assert said.due == pytest.approx([FIRST + 2405.5])
    assert len(before) == 0
    assert 15 < len(some) < 80


def test_a_score_that_the_bundle_does_not_give_again_is_found(monitor: Monitor) -> None:
    sent = log.traffic(monitor.models, 20, 10)
    fed(monitor, sent)
    scorer = log.loaded(monitor.models).scorer
    with evidence(monitor, scorer) as found:
        right = found.rescored(FIRST, FIRST + 20, 1000)
    monitor.query(
        "UPDATE prediction_log SET probability = probability + 1e-9"
        " WHERE client_reference = ANY (%s)",
        ["case-3", "case-4"],
    )

    with evidence(monitor, scorer) as found:
        wrong = found.rescored(FIRST, FIRST + 20, 1000)
        empty = found.rescored(FIRST + 90, FIRST + 91, 1000)
    with evidence(monitor) as found:
        unknown = found.rescored(FIRST, FIRST + 20, 1000)

    assert right == (0, 200)
    assert wrong == (2, 200)
    assert empty == (0, 0)
    assert unknown == (0, 0)


def test_events_are_those_of_the_span_and_no_others(monitor: Monitor) -> None:
    sent = log.traffic(monitor.models, 24 * 4, 3)
    gone = (sent.callers == "web") & (sent.hours >= 30)
    late = (sent.callers == "mobile") & (sent.hours < 20)
    kept = ~gone & ~late
    fed(
        monitor,
        sent.of(kept),
    )
    version = log.version_of(monitor.models)
    for minute, reason in ((15, "start"), (50, "start")):
        activate(monitor, version, log.moment(hours=40, minutes=minute), reason)
    keep = "INSERT INTO operator_note (at, body) VALUES (%s, %s)"
    for body in ("app 4.2", "accept 1: known", "accept 2: of another version", "accept 9: none"):
        monitor.query(keep, log.moment(hours=41.25), body)
    for incident, model, number in ((1, version, 5), (2, "another", 1)):
        monitor.query("INSERT INTO incident VALUES (%s, %s, %s, now())", incident, model, number)

    with evidence(monitor) as found:
        every = found.events(FIRST, FIRST + 96)
        some = found.events(FIRST + 40, FIRST + 42)
        early = found.events(FIRST, FIRST + 40)

    web = float(np.floor(sent.hours[kept & (sent.callers == "web")].max())) + 1
    mobile = float(np.floor(sent.hours[kept & (sent.callers == "mobile")].min()))
    first = {event.text: event.at - FIRST for event in every if event.kind == "caller_first"}
    assert first["mobile"] == mobile >= 20
    assert set(first) == {"branch", "mobile", "web"}
    assert [e for e in every if e.kind == "caller_last"] == [
        Event(FIRST + web, "caller_last", "web")
    ]
    assert some == (
        Event(FIRST + 40.25, "activation", version),
        Event(FIRST + 41.25, "note", "accept 5"),
        Event(FIRST + 41.25, "note", "app 4.2"),
    )
    assert not [e for e in early if e.kind == "caller_last"]


def test_a_caller_without_a_key_has_a_name_in_its_events(monitor: Monitor) -> None:
    sent = log.traffic(monitor.models, 4, 3)
    fed(monitor, replace(sent, callers=np.full_like(sent.callers, "")))

    with evidence(monitor) as found:
        events = found.events(FIRST, FIRST + 4)

    assert [(e.kind, e.text) for e in events] == [("caller_first", "A caller without a key")]


def activate(monitor: Monitor, version: str, at: datetime, reason: str) -> None:
    monitor.query(
        "INSERT INTO model_activation (activation_id, activated_at, process_id, instance,"
        " model_version, reason) VALUES (gen_random_uuid(), %s, gen_random_uuid(), 'h', %s, %s)",
        *(at, version, reason),
    )
