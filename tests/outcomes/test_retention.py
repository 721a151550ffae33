"""Reports leave with the predictions that they speak of."""

from datetime import UTC, datetime

from db.retention import retain
from outcomes.store import store
from tests.conftest import Database
from tests.outcomes.predictions import Prediction, connection_of, log, prediction, report

OLD = datetime(2025, 2, 3, tzinfo=UTC)


def test_reports_go_with_the_months_that_go(database: Database) -> None:
    now = datetime.now(UTC)
    kept = [prediction(now, client_reference="kept"), prediction(now)]
    gone = [prediction(OLD, client_reference="kept"), prediction(OLD, client_reference="gone")]
    log(database, [*kept, *gone])
    subjects: list[Prediction | str] = [kept[0], gone[0], "kept", "gone", "awaited"]
    with connection_of(database) as connection:
        store(connection, [report(of, now) for of in subjects], None)
    database.query(
        "UPDATE outcome_event SET received_at = %s WHERE client_reference <> 'awaited'", OLD
    )

    would = list(retain(database.settings, months=2, apply=False))
    did = list(retain(database.settings, months=2, apply=True))

    assert would[-1] == "would delete 2 rows of outcome_event"
    assert did[-1] == "deleting 2 rows of outcome_event"
    left = database.query(
        "SELECT coalesce(prediction_id::text, client_reference) FROM outcome_event ORDER BY 1"
    )
    assert [name for (name,) in left] == [kept[0].prediction_id, "awaited", "kept"]
