"""Any table is declared, trained on and served; what it scored is answered and logged, to the bit.

From a file and its declaration on, through the trainer's command and the service's own doors; of
these rows the trainer's scores are those of the numbers that it read from the file.
"""

import asyncio
import csv
import gc
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import psycopg2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from psycopg2 import sql
from starlette.types import Receive, Scope, Send

from api.main import create_app
from api.settings import ApiSettings
from contract import declaration
from contract.feature import Feature, RatioOf, Value
from contract.schema import DataSetSchema
from tests.conftest import Database
from tests.contract.declarations import KINDS, bodies, schemas, values
from tests.db.test_any_table import as_sent, declare, renamed
from trainer import training
from trainer.context import Context
from trainer.draft import toml_text
from trainer.evaluation import score
from trainer.settings import TrainerSettings
from trainer.table import read_table

ROWS = 600
_MISSING = "<missing>"


@dataclass(frozen=True)
class Table:
    """A declaration, rows of it in the order of their file, and their labels."""

    schema: DataSetSchema
    rows: list[list[Value]]
    labels: list[str]


def _with_room(feature: Feature) -> Feature:
    """The same, but that a number can have more values than one."""
    if not feature.is_numeric:
        return feature
    low, high = feature.bounds
    if high - low > (20 if feature.kind == "integer" else 0):
        return feature
    step = max(30, abs(low))
    if low > 0:
        return replace(feature, minimum=low - step)
    return replace(feature, maximum=high + step)


@st.composite
def _pools(draw: st.DrawFn, feature: Feature, chance: np.random.Generator) -> list[Value]:
    """Values that the column has: some as they come, and enough others to tell rows apart."""
    drawn = draw(st.lists(values(feature), min_size=3, max_size=8))
    if not feature.is_numeric:
        return [*feature.levels, *drawn]
    more = chance.uniform(*feature.bounds, 20)
    if feature.kind == "integer":
        more = np.clip(np.round(more), *feature.bounds)
    return [*drawn, *more.tolist()]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """All kinds, and labels that depend on each column, so that the trees ask for each."""
    schema = renamed(draw(schemas(KINDS)))
    count, amount, *others = map(_with_room, schema.features)
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    pools = [draw(_pools(feature, chance)) for feature in (count, amount, *others)]
    code = next((value for value in pools[1] if value is not None), None)
    amount = replace(
        amount,
        ratio_of=draw(st.sampled_from([None, RatioOf(count.name, count.bounds[0])])),
        missing_codes=draw(st.sampled_from([(), (code,)])) if isinstance(code, float) else (),
    )
    schema = replace(schema, features=(count, amount, *others))
    places = [chance.integers(0, len(pool), ROWS) for pool in pools]
    weights = [chance.normal(size=len(pool)) for pool in pools]
    sums = sum(weight[at] for weight, at in zip(weights, places, strict=True))
    events = sums + chance.normal(size=ROWS) / 2 > np.median(sums)
    return Table(
        schema,
        rows=[
            [pool[at] for pool, at in zip(pools, row, strict=True)]
            for row in zip(*places, strict=True)
        ],
        labels=["bad" if event else "good" for event in events],
    )


@settings(
    max_examples=6,
    derandomize=True,
    # Each example takes a training: what fails is told as it was drawn.
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_what_the_trainer_scored_is_answered_and_logged(
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    data: st.DataObject,
) -> None:
    table = data.draw(tables())
    chosen = data.draw(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=6))
    sent = [table.rows[at] for at in chosen]
    names = table.schema.names
    texts = [data.draw(bodies(list(zip(names, row, strict=True)))) for row in sent]
    folder = tmp_path_factory.mktemp("table")
    expected = trained(folder, table)[chosen].tolist()
    declare(database, table.schema)
    monkeypatch.setenv("DATABASE_URL", database.url("api"))
    monkeypatch.setenv("SPOOL_DIR", str(folder / "spool"))

    answers = served(folder, table.schema, texts, sent)

    assert [answer.probability for answer in answers] == expected * 3
    logged = rows_of(database, table.schema, [answer.prediction_id for answer in answers])
    assert logged == [
        (repr(score), list(map(repr, row)))
        for score, row in zip(expected * 3, sent * 3, strict=True)
    ]


