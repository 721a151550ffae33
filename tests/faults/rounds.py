"""`python -m tests.faults.rounds`: rounds of the monitor without a pause, until it is killed."""

import os
import sys
import time
from pathlib import Path

from contract.signature import SigningKeys
from db.log.errors import PostgresAway
from db.rollup.verification import verify
from monitor import round as rounds
from monitor.database import Database
from monitor.errors import RollupBusy
from monitor.references import References


def references() -> References:
    """Those of the models that the api serves, if it serves some."""
    return References(Path(os.environ.get("MODELS_DIR", "models")), SigningKeys())


def main() -> None:
    """Count; while Postgres is away, try again."""
    database, known = Database(os.environ["DATABASE_URL"], lambda: None), references()
    while True:
        try:
            done = rounds.run(database, known)
            sys.stdout.write(f"{done.hours}\n")
            sys.stdout.flush()
        except (PostgresAway, RollupBusy):
            time.sleep(0.1)


def miscounted(url: str) -> list[str]:
    """What is wrong with the counts after a round, and hours that it could not count."""
    database = Database(url, lambda: None)
    try:
        done = rounds.run(database, references())
        with database.snapshot() as connection, connection.cursor() as cursor:
            wrong = [complaint for day in verify(cursor) for complaint in day.complaints]
        return [*wrong, *([f"{done.pending} hours are pending"] if done.pending else [])]
    finally:
        database.close()


if __name__ == "__main__":
    main()
