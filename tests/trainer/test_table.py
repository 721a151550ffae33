"""A table is read as it was declared, whatever it was written with, or refused by its place."""

import gzip
import math
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.declaration import Declaration
from tests.trainer.tables import loans
from trainer.data import Data
from trainer.errors import DataRefused
from trainer.table import read_table

HEADER = "amount,country,new customer,status\n"
NAN = math.nan


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "loans.csv"


def read(path: Path, text: str | bytes, declaration: Declaration | None = None) -> Data:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, declaration or loans())


def refusal(path: Path, text: str | bytes, declaration: Declaration | None = None) -> str:
    with pytest.raises(DataRefused) as refused:
        read(path, text, declaration)
    assert str(path) in str(refused.value)
    return str(refused.value)


def assert_rows(data: Data, *rows: list[float]) -> None:
    np.testing.assert_array_equal(data.features, np.array(rows))


def test_numbers_levels_and_booleans_become_numbers(path: Path) -> None:
    data = read(
        path,
        HEADER + '1.5,DE,true,good\n,"FR, south",FALSE,bad\n0.1,"a ""b""",1,paid\n2,NA,,good\n',
    )

    # A level wins over a marker of what is missing.
    assert_rows(data, [1.5, 0, 1], [NAN, 2, 0], [0.1, 3, 1], [2, 1, NAN])
    assert data.labels.tolist() == [0, 1, 0, 0]
    assert data.source == "loans.csv"
    assert data.split_keys is None


def test_a_level_of_a_markers_name_is_not_missing(path: Path) -> None:
    declaration = loans()
    features = [replace(item, nullable=False) for item in declaration.schema.features]
    schema = replace(declaration.schema, features=tuple(features))

    data = read(path, HEADER + "1,NA,1,bad\n", replace(declaration, schema=schema))
    message = refusal(path, HEADER + "NA,NA,1,bad\n", replace(declaration, schema=schema))

    assert_rows(data, [1, 1, 1])
    assert "column amount: must not be missing (line 2: 'NA')" in message
    assert "country" not in message


def test_a_quoted_value_may_hold_line_ends_and_its_line_is_still_counted(path: Path) -> None:
    declaration = loans(source='ignore = ["note"]')
    text = (
        'note,amount,country,new customer,status\n"two\nlines\r\nof it",1,DE,1,good\nx,?,DE,1,bad\n'
    )

    assert "column amount: must be a number (line 5: '?')" in refusal(path, text, declaration)
    assert_rows(read(path, text.replace("?", "7"), declaration), [1, 0, 1], [7, 0, 1])


@pytest.mark.parametrize(
    ("text", "value"), [("1,5", 1.5), ("-0,25", -0.25), ("7", 7.0), (",5", 0.5), ("1,5e2", 150.0)]
)
def test_a_decimal_comma_is_read(path: Path, text: str, value: float) -> None:
    declaration = loans(source='delimiter = ";"\ndecimal = ","')
    content = HEADER.replace(",", ";") + f"{text};DE;1;good\n".replace("-", "")

    assert_rows(read(path, content, declaration), [abs(value), 0, 1])


@pytest.mark.parametrize("text", ["1.234,56", "1.5", "1 234", "1,2,3"])
def test_separated_thousands_are_refused_by_their_place(path: Path, text: str) -> None:
    declaration = loans(source='delimiter = ";"\ndecimal = ","')
    content = HEADER.replace(",", ";") + f"1;DE;1;good\n{text};DE;1;good\n"

    assert (
        f"must be a number with a decimal comma, without separated thousands (line 3: '{text}')"
        in (refusal(path, content, declaration))
    )


@pytest.mark.parametrize("delimiter", [";", "\\t", "|", " "])
def test_other_delimiters_are_read(path: Path, delimiter: str) -> None:
    declaration = loans(source=f'delimiter = "{delimiter}"')
    sign = delimiter.replace("\\t", "\t")
    header = sign.join(f'"{name}"' for name in HEADER.strip().split(","))

    assert_rows(
        read(path, f"{header}\n" + sign.join(["1", "DE", "1", "bad\n"]), declaration), [1, 0, 1]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "iso-8859-1", "utf-16"])
