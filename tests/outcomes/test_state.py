"""Reports in any order end in one state; it is judged by its due time; what was known stays."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.log.errors import PostgresAway
from outcomes.connection import OutcomeConnection
from outcomes.report import Report, lines
from outcomes.store import Subject, known_of, store
from tests.conftest import Database
from tests.outcomes.predictions import DUE, Prediction, connection_of, log, prediction, report

EVENT = datetime(2026, 1, 10, 12, 0, 0, 700_000, tzinfo=UTC)
BEFORE_DUE = DUE - timedelta(seconds=1)


@pytest.fixture
def connection(database: Database) -> Iterator[OutcomeConnection]:
    with connection_of(database) as connection:
        yield connection


def days(number: float) -> datetime:
    return EVENT + timedelta(days=number)


def states(database: Database, moment: datetime, known: object = "infinity") -> dict[str, Any]:
    """State and outcome of each prediction, by its id."""
    rows = database.query(
        "SELECT prediction_id::text, state, outcome FROM monitoring.outcomes_as_of(%s, %s)",
        *(moment, known),
        role="analyst",
    )
    return {row[0]: row[1:] for row in rows}


GOOD = {"outcome": 0}
NOBODY_KNOWS = {"state": "unobservable", "outcome": None}
TAKEN_BACK = {"state": "retracted", "outcome": None, "event_key": "2", "revision": 1}


# What is reported of a prediction; its state before it is due, and then.
CASES: list[tuple[list[dict[str, Any]], tuple[str, int | None], tuple[str, int | None]]] = [
    ([], ("immature", None), ("overdue", None)),
    ([{}], ("early_bad", 1), ("bad", 1)),
    ([GOOD], ("immature", None), ("good", 0)),
    ([{"state": "interim"}], ("immature", None), ("overdue", None)),
    ([NOBODY_KNOWS], ("unobservable", None), ("unobservable", None)),
    ([{}, TAKEN_BACK], ("retracted", None), ("retracted", None)),
    ([{}, {"event_key": "2", **GOOD}], ("contested", None), ("contested", None)),
    ([{}, {"source": "b"}], ("early_bad", 1), ("bad", 1)),
    # The higher revision goes first, and then the later observation.
    ([{}, {"event_key": "2", "day": 0.5, "revision": 1, **GOOD}], ("immature", None), ("good", 0)),
    ([{}, {"event_key": "2", "day": 2, **GOOD}], ("immature", None), ("good", 0)),
    ([{}, {"event_key": "2", "day": 0.5, **GOOD}], ("early_bad", 1), ("bad", 1)),
    # What was observed before the event is of another one.
    ([{"day": -1}], ("immature", None), ("overdue", None)),
    # A report is often to the second.
    ([{"day": -0.7 / 86_400}], ("early_bad", 1), ("bad", 1)),
]


def test_a_state_goes_by_the_time_that_the_outcome_is_due(
    database: Database, connection: OutcomeConnection
) -> None:
    """Reported before the predictions are in the log, for such a report is kept."""
    rows = [prediction(EVENT, outcome_due=DUE) for _ in CASES]
    for row, (reports, *_) in zip(rows, CASES, strict=True):
        for values in reports:
            day = values.get("day", 1)
            others = {name: value for name, value in values.items() if name != "day"}
            assert store(connection, [report(row, days(day), **others)], None) == ["pending"]
    log(database, rows)

    for place, moment in ((1, BEFORE_DUE), (2, DUE)):
        found = states(database, moment)
        assert [found[row.prediction_id] for row in rows] == [case[place] for case in CASES]


def test_an_outcome_of_a_case_holds_for_each_of_its_predictions_that_were_made_before(
    database: Database, connection: OutcomeConnection
) -> None:
    rows = [
        prediction(days(day), client_reference="case", outcome_due=DUE) for day in (0, 1, 20)
    ] + [prediction(days(1), client_reference="other", outcome_due=DUE)]
    log(database, rows)

    store(connection, [report("case", days(2))], None)

    found = states(database, DUE)
    assert [found[row.prediction_id][0] for row in rows] == ["bad", "bad", "overdue", "overdue"]


def test_the_due_time_is_the_callers_or_the_models_or_the_declarations(
    database: Database, connection: OutcomeConnection
) -> None:
    """Months are the calendar's, and counted from the business time."""
    for version, declaration in (
        ("own", '{"outcome_due": "P1M"}'),
        ("odd", '{"outcome_due": "x"}'),
    ):
        database.query(
            "INSERT INTO model_version (model_version, schema_version, data_source,"
            " data_is_sample, created_at, metadata) VALUES (%s, 'gmsc/1', 'd', false, now(), %s)",
            *(version, f'{{"declaration": {declaration}}}'),
        )
    event = datetime(2024, 1, 31, tzinfo=UTC)
    of_schema = {"schema_version": "gmsc/1"}
    rows = [
        prediction(EVENT, event_time=event, outcome_due=DUE, model_version="own"),
        prediction(EVENT, event_time=event, model_version="own"),
        prediction(EVENT, event_time=event, model_version="older"),
    ]
    database.query("ALTER TABLE prediction_log DROP CONSTRAINT prediction_log_gmsc_1_features")
    log(
        database,
        [
            *rows,
            prediction(EVENT, event_time=event, model_version="older", **of_schema),
            prediction(EVENT, event_time=event, model_version="odd", **of_schema),
        ],
    )

    found = database.query(
        "SET TimeZone = 'Europe/Berlin'; SELECT outcome_due FROM monitoring.outcome_state"
        " ORDER BY outcome_due NULLS FIRST",
        role="analyst",
    )
    assert [due for (due,) in found] == [
        None,
        datetime(2024, 2, 29, tzinfo=UTC),
        datetime(2026, 1, 31, tzinfo=UTC),
        datetime(2026, 1, 31, tzinfo=UTC),
        DUE,
    ]


