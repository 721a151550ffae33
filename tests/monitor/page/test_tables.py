"""CSV that no spreadsheet executes."""

import csv
import io

import pytest

from monitor.page.figures import Column, Table
from monitor.page.tables import as_csv, harmless
from monitor.page.words import count, number, seconds


def table(*rows: tuple[str | float | None, ...], key: str = "value") -> Table:
    return Table("t", "T", (Column("name", "Name"), Column(key, "Value", count)), rows)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\tx", "\rx"])
def test_what_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"
    written = as_csv(table((text, 1), key=text))
    assert [row[0] for row in csv.reader(io.StringIO(written, newline=""))] == ["name", f"'{text}"]
    assert f"'{text}" in written.splitlines()[0] or "\r" in text


def test_numbers_are_written_as_they_are() -> None:
    rows = table(("a", -1234.5), ("b", 1 / 3), ("c", None), ("d", float("nan")))

    assert as_csv(rows) == f"name,value\r\na,-1234.5\r\nb,{1 / 3!r}\r\nc,\r\nd,\r\n"


def test_the_page_shows_the_last_thirty_and_the_file_has_all() -> None:
    rows = table(*((f"{at}", 1000 * at) for at in range(40)), ("none", None))

    assert len(rows.shown) == 30
    assert rows.title == "Table, the last 30 of 41 rows"
    assert [text for text, _ in rows.shown[-2]] == ["39", "39,000"]
    assert rows.shown[-1][1][0] == "no rows"
    assert as_csv(rows).count("\r\n") == 42


def test_of_rows_in_order_the_page_shows_the_first() -> None:
    rows = Table("t", "T", (Column("a", "A"),), tuple((f"{at}",) for at in range(31)), ranked=True)

    assert [row[0][0] for row in rows.shown] == [f"{at}" for at in range(30)]
    assert rows.part == "the first 30 of 31 rows"


def test_a_column_without_a_head_is_in_the_file_alone() -> None:
    rows = Table("t", "T", (Column("a", "A"), Column("b", "")), (("x", "y"),))

    assert [[text for text, _ in row] for row in rows.shown] == [["x"]]
    assert as_csv(rows) == "a,b\r\nx,y\r\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.16743, "0.167"),
        (5417.4, "5,417"),
        (-3.5, "\N{MINUS SIGN}3.5"),
        (1e-5, "0.00001"),
    ],
)
def test_a_number_has_three_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.24, "0.24 s"), (60, "1 min"), (5400, "1.5 h"), (86_400, "24 h"), (200_000, "2.3 days")],
)
def test_a_length_of_time_has_its_unit(value: float, text: str) -> None:
    assert seconds(value) == text