def test_other_encodings_are_read(path: Path, encoding: str) -> None:
    declaration = loans(
        source=f'encoding = "{encoding}"', positive='"d\N{LATIN SMALL LETTER U WITH DIAERESIS}"'
    )
    content = HEADER + "1,DE,1,d\N{LATIN SMALL LETTER U WITH DIAERESIS}\n"

    assert read(path, content.encode(encoding), declaration).labels.tolist() == [1]
    if encoding == "utf-8":
        assert read(path, b"\xef\xbb\xbf" + content.encode(), declaration).labels.tolist() == [1]


def test_a_byte_that_the_declared_encoding_lacks_is_refused(path: Path) -> None:
    message = refusal(
        path, HEADER.encode() + b"1,\x81,1,bad\n", loans(source='encoding = "windows-1252"')
    )

    assert (
        message
        == f"{path}, line 2, field 2: not windows-1252 (byte 0x81): declare another encoding"
    )


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_a_packed_table_is_unpacked(path: Path, pack: str) -> None:
    text = HEADER + "1,DE,1,bad\n"
    if pack == "gzip":
        content = gzip.compress(text.encode())
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("other.csv", "x\n")
            archive.writestr("Loans.csv", text)
        content = path.read_bytes()

    assert_rows(read(path, content), [1, 0, 1])


@pytest.mark.parametrize("text", ["XX", "de", "DE ", ""])
def test_a_level_that_is_not_declared_is_refused_or_missing(path: Path, text: str) -> None:
    content = HEADER + f"1,DE,1,bad\n1,{text},1,bad\n"

    if text:
        assert "column country: must be one of " in refusal(path, content)
        assert f"(line 3: {text!r})" in refusal(path, content)
    assert_rows(read(path, content, loans(unknown="missing")), [1, 0, 1], [1, NAN, 1])


def test_what_is_no_boolean_is_refused(path: Path) -> None:
    declaration = loans(source='true = ["Y"]\nfalse = ["N", "no"]')

    assert_rows(read(path, HEADER + "1,DE,Y,bad\n1,DE,no,bad\n", declaration), [1, 0, 1], [1, 0, 0])
    assert 'must be one of "Y", or of "N", "no" (line 2: \'yes\')' in refusal(
        path, HEADER + "1,DE,yes,bad\n", declaration
    )


@pytest.mark.parametrize(
    ("positive", "negative", "text", "label"),
    [
        ("1", "0", "1.0", 1),
        ("1", "0", "00", 0),
        ("2", "[0, 1]", "1e0", 0),
        ("true", "false", "TRUE", 1),
        ('"1"', '"0"', "1", 1),
        ('"NA"', '"no"', "NA", 1),
        ('["a", 3]', '"b"', "3.0", 1),
    ],
)
def test_labels_are_compared_as_they_are_declared(
    path: Path, positive: str, negative: str, text: str, label: int
) -> None:
    declaration = loans(positive=positive, negative=negative)

    assert read(path, HEADER + f"1,DE,1,{text}\n", declaration).labels.tolist() == [label]


@pytest.mark.parametrize(
    ("positive", "negative", "text", "expected"),
    [
        ('"bad"', '["good", "paid"]', "Bad", 'the label must be "good" or "paid" or "bad"'),
        ('"1"', '"0"', "1.0", 'the label must be "0" or "1"'),
        ("1", "0", "2", "the label must be 0 or 1"),
        ("true", "false", "yes", "the label must be false or true"),
        ("1", "0", "", "the label must be 0 or 1"),
    ],
)
def test_any_other_label_is_refused(
    path: Path, positive: str, negative: str, text: str, expected: str
) -> None:
    message = refusal(
        path, HEADER + f"1,DE,1,{text}\n", loans(positive=positive, negative=negative)
    )

    assert f"column status: {expected} (line 2: {text!r})" in message