# -- any order ----------------------------------------------------------------------------------


def some_reports(
    chance: random.Random, subjects: Sequence[Prediction | str], first: float
) -> list[Report]:
    """Reports that often tie in revision and time; no two contradict each other under one key."""
    made = {}
    for _ in range(chance.randint(1, 8)):
        of, source, key = chance.choice(subjects), chance.choice("ab"), chance.choice("12")
        state = chance.choice(["final", "final", "final", "interim", "retracted", "unobservable"])
        made[of, source, key] = report(
            of,
            days(chance.choice([1.6, 1.6, 1.6, 2, first])),
            source=source,
            event_key=key,
            state=state,
            outcome=chance.randint(0, 1) if state in ("final", "interim") else None,
            revision=chance.choice([0, 0, 1]),
        )
    return list(made.values())


def judged(row: Prediction, reports: Sequence[Report], moment: datetime) -> tuple[Any, ...]:
    """The state by the words of docs/outcomes.md, told apart from the SQL."""
    event = row.predicted_at.replace(microsecond=0)
    mine = [
        given
        for given in reports
        if row.prediction_id == given.prediction_id or row.client_reference == given.reference
        if event <= datetime.fromisoformat(given.observed_at) <= moment
    ]
    due = moment >= DUE
    top = max(((given.revision, given.observed_at) for given in mine), default=None)
    said = {
        (given.state, given.outcome) for given in mine if (given.revision, given.observed_at) == top
    }
    if len(said) > 1:
        return ("contested", None)
    state, outcome = said.pop() if said else ("interim", None)
    if state in ("retracted", "unobservable"):
        return (state, None)
    if (state, outcome) == ("final", 1):
        return ("bad" if due else "early_bad", 1)
    if state == "final" and due:
        return ("good", 0)
    return ("overdue" if due else "immature", None)


def test_any_order_duplication_and_split_of_reports_ends_in_one_state(
    database: Database, connection: OutcomeConnection
) -> None:
    """A thousand random sets, of cases whose predictions come first, or come last."""
    chance = random.Random(13)
    cases: list[tuple[list[Prediction], list[Report]]] = []
    for number in range(1000):
        name = {"client_reference": f"case-{number}", "outcome_due": DUE}
        rows = [prediction(EVENT, **name), prediction(days(1.5), **name)]
        # Of predictions that are known, a report from before the event is refused.
        first = 1.5 if number % 2 else -1
        reports = some_reports(chance, [*rows, f"case-{number}"], first)
        cases.append((rows, reports))
    log(database, [row for rows, _ in cases[1::2] for row in rows])
    sent = [given for _, reports in cases for given in reports]
    sent += chance.choices(sent, k=len(sent) // 10)
    chance.shuffle(sent)

    while sent:
        size = chance.randint(1, 700)
        store(connection, sent[:size], None)
        sent = sent[size:]
    log(database, [row for rows, _ in cases[::2] for row in rows])

    for moment in (BEFORE_DUE, DUE):
        found = states(database, moment)
        for rows, reports in cases:
            for row in rows:
                assert found[row.prediction_id] == judged(row, reports, moment)


def test_what_was_known_at_a_time_does_not_change_by_later_reports(
    database: Database, connection: OutcomeConnection
) -> None:
    row = prediction(EVENT, client_reference="case", outcome_due=DUE)
    log(database, [row])
    store(connection, [report("case", days(1), outcome=0)], None)
    before = known_of(connection, Subject(None, "case"), None)

    # Observed earlier, received later.
    store(connection, [report(row, days(0.5), event_key="2", revision=7)], None)
    after = known_of(connection, Subject(None, "case"), None)

    assert known_of(connection, Subject(None, "case"), before.as_of) == before
    assert [seen["state"] for seen in (*before.predictions, *after.predictions)] == ["good", "bad"]
    assert states(database, days(0.6)) == {row.prediction_id: ("early_bad", 1)}


def test_a_look_at_now_waits_for_whoever_is_storing(
    database: Database, connection: OutcomeConnection
) -> None:
    """Else a report would appear later that was received before: what was known would change."""
    with connection_of(database) as other, connection.attempt():
        text = lines([report("case", days(1))])
        connection.rows("SELECT * FROM store_outcomes(%s, NULL)", (text,))

        with pytest.raises(PostgresAway, match="55P03"):
            known_of(other, Subject(None, "case"), None)
