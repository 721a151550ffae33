"""The log's connection can be ended from outside, at any moment."""

import pytest

from db.log.errors import PostgresAway
from db.log.postgres import PostgresLog
from tests.conftest import Database


def test_an_interrupted_connection_is_away_and_can_be_made_again(database: Database) -> None:
    log = PostgresLog(database.url("api"), None)
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