def test_a_declared_table_has_only_declared_columns(path: Path) -> None:
    declaration = loans('reference = "loan id"', 'ignore = ["note"]')

    data = read(path, "loan id,note," + HEADER + "7,x,1,DE,1,bad\n", declaration)
    message = refusal(path, "zip," + HEADER + "7,1,DE,1,bad\n", declaration)

    assert_rows(data, [1, 0, 1])
    assert "the column 'zip' is not one of Loans's" in message
    assert message.endswith("Or declare it: as a feature, or under source.ignore.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("\n", "empty"),
        (HEADER, "a header, but no rows"),
        (HEADER + "1,DE,1,bad", "line 2: the last line does not end: the file was cut"),
        (HEADER + "1,DE,1\n", "line 2: 3 fields instead of 4"),
        (HEADER + "1,DE,1,bad\n\n", "line 3: 0 fields instead of 4"),
        (HEADER + '1,"DE"x,1,bad\n', "line 2: not a row of a CSV"),
        (HEADER + '1,DE,1,bad\n1,"DE,1,bad\n', "line 3: not a row of a CSV"),
        (HEADER.replace(",", ";") + "1;DE;1;bad\n", "the delimiter must be a comma"),
    ],
)
def test_a_table_that_is_cut_or_torn_is_refused(path: Path, text: str, expected: str) -> None:
    assert expected in refusal(path, text)


