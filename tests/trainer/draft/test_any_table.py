"""Any table that is drafted is read, trained on and scored without an edit of the draft."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from contract.declaration import Declaration
from contract.feature import Feature, Value
from trainer.draft.drafting import draft_of
from trainer.draft.wishes import Wishes
from trainer.errors import NotDeclared
from trainer.pipeline import make, provenance_of
from trainer.progress import Progress
from trainer.settings import TrainerSettings
from trainer.table import read_table

_LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn"])
_WORDS = st.text(_LETTERS, min_size=1, max_size=12)
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_MARKERS = st.sampled_from(["", "NA", "NULL", "n/a", "?", "None"])

_LIMITS = st.sampled_from([1, 9, 1000, 2**31 - 1, 2**40])
_FLAGS = st.sampled_from([("0", "1"), ("yes", "no"), ("True", "False"), ("Y", "N"), ("t", "F")])
_COLUMNS: dict[str, st.SearchStrategy[st.SearchStrategy[str]]] = {
    "integers": _LIMITS.map(lambda limit: st.integers(-limit, limit).map(str)),
    "floats": st.just(st.floats(allow_nan=False, allow_infinity=False).map(repr)),
    "prices": st.just(st.decimals(0, 1000, places=2).map(str)),
    "flags": _FLAGS.map(st.sampled_from),
    "levels": st.lists(_WORDS, min_size=1, max_size=9).map(st.sampled_from),
    "many": st.just(st.integers(0, 400).map(lambda number: f"level {number}")),
    "texts": st.just(_ANY_TEXT),
    "days": st.just(st.dates().map(str)),
    "mixed": st.just(st.one_of(st.integers().map(str), _WORDS)),
}
_QUOTED = st.booleans()
_DIALECTS = st.sampled_from(
    [(",", ".", "utf-8"), (";", ",", "utf-8-sig"), ("\t", ".", "utf-16"), ("|", ",", "utf-8")]
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, Wishes]:
    """A table of a few columns, written in some dialect."""
    delimiter, decimal, encoding = draw(_DIALECTS)
    names = draw(st.lists(_WORDS, min_size=2, max_size=6, unique=True))
    count = draw(st.integers(40, 90))
    columns = []
    for _ in names[1:]:
        kind = draw(st.sampled_from(sorted(_COLUMNS)))
        values = draw(_COLUMNS[kind])
        if draw(st.booleans()):
            values = st.one_of(values, _MARKERS)
        column = draw(st.lists(values, min_size=1, max_size=count))
        if kind in {"floats", "prices"} and decimal == ",":
            column = [value.replace(".", ",") for value in column]
        columns.append([column[place % len(column)] for place in range(count)])
    positive, negative = draw(st.lists(_WORDS, min_size=2, max_size=2, unique=True))
    labels = [positive if place % 3 == 0 else negative for place in range(count)]
    file = io.StringIO(newline="")
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    # Python's writer leaves a lone "\r" without marks, which ends a line for every reader.
    is_torn = any("\r" in value for column in columns for value in column)
    writer = csv.writer(
        file,
        delimiter=delimiter,
        lineterminator=ends,
        quoting=csv.QUOTE_ALL if is_torn or draw(_QUOTED) else csv.QUOTE_MINIMAL,
    )
    writer.writerows([names, *zip(labels, *columns, strict=True)])
    content = file.getvalue().encode(encoding)
    return content, Wishes(target=names[0], positive=[positive], negative=[negative])


def _drafted(directory: Path, table: tuple[bytes, Wishes]) -> tuple[Path, Declaration]:
    content, wishes = table
    path = directory / "table.csv"
    path.write_bytes(content)
    try:
        text = draft_of(path, wishes).text
    except NotDeclared:
        reject()  # as a table without a column that says anything
    assert draft_of(path, wishes).text == text
    return path, Declaration.from_toml(text)


@given(tables())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_draft_is_taken_by_the_trainer(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[bytes, Wishes]
) -> None:
    path, declaration = _drafted(tmp_path_factory.mktemp("table"), table)

    data = read_table(path, declaration)

    assert 0 < data.labels.sum() < len(data)
    for feature, column in zip(declaration.schema.features, data.features.T, strict=True):
        values = column[~np.isnan(column)].tolist()
        assert all(feature.accepts(_received(feature, value)) for value in values)
        assert feature.nullable or feature.unknown == "missing" or len(values) == len(data)


def test_a_draft_makes_a_model_whatever_its_names_hold(tmp_path: Path) -> None:
    names = ["status", "$x_1^2$", "a\u0301 \u4e2d|<b>", 'say "hi"', "`code` \\"]
    draw = np.random.default_rng(0)
    with (tmp_path / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for number in range(400):
            level = draw.choice(["$\\frac$", "\u4e2d|\u0301", "", "NA"])
            flag = draw.choice(["yes", "no"])
            label = "bad" if draw.random() < 0.1 + 0.5 * (level == "NA") else "good"
            writer.writerow([label, number % 7, level, flag, round(draw.normal(), 3)])
    wishes = Wishes(target="status", positive=["bad"])
    path = tmp_path / "table.csv"
    declaration = Declaration.from_toml(draft_of(path, wishes).text)
    data, options = read_table(path, declaration), TrainerSettings(min_auc=0.0)

    # It sends its golden rows through the whole path, and compares to the bit.
    files = make(
        declaration, provenance_of(declaration, data, options), data, options, Progress("json")
    )

    assert files["schema.json"] == declaration.schema.to_json()
    assert declaration.schema.names == tuple(names[1:])


def _received(feature: Feature, value: float) -> Value:
    if feature.kind == "category":
        return feature.levels[int(value)]
    return bool(value) if feature.kind == "boolean" else value
