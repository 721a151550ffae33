"""Rows to learn from: due, uncontested, untouched by a fault, and of one side of the split."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.report import Report
from outcomes.store import store
from retraining import due_rows, row_sets, rows
from retraining.due_rows import Question
from retraining.errors import TooManyRows
from retraining.quarantine import Window, windows
from retraining.row_sets import Bounds
from retraining.rows import Rows
from tests.conftest import Database
from tests.db.rows import insert, row
from tests.gmsc import SCHEMA
from tests.outcomes.predictions import Prediction, connection_of, prediction_id, report

START = datetime(2026, 1, 10, tzinfo=UTC)
AGE = SCHEMA.names.index("age")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def read(database: Database, as_of: datetime, *kept_out: Window, **more: Any) -> Rows:
    known = more.pop("known", datetime(2099, 1, 1, tzinfo=UTC))
    question = Question(SCHEMA, as_of, known, kept_out, **more)
    connection = psycopg2.connect(database.url("analyst"))
    try:
        with connection, connection.cursor() as cursor:
            return due_rows.read(cursor, question)
    finally:
        connection.close()


def fed(database: Database, *cases: dict[str, Any]) -> list[str]:
    """Rows in the log, of 18 years for the first and one more for each; their ids."""
    made = []
    for number, values in enumerate(cases):
        at = values.pop("at", day(number))
        made.append(
            row(
                at.isoformat(),
                prediction_id=prediction_id(at),
                age=18 + number,
                outcome_due=at + timedelta(days=10),
                **values,
            )
        )
    insert(database, made)
    return [each["prediction_id"] for each in made]


def of_id(prediction_id: str) -> Prediction:
    return Prediction(prediction_id, START)


def tell(database: Database, of: Sequence[Any], at: float, **values: Any) -> None:
    with connection_of(database) as connection:
        said = [report(prediction, day(at), **values) for prediction in of]
        store(connection, said, None)


def ages(found: Rows, part: Any = slice(None)) -> list[int]:
    return [int(age) for age in found.features[part][:, AGE]]


def test_a_row_is_read_once_it_is_due_in_the_order_in_which_it_was_settled(
    database: Database,
) -> None:
    ids = fed(database, {}, {}, {}, {})
    tell(database, [of_id(each) for each in ids[:2]], 12.5)
    tell(database, [of_id(ids[3])], 3.5, outcome=0)

    assert ages(read(database, day(9))) == []
    found = read(database, day(12.6))
    assert ages(found, found.usable) == [18, 19]
    assert ages(found) == [20, 18, 19]
    assert ages(read(database, day(14))) == [20, 18, 19, 21]
    assert read(database, day(14)).labels.tolist() == [0, 1, 1, 0]


def test_what_came_later_is_not_known_then(database: Database) -> None:
    (first,) = fed(database, {})
    then = database.query("SELECT clock_timestamp()")[0][0]
    tell(database, [of_id(first)], 5)

    assert read(database, day(20), known=then).usable.tolist() == [False]
    assert read(database, day(20)).usable.tolist() == [True]


def test_what_is_contested_retracted_or_touched_by_a_fault_is_not_usable(
    database: Database,
) -> None:
    ids = [of_id(each) for each in fed(database, *({"api_key_name": "web"} for _ in range(5)))]
    tell(database, ids, 6)
    tell(database, ids[1:2], 6, outcome=0, event_key="2")
    tell(database, ids[2:3], 7, state="retracted", outcome=None, event_key="2", revision=1)
    of_web = Window(1, day(3), day(4), ("web",), ("unit",))
    of_others = Window(2, day(0), None, ("mobile",), ("unit",))

    found = read(database, day(30), of_web, of_others)

    assert ages(found, found.usable) == [18, 22]
    assert ages(found, found.contested) == [19]
    assert ages(found, found.touched) == [21]


def test_values_are_as_the_trainer_takes_them(database: Database) -> None:
    fed(database, {"monthly_income": None, "prediction": 1})

    found = read(database, day(30))

    assert np.isnan(found.features[0, SCHEMA.names.index("MonthlyIncome")])
    assert found.decided.tolist() == [1]
    assert found.caller_names == ("",)


def test_rows_of_one_name_are_one_case_and_it_is_on_one_side(database: Database) -> None:
    named = {"client_reference": "Müller"}
    ids = fed(database, named, {}, {}, named, {})
    tell(database, [of_id(each) for each in ids], 10)

    found = read(database, day(30))
    parts = row_sets.parts(found, rows.microseconds(day(2)), Bounds())

    assert len(set(found.cases.tolist())) == 4
    assert ages(found, parts.fit) == [18, 19]
    # The later row of the case that began before the cut is on neither side.
    assert ages(found, parts.evaluation) == [20, 22]


def test_nothing_that_the_champion_was_trained_on_judges_it(database: Database) -> None:
    ids = fed(database, *({} for _ in range(6)))
    tell(database, [of_id(each) for each in ids], 10)
    found = read(database, day(30))
    bounds = Bounds(seen_until=rows.microseconds(day(3)))

    cut = row_sets.cut_of(found, 0.9, bounds)
    assert cut is not None
    parts = row_sets.parts(found, cut, bounds)

    assert ages(found, parts.evaluation) == [22, 23]
    assert ages(found, parts.unseen) == []
    assert ages(found, parts.fit) == [18, 19, 20, 21]
    assert row_sets.cut_of(found, 0.5, Bounds()) == rows.microseconds(day(3))
    assert row_sets.cut_of(read(database, day(1)), 0.5, Bounds()) is None


def test_what_began_before_the_change_is_only_learnt_from_by_a_refit(database: Database) -> None:
    ids = fed(database, *({} for _ in range(6)))
    tell(database, [of_id(each) for each in ids], 10)
    found = read(database, day(30))
    bounds = Bounds(since=rows.microseconds(day(2)))

    cut = row_sets.cut_of(found, 0.5, bounds)
    assert cut == rows.microseconds(day(4))
    parts = row_sets.parts(found, cut, bounds)

    assert ages(found, parts.fit) == [18, 19, 20, 21]
    assert ages(found, parts.unseen) == [20, 21]
    assert ages(found, parts.evaluation) == [22, 23]


def test_a_log_that_was_fed_again_has_the_same_digest_and_a_corrected_one_another(
    database: Database,
) -> None:
    def digest() -> str:
        found = read(database, day(30))
        return row_sets.digest(SCHEMA, found, found.usable)

    cases = [{"client_reference": f"c{number}", "event_time": day(number)} for number in range(3)]
    fed(database, *cases)
    for name in ("c0", "c1", "c2"):
        tell(database, [name], 5)
    first = digest()
    database.query("TRUNCATE prediction_log")
    fed(database, *[{**case, "at": day(number)} for number, case in enumerate(cases)][:3])
    again = digest()
    tell(database, ["c1"], 6, outcome=0, event_key="2")

    assert first == again != digest()


def test_a_log_that_is_too_long_for_memory_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_rows, "MOST_VALUES", 30)
    fed(database, {}, {})

    with pytest.raises(TooManyRows, match=r"more than 1 rows are due: name a time with --since"):
        read(database, day(30))
    assert len(read(database, day(30), since=day(1))) == 1


def test_the_next_due_time_is_of_the_cases_that_were_decided_by_then(database: Database) -> None:
    fed(database, {}, {})
    connection = psycopg2.connect(database.url("analyst"))
    with connection, connection.cursor() as cursor:

        def next_due(as_of: datetime) -> datetime | None:
            question = Question(SCHEMA, as_of, datetime(2099, 1, 1, tzinfo=UTC))
            return due_rows.next_due(cursor, question)

        assert next_due(day(0.5)) == day(10)
        assert next_due(day(10)) == day(11)
        assert next_due(day(11)) is None
    connection.close()


def incident(cause: str, **values: Any) -> dict[str, Any]:
    diagnosis: dict[str, Any] = {"cause": cause, "segment": None, "secondary": []}
    return {
        "incident_id": 7,
        "onset": "2026-01-12T00:00:00Z",
        "onset_interval": ["2026-01-11T20:00:00Z", "2026-01-12T02:00:00Z"],
        "closed_at": None,
        "diagnosis": diagnosis | values.pop("diagnosis", {}),
        **values,
    }


def test_an_incident_keeps_rows_out_where_a_fault_holds_first_or_beside_another_cause() -> None:
    unit = {"cause": "unit", "segment": {"caller": "web"}}
    closed = incident("stuck", closed_at="2026-01-20T00:00:00Z", incident_id=3)

    found = windows(
        [
            incident("label_shift"),
            incident("concept_global", diagnosis={"secondary": [unit]}),
            incident("unit", diagnosis={"segment": {"age": "< 32"}}, incident_id=9),
            closed,
            incident("unit") | {"diagnosis": None},
        ]
    )

    first = datetime(2026, 1, 11, 20, tzinfo=UTC)
    assert found == (
        Window(3, first, datetime(2026, 1, 20, tzinfo=UTC), (), ("stuck",)),
        Window(7, first, None, ("web",), ("unit",)),
        Window(9, first, None, (), ("unit",)),
    )


CASE = st.fixed_dictionaries(
    {
        "name": st.sampled_from([None, "a", "b", "c"]),
        "day": st.floats(0, 20),
        "told": st.none() | st.floats(0, 15),
        "state": st.sampled_from(["good", "bad", "retracted", "contested"]),
        "caller": st.sampled_from(["web", "mobile"]),
    }
)


def said_of(case: dict[str, Any], prediction: str) -> list[Report]:
    if case["told"] is None:
        return []
    at, of = day(case["day"] + case["told"]), of_id(prediction)
    first = report(of, at, outcome=0 if case["state"] == "good" else 1)
    others: dict[str, dict[str, Any]] = {
        "contested": {"outcome": 0},
        "retracted": {"state": "retracted", "outcome": None, "revision": 1},
    }
    more = others.get(case["state"])
    return [first] if more is None else [first, report(of, at, event_key="2", **more)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CASE, min_size=8, max_size=25), st.floats(5, 35), st.floats(0, 1), st.floats(0, 10))
def test_no_part_holds_what_it_must_not(
    database: Database, history: list[dict[str, Any]], as_of: float, share: float, seen: float
) -> None:
    """Whatever became of the cases: every row of a part may be there, by the history itself."""
    database.query("TRUNCATE prediction_log, outcome_event")
    told = [{**each, "number": number} for number, each in enumerate(history)]
    ids = fed(
        database,
        *(
            {
                "at": day(each["day"]),
                "client_reference": each["name"],
                "api_key_name": each["caller"],
            }
            for each in told
        ),
    )
    with connection_of(database) as connection:
        store(
            connection,
            [said for each in zip(told, ids, strict=True) for said in said_of(*each)],
            None,
        )
    window = Window(1, day(4), day(6), ("web",), ("unit",))

    found = read(database, day(as_of), window)
    bounds = Bounds(seen_until=rows.microseconds(day(seen)))
    cut = row_sets.cut_of(found, share, bounds)
    if cut is None:
        return
    parts = row_sets.parts(found, cut, bounds)

    begun: dict[str, float] = {}
    for each in told:
        if each["day"] + 10 <= as_of:
            name = each["name"] or str(each["number"])
            begun[name] = min(begun.get(name, 99), each["day"])
    fit, judged = (
        [told[age - 18] for age in ages(found, part)] for part in (parts.fit, parts.evaluation)
    )
    for each in [*fit, *judged]:
        assert each["day"] + 10 <= as_of
        assert each["state"] not in {"retracted", "contested"}
        assert each["told"] is not None
        assert each["day"] + each["told"] <= as_of
        assert not (each["caller"] == "web" and 4 <= each["day"] < 6)
    for each in judged:
        assert begun[each["name"] or str(each["number"])] > seen
    cases = [{each["name"] or each["number"] for each in side} for side in (fit, judged)]
    assert not cases[0] & cases[1]
    if fit and judged:
        assert max(each["day"] for each in fit) < min(each["day"] for each in judged)
