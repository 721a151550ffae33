"""A draft says what a table holds, and the trainer takes it without an edit."""

import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.declaration import Declaration
from contract.feature import Feature
from tests.conftest import Database
from trainer.draft.drafting import draft_of
from trainer.draft.sql_names import sql_names
from trainer.draft.wishes import Wishes
from trainer.errors import DataRefused, NotDeclared
from trainer.table import read_table

WISHES = Wishes(target="status", positive=["bad"])


def rows_of(rows: int = 60, /, **columns: Any) -> str:
    """A table whose label says nothing; each column a list to be repeated, or a function of i."""
    made = {"status": ["good", "bad", "good"], **columns}
    lines = [",".join(made)]
    for number in range(rows):
        values = [of(number) if callable(of) else of[number % len(of)] for of in made.values()]
        lines.append(",".join(str(value) for value in values))
    return "".join(f"{line}\n" for line in lines)


def drafted(path: Path, content: str | bytes, wishes: Wishes = WISHES) -> tuple[str, Declaration]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = draft_of(path, wishes).text
    declaration = Declaration.from_toml(text)
    assert len(read_table(path, declaration)) > 0
    return text, declaration


def feature(declaration: Declaration, name: str) -> Feature:
    return next(item for item in declaration.schema.features if item.name == name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "My loans (2).csv"


def test_kinds_ranges_levels_and_what_is_missing_are_found(path: Path) -> None:
    text, declaration = drafted(
        path,
        rows_of(
            count=[0, 7, 3, 7],
            balance=["-1.5", "", "20.25"],
            flag=["0", "1", "1"],
            active=["yes", "no", "NA", "no"],
            country=["DE", "FR", "FR", "NULL", "n/a"],
        ),
    )

    count, balance, flag, active, country = declaration.schema.features
    assert (count.kind, count.bounds, count.nullable) == ("integer", (0, 100), False)
    assert (balance.kind, balance.bounds, balance.nullable) == ("float", (-1000, 1000), True)
    assert (flag.kind, flag.bounds) == ("integer", (0, 1))
    assert (active.kind, active.nullable) == ("boolean", True)
    assert (country.kind, country.levels, country.unknown) == ("category", ("FR", "DE"), "refuse")
    assert declaration.source.missing == ("", "NA", "NULL", "n/a")
    assert declaration.source.true[-1] == "yes"
    assert (declaration.target.positive, declaration.target.negative) == ("bad", "good")
    assert declaration.schema.key == "my_loans"
    assert declaration.source.file == path.name
    assert "maximum = 100  # seen were 0 to 7: state what is possible" in text


def test_the_same_table_gives_the_same_text(path: Path) -> None:
    content = rows_of(a=["x", "y", "z"], b=["2", "1"])

    assert drafted(path, content)[0] == drafted(path, content)[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
def test_the_dialect_is_found(path: Path, delimiter: str, encoding: str) -> None:
    rows = rows_of(
        a=["1.5", "2", "7.25"], city=["K\N{LATIN SMALL LETTER O WITH DIAERESIS}ln", "x y"]
    )

    _, declaration = drafted(path, rows.replace(",", delimiter).encode(encoding))

    assert declaration.source.delimiter == delimiter
    assert declaration.source.encoding == encoding.removesuffix("-sig")
    assert declaration.source.decimal == "."


@pytest.mark.parametrize("fraction", [["1,5", "2,25", "3"], ["0,1", "", "NA"]])
def test_a_decimal_comma_is_found(path: Path, fraction: list[str]) -> None:
    content = rows_of(a=["@"], b=["1", "2"]).replace(",", ";")
    for number in range(60):
        content = content.replace("@", fraction[number % 3], 1)

    _, declaration = drafted(path, content)

    assert declaration.source.decimal == ","
    assert feature(declaration, "a").kind == "float" if fraction[2] == "3" else True


def test_quoted_values_are_read(path: Path) -> None:
    text = rows_of(a=[*['"x, y"', "z"] * 4, '"a ""b""\nc"'], b=["1", "2"])

    _, declaration = drafted(path, text)

    # A line end cannot be declared, and counts as missing.
    assert feature(declaration, "a").levels == ("x, y", "z")
    assert feature(declaration, "a").unknown == "missing"


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_packed_tables_are_drafted(tmp_path: Path, pack: str) -> None:
    content = rows_of(a=["1", "2"]).encode()
    path = tmp_path / f"loans.csv.{pack}"
    if pack == "gzip":
        packed = gzip.compress(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("loans.csv", content)
        packed = path.read_bytes()

    _, declaration = drafted(path, packed)

    assert declaration.source.file == path.name


def test_parquet_is_drafted(tmp_path: Path) -> None:
    path = tmp_path / "loans.parquet"
    columns: dict[str, Any] = {
        "status": ["bad", "good"] * 20,
        "amount": [0.1, None, 0.25, 7.0] * 10,
        "flag": [True, False] * 20,
        "at": pa.array([0, 1] * 20, pa.timestamp("us")),
        "nested": [[1], [2]] * 20,
        "country": pa.array(["DE", None, "FR", "DE"] * 10).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), path)

    text, declaration = drafted(path, path.read_bytes())

    assert [item.kind for item in declaration.schema.features] == ["float", "boolean", "category"]
    assert set(declaration.source.ignore) == {"at", "nested"}
    assert "its type is none of a value" in text


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (lambda i: f"user{i}", "nearly all distinct: an identifier, or free text"),
        (lambda i: 1000 + i, "nearly all distinct: an identifier?"),
        (["x"], 'is always "x"'),
        ([5], "is always 5"),
        ([""], "holds no value"),
        (["NA"], "holds no value"),
        (lambda i: f"2024-01-{i % 28 + 1:02}", "holds times (ISO 8601)"),
        (lambda i: f"{i % 28 + 1}.1.2024 10:30", "holds times (%d.%m.%Y %H:%M)"),
        (lambda i: "1e300" if i else "9e300", "beyond what can be declared"),
    ],
)
def test_what_is_no_input_is_left_out_with_the_reason(path: Path, column: Any, why: str) -> None:
    text, declaration = drafted(path, rows_of(a=["1", "2"], y=column))

    assert declaration.source.ignore == ("y",)
    assert why in " ".join(line.strip(" #") for line in text.splitlines())


