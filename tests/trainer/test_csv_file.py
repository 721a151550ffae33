"""A CSV is read exactly, or refused with its file, line and column named."""

import gzip
import math
import os
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.gmsc import DECLARATION, SCHEMA
from tests.trainer.csv_text import COLUMNS, csv_text, rows
from trainer.data import Data
from trainer.errors import DataRefused
from trainer.sample import make_sample
from trainer.table import read_table

ROWS = rows(30)
UTILIZATION, AGE, INCOME = "RevolvingUtilizationOfUnsecuredLines", "age", "MonthlyIncome"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cs-training.csv"


def written(path: Path, text: str | bytes) -> Data:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, DECLARATION)


def refusal(path: Path, text: str | bytes) -> str:
    with pytest.raises(DataRefused) as refused:
        written(path, text)
    assert str(path) in str(refused.value)
    return str(refused.value)


def with_value(column: str, value: str, line: int = 7) -> str:
    changed = [dict(row) for row in ROWS]
    changed[line - 2][column] = value
    return csv_text(changed)


def assert_same(one: Data, other: Data) -> None:
    assert one.labels.tolist() == other.labels.tolist()
    np.testing.assert_array_equal(one.features, other.features)


def test_a_file_is_read_as_it_says(path: Path) -> None:
    sample = make_sample(SCHEMA)

    data = written(path, csv_text(ROWS))

    assert data.labels.tolist() == sample.labels[:30].tolist()
    np.testing.assert_array_equal(data.features, sample.features[:30])
    assert (data.source, data.is_sample) == ("cs-training.csv", False)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("index", [True, False])
def test_line_ends_and_the_index_column_do_not_matter(path: Path, end: str, index: bool) -> None:
    expected = written(path, csv_text(ROWS))

    assert_same(written(path, csv_text(ROWS, end=end, index=index)), expected)


def test_any_order_of_the_columns_is_read(path: Path) -> None:
    expected = written(path, csv_text(ROWS))

    assert_same(written(path, csv_text(ROWS, COLUMNS[::-1])), expected)


def test_a_byte_order_mark_is_no_part_of_a_name(path: Path) -> None:
    expected = written(path, csv_text(ROWS))

    assert_same(written(path, b"\xef\xbb\xbf" + csv_text(ROWS, index=False).encode()), expected)


def test_quoted_names_and_values_are_read(path: Path) -> None:
    text = csv_text(ROWS).replace("age", '"age"').replace(",NA", ',"NA"')

    assert_same(written(path, text), written(path, csv_text(ROWS)))


def test_a_zip_of_one_csv_is_read(path: Path) -> None:
    expected = written(path, csv_text(ROWS))

    assert_same(read_table(zipped(path), DECLARATION), expected)


def test_more_rows_than_are_read_at_once_keep_their_order_and_lines(path: Path) -> None:
    many = [row | {AGE: str(20 + number % 80)} for number, row in enumerate(ROWS * 3334)]

    data = written(path, csv_text(many))
    message = refusal(path, csv_text([*many, ROWS[0] | {AGE: "old"}]))

    assert data.features[:, 1].tolist() == [float(row[AGE]) for row in many]
    assert f"line {len(many) + 2}: 'old'" in message


@pytest.mark.parametrize("text", ["NA", ""])
def test_what_is_missing_is_nan(path: Path, text: str) -> None:
    assert math.isnan(written(path, with_value(INCOME, text)).features[5, 4])


@given(st.floats(0, 1e9), st.sampled_from(["{!r}", "{:.17e}", "{:E}", "{:.3f}", "+{!r}", "0{!r}"]))
@example(4.9406564584124654e-324, "{!r}")
@example(0.1 + 0.2, "{!r}")
@settings(max_examples=60, deadline=None)
def test_a_number_is_the_double_nearest_to_its_text(
    tmp_path_factory: pytest.TempPathFactory, value: float, spelling: str
) -> None:
    text = spelling.format(value)
    path = tmp_path_factory.mktemp("csv") / "cs-training.csv"

    assert written(path, with_value(UTILIZATION, text)).features[5, 0] == float(text)


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "inf",
        "-inf",
        "Infinity",
        "nan",
        "NaN",
        "NAN",
        "-",
        "1e400",
        "9" * 400,
        "1_000",
        "1 000",
        " 1",
        "1 ",
        "0x10",
        "1.5.2",
        "--1",
        "1e",
        "E",
        ".",
        "N/A",
        "null",
        "None",
        "-NA",
        "٣",
        "1²",
        "½",
        "true",
    ],
)
def test_what_is_no_number_is_refused(path: Path, text: str) -> None:
    message = refusal(path, with_value(UTILIZATION, text))

    assert f"{path}, column {UTILIZATION}: must be a number (line 7: " in message


