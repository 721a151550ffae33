"""Of rows with booleans and texts, those that Postgres cannot take are set aside, and no others."""

from pathlib import Path

import pytest

from contract.feature import Value
from db.connection import owner
from db.log import Context, RowFormat, Stamp
from db.log.counters import Counters
from db.log.directory import QUARANTINE
from db.log.form import Form
from db.log.postgres import PostgresLog
from db.log.quarantine import Quarantine
from db.log.row_store import RowStore
from db.migrate import derive
from tests.conftest import PASSWORD, Database
from tests.contract.tables import category, flag, number, table

SCHEMA = table(number(), flag(), category(levels=("web",)), category("purpose", unknown="missing"))
FORMAT = RowFormat(SCHEMA)
CONTEXT = Context("request", "/predict", "version", SCHEMA.id, 0.5)
# As good() ends.
END = b"\t5.5\tt\tweb\tsolar panels\n"


def good() -> bytes:
    values: list[Value] = [5.5, True, "web", "solar panels"]
    return FORMAT.encode(CONTEXT, Stamp.now(), values, 0.5, 1, duration_ms=1.0)


POISON: dict[str, bytes] = {
    "no boolean": b"\t5.5\tmaybe\tweb\tx\n",
    "a boolean of two": b"\t5.5\t2\tweb\tx\n",
    "another level": b"\t5.5\tt\tbranch\tx\n",
    "an empty text": b"\t5.5\tt\tweb\t\n",
    "a long text": b"\t5.5\tt\tweb\t" + b"x" * 201 + b"\n",
    "a NUL": b"\t5.5\tt\tweb\ta\0b\n",
    "a NUL by its number": b"\t5.5\tt\tweb\ta\\000b\n",
    "a byte that is no UTF-8": b"\t5.5\tt\tweb\t\xff\n",
    "half of a character": "\t5.5\tt\tweb\t\ud800\n".encode(errors="surrogatepass"),
    "a tab too many": b"\t5.5\tt\tweb\ta\tb\n",
    "an end in its text": b"\t5.5\tt\tweb\n\\.\n",
}


@pytest.mark.parametrize("ending", POISON.values(), ids=POISON)
def test_a_row_that_cannot_be_stored_takes_no_other_with_it(
    ending: bytes, database: Database, tmp_path: Path
) -> None:
    with owner(database.settings).connect() as connection:
        list(derive(connection, SCHEMA))
    poison = good().removesuffix(END) + ending
    payload = good() + good() + poison + good()
    rows = payload.count(b"\n")
    counters = Counters()
    postgres = PostgresLog(database.url("api"), lambda: PASSWORD)
    postgres.connect()

    store = RowStore(postgres, Quarantine(tmp_path), counters)
    store.merge(Form(FORMAT.columns), payload, rows, log_path="spool")
    postgres.close()

    found = database.query('SELECT amount, "returning", channel, purpose FROM prediction_log')
    assert found == [(5.5, True, "web", "solar panels")] * 3
    assert counters.quarantined == rows - 3
    kept = b"".join(file.read_bytes() for file in (tmp_path / QUARANTINE).glob("*.seg"))
    assert all(line in kept for line in poison.split(b"\n"))
    reasons = "".join(file.read_text() for file in (tmp_path / QUARANTINE).glob("*.txt"))
    assert "solar panels" not in reasons