def test_a_quotation_mark_that_is_never_closed_takes_no_memory(path: Path) -> None:
    content = gzip.compress((HEADER + '1,"').encode() + b"x,\n" * 2**24)

    tracemalloc.start()
    try:
        assert "line 2: not a row of a CSV (field larger" in refusal(path, content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2**23


def test_rows_beyond_what_is_read_at_once_keep_their_order_and_lines(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.quoted_file._CELLS_AT_ONCE", 1)
    lines = [f"{number},DE,1,bad\n" for number in range(2500)]

    data = read(path, HEADER + "".join(lines))
    message = refusal(path, HEADER + "".join([*lines, "x,DE,1,bad\n"]))

    assert data.features[:, 0].tolist() == list(range(2500))
    assert "(line 2502: 'x')" in message


TIMES = [
    ("2024-03-01", 1709251200),
    ("2024-03-01T00:00:00Z", 1709251200),
    ("2024-03-01 02:00:00.5+02:00", 1709251200.5),
    ("1960-01-01", -315619200),
]


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("text", "seconds"), TIMES)
def test_a_time_is_read_in_utc(path: Path, text: str, seconds: float, far_east: None) -> None:
    declaration = loans('event_time = "at"\nsplit = "time"')

    data = read(path, "at," + HEADER + f"{text},1,DE,1,bad\n", declaration)

    assert data.split_keys is not None
    assert data.split_keys.tolist() == [seconds * 1e6]


def test_a_time_is_read_in_the_declared_form(path: Path) -> None:
    declaration = loans('event_time = "at"\nsplit = "time"', 'time_format = "%d.%m.%Y %H:%M"')

    data = read(path, "at," + HEADER + "1.3.2024 00:00,1,DE,1,bad\n", declaration)

    assert data.split_keys is not None
    assert data.split_keys.tolist() == [1709251200e6]
    assert "column at: must be a time (%d.%m.%Y %H:%M) (line 2: '2024-03-01')" in refusal(
        path, "at," + HEADER + "2024-03-01,1,DE,1,bad\n", declaration
    )


@pytest.mark.parametrize(
    ("top", "text", "expected"),
    [
        ('event_time = "key"\nsplit = "time"', "soon", "must be a time (ISO 8601"),
        ('event_time = "key"\nsplit = "time"', "", "must not be missing, for the split"),
        ('group = "key"\nsplit = "group"', "NA", "must not be missing, for the split"),
    ],
)
def test_what_the_split_goes_by_must_be_there(
    path: Path, top: str, text: str, expected: str
) -> None:
    message = refusal(path, "key," + HEADER + f"{text},1,DE,1,bad\n", loans(top))

    assert f"column key: {expected}" in message


def test_what_the_split_goes_by_is_a_part_of_the_datas_identity(path: Path) -> None:
    by_time, by_hash = loans('event_time = "at"\nsplit = "time"'), loans('event_time = "at"')
    one, other = ("at," + HEADER + f"{day},1,DE,1,bad\n" for day in ("2024-01-01", "2024-01-02"))

    def identity(text: str, declaration: Declaration) -> str:
        return read(path, text, declaration).sha256(declaration.schema)

    assert identity(one, by_time) != identity(other, by_time)
    assert identity(one, by_hash) == identity(other, by_hash)


def test_a_group_may_be_a_feature_as_well(path: Path) -> None:
    data = read(
        path,
        HEADER + "1,DE,1,bad\n2,FR,1,bad\n3,DE,1,bad\n".replace("FR", "NA"),
        loans('group = "country"\nsplit = "group"', 'missing = [""]'),
    )

    assert data.split_keys is not None
    first, second, third = data.split_keys.tolist()
    assert first == third != second
    assert_rows(data, [1, 0, 1], [2, 1, 1], [3, 0, 1])


def parquet(path: Path, **columns: Any) -> Path:
    target = path.with_suffix(".parquet")
    pq.write_table(pa.table(columns), target, row_group_size=2)
    return target


def test_parquet_is_read_by_its_types(path: Path) -> None:
    table = parquet(
        path,
        amount=pa.array([0.1, None, math.nan, 5e-324]),
        country=pa.array(["DE", None, "NA", "FR, south"]).dictionary_encode(),
        status=pa.array(["good", "bad", "bad", "good"]),
        at=pa.array([0, 1, 2, 86_400_000_000], pa.timestamp("us", "Europe/Berlin")),
        __index_level_0__=[1, 2, 3, 4],
        **{"new customer": pa.array([True, False, None, True])},
    )

    data = read_table(table, loans('event_time = "at"\nsplit = "time"'))

    assert_rows(data, [0.1, 0, 1], [NAN, NAN, 0], [NAN, 1, NAN], [5e-324, 2, 1])
    assert data.labels.tolist() == [0, 1, 1, 0]
    assert data.split_keys is not None
    assert data.split_keys.tolist() == [0.0, 1.0, 2.0, 86_400e6]


def with_amounts(path: Path, amounts: Any) -> Path:
    columns = {"country": ["DE", "DE"], "status": ["bad", "good"], "new customer": [1, 0]}
    return parquet(path, amount=amounts, **columns)


@pytest.mark.parametrize(
    "numbers",
    [
        pa.array([Decimal("0.10"), Decimal("2.50")], pa.decimal128(5, 2)),
        pa.array([0.1, 2.5], pa.float32()),
        pa.array([7, 2**29 + 1], pa.int64()),
        pa.array(["1e3", "0.1"]),
    ],
)
def test_a_number_of_parquet_is_read_as_it_is(path: Path, numbers: Any) -> None:
    data = read_table(with_amounts(path, numbers), loans())

    assert data.features[:, 0].tolist() == [float(value) for value in numbers.to_pylist()]
    assert data.features[:, 2].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False], "must be a number (row 1: 'true', row 2: 'false')"),
        (["1", "b"], "must be a number (row 2: 'b')"),
        ([-1, 2], "must be a number from 0 to 1,000,000,000, or null (row 1: '-1')"),
        ([1, 2**53 + 1], "or null (row 2: '9007199254740993')"),
        ([1.5, math.inf], "must be a number (row 2: 'inf')"),
    ],
)
def test_a_value_of_parquet_is_refused_by_its_row(
    path: Path, values: list[Any], expected: str
) -> None:
    with pytest.raises(DataRefused) as refused:
        read_table(with_amounts(path, values), loans())

    assert "loans.parquet, column amount: must be a number" in str(refused.value)
    assert expected in str(refused.value)


@pytest.mark.parametrize("cut", [0.2, 0.6, 0.99])
def test_parquet_that_was_cut_is_refused(path: Path, cut: float) -> None:
    table = parquet(path, amount=[1.0], country=["DE"], status=["bad"])
    content = table.read_bytes()
    table.write_bytes(content[: int(len(content) * cut)])

    with pytest.raises(DataRefused, match=r"loans\.parquet: damaged, or not whole"):
        read_table(table, loans())


def test_a_nested_column_of_parquet_is_refused_where_it_is_needed(path: Path) -> None:
    columns = {"country": ["DE"], "status": ["bad"], "new customer": [True]}
    table = parquet(path, amount=[[1.0, 2.0]], **columns)

    with pytest.raises(DataRefused, match=r"column amount: list<.*> is no type of a value here"):
        read_table(table, loans())
    other = parquet(path, amount=[1.0], more=[{"a": 1}], **columns)
    assert len(read_table(other, loans(source='ignore = ["more"]'))) == 1
