"""What it costs to count the log by hour and day.

    python -m benchmarks.rollups --rows 10000000

fills a throw-away PostgreSQL with rows over 30 days, of three versions that have a profile, and
times `python -m monitor once`: the first round, one with nothing to do, one after an hour of
100,000 rows, and `verify`; with the monitor's own memory and processor time.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2

from benchmarks.log_queries import fill
from contract.store import ModelStore
from db.migrate import migrate
from db.settings import MigrateSettings
from local.port import free_port
from local.postgres import LocalPostgres

_ROOT = Path(__file__).parents[1]
_WORD = "x"
_VERSIONS = ("gmsc-0", "gmsc-1", "gmsc-2")
_HOUR = 100_000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="rollups-") as scratch:
        Path(scratch).chmod(0o755)
        place = Path(scratch) / "server"
        server = LocalPostgres(place, port=free_port(), password=_WORD, durable=False)
        server.start("shared_buffers=512MB", "max_wal_size=4GB")
        try:
            _measure(server, Path(scratch), rows)
        finally:
            server.stop()
    return 0


def _measure(server: LocalPostgres, scratch: Path, rows: int) -> None:
    passwords = {f"{role}_password": _WORD for role in ("mlops_owner", "api_db", "analyst_db")}
    settings = {"database_admin_url": server.admin_url, "monitor_db_password": _WORD, **passwords}
    list(migrate(MigrateSettings.model_validate(settings)))
    url = server.admin_url.removesuffix("postgres") + "mlops"
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        _register(cursor, scratch)
        fill(cursor, rows)
        cursor.execute("VACUUM ANALYZE")
        monitor = url.replace("postgres:x@", "monitor:x@")
        _time(f"first round of {rows:,} rows", monitor, "once")
        _time("a round with nothing to do", monitor, "once")
        cursor.execute(
            "INSERT INTO prediction_log SELECT (log).* FROM (SELECT jsonb_populate_record(log,"
            " jsonb_build_object('prediction_id', gen_random_uuid(), 'predicted_at',"
            " date_trunc('hour', now() - interval '1 day') + n * interval '30 ms')) AS log"
            " FROM (SELECT log, row_number() OVER () AS n FROM prediction_log AS log"
            " LIMIT %s) AS few) AS made",
            (_HOUR,),
        )
        _time(f"a round after {_HOUR:,} rows of one hour", monitor, "once")
        _time("verify", monitor, "verify")
    connection.close()


def _register(cursor: "psycopg2.extensions.cursor", scratch: Path) -> None:
    """Profiles for the versions that `fill` names: that of the sample's model."""
    environment = os.environ | {"MODELS_DIR": str(scratch / "models"), "DATA_DIR": str(scratch)}
    subprocess.run(
        [sys.executable, "-m", "trainer", "train"],
        cwd=_ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    store = ModelStore(scratch / "models")
    active = store.path(store.active() or "")
    documents = [(active / name).read_text() for name in ("schema.json", "profile.json")]
    for version in _VERSIONS:
        cursor.execute(
            "INSERT INTO reference_profile (model_version, declaration, profile)"
            " VALUES (%s, %s, %s)",
            (version, *documents),
        )


def _time(what: str, url: str, command: str) -> None:
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", command],
        cwd=_ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    print(
        f"{what}: {time.perf_counter() - started:.2f} s, of which"
        f" {used.ru_utime + used.ru_stime:.2f} s of the monitor's processor time;"
        f" {used.ru_maxrss / 1024:,.0f} MiB at most",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
