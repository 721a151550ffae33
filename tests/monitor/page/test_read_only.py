"""A Postgres that can only be read: the page goes on, and counting is made up for."""

import logging
from pathlib import Path

import httpx
import pytest

from contract.signature import SigningKeys
from monitor import round as rounds
from monitor.database import Database as Connections
from monitor.references import References
from monitor.rounds import Rounds
from tests.conftest import PASSWORD, Database
from tests.db.rows import insert, row


def test_while_postgres_takes_nothing_the_page_goes_on_and_counting_is_made_up_for(
    database: Database, client: httpx.Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    insert(database, [row("2026-03-28T20:15:00Z")])
    connections = Connections(database.url("monitor"), lambda: PASSWORD)
    references = References(tmp_path, SigningKeys())
    counting = Rounds(lambda: rounds.run(connections, references), 60)
    role = f"ALTER ROLE monitor IN DATABASE {database.name}"
    database.query(f"{role} SET default_transaction_read_only = on")
    for _ in range(2):
        counting.attempt()
    looks = [client.get("/").status_code for _ in range(2)]
    database.query(f"{role} RESET default_transaction_read_only")
    counting.attempt()

    assert looks == [200, 200]
    assert [record.message for record in caplog.records if record.name == "monitor"] == [
        *("not counted", "counting again", "counted"),
    ]
    (reason,) = (record.fields["reason"] for record in caplog.records if "not" in record.message)  # type: ignore[attr-defined]
    assert reason.startswith("Postgres is read-only, as a standby is")
    assert database.query("SELECT sum(predictions)::int FROM rollup_day") == [(1,)]
    connections.close()
