"""The log's connection can be ended from outside, at any moment."""

import pytest

from db.log.errors import PostgresAway
from db.log.postgres import ModelRegistration, PostgresLog
from tests.conftest import Database

REGISTRATION = ModelRegistration("v", "gmsc/1", "a test", True, "2026-01-01T00:00:00Z", {})


def test_an_interrupted_connection_is_away_and_can_be_made_again(database: Database) -> None:
    log = PostgresLog(database.url("api"), None, REGISTRATION)
    log.connect()

    log.interrupt()
    # The watchdog may find the call still on its way out.
    log.interrupt()

    with pytest.raises(PostgresAway):
        log.execute("SELECT 1", ())
    assert not log.connected
    log.interrupt()
    log.connect()
    assert log.execute("SELECT 1", ()) == 1
    log.close()
