"""Random declarations, rows that they allow, and the JSON that says them in every spelling."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from hypothesis import strategies as st

from contract.feature import MAX_TEXT, Feature, Kind, Value
from contract.schema import DataSetSchema, Target
from contract.text import is_printable

_HARMLESS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_AWKWARD = st.sampled_from(list("\"\\:,{}[]~/ '%\t\n\r\u2028äß漢\U0001f600"))
_PRINTABLE = st.characters(exclude_categories=["C", "Zl", "Zp"]) | _AWKWARD.filter(is_printable)

TEXTS = st.text(_HARMLESS | _AWKWARD, min_size=1, max_size=30) | st.text(
    _HARMLESS, min_size=MAX_TEXT, max_size=MAX_TEXT
)
"""What a category whose unknown texts are missing takes."""
_NAMES = st.text(_PRINTABLE, min_size=1, max_size=20) | st.sampled_from(["7", "data", "instances"])
_NUMBERS: dict[str, st.SearchStrategy[float]] = {
    "integer": st.integers(-(2**31) + 1, 2**31 - 1),
    "float": st.floats(-1e300, 1e300),
}


KINDS: tuple[Kind, ...] = ("integer", "float", "boolean", "category")


@st.composite
def features(draw: st.DrawFn, number: int, name: str, kind: Kind | None = None) -> Feature:
    kind = draw(st.just(kind) if kind else st.sampled_from(KINDS))
    given: dict[str, Any] = {
        "name": name,
        "sql_name": f"f_{number}",
        "kind": kind,
        "nullable": draw(st.booleans()),
        "description": draw(st.text(_PRINTABLE, max_size=10)),
    }
    match kind:
        case "boolean":
            given["example"] = True
        case "category":
            levels = draw(st.lists(st.text(_PRINTABLE, min_size=1), min_size=1, unique=True))
            given |= {"levels": tuple(levels), "example": levels[-1]}
            given["unknown"] = draw(st.sampled_from(["refuse", "missing"]))
        case "integer" | "float":
            low, high = sorted(draw(st.tuples(_NUMBERS[kind], _NUMBERS[kind])))
            given |= {"minimum": low, "maximum": high, "example": low}
    return Feature(**given)


@st.composite
def schemas(draw: st.DrawFn, kinds: Sequence[Kind] = ()) -> DataSetSchema:
    """kinds: those of the first features."""
    names = draw(st.lists(_NAMES, min_size=max(1, len(kinds)), max_size=6, unique=True))
    made = tuple(
        draw(features(number, name, kind))
        for number, (name, kind) in enumerate(zip_longest(names, kinds))
    )
    return DataSetSchema("random", 1, "Random", made, Target("the label", "It happened"))


@st.composite
def values(draw: st.DrawFn, feature: Feature) -> Value:
    if feature.nullable and draw(st.booleans()):
        return None
    if feature.kind == "boolean":
        return draw(st.booleans())
    if feature.kind == "category":
        level = st.sampled_from(feature.levels)
        return draw(level if feature.unknown == "refuse" else level | TEXTS)
    low, high = feature.bounds
    if feature.kind == "integer":
        return float(draw(st.integers(int(low), int(high))))
    return draw(st.floats(low, high))


def rows(schema: DataSetSchema) -> st.SearchStrategy[list[Value]]:
    """The values of one instance, in order, as the service reads them."""
    return st.tuples(*map(values, schema.features)).map(list)


@st.composite
def wrong_values(draw: st.DrawFn, feature: Feature) -> object:
    """What the feature may not be."""
    anything = st.none() | st.booleans() | st.floats(allow_nan=False) | TEXTS
    others = st.sampled_from(["", "\0", "x" * (MAX_TEXT + 1), "\ud800", [], ["a"], {}, {"a": 1}])

    def is_wrong(value: object) -> bool:
        return not (isinstance(value, float | str | bool | None) and feature.accepts(value))

    return draw((anything | others).filter(is_wrong))


@st.composite
def spelled(draw: st.DrawFn, value: object) -> str:
    """The value's JSON; of a text each character as itself or by its number."""
    if not isinstance(value, str):
        return json.dumps(value)
    style = draw(st.sampled_from(["plain", "ascii", "mixed"]))
    if style != "mixed":
        return json.dumps(value, ensure_ascii=style == "ascii" or not _encodes(value))
    return '"' + "".join(_numbered(c) if draw(st.booleans()) else _plain(c) for c in value) + '"'


@st.composite
def bodies(draw: st.DrawFn, pairs: list[tuple[str, object]]) -> bytes:
    """An object of these pairs, in any order and spelling."""
    shuffled = draw(st.permutations(pairs))
    members = [f"{draw(spelled(key))}: {draw(spelled(value))}" for key, value in shuffled]
    return ("{" + ", ".join(members) + "}").encode()


def _encodes(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _plain(letter: str) -> str:
    return json.dumps(letter, ensure_ascii=not _encodes(letter))[1:-1]


def _numbered(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
