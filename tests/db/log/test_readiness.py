"""A wrong configuration is no outage: it is said at once, with its remedy, and nobody is sent."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from db.log import LogSettings, LogStatus, PredictionLog
from db.log.form import Form
from tests.conftest import PASSWORD, Database, free_port
from tests.security.spool import FORMAT, REGISTRATION, leave, line, logged, segment

Step = Callable[[], None]


async def _eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)


def _statuses(
    url: str, spool: Path, condition: Callable[[LogStatus], bool], then: Step | None = None
) -> list[LogStatus]:
    """What the log says once the condition holds; and, after the step, when it is normal."""

    async def scenario() -> list[LogStatus]:
        settings = LogSettings(database_url=SecretStr(url), spool_dir=spool, log_close_seconds=0.1)
        log = PredictionLog(settings, FORMAT, REGISTRATION)
        log.start()
        try:
            await _eventually(lambda: condition(log.status()))
            await log.append(line()[1], 1)
            found = [log.status()]
            if then is not None:
                then()
                await _eventually(lambda: log.status().state == "normal")
                found.append(log.status())
            return found
        finally:
            await log.close()

    return asyncio.run(scenario())


def test_a_wrong_password_is_said_with_its_remedy_and_mended_by_it(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"postgresql://api:wrong@127.0.0.1:{database.port}/{database.name}"

    (status,) = _statuses(url, tmp_path, lambda status: status.refused)

    assert not status.ready
    assert status.can_log
    assert status.state == "postgres_away"
    assert "DATABASE_PASSWORD" in str(status.reason)
    assert status.as_dict()["refused_by_postgres"] is True
    (said,) = [item for item in caplog.records if item.levelno == logging.ERROR]
    assert "DATABASE_PASSWORD" in said.getMessage()
    assert "wrong" not in said.getMessage()


@pytest.mark.parametrize(
    ("harm", "remedy"),
    [
        (
            "ALTER TABLE prediction_log RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO prediction_log",
        ),
        (
            "ALTER TABLE prediction_log RENAME COLUMN age TO lost",
            "ALTER TABLE prediction_log RENAME COLUMN lost TO age",
        ),
        (
            "REVOKE INSERT ON prediction_log FROM api",
            "GRANT INSERT ON prediction_log TO api",
        ),
    ],
    ids=["table", "column", "right"],
)
def test_a_database_that_is_migrated_later_makes_it_ready(
    database: Database, tmp_path: Path, harm: str, remedy: str
) -> None:
    database.query(harm)
    refused_since: list[float] = []

    def stays_refused(status: LogStatus) -> bool:
        """It is refused all along from the first time, though there is no row to store."""
        if status.refused and not refused_since:
            refused_since.append(time.monotonic())
        assert status.refused or not refused_since
        return bool(refused_since) and time.monotonic() - refused_since[0] > 1

    def migrate() -> None:
        database.query(remedy)

    before, after = _statuses(database.url("api"), tmp_path, stays_refused, migrate)

    assert (before.ready, after.ready) == (False, True)
    assert "migrate" in str(before.reason)
    assert len(logged(database)) == 1


def test_what_older_processes_left_is_stored_though_this_one_is_refused(
    database: Database, tmp_path: Path
) -> None:
    """A newer release, before its migration: the rows of the older one do not wait for it."""
    identity = _leave_older(tmp_path, "age")
    database.query("ALTER TABLE prediction_log DROP COLUMN age CASCADE")

    _statuses(database.url("api"), tmp_path, lambda _: logged(database) == {identity})


def test_what_an_older_release_left_is_stored_without_the_columns_that_are_new(
    database: Database, tmp_path: Path
) -> None:
    identity = _leave_older(tmp_path, "outcome_due")

    _statuses(database.url("api"), tmp_path, lambda _: identity in logged(database))

    query = "SELECT outcome_due FROM prediction_log WHERE prediction_id = %s"
    assert database.query(query, identity) == [(None,)]


def _leave_older(directory: Path, column: str) -> str:
    """A segment with a row of a release that did not have the column; the row's identity."""
    older = Form(tuple(item for item in FORMAT.columns if item[0] != column))
    place = [name for name, _ in FORMAT.columns].index(column)
    identity, content = line()
    fields = content.split(b"\t")
    rest = b"\t".join(fields[:place] + fields[place + 1 :])
    leave(directory, segment(older.document, (rest, 1)))
    return identity


def test_an_outage_is_bridged(tmp_path: Path) -> None:
    url = f"postgresql://api@127.0.0.1:{free_port()}/mlops"

    (status,) = _statuses(url, tmp_path, lambda status: status.state == "postgres_away")

    assert status.ready
    assert not status.refused


def test_who_has_stored_rows_stays_ready(database: Database, tmp_path: Path) -> None:
    async def scenario() -> None:
        url = f"postgresql://api:{PASSWORD}@127.0.0.1:{database.port}/{database.name}"
        settings = LogSettings(
            database_url=SecretStr(url), spool_dir=tmp_path, log_close_seconds=0.1
        )
        log = PredictionLog(settings, FORMAT, REGISTRATION)
        log.start()
        await _eventually(lambda: log.status().state == "normal")
        await log.append(line()[1], 1)
        database.query("REVOKE INSERT ON prediction_log FROM api")
        await log.append(line()[1], 1)
        await _eventually(lambda: log.status().refused)
        assert log.status().ready
        await log.close()

    asyncio.run(scenario())
