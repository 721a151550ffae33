"""What a request of any declared table held is read back from PostgreSQL, to the bit."""

import math
from dataclasses import replace
from itertools import count

import psycopg2
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg2 import sql

from contract.feature import MAX_TEXT, Feature, Value
from contract.request import RequestModel
from contract.schema import DataSetSchema
from db.connection import owner
from db.log import Context, RowFormat, Stamp
from db.log.errors import RowsRefused
from db.log.form import Form
from db.log.postgres import PostgresLog
from db.log.segment import Frame, encode, frames
from db.migrate import derive
from tests.conftest import PASSWORD, Database
from tests.contract.declarations import bodies, rows, schemas

# An example takes a migration, and the database is one for all of them.
SLOW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERS = count()


def renamed(schema: DataSetSchema) -> DataSetSchema:
    """The same under names of its own: the examples share one log, as data sets may."""
    number = next(NUMBERS)
    return replace(
        schema,
        key=f"random_{number}",
        features=tuple(
            replace(feature, sql_name=f"x{number}_{place}")
            for place, feature in enumerate(schema.features)
        ),
    )


def declare(database: Database, schema: DataSetSchema) -> None:
    with owner(database.settings).connect() as connection:
        list(derive(connection, schema))


def store(database: Database, schema: DataSetSchema, rows: list[list[Value]]) -> None:
    """Through a segment of the spool into the log, as the service writes them."""
    context = Context("request", "/predict", "version", schema.id, 0.5)
    row_format = RowFormat(schema)
    form = Form(row_format.columns)
    lines = [
        row_format.encode(
            *(context, Stamp.now(), row, 0.5, 1),
            duration_ms=1.0,
            instance_index=index,
            batch_size=len(rows),
        )
        for index, row in enumerate(rows)
    ]
    (frame,) = frames(encode(b"".join(lines), len(lines), form))
    assert isinstance(frame, Frame)
    postgres = PostgresLog(database.url("api"), lambda: PASSWORD)
    postgres.connect()
    try:
        postgres.copy(Form.read(form.document), frame.payload)
    finally:
        postgres.close()


def as_sent(feature: Feature, value: object) -> object:
    """Integers come back as such, and were read as doubles."""
    whole = feature.kind == "integer" and isinstance(value, int)
    return float(value) if whole else value  # type: ignore[arg-type] # an int here


@settings(SLOW)
@given(st.data())
def test_a_row_of_any_table_is_what_was_sent(database: Database, data: st.DataObject) -> None:
    schema = renamed(data.draw(schemas()))
    model = RequestModel(schema)
    sent = data.draw(st.lists(rows(schema), min_size=1, max_size=4))
    texts = [data.draw(bodies(list(zip(schema.names, row, strict=True)))) for row in sent]
    declare(database, schema)

    store(database, schema, [model.parse(text) for text in texts])

    columns = sql.SQL(", ").join(sql.Identifier(feature.column) for feature in schema.features)
    with psycopg2.connect(database.url("analyst")) as connection, connection.cursor() as cursor:
        query = "SELECT {} FROM prediction_log WHERE schema_version = %s ORDER BY instance_index"
        cursor.execute(sql.SQL(query).format(columns), [schema.id])
        found = cursor.fetchall()
    connection.close()
    read = [
        [repr(as_sent(*pair)) for pair in zip(schema.features, row, strict=True)] for row in found
    ]
    assert read == [list(map(repr, row)) for row in sent]
    seen = database.query("SELECT feature, predictions FROM monitoring.feature_per_day")
    assert set(seen) == {(name, len(sent)) for name in schema.names}


@settings(SLOW)
@given(st.data())
def test_what_a_request_may_not_hold_the_log_does_not_take(
    database: Database, data: st.DataObject
) -> None:
    schema = renamed(data.draw(schemas()))
    row = data.draw(rows(schema))
    wrong = [(index, value) for index, item in enumerate(schema.features) for value in beyond(item)]
    assume(wrong)
    index, value = data.draw(st.sampled_from(wrong))
    declare(database, schema)

    with pytest.raises(RowsRefused):
        store(database, schema, [[*row[:index], value, *row[index + 1 :]]])


def beyond(feature: Feature) -> list[Value]:
    """Values next to those that the feature may have, which its column could hold."""
    values: list[Value] = [] if feature.nullable else [None]
    if feature.kind == "category":
        unknown = [] if feature.unknown == "missing" else [max(feature.levels, key=len) + "x"]
        return [*values, "", "x" * (MAX_TEXT + 1), *unknown]
    if feature.kind == "integer":
        return [*values, feature.bounds[0] - 1, feature.bounds[1] + 1]
    if feature.kind == "float":
        low, high = feature.bounds
        return [*values, math.nextafter(low, -math.inf), math.nextafter(high, math.inf)]
    return values
