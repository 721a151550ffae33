"""The views over the monitor's counts, for counts that are known."""

import datetime

from tests.conftest import Database

_LISTS = "'{}', '{}'"


def test_predictions_per_hour_adds_up_what_is_live_and_what_is_retired(database: Database) -> None:
    for part, predictions, positives, total in (("live", 3, 1, "0.9"), ("retired", 1, 1, "0.7")):
        database.query(
            "INSERT INTO rollup_hour (hour, model_version, caller, route, part, predictions,"
            " positives, probability_sum, past_the_spool, lags, durations)"
            f" VALUES ('2026-07-01 10:00Z', 'm', 'web', '/predict', %s, %s, %s, %s, 0, {_LISTS})",
            *(part, predictions, positives, total),
        )

    rows = database.query("SELECT * FROM monitoring.predictions_per_hour", role="analyst")

    hour = datetime.datetime(2026, 7, 1, 10, tzinfo=datetime.UTC)
    assert rows == [(hour, "m", "web", "/predict", 4, 2, 0.4)]


def test_cohorts_judge_only_what_is_wholly_due(database: Database) -> None:
    database.query("UPDATE rollup_state SET as_of = '2026-07-02 00:30Z'")
    for due_on in ("2026-07-01", "2026-07-02", "infinity"):
        database.query(
            "INSERT INTO outcome_day (day, model_version, caller, route, due_on, predictions,"
            " unreported, interim, good, bad, retracted, unobservable, contested, probability_sum,"
            " good_sum, good_squares, bad_sum, bad_squares, good_scores, bad_scores, good_ages,"
            " bad_ages) VALUES ('2026-06-01', 'm', '', '/predict', %s, 20, 4, 1, 6, 4, 2, 2, 1, 5,"
            f" 0, 0, 0, 0, {_LISTS}, {_LISTS})",
            due_on,
        )

    rows = database.query(
        "SELECT due_on, is_due, overdue, open, coverage, bad_share, mean_probability"
        " FROM monitoring.cohorts ORDER BY due_on",
        role="analyst",
    )

    assert rows == [
        (datetime.date(2026, 7, 1), True, 5, 0, 0.5, 0.4, 0.25),
        (datetime.date(2026, 7, 2), False, 0, 5, None, None, 0.25),
        (None, False, 0, 5, None, None, 0.25),
    ]
