"""What the log keeps of refused requests: little, and nothing that the caller made up."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from contract.schema import DataSetSchema
from db.connection import admin, owner
from db.log import LogSettings, ModelRegistration, PredictionLog, RowFormat
from db.log.offences import told
from db.log.rejections import ROWS_A_DAY, ROWS_A_MINUTE, Rejection, Rejections
from db.migrate import migrate, upgrade
from db.provision import provision
from db.retention import retain
from local.postgres import LocalPostgres
from tests import plain
from tests.api.bundle import publish
from tests.api.service import Service
from tests.conftest import Database, migrate_settings
from tests.contract.tables import number, table
from tests.gmsc import SCHEMA

REGISTRATION = ModelRegistration("v", SCHEMA.id, "a test", True, "2026-01-01T00:00:00Z", {})
FIELDS = frozenset(SCHEMA.names)
SECRETS = ("anna@example.org", "4111111111111111", "79927398713", "geheim")


@pytest.fixture
def client(tmp_path: Path, database: Database) -> Iterator[httpx.Client]:
    publish(tmp_path / "models")
    settings = {"MODELS_DIR": str(tmp_path / "models"), "DATABASE_URL": database.url("api")}
    with (
        Service(tmp_path, settings) as service,
        plain.Client(base_url=service.url, timeout=20) as client,
    ):
        yield client


def made_up(wrap: Callable[[str], str]) -> list[str]:
    """A body for each secret, with it as a key."""
    return [wrap(json.dumps(secret)) for secret in SECRETS]


def tensor(member: str) -> str:
    one = '"name": "rows", "shape": [1, 10], "datatype": "FP64", "data": [1]'
    return f'{{"inputs": [{{{one}, {member}}}]}}'


BODIES = {
    "/predict": [
        *made_up(lambda key: f"{{{key}: 1}}"),
        *made_up(lambda key: f"{{{key}: 1, {key}: 2}}"),
        *made_up(lambda key: f'{{"age": {{{key}: 1}}}}'),
    ],
    "/predict/batch": [
        *made_up(lambda key: f'{{"instances": [{{{key}: 1}}]}}'),
        *made_up(lambda key: f'{{{key}: [{{"age": 200}}]}}'),
        *made_up(lambda key: f'{{"instances": {{{key}: [1]}}}}'),
    ],
    "/v2/models/gmsc/infer": [
        *made_up(lambda key: f'{{{key}: 1, "inputs": []}}'),
        *made_up(lambda key: f'{{"parameters": {{{key}: 1, {key}: 2}}, "inputs": []}}'),
        *made_up(lambda key: tensor(f'"parameters": {{{key}: 1, {key}: 2}}')),
        *made_up(lambda key: tensor(f"{key}: 1")),
        *made_up(lambda key: f'{{"inputs": [{{"name": {key}}}], "outputs": [{{"name": {key}}}]}}'),
    ],
}


def rows_of(database: Database, client: httpx.Client, wanted: int) -> list[Any]:
    """The refusals, when there are as many; they are written when the log writes anyway."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        client.post("/predict", json=SCHEMA.example)
        rows = database.query("SELECT rejected_request::text, errors FROM rejected_request")
        if len(rows) >= wanted:
            break
    assert len(rows) == wanted
    return rows