def test_more_levels_than_fit_keep_the_most_frequent(path: Path) -> None:
    _, declaration = drafted(path, rows_of(4000, a=lambda i: f"l{min(i % 600, 260)}"))

    kept = feature(declaration, "a")
    assert (len(kept.levels), kept.levels[0], kept.unknown) == (254, "l260", "missing")


def test_free_text_has_too_many_levels(path: Path) -> None:
    text, declaration = drafted(path, rows_of(4000, a=lambda i: f"l{i % 1500}", b=["1", "2"]))

    assert declaration.source.ignore == ("a",)
    assert "1,500 different texts, too many for levels" in text


@pytest.mark.parametrize(
    "leak",
    [
        lambda i: ["closed", "written off", "closed"][i % 3],
        lambda i: [i % 7, 100 + i % 7, i % 7][i % 3],
        lambda i: ["", 1 + i % 2, ""][i % 3],
    ],
)
def test_a_column_that_alone_tells_the_target_is_marked(path: Path, leak: Any) -> None:
    content = rows_of(300, a=["1", "2", "3", "4"], leak=leak)
    path.write_text(content)

    draft = draft_of(path, WISHES)

    (warning,) = draft.warnings
    assert warning.startswith("leak: ")
    assert "it leaks the label: leave it out" in warning
    before, after = draft.text.split("# LOOK: ")
    assert 'name = "leak"' not in before
    assert 'name = "leak"' in after
    assert 'name = "a"' in before


def test_a_few_rows_give_no_alarm(path: Path) -> None:
    path.write_text(rows_of(30, a=["x", "y", "x"], b=["1", "2"]))

    assert draft_of(path, WISHES).warnings == []


def test_names_that_make_no_column_get_one(path: Path) -> None:
    names = [
        "Gr\N{LATIN SMALL LETTER O WITH DIAERESIS}\N{LATIN SMALL LETTER SHARP S}e",
        "a b",
        "A.B",
        "1st",
        "\N{GREEK SMALL LETTER ALPHA}",
        "probability",
        "x_missing",
        "x",
        "q" * 80,
        '"say ""hi"""',
    ]
    content = rows_of(60, **{name: ["1", "2"] for name in names})

    _, declaration = drafted(path, content)

    columns = [item.column for item in declaration.schema.features]
    assert len(set(columns)) == len(names)
    assert columns[3] == "column_1_st"
    assert declaration.schema.features[-1].name == 'say "hi"'
    assert feature(declaration, "a b").sql_name is None


def test_roles_and_split_are_recorded_and_are_no_features(path: Path) -> None:
    wishes = Wishes(
        target="status",
        positive=["bad"],
        reference="loan id",
        event_time="at",
        outcome_time="done",
        group="customer",
        split="time",
        key="mine",
        title="Mine",
    )
    content = rows_of(
        60,
        **{
            "loan id": lambda i: f"L{i}",
            "at": lambda i: f"{i % 28 + 1:02}/01/2024",
            "done": ["NA"],
            "customer": ["a", "b", "c"],
            "amount": ["1", "2"],
        },
    )

    # By time a group is no part of the split.
    with pytest.raises(NotDeclared, match='split = "group" and group'):
        drafted(path, content, wishes)
    _, declaration = drafted(path, content, Wishes(**{**_members(wishes), "group": None}))

    assert declaration.schema.names == ("customer", "amount")
    assert (declaration.split, declaration.source.time_format) == ("time", "%d/%m/%Y")
    assert declaration.roles == {
        "reference": "loan id",
        "event_time": "at",
        "outcome_time": "done",
    }
    _, declaration = drafted(
        path, content, Wishes(target="status", positive=["bad"], group="customer")
    )
    assert (declaration.split, declaration.group) == ("group", "customer")


