"""Without Postgres reports are refused at once, and predictions go on; a kill loses no answer."""

import asyncio
import signal
import threading
import time
from pathlib import Path

import httpx
import psycopg2

from tests import plain
from tests.api.outcomes.test_outcomes import answers, report, send
from tests.api.service import Service
from tests.api.test_bad_input import check_problem
from tests.conftest import Database
from tests.faults.proxy import Proxy
from tests.gmsc import SCHEMA


def test_without_postgres_reports_get_503_and_predictions_go_on(
    models: Path, log_database: Database, tmp_path: Path
) -> None:
    asyncio.run(_outages(models, log_database, tmp_path))


async def _outages(models: Path, database: Database, directory: Path) -> None:
    proxy = Proxy(database.port)
    await proxy.start()
    url = database.url("api").replace(str(database.port), str(proxy.port))
    service = Service(
        directory, {"MODELS_DIR": str(models), "DATABASE_URL": url, "LOG_VISIBLE_WAIT_MS": "50"}
    )
    try:
        await asyncio.to_thread(service.__enter__)
        async with plain.AsyncClient(base_url=service.url, timeout=20) as client:
            assert await _report(client) == 200
            for mode in ("cut", "black_hole"):
                await proxy.set_mode(mode)
                # The first one finds it out: within five seconds, however silent the server is.
                assert await _report(client) == 503
                began = time.perf_counter()
                assert await _report(client) == 503
                shown = await client.get("/outcomes/case")
                # Not five seconds again for each.
                assert time.perf_counter() - began < 3
                check_problem(shown, 503, "outcomes-unavailable")
                assert shown.headers["Retry-After"] == "2"
                assert "127.0.0.1" not in shown.text
                predicted = await client.post("/predict", json=SCHEMA.example)
                assert predicted.status_code == 200

                await proxy.set_mode("pass")
                deadline = time.monotonic() + 20
                while await _report(client) != 200:
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.1)
    finally:
        await proxy.close()
        await asyncio.to_thread(service.stop)


async def _report(client: httpx.AsyncClient) -> int:
    response = await client.post("/outcomes", json={"outcomes": [report()]})
    return response.status_code


def test_what_was_answered_outlives_a_kill_and_what_was_not_is_sent_again(
    models: Path, log_database: Database, tmp_path: Path
) -> None:
    settings = {"MODELS_DIR": str(models), "DATABASE_URL": log_database.url("api")}
    answered = [report(reference=f"answered-{number}") for number in range(100)]
    lost = [report(reference=f"lost-{number}") for number in range(100)]
    stored = "SELECT count(*) FROM outcome_event WHERE client_reference ~ '^(answered|lost)-'"
    holder = psycopg2.connect(log_database.url("mlops_owner"))
    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        assert set(answers(client, *answered)) == {"pending"}
        with holder.cursor() as cursor:
            cursor.execute("LOCK TABLE outcome_gate IN EXCLUSIVE MODE")
        sender = threading.Thread(target=_send_in_vain, args=(service.url, lost))
        sender.start()
        _wait_for_lock(log_database)
        service.stop(signal.SIGKILL)
        sender.join()
    holder.close()
    assert log_database.query(stored) == [(100,)]

    with Service(tmp_path, settings) as service, plain.Client(base_url=service.url) as client:
        again = answers(client, *answered, *lost)

    assert again == ["duplicate"] * 100 + ["pending"] * 100
    assert log_database.query(stored) == [(200,)]


def _send_in_vain(url: str, reports: list[dict[str, object]]) -> None:
    try:
        with plain.Client(base_url=url, timeout=30) as client:
            raise AssertionError(send(client, *reports).text)
    except httpx.TransportError:
        return


def _wait_for_lock(database: Database) -> None:
    deadline = time.monotonic() + 20
    while not database.query(
        "SELECT 1 FROM pg_locks WHERE relation = 'outcome_gate'::regclass AND NOT granted"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