@pytest.mark.parametrize("text", ["-1", "131", "45.5", "1e9", "-0.5"])
def test_a_count_that_is_impossible_is_refused(path: Path, text: str) -> None:
    message = refusal(path, with_value(AGE, text))

    problem, advice = message.splitlines()
    assert problem == f"{path}, column age: must be an integer from 0 to 130 (line 7: {text!r})"
    assert advice == "What to do: mend these values, or leave out their lines."


@pytest.mark.parametrize("text", ["-0.000001", "1000000000.1", "2e9"])
def test_a_measure_out_of_range_is_refused(path: Path, text: str) -> None:
    assert "must be a number from 0 to 1,000,000,000 (line 7" in refusal(
        path, with_value(UTILIZATION, text)
    )


@pytest.mark.parametrize("text", ["45.0", "4.5e1", "045", "+45"])
def test_a_whole_number_is_an_integer_in_every_spelling(path: Path, text: str) -> None:
    assert written(path, with_value(AGE, text)).features[5, 1] == 45.0


@pytest.mark.parametrize("text", ["NA", ""])
@pytest.mark.parametrize("column", [AGE, UTILIZATION])
def test_missing_is_refused_where_it_may_not_be(path: Path, column: str, text: str) -> None:
    assert f"column {column}: must not be missing (line 7: {text!r})" in refusal(
        path, with_value(column, text)
    )


@pytest.mark.parametrize("text", ["2", "-1", "NA", "", "0.5", "yes", "nan", "1e400"])
def test_a_label_must_be_0_or_1(path: Path, text: str) -> None:
    assert f"column {SCHEMA.target.name}: the label must be 0 or 1 (line 7: {text!r})" in refusal(
        path, with_value(SCHEMA.target.name, text)
    )


def test_all_that_is_wrong_is_said_at_once_and_briefly(path: Path) -> None:
    broken = [row | {AGE: "200", INCOME: "abc"} for row in ROWS]

    message = refusal(path, csv_text(broken))

    assert "line 2: '200', line 3: '200', line 4: '200' and 27 more" in message
    assert f"column {INCOME}: must be a number" in message


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (COLUMNS[:-1], "the column NumberOfDependents is missing"),
        (COLUMNS[1:], "the column SeriousDlqin2yrs is missing"),
        ([*COLUMNS, "zip"], "the column 'zip' is not one of Give Me Some Credit's"),
        ([*COLUMNS, "age"], "the column age is there twice"),
        (
            [name.replace("age", "Age") for name in COLUMNS],
            "the column age is missing; the column 'Age' is not one of Give Me Some Credit's",
        ),
        ([name.replace("age", " age") for name in COLUMNS], "the column ' age' is not one of"),
    ],
)
@pytest.mark.parametrize("index", [True, False])
def test_other_columns_are_refused_by_name(
    path: Path, columns: list[str], expected: str, index: bool
) -> None:
    content = [dict.fromkeys(columns, "1") | row for row in ROWS]

    message = refusal(path, csv_text(content, columns, index=index))

    assert f"{path}, line 1: " in message
    assert expected in message


def test_a_file_without_a_header_is_refused(path: Path) -> None:
    assert "line 1: the column" in refusal(path, csv_text(ROWS).split("\n", 1)[1])


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_named_as_the_cause(path: Path, delimiter: str) -> None:
    message = refusal(path, csv_text(ROWS, index=False).replace(",", delimiter))

    assert "the delimiter must be a comma" in message


@pytest.mark.parametrize("text", ["", "\n", "\r\n", "  \n", "\ufeff"])
def test_an_empty_file_is_refused(path: Path, text: str) -> None:
    assert refusal(path, text) == f"{path}: empty"


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_header_alone_is_refused(path: Path, end: str) -> None:
    assert "a header, but no rows" in refusal(path, csv_text([]).strip() + end)


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_cut_within_its_last_line_is_never_taken_for_other_data(
    path: Path, index: bool, end: str
) -> None:
    text = csv_text(ROWS[:3], index=index, end=end).encode()
    whole = written(path, text)
    start = text.rindex(end.encode(), 0, -len(end)) + len(end)

    for cut in range(start + 1, len(text)):
        try:
            data = written(path, text[:cut])
        except DataRefused as refused:
            assert f"{path}, line 4: " in str(refused)  # noqa: PT017 -- either is right
        else:
            # All but half of the line's end is there.
            assert text[:cut].endswith(b"\r")
            assert_same(data, whole)


