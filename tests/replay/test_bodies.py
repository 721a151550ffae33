"""What a service reads of a body is what stands in the stream, whatever the declaration."""

import csv
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contract.case import Case
from contract.declaration import Source
from contract.feature import Value
from contract.request import RequestModel, Values
from contract.schema import DataSetSchema
from replay.batches import Limits, Predictions
from replay.clients import Clients
from replay.moments import DAY
from replay.preparation import Form, prepare
from replay.rows import Rows
from tests.contract import declarations
from tests.contract.tables import table

START = datetime(2026, 3, 1, tzinfo=UTC)
# Beside "" nothing is missing: any text may be a category's.
WORDS = Source(missing=("",), true=("ja",), false=("nein",))
LIMITS = Limits(1000, 1000, 900_000)


def cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    return value if isinstance(value, str) else repr(value)


def read_by_the_service(
    schema: DataSetSchema, content: list[list[Value]], words: Source = WORDS
) -> tuple[list[Values], list[Case]]:
    """What comes of a stream with these rows, an hour apart."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "stream.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["event_time", *schema.names])
            for number, row in enumerate(content):
                moment = (START + timedelta(minutes=number)).isoformat()
                writer.writerow([moment, *map(cell, row)])
        rows = Rows.make(Path(directory) / "rows")
        prepare(path, Form(schema, words, Clients({}), DAY, None, "0" * 64), rows, lambda _: None)
        rows.finish()
        sender = Predictions(schema, LIMITS)
        bodies = [
            sender.body(batch)
            for step in rows.steps()
            for batch in sender.batches(rows.predictions(step))
        ]
        rows.close()
    (body,) = bodies
    return RequestModel(schema).parse_cases(body)


@given(st.data())
def test_any_value_of_any_declaration(data: st.DataObject) -> None:
    schema = data.draw(
        declarations.schemas().filter(lambda made: not {"event_time", "client"} & {*made.names})
    )
    content = data.draw(st.lists(declarations.rows(schema), min_size=1, max_size=5))

    values, cases = read_by_the_service(schema, content)

    assert values == content
    assert [case.event_time for case in cases] == [
        (START + timedelta(minutes=number)).isoformat() for number in range(len(content))
    ]


def test_words_are_those_of_the_declaration() -> None:
    words = Source(missing=("", "?", "n/a"), true=("yes",), false=("no",))
    content: list[list[Value]] = [["1e2", "+7", "yes", "web"], ["?", "08", "n/a", "n/a"]]

    values, _ = read_by_the_service(table(), content, words)

    assert values == [[100.0, 7.0, True, "web"], [None, 8.0, None, None]]