def _members(wishes: Wishes) -> dict[str, Any]:
    return {name: getattr(wishes, name) for name in wishes.__dataclass_fields__}


@pytest.mark.parametrize(
    ("labels", "wishes", "positive", "negative"),
    [
        (["1", "0", "1.0"], {"positive": ["1"]}, 1, 0),
        (["0", "1", "2"], {"positive": ["2"]}, 2, (0, 1)),
        (["a", "b", "c"], {"positive": ["a", "b"]}, ("a", "b"), "c"),
        (["a", "b", "c"], {"positive": ["a"], "negative": ["c", "b"]}, "a", ("c", "b")),
        (["true", "false", "true"], {"positive": ["true"]}, "true", "false"),
        (["1", "no", "no"], {"positive": ["1"]}, "1", "no"),
    ],
)
def test_labels_are_numbers_where_all_are(
    path: Path, labels: list[str], wishes: Any, positive: Any, negative: Any
) -> None:
    content = rows_of(status=labels, a=["1", "2"])

    _, declaration = drafted(path, content, Wishes(target="status", **wishes))

    assert (declaration.target.positive, declaration.target.negative) == (positive, negative)


@pytest.mark.parametrize(
    ("wishes", "content", "expected"),
    [
        ({"positive": ["worse"]}, rows_of(a=["1", "2"]), 'no row has status = "worse"; it holds'),
        ({"target": "state"}, rows_of(a=["1"]), "has no column state (--target); it has status, a"),
        ({"reference": "key"}, rows_of(a=["1"]), "has no column key (--reference)"),
        ({}, rows_of(status=["bad"], a=["1", "2"]), "a model needs both labels"),
        ({}, rows_of(status=["bad", "good", ""], a=["1", "2"]), "status is 'empty' in 20 rows"),
        (
            {"negative": ["good"]},
            rows_of(status=["bad", "good", "open"], a=["1", "2"]),
            'status also holds "open": name them with',
        ),
        (
            {},
            rows_of(status=lambda i: f"{i % 59}" if i else "bad", a=["1", "2"]),
            "59 other values",
        ),
        ({"split": "time"}, rows_of(a=["1", "2"]), "--split time goes by --event-time"),
        ({"event_time": "a"}, rows_of(a=["soon", "late"], b=["1", "2"]), "a holds what is no time"),
        ({}, rows_of(a=["1"]), "no column that a model could learn from (a is always 1)"),
        ({}, "status,a\n", "a header, but no rows"),
        ({}, "status\nbad\ngood\n", "no comma, semicolon, tabulator or vertical bar"),
        ({}, rows_of(a=["1", "2"]).replace("status,a", "status,status"), "there twice"),
        (
            {},
            rows_of(a=["1", "2"], b=["3"]).replace(",a,", ",,"),
            "column 2 has values and no name",
        ),
        ({"key": "gmsc"}, rows_of(a=["1", "2"]), "gmsc is the key of a built-in declaration"),
        ({"key": "No key"}, rows_of(a=["1", "2"]), "cannot be declared: key:"),
        ({}, rows_of(a=["1", "2"]) + "bad\n", "line 62: 1 fields instead of 2"),
        ({}, rows_of(a=["1", "2"]).rstrip(), "the last line does not end"),
        ({}, b"\0\1\2\3", "not text"),
    ],
)
def test_what_cannot_be_drafted_is_said_with_what_to_do(
    path: Path, wishes: Any, content: str | bytes, expected: str
) -> None:
    with pytest.raises((NotDeclared, DataRefused)) as refused:
        drafted(path, content, Wishes(**{**_members(WISHES), **wishes}))

    assert expected in str(refused.value)


def test_more_rows_than_are_looked_at_are_all_counted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.draft.survey.MOST_DISTINCT", 50)
    monkeypatch.setattr("trainer.draft.survey._SAMPLE_ROWS", 1000)
    monkeypatch.setattr("trainer.quoted_file._CELLS_AT_ONCE", 1)
    draw = np.random.default_rng(0)
    numbers = np.round(draw.normal(size=5000), 9).tolist()
    content = rows_of(
        5000, a=numbers, b=lambda i: f"t{i % 70}", c=lambda i: -7 if i == 4999 else i % 5
    )

    _, declaration = drafted(path, content)

    assert feature(declaration, "a").kind == "float"
    assert declaration.source.ignore == ("b",)
    assert feature(declaration, "c").bounds == (-10 * 10, 100)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Größe", "grosse"),
        ("Straße", "strasse"),
        ("returning", "column_returning"),
        ("Order", "column_order"),
        ("amount", None),
    ],
)
def test_a_column_can_be_written_in_sql_as_it_stands(name: str, column: str | None) -> None:
    assert sql_names([name]).get(name) == column


def test_the_words_of_sql_are_postgresqls(database: Database) -> None:
    words = database.query("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")

    for (word,) in words:
        assert sql_names([word])[word] == f"column_{word}"