def test_lines_that_are_wrong_are_listed_and_the_list_ends(path: Path) -> None:
    lines = csv_text(ROWS).splitlines(keepends=True)

    message = refusal(path, "".join([lines[0], *("1,2\n" for _ in lines[1:])])).splitlines()

    assert message[:10] == [f"{path}, line {line}: 2 fields instead of 12" for line in range(2, 12)]
    assert message[10] == "and 20 more like these"
    assert message[11].startswith("What to do: get the file again")


def test_a_line_with_too_many_fields_is_refused(path: Path) -> None:
    text = csv_text(ROWS).replace("\n7,", "\n7,1,", 1)

    assert f"{path}, line 8: 13 fields instead of 12" in refusal(path, text)


@pytest.mark.parametrize("place", [2, 5, 31, 32])
def test_a_blank_line_is_refused(path: Path, place: int) -> None:
    lines = csv_text(ROWS).splitlines(keepends=True)
    lines.insert(place - 1, "\n")

    assert f"{path}, line {place}: 0 fields instead of 12" in refusal(path, "".join(lines))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_wide_encoding_is_refused(path: Path, encoding: str) -> None:
    refusal(path, csv_text(ROWS).encode(encoding))


@pytest.mark.parametrize("value", [b"\xe9", b"\xff", b"\xc3\x28"])
def test_a_byte_that_is_not_utf_8_is_refused(path: Path, value: bytes) -> None:
    text = with_value(INCOME, "@").encode().replace(b"@", value)

    message = refusal(path, text)

    assert message == (
        f"{path}, line 7, field 7: not UTF-8 (byte {value[0]:#04x}): save it as UTF-8"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_of_a_byte_is_counted_whatever_ends_the_lines(path: Path, end: str) -> None:
    text = with_value(INCOME, "@", line=20).replace("\n", end).encode().replace(b"@", b"\xff")

    assert f"{path}, line 20, field 7: not UTF-8" in refusal(path, text)


def test_the_line_of_a_byte_in_a_zip_is_named(path: Path) -> None:
    path.write_bytes(with_value(INCOME, "@").encode().replace(b"@", b"\xff"))

    with pytest.raises(DataRefused, match=r"\.zip, line 7, field 7: not UTF-8"):
        read_table(zipped(path), DECLARATION)


@pytest.mark.parametrize("text", ["\0", "1\0", "\x001", "1\x002"])
def test_a_nul_is_refused(path: Path, text: str) -> None:
    assert "line 7" in refusal(path, with_value(INCOME, text))


@pytest.mark.parametrize(
    "text", ['"1', '1"', '"', '"1,2"', '"1\n2"', '"1""', "'1'", '"1"x', '"1"2', '1"2"', '""""']
)
def test_quotation_marks_never_hide_a_field_or_a_line(path: Path, text: str) -> None:
    assert "line 7" in refusal(path, with_value(INCOME, text))


def test_two_quoted_commas_do_not_make_up_for_a_missing_field(path: Path) -> None:
    lines = csv_text(ROWS).splitlines(keepends=True)
    fields = lines[6].split(",")
    lines[6] = ",".join([*fields[:5], f'"{fields[5]},{fields[6]}"', *fields[7:]])

    assert "line 7" in refusal(path, "".join(lines))


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(DataRefused, match=r"cs-training\.csv: No such file or directory"):
        read_table(path, DECLARATION)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="Is a directory"):
        read_table(tmp_path, DECLARATION)


@pytest.mark.parametrize("head", ["", csv_text(ROWS)])
def test_a_line_without_end_takes_no_memory(path: Path, head: str) -> None:
    with gzip.open(path, "wb") as file:
        file.write(head.encode())
        for _ in range(64):
            file.write(b"0" * 2**20)

    tracemalloc.start()
    try:
        with pytest.raises(DataRefused, match="longer than 65,536 characters"):
            read_table(path, DECLARATION)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2**24