def test_no_name_that_was_sent_is_kept_by_any_protocol(
    client: httpx.Client, database: Database
) -> None:
    sent = 0
    for route, bodies in BODIES.items():
        for body in bodies:
            answer = client.post(route, content=body, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500, (route, body)
            sent += 1

    rows = rows_of(database, client, sent)

    for whole, errors in rows:
        assert not [secret for secret in SECRETS if secret in whole], whole
        assert errors


def test_a_hundred_long_unknown_fields_are_one_small_row(
    client: httpx.Client, database: Database
) -> None:
    body = {f"{number}{'x' * 200}": 1 for number in range(100)}

    client.post("/predict", json=body)

    ((_, errors),) = rows_of(database, client, 1)
    assert errors == [{"pointer": "", "rule": "unknown", "count": 100}]


@pytest.mark.parametrize(
    ("pointer", "kept"),
    [
        ("", True),
        ("/age", True),
        ("/instances", True),
        ("/instances/3/NumberOfTime30-59DaysPastDueNotWorse", True),
        ("/inputs/0/data/17", True),
        ("/inputs/0/data/17/3", True),
        ("/inputs/1/parameters", True),
        ("/outputs/0/name", True),
        ("header:X-Event-Time", True),
        ("path:model_name", True),
        ("/4111", False),
        ("/age/4111", False),
        ("/instances/4111111111111111", False),
        ("/instances/3/4111", False),
        ("/inputs/0/parameters/4111", False),
        ("/inputs/0/parameters/loan", False),
        ("/inputs/0/data/1/2/3", False),
        ("/age\n", False),
        ("/\u0661", False),
        ("age", False),
    ],
)
def test_only_places_of_our_own_are_kept(pointer: str, kept: bool) -> None:
    counted: list[dict[str, str | int]] = [{"pointer": "", "rule": "invalid", "count": 1}]

    assert told([(pointer, "invalid")], FIELDS) == (
        [{"pointer": pointer, "rule": "invalid"}] if kept else counted
    )


@pytest.mark.parametrize(
    ("pointer", "kept"),
    [
        ("/Größe: 漢字", True),
        ("/instances/3/a~1b~0c", True),
        ("/7", True),
        ("/7/7", True),
        ("/age", False),
        ("/a", False),
    ],
)
def test_the_fields_are_those_of_the_declaration_that_is_served(pointer: str, kept: bool) -> None:
    found = told([(pointer, "missing")], {"Größe: 漢字", "a/b~c", "7"})

    assert found[0]["pointer"] == (pointer if kept else "")


@pytest.mark.parametrize(
    ("schema", "most"),
    [
        (SCHEMA, 11),
        (table(*(number("漢" * length, sql_name=f"f_{length}") for length in range(1, 200))), 11),
        (
            table(
                *(number("\U0001f600" * length, sql_name=f"f_{length}") for length in (240, 2000))
            ),
            2,
        ),
    ],
    ids=["gmsc", "long names", "longer names"],
)
def test_a_row_is_bounded_however_much_is_wrong(
    schema: DataSetSchema, most: int, database: Database, tmp_path: Path
) -> None:
    worst = [
        (f"/instances/{9_999_000 + number}/{name}", "duplicate")
        for number in range(100)
        for name in schema.names
    ]

    async def scenario() -> None:
        settings = LogSettings(database_url=database.url("api"), spool_dir=tmp_path)
        log = PredictionLog(settings, RowFormat(schema), REGISTRATION)
        log.start()
        log.reject("r" * 128, "/v2/models/{model_name}/infer", 422, worst, "v" * 40)
        while not database.query("SELECT 1 FROM rejected_request"):
            await asyncio.sleep(0.01)
        await log.close()

    asyncio.run(asyncio.wait_for(scenario(), 20))

    ((size, count),) = database.query(
        "SELECT pg_column_size(rejected_request), jsonb_array_length(errors) FROM rejected_request"
    )
    assert size < 2000
    assert count == most


class _Sink:
    """Takes everything that is stored."""

    def __init__(self) -> None:
        self.rows = 0

    def execute(self, *_: object) -> int:
        self.rows += 1
        return 1


def test_a_day_of_refusals_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    rejections, sink = Rejections(FIELDS), _Sink()

    for _ in range(24 * 60 * 6):
        now += 10
        for _ in range(30):
            rejections.add(Rejection("r", "/predict", 422, [("/age", "invalid")], "v"))
            rejections.save(sink)  # type: ignore[arg-type]

    # The allowance of the day, and what was earned anew meanwhile.
    assert ROWS_A_DAY <= sink.rows <= 2 * ROWS_A_DAY
    assert sink.rows < ROWS_A_MINUTE * 24 * 60


def test_the_database_itself_refuses_a_large_row(database: Database) -> None:
    large = json.dumps([{"pointer": "/" + "x" * 5000, "rule": "unknown"}])

    with pytest.raises(Exception, match="rejected_request_is_small"):
        database.query(
            "INSERT INTO rejected_request (request_id, route, status, errors)"
            " VALUES ('r', '/predict', 422, %s)",
            large,
            role="api",
        )


def test_what_an_earlier_release_kept_is_made_harmless(postgres: LocalPostgres) -> None:
    settings = migrate_settings(postgres.admin_url, "kept_names")
    list(provision(admin(settings), settings))
    old = [
        [{"pointer": f"/{secret}", "rule": "unknown"} for secret in SECRETS],
        [{"pointer": "/age", "rule": "invalid"}, {"pointer": "/geheim", "rule": "unknown"}],
        [{"pointer": "/inputs/0/parameters/geheim", "rule": "duplicate"}],
        [{"pointer": f"/instances/{number}/age", "rule": "invalid"} for number in range(25)],
        [{"pointer": "/age", "rule": "invalid"}],
        [],
    ]
    with owner(settings).connect() as connection:
        list(upgrade(connection, "0004"))
        for errors in old:
            connection.execute(
                text(
                    "INSERT INTO rejected_request (request_id, route, status, errors)"
                    " VALUES ('r', '/predict', 422, CAST(:errors AS jsonb))"
                ),
                {"errors": json.dumps(errors)},
            )
        connection.commit()

    list(migrate(settings))

    rows = Database("kept_names", postgres.port).query(
        "SELECT errors FROM rejected_request ORDER BY rejection_id"
    )
    assert [errors for (errors,) in rows] == [
        told([(entry["pointer"], entry["rule"]) for entry in errors], FIELDS) for errors in old
    ]


def test_old_refusals_and_superseded_activations_go_with_their_months(database: Database) -> None:
    database.query(
        "INSERT INTO rejected_request (rejected_at, request_id, route, status, errors)"
        " SELECT now() - make_interval(months => age), 'r', '/predict', 422, '[]'"
        " FROM generate_series(0, 5) AS age"
    )
    database.query(
        "INSERT INTO model_activation"
        " (activation_id, activated_at, process_id, instance, model_version, reason)"
        " SELECT gen_random_uuid(), now() - make_interval(months => age),"
        " '01a208a3-fdf0-7665-a6d2-56079f72e1b2', 'host', 'v' || age, 'activated'"
        " FROM generate_series(1, 5) AS age"
    )

    named = list(retain(database.settings, months=2, apply=False))
    assert named == [
        "would delete 3 rows of rejected_request",
        "would delete 2 rows of model_activation",
    ]
    list(retain(database.settings, months=2, apply=True))

    assert database.query("SELECT count(*) FROM rejected_request") == [(3,)]
    # What served at the beginning of the oldest month that is kept is still known.
    kept = database.query("SELECT model_version FROM model_activation ORDER BY activated_at")
    assert kept == [("v3",), ("v2",), ("v1",)]
    assert list(retain(database.settings, months=2, apply=True)) == []


def test_counters_of_processes_that_ended_long_ago_are_added_up(database: Database) -> None:
    database.query(
        "INSERT INTO log_counter (process_id, started_at, counted_at, ended_at, instance, accepted,"
        " answered, committed, spooled, drained, duplicate, quarantined, refused)"
        " SELECT gen_random_uuid(), now() - make_interval(months => age + 1),"
        " now() - make_interval(months => age),"
        # The oldest of all never said that it ended: its spool may still hold rows.
        " CASE WHEN age < 6 THEN now() - make_interval(months => age) END,"
        " 'host', 10, 10, 4, 6, 10, 0, 0, 1 FROM generate_series(0, 6) AS age"
    )
    accounts = "SELECT sum(accepted), sum(spooled), sum(refused), min(started_at) FROM log_counter"
    before = database.query(accounts), database.query("SELECT * FROM monitoring.log_reconciliation")

    named = [list(retain(database.settings, months=2, apply=apply)) for apply in (False, True)]
    assert named == [["would add up 3 rows of log_counter"], ["adding up 3 rows of log_counter"]]
    list(retain(database.settings, months=1, apply=True))

    assert database.query("SELECT count(*) FROM log_counter") == [(4,)]
    after = database.query(accounts), database.query("SELECT * FROM monitoring.log_reconciliation")
    assert after == before
