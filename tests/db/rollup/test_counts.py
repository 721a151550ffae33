"""What is counted is what one finds row by row; and what is kept is what is counted."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conftest import Database
from tests.db.rollup import naive
from tests.db.rollup.conftest import Counting, register
from tests.db.rows import insert, row
from tests.db.test_feature_kinds import SCHEMA as LOANS
from tests.db.test_feature_kinds import declare, loan
from tests.gmsc import SCHEMA
from tests.outcomes.predictions import prediction_id

START = datetime(2026, 3, 28, 20, tzinfo=UTC)


def rows(number: int, seed: int) -> list[dict[str, Any]]:
    """Rows of two days, some with an event time of their own, of two versions and two callers."""
    chosen = random.Random(seed)
    made = []
    for _ in range(number):
        moment = START + timedelta(minutes=chosen.randrange(2 * 24 * 60))
        probability = chosen.choice([0.0, 1.0, 0.1, 0.25, 1e-12, chosen.random(), 0.9])
        values: dict[str, Any] = {
            "prediction_id": prediction_id(moment),
            "probability": probability,
            "prediction": int(probability > 0.5),
            "model_version": chosen.choice(["m1", "m1", "unknown-1"]),
            "api_key_name": chosen.choice([None, "web", "a\tb\\"]),
            "route": chosen.choice(["/predict", "/predict/batch"]),
            "log_path": chosen.choice(["spool", "spool", "direct"]),
            "logged_at": moment + timedelta(seconds=chosen.choice([0, 0.04, 7, 100_000])),
            "duration_ms": chosen.choice([0.2, 1.5, 7.5, 5000.0]),
            "age": chosen.choice([0, 1, 30, 98, 100]),
            "debt_ratio": chosen.choice([0.0, 0.5, 2.5, 101.0]),
            "monthly_income": chosen.choice([None, 0.0, 98.0, 7000.0]),
        }
        if chosen.random() < 0.3:
            values["event_time"] = moment - timedelta(hours=chosen.choice([0, 1, 30, 2000]))
        if chosen.random() < 0.3:
            values["outcome_due"] = START + timedelta(days=chosen.choice([10, 4_000_000 // 24]))
        made.append(row(moment.isoformat(), **values))
    return made


def report(database: Database, seed: int) -> None:
    """Reports of some of the predictions, of every state, and some that contradict each other."""
    chosen = random.Random(seed)
    known = database.query(
        "SELECT prediction_id, coalesce(event_time, predicted_at) FROM prediction_log ORDER BY 1"
    )
    for number, (prediction, moment) in enumerate(known):
        for key in range(chosen.choice([0, 0, 1, 1, 2])):
            state = chosen.choice(["final", "final", "interim", "retracted", "unobservable"])
            outcome = chosen.choice([0, 1]) if state in {"final", "interim"} else None
            database.query(
                "INSERT INTO outcome_event (prediction_id, source, event_key, state, outcome,"
                " revision, observed_at, received_at)"
                " VALUES (%s, 'core', %s, %s, %s, 0, %s, clock_timestamp())",
                *(prediction, f"{number}-{key}", state, outcome),
                moment + timedelta(days=chosen.choice([0, 1.5, 30, 2000])),
            )


def test_every_count_is_that_of_the_rows(database: Database, counting: Counting) -> None:
    profile = register(database, "m1")
    insert(database, rows(300, seed=1))
    report(database, seed=2)

    counting.round()

    references = {"m1": (SCHEMA, profile)}
    for unit in ("hour", "day"):
        expected = naive.predictions(database, references, unit)
        naive.same(naive.kept(database, f"rollup_{unit}"), expected)
        naive.same(naive.kept(database, f"outcome_{unit}"), naive.outcomes(database, unit))
    assert counting.complaints() == []
    assert counting.round() == 0


def test_every_kind_of_feature_has_its_cells(database: Database, counting: Counting) -> None:
    declare(database, LOANS)
    profile = register(database, "m1", LOANS)
    chosen = random.Random(3)
    insert(
        database,
        [
            loan(
                (START + timedelta(minutes=minute)).isoformat(),
                loan_amount=chosen.choice([None, 0.0, 2.5, 98.0]),
                returning=chosen.choice([None, True, False]),
                is_new=chosen.choice([True, False]),
                channel=chosen.choice([None, *LOANS.features[3].levels]),
                purpose=chosen.choice(["car", "something 'else'", *LOANS.features[4].levels]),
            )
            for minute in range(200)
        ],
    )

    counting.round()

    expected = naive.predictions(database, {"m1": (LOANS, profile)}, "hour")
    naive.same(naive.kept(database, "rollup_hour"), expected)


def test_a_version_without_a_profile_is_counted_without_cells(
    database: Database, counting: Counting
) -> None:
    insert(database, rows(20, seed=5))

    counting.round()

    assert database.query("SELECT DISTINCT cells FROM rollup_day") == [(None,)]
    assert database.query("SELECT sum(predictions) FROM rollup_day") == [(20,)]