@pytest.mark.timeout(20)
def test_a_pipe_is_refused_and_keeps_nobody_waiting(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(DataRefused, match="not a regular file"):
        read_table(path, DECLARATION)


def zipped(path: Path, *more: str) -> Path:
    archive = path.with_suffix(".csv.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(path, path.name)
        for name in more:
            file.writestr(name, "x")
    return archive


@pytest.mark.parametrize(
    "more",
    [
        ("readme.txt",),
        ("Data Dictionary.xls", "cs-test.csv", "sampleEntry.csv"),  # as the competition's is
        ("__MACOSX/._cs-training.csv", "__MACOSX/", ".DS_Store", "Thumbs.db"),
    ],
)
def test_the_data_in_a_zip_is_told_by_its_name(path: Path, more: tuple[str, ...]) -> None:
    expected = written(path, csv_text(ROWS))

    assert_same(read_table(zipped(path, *more), DECLARATION), expected)


@pytest.mark.parametrize("more", [("b.csv",), ("dir/a.csv", "dir/"), ("deep/cs-test.csv",)])
def test_a_zip_of_several_files_of_which_any_could_be_the_data_is_refused(
    path: Path, more: tuple[str, ...]
) -> None:
    path = path.with_name("a.csv")
    written(path, csv_text(ROWS))

    with pytest.raises(DataRefused, match=r"\.zip: holds 2 files; one CSV is .* one of a\.csv, "):
        read_table(zipped(path, *more), DECLARATION)


def test_gzip_and_zips_in_zips_are_unpacked_whatever_their_names(path: Path) -> None:
    expected = written(path, csv_text(ROWS))
    packed = path.with_name("data")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert_same(read_table(packed, DECLARATION), expected)

    outer = path.with_name("outer.zip")
    with zipfile.ZipFile(outer, "w") as file:
        file.write(zipped(path), "kaggle/cs-training.csv.zip")
    assert_same(read_table(outer, DECLARATION), expected)


@pytest.mark.parametrize("cut", [0.0, 0.01, 0.5, 0.99])
def test_a_gzip_that_was_cut_is_refused(path: Path, cut: float) -> None:
    whole = gzip.compress(csv_text(ROWS).encode())

    refusal(path, whole[: int(len(whole) * cut)])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"BZh9", "packed by bzip2: unpack it"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it"),
        (b"\xd0\xcf\x11\xe0", "an Office document: save it as CSV"),
        (b"<!DOCTYPE html><html>", "a web page, not the data"),
    ],
)
def test_what_cannot_be_unpacked_is_named(path: Path, content: bytes, expected: str) -> None:
    assert expected in refusal(path, content)


def test_a_workbook_is_named(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "")
        file.writestr("xl/workbook.xml", "")

    with pytest.raises(DataRefused, match="an Office document: save it as CSV"):
        read_table(path, DECLARATION)


@pytest.mark.parametrize(
    "names",
    [["Unnamed: 0"], ["", "Unnamed: 0"], ["", ""], ["Unnamed: 0.1", "Unnamed: 0"], ["Id"], ["X"]],
)
def test_columns_that_count_the_rows_are_not_read(path: Path, names: list[str]) -> None:
    expected = written(path, csv_text(ROWS))
    lines = csv_text(ROWS, index=False).splitlines(keepends=True)
    head = ",".join([*names, lines[0]])
    body = [",".join([*(["7"] * len(names)), line]) for line in lines[1:]]

    assert_same(written(path, "".join([head, *body])), expected)


@pytest.mark.parametrize("commas", [1, 3])
def test_commas_at_the_ends_of_all_lines_are_no_columns(path: Path, commas: int) -> None:
    expected = written(path, csv_text(ROWS))

    assert_same(written(path, csv_text(ROWS).replace("\n", "," * commas + "\n")), expected)


def test_a_column_without_a_name_that_holds_values_is_refused(path: Path) -> None:
    text = csv_text(ROWS).replace("\n", ",\n").replace(",\n", ",5\n").replace(",5\n", ",\n", 1)

    assert "column 13: has no name and may hold nothing (line 2: '5'" in refusal(path, text)


def test_columns_to_drop_are_named(path: Path) -> None:
    content = [row | {"zip": "1", "city": "1"} for row in ROWS]

    message = refusal(path, csv_text(content, [*COLUMNS, "zip", "city"]))

    assert "What to do: rename or drop what is not the data's: 'zip', 'city'." in message


def test_a_zip_that_was_cut_anywhere_is_refused(path: Path) -> None:
    written(path, csv_text(ROWS))
    archive = zipped(path)
    whole = archive.read_bytes()

    for cut in range(0, len(whole), 37):
        archive.write_bytes(whole[:cut])
        with pytest.raises(DataRefused, match=r"\.zip: "):
            read_table(archive, DECLARATION)


def test_a_zip_with_a_changed_byte_is_refused_or_is_the_same_data(path: Path) -> None:
    expected = written(path, csv_text(ROWS))
    archive = zipped(path)
    whole = archive.read_bytes()
    refused = 0

    for place in range(0, len(whole), 11):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            data = read_table(archive, DECLARATION)
        except DataRefused:
            refused += 1
        else:
            assert_same(data, expected)

    assert refused > 20
