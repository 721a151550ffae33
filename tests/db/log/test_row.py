"""A row's line says exactly what was predicted, and when."""

import time
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.feature import Value
from db.log import Context, RowFormat, Stamp
from tests.contract.tables import table
from tests.gmsc import SCHEMA, VALUES

FORMAT = RowFormat(SCHEMA)
CONTEXT = Context("request-1", "/predict", "gmsc-0123456789ab", SCHEMA.id, 0.25)


def fields(line: bytes) -> dict[str, str]:
    names = [name for name, _ in FORMAT.columns]
    return dict(zip(names, line.decode().removesuffix("\n").split("\t"), strict=True))


def example_values() -> list[Value]:
    return list(VALUES)


def test_the_time_is_the_millisecond_inside_the_id() -> None:
    for _ in range(1000):
        stamp = Stamp.now()
        identity = uuid.UUID(stamp.prediction_id)

        assert identity.version == 7
        assert identity.variant == uuid.RFC_4122
        moment = datetime.fromisoformat(stamp.predicted_at)
        assert moment == datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


def test_ids_grow_with_time_and_never_repeat() -> None:
    stamps = []
    for _ in range(50):
        stamps.append(Stamp.now().prediction_id)
        time.sleep(0.001)

    assert stamps == sorted(stamps)
    assert len(set(stamps)) == len(stamps)


@pytest.mark.parametrize("milliseconds", [0, 1, 999, 1_700_000_000_000, 1_700_000_000_010])
def test_the_fraction_is_written_even_where_it_is_zero(
    milliseconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: milliseconds * 1_000_000)

    predicted_at = Stamp.now().predicted_at

    assert len(predicted_at) == len("2026-11-23T13:11:10.123Z")
    seconds = datetime.fromisoformat(predicted_at).timestamp()
    assert round(seconds * 1000) == milliseconds


@given(st.floats(0, 1), st.floats(0, 1e9, allow_subnormal=True))
def test_doubles_are_written_so_that_they_read_back_the_same(
    probability: float, ratio: float
) -> None:
    values = [ratio, *example_values()[1:]]

    line = FORMAT.encode(CONTEXT, Stamp.now(), values, probability, 1, duration_ms=0.1)

    row = fields(line)
    assert float(row["probability"]).hex() == probability.hex()
    assert float(row["revolving_utilization_of_unsecured_lines"]).hex() == ratio.hex()


def test_missing_is_null_and_an_integer_has_no_point() -> None:
    values = example_values()
    values[4] = None

    line = FORMAT.encode(CONTEXT, Stamp.now(), values, 0.5, 1, duration_ms=0.1)

    row = fields(line)
    assert row["monthly_income"] == "\\N"
    assert row["age"] == "45"


def test_text_cannot_break_out_of_its_column() -> None:
    context = Context("a\\b", "/predict", "v", SCHEMA.id, 0.25, client_reference="x\ty\nz\r\\.")

    line = FORMAT.encode(context, Stamp.now(), example_values(), 0.5, 1, duration_ms=0.1)

    row = fields(line)
    assert row["request_id"] == "a\\\\b"
    assert row["client_reference"] == "x\\ty\\nz\\r\\\\."
    assert line.count(b"\n") == 1


def test_a_boolean_and_a_text_are_written_as_copy_reads_them() -> None:
    text = "Straße\t漢字 \\N \r\n%s"
    values: list[Value] = [None, 3.0, True, text]

    line = RowFormat(table()).encode(CONTEXT, Stamp.now(), values, 0.5, 1, duration_ms=0.1)

    written = line.decode().split("\t")[-4:]
    assert written == ["\\N", "3", "t", "Straße\\t漢字 \\\\N \\r\\n%s\n"]
    assert values == [None, 3.0, True, text]
