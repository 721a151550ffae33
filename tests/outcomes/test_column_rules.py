"""Lines that are read by their columns are the reports that they are one by one, or are left."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from outcomes import csv_file
from outcomes.column_rules import ColumnRules
from outcomes.errors import InvalidReport
from outcomes.report import Report
from outcomes.rules import FIELDS, REQUIRED, ReportRules

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULES = ReportRules(NOW)
IDS = ["019aa000-c3d4-7e5f-8a6b-0c1d2e3f4a5b", "019AA000-C3D4-7e5f-8a6b-0c1d2e3f4a5c"]
_NAMES = ["case", "Größe 1", "x" * 200]
_SUBJECTS = [*((id_, "") for id_ in IDS), *(("", name) for name in _NAMES)]
_WORDS = [("final", "0"), ("interim", "1"), ("", "1.0"), ("retracted", ""), ("unobservable", "")]
RIGHT: dict[str, list[str]] = {
    "source": ["core", "Straße", "s" * 64],
    "event_key": ["k", "k 2", "=cmd()"],
    "revision": ["", "0", "7", "2.0", "2147483647"],
    "observed_at": ["2026-11-20T10:00:00Z", "2026-11-20 10:00:00.5+02:00", "2026-11-23T12:05:00Z"],
}
WRONG: dict[str, list[str]] = {
    # Of another version, of the future, of 1970, with something behind it.
    "prediction_id": [
        "019aa000-c3d4-4e5f-8a6b-0c1d2e3f4a5b",
        "01b0a1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b",
        "00000000-c3d4-7e5f-8a6b-0c1d2e3f4a5b",
        f"{IDS[0]}\x85",
        "case",
    ],
    "reference": [" case", "case ", "a\x00b", "\x1fb", "x" * 201, "\u202eb", "\ud800", " "],
    "source": ["", "s" * 65, " core", "a\tb"],
    "event_key": ["", "k" * 201, " k", "k ", "a\x0bb", "\x1c"],
    "state": ["Final", "open", " final"],
    "outcome": ["2", "0.5", "yes", "01", "-0", "1.00"],
    "revision": ["-1", "0.5", "2147483648", "1e3"],
    "observed_at": ["", "2026-11-20T10:00:00", "2026-11-23T12:05:01Z", "2026-02-30T10:00:00Z"],
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header and rows, all of them right or all but one."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        row = {name: draw(st.sampled_from(RIGHT[name])) for name in RIGHT}
        row["prediction_id"], row["reference"] = draw(st.sampled_from(_SUBJECTS))
        row["state"], row["outcome"] = draw(st.sampled_from(_WORDS))
        rows.append(row)
    used = [name for name in FIELDS if name in REQUIRED or any(row[name] for row in rows)]
    header = draw(st.permutations(used))
    if draw(st.booleans()):
        name = draw(st.sampled_from(header))
        # An empty one may be right, and makes a subject or an outcome miss.
        draw(st.sampled_from(rows))[name] = draw(st.sampled_from([*WRONG[name], ""]))
    return header, [[row[name] for name in header] for row in rows]


def one_by_one(path: Path) -> list[Report] | None:
    """The reports of the file; None where a line is none."""
    try:
        return [
            RULES.read(fields)
            for lines in csv_file.read(path)
            for _, fields in lines.each()
            if isinstance(fields, dict)
        ]
    except InvalidReport:
        return None


@settings(max_examples=300, deadline=None)
@given(tables())
def test_columns_say_what_each_line_says(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[list[str], list[list[str]]]
) -> None:
    header, rows = table
    path = tmp_path_factory.getbasetemp() / "reports.csv"
    text = "".join(",".join(row) + "\n" for row in [header, *rows])
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    (lines,) = csv_file.read(path)
    assert lines.columns is not None

    found = reports(lines.columns)

    event("right" if found else "left")
    assert found == one_by_one(path)


def reports(columns: Mapping[str, Sequence[object]]) -> list[Report] | None:
    """What the columns say, report by report; None where they are left."""
    found = ColumnRules(RULES).read(columns)
    return None if found is None else [Report(*row) for row in zip(*found, strict=True)]


def columns(**changed: Sequence[object]) -> dict[str, Sequence[object]]:
    right: dict[str, Sequence[object]] = {
        "prediction_id": IDS,
        "source": ["core"] * 2,
        "event_key": ["a", "b"],
        "outcome": [1.0, 0.0],
        "observed_at": ["2026-11-20T10:00:00Z"] * 2,
    }
    return right | changed


def test_whole_columns_are_read_at_once() -> None:
    assert reports(columns()) == [
        Report(id_.lower(), None, "core", key, "final", at, 0, "2026-11-20T10:00:00+00:00")
        for id_, key, at in zip(IDS, "ab", (1, 0), strict=True)
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"event_key": [1.0, 2.0]},
        {"event_key": ["a", ["b"]]},
        {"outcome": [True, False]},
        {"outcome": [float("nan"), 1.0]},
        {"outcome": ["1", "0"]},
        {"observed_at": [1.0, 2.0]},
        {"comment": ["a", "b"]},
    ],
    ids=str,
)
def test_values_of_other_types_are_left(changed: dict[str, Sequence[object]]) -> None:
    assert ColumnRules(RULES).read(columns(**changed)) is None


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_value_is_left(name: str) -> None:
    right = columns(reference=["case"] * 2, state=["final"] * 2, revision=[0.0] * 2)
    del right["prediction_id" if name == "reference" else "reference"]
    assert ColumnRules(RULES).read(right) is not None

    for value in WRONG[name]:
        changed = right | {name: [right[name][0], value or None]}
        assert ColumnRules(RULES).read(changed) is None, value


def test_blank_lines_are_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b"source,event_key,observed_at\r\na,b,c\r\n \r\n\r\nd,e,f")

    (lines,) = csv_file.read(path)

    assert lines.numbers == [2, 5]
    assert lines.columns == {
        "source": ["a", "d"],
        "event_key": ["b", "e"],
        "observed_at": ["c", "f"],
    }
    assert [number for number, _ in lines.each()] == [2, 5]


@pytest.mark.parametrize("line", [b'"a",b,c', b"a,b", b"a,b,c,d"])
def test_a_line_that_needs_a_look_leaves_no_columns(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b"source,event_key,observed_at\na,b,c\n" + line + b"\n")

    (lines,) = csv_file.read(path)

    assert lines.columns is None
    assert [number for number, _ in lines.each()] == [2, 3]