def trained(folder: Path, table: Table) -> NDArray[np.float64]:
    """Declare the table in files, train on it, and score its rows as the trainer does."""
    (folder / "table.toml").write_text(_toml(table.schema), encoding="utf-8")
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow([*table.schema.names, table.schema.target.name])
        for row, label in zip(table.rows, table.labels, strict=True):
            writer.writerow([*map(_cell, table.schema.features, row), label])
    own = TrainerSettings(
        models_dir=folder / "models",
        dataset=str(folder / "table.toml"),
        data_path=folder / "table.csv",
        min_auc=0.0,
    )
    context = Context.of(own)
    training.train(context, if_none=False, activate=True)
    data = read_table(folder / "table.csv", declaration.read(folder / "table.toml"))
    scores = score(context.store.load(context.require_active()).scorer, data.features)
    assert len(np.unique(scores)) > 1
    return scores


def _toml(schema: DataSetSchema) -> str:
    head = {"key": schema.key, "version": schema.version, "title": schema.title}
    target = {
        "name": schema.target.name,
        "description": schema.target.description,
        "positive": "bad",
        "negative": "good",
    }
    parts = [
        *(toml_text.assignment(name, value) for name, value in head.items()),
        toml_text.table("[target]", target),
        toml_text.table("[source]", {"missing": [_MISSING]}),
    ]
    for feature in schema.features:
        members = {name: of for name, of in feature.to_dict().items() if of is not None}
        ratio = members.pop("ratio_of", None)
        parts.append(toml_text.table("[[features]]", members))
        if ratio:
            parts.append(toml_text.table("[features.ratio_of]", ratio))
    return "\n".join(parts)


def _cell(feature: Feature, value: Value) -> str:
    if value is None:
        return _MISSING
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if feature.kind == "integer" else repr(value)


class Answer(NamedTuple):
    """What was answered of a row."""

    prediction_id: str
    probability: float


def served(
    folder: Path, schema: DataSetSchema, texts: Sequence[bytes], rows: Sequence[Sequence[Value]]
) -> list[Answer]:
    """The answers to the rows from a service of the folder's model: alone, in a batch, by /v2."""
    own = ApiSettings(models_dir=folder / "models", dataset=str(folder / "table.toml"))
    threshold = gc.get_threshold()
    try:
        return asyncio.run(_answers(own, schema, texts, rows))
    finally:
        # The service sets up the collector of its process, which here is that of the tests.
        gc.unfreeze()
        gc.set_threshold(*threshold)


async def _answers(
    own: ApiSettings,
    schema: DataSetSchema,
    texts: Sequence[bytes],
    rows: Sequence[Sequence[Value]],
) -> list[Answer]:
    app = create_app(own)
    async with app.router.lifespan_context(app) as state:

        async def within(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(within)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            ones = [await _asked(client, "/predict", text) for text in texts]
            batch = b'{"instances": [' + b", ".join(texts) + b"]}"
            many = (await _asked(client, "/predict/batch", batch))["predictions"]
            model = f"/v2/models/{schema.key}"
            declared = (await client.get(model)).json()["inputs"]
            tensors = [
                tensor | {"shape": [len(rows), 1], "data": column}
                for tensor, column in zip(declared, zip(*rows, strict=True), strict=True)
            ]
            body = json.dumps({"inputs": tensors}).encode()
            outputs = (await _asked(client, f"{model}/infer", body))["outputs"]
    named = {output["name"]: output["data"] for output in outputs}
    return [
        *(Answer(one["prediction_id"], one["probability"]) for one in [*ones, *many]),
        *map(Answer, named["prediction_id"], named["probability"]),
    ]


async def _asked(client: httpx.AsyncClient, path: str, body: bytes) -> Any:
    headers = {"Content-Type": "application/json"}
    response = await client.post(path, content=body, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def rows_of(
    database: Database, schema: DataSetSchema, ids: Sequence[str]
) -> list[tuple[str, list[str]]]:
    """The logged probability and features of each, as text that tells the very value."""
    columns = [feature.column for feature in schema.features]
    query = sql.SQL(
        "SELECT probability, {} FROM prediction_log WHERE prediction_id = ANY(%s::uuid[])"
        " ORDER BY array_position(%s::uuid[], prediction_id)"
    ).format(sql.SQL(", ").join(map(sql.Identifier, columns)))
    with psycopg2.connect(database.url("analyst")) as connection, connection.cursor() as cursor:
        cursor.execute(query, [list(ids), list(ids)])
        found = cursor.fetchall()
    connection.close()
    return [
        (
            repr(probability),
            [repr(as_sent(*pair)) for pair in zip(schema.features, row, strict=True)],
        )
        for probability, *row in found
    ]
