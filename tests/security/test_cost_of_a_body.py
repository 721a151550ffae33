"""What a body costs grows with its length and no faster, whatever stands where in it.

The documents and their members come from the OpenAPI document: what is added there is tried too.
"""

import copy
import gc
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest

from api.outcomes import request as outcomes
from api.outcomes.routes import OUTCOMES
from api.predictions.oip.body_schema import body_schema
from api.predictions.oip.request import parse
from api.predictions.oip.routes import INFER, INLINE_BYTES
from api.predictions.predict import MANY, ONE
from contract.document import RequestError
from contract.request import RequestModel
from outcomes.rules import ReportRules
from tests.api.predictions.test_oip import matrix
from tests.api.test_openapi import examples
from tests.contract.tables import category, flag, number, table
from tests.gmsc import SCHEMA

SMALL, LARGE = 2**14, 2**16
FEW, READINGS = 4, 12
"""What a body may cost, in times that Python's own parser needs to read it; up to FEW anyhow."""
GROWTH = 2.0
"""How much larger that may become in the large body; quadratic work makes it 4."""
NEGLIGIBLE = 0.0015
ATTEMPTS = 5

MODEL = RequestModel(SCHEMA)
RULES = ReportRules(datetime.now(UTC))
READERS: dict[str, Callable[[bytes], object]] = {
    ONE: MODEL.parse,
    MANY: MODEL.parse_cases,
    OUTCOMES: lambda body: outcomes.parse(body, RULES, 10_000),
    **dict.fromkeys(INFER, lambda body: parse(body, MODEL, SCHEMA)),
}
MARK = "\u2603"
HOLE = json.dumps(MARK)


def times(piece: str, size: int) -> str:
    return ",".join([piece] * (size // (len(piece) + 1)))


def distinct(size: int) -> str:
    return ",".join(f'"{number:07x}":0' for number in range(size // 12))


def array(element: str) -> Callable[[int], str]:
    """As many of the element as the size allows."""
    return lambda size: f"[{times(element, size)}]"


def string(part: str) -> Callable[[int], str]:
    """The part, again and again."""
    return lambda size: '"' + part * (size // len(part)) + '"'


VALUES: dict[str, Callable[[int], str]] = {
    "an object of many keys": lambda size: "{" + distinct(size) + "}",
    "an object of one key many times": lambda size: "{" + times('"a":0', size) + "}",
    "zeros": array("0"),
    "nulls": array("null"),
    "NaNs": array("NaN"),
    "large numbers": array("1e308"),
    "long integers": array("9" * 4000),
    "long halves": array("9007199254740993." + "0" * 750 + "1"),
    "strings": array('""'),
    "arrays": array("[]"),
    "objects": array("{}"),
    "objects with a name": array('{"name":0}'),
    "deep arrays": array("[" * 150 + "]" * 150),
    "deep objects": array('{"":' * 150 + "0" + "}" * 150),
    "an array without end": lambda size: "[" * size,
    "an integer": lambda size: "1" * size,
    "a fraction": lambda size: "0." + "1" * size,
    "a small fraction": lambda size: "0." + "0" * size + "1",
    "an exponent": lambda size: "1e" + "0" * size,
    "a string": string("a"),
    "a string of escapes": string("\\u0061"),
    "a string of pairs": string("\\ud83d\\ude00"),
    "blanks": lambda size: " " * size + "0",
}
MEMBERS: dict[str, Callable[[int], str]] = {
    "many keys": distinct,
    "one key many times": lambda size: times('"a":0', size),
    "a long key": lambda size: '"' + "k" * size + '":0',
}


@dataclass(frozen=True)
class Case:
    """A document with a hole in it, and what is put there."""

    name: str
    document: str
    hole: str
    filling: Callable[[int], str]

    def body(self, size: int) -> bytes:
        return self.document.replace(self.hole, self.filling(size)).encode()


def completed(document: Any, schema: dict[str, Any]) -> Any:
    """The document with every member that the schema knows."""
    for part in (schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if isinstance(document, list) and "items" in part:
            return [completed(item, part["items"]) for item in document]
        known = part.get("properties", {})
        if isinstance(document, dict) and set(document) <= set(known):
            return {
                name: completed(document[name], known[name])
                if name in document
                else sample(known[name])
                for name in known
            }
    return document


def sample(schema: dict[str, Any]) -> Any:
    """The smallest value that goes down to every member."""
    if "items" in schema:
        return [sample(schema["items"])]
    if "properties" in schema:
        return {name: sample(member) for name, member in schema["properties"].items()}
    return schema.get("enum", [None])[0]


def paths(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in the document; of an array its last element."""
    yield path
    if isinstance(document, dict):
        for key in document:
            yield from paths(document[key], (*path, key))
    elif isinstance(document, list):
        yield from paths(document[-1], (*path, len(document) - 1))


def cases(document: Any) -> Iterator[Case]:
    """Every filling at every place."""
    for path in paths(document):
        place = "/".join(["", *map(str, path)])
        there = found_at(document, path)
        holes: dict[str, Any] = {place: MARK}
        if isinstance(there, dict):
            holes[f"{place}/unknown"] = there | {"unknown": MARK}
            holes[f"{place}/unknown, alone"] = {"unknown": MARK}
            inside = json.dumps(replaced(document, path, there | {MARK: 0}))
            for name, filling in MEMBERS.items():
                yield Case(f"{name} in {place}", inside, f"{HOLE}: 0", filling)
        if isinstance(there, list):
            copies = partial(times, json.dumps(there[-1]))
            holed = json.dumps(replaced(document, path, [MARK]))
            yield Case(f"copies in {place}", holed, HOLE, copies)
        for where, value in holes.items():
            holed = json.dumps(replaced(document, path, value))
            for name, filling in VALUES.items():
                yield Case(f"{name} at {where}", holed, HOLE, filling)


def found_at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at the place."""
    if not path:
        return value
    made = copy.copy(document)
    made[path[0]] = replaced(document[path[0]], path[1:], value)
    return made


@pytest.fixture
def calm() -> Iterator[None]:
    """The collector of the running service: with Python's own settings it walks all that is."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def seconds(read: Callable[[bytes], object], body: bytes) -> float:
    """Processor time of one reading; what other processes do does not count."""
    began = time.thread_time()
    try:
        kept: object = read(body)
    except (RequestError, ValueError, RecursionError) as error:
        kept = error
    del kept
    return time.thread_time() - began


def plainly(body: bytes) -> object:
    """Read it as a parser must that keeps every key and every digit."""
    return json.loads(body, object_pairs_hook=list, parse_int=float)


def complaint(case: Case, read: Callable[[bytes], object]) -> str | None:
    """What is wrong with the cost of the case; measured again while it looks wrong."""
    large, small = case.body(LARGE), case.body(SMALL)
    if seconds(read, large) < NEGLIGIBLE:
        return None
    works = [(read, large), (plainly, large), (read, small), (plainly, small)]
    best = [float("inf")] * len(works)
    for _ in range(ATTEMPTS):
        best = [min(known, seconds(*work)) for known, work in zip(best, works, strict=True)]
        found, less = best[0] / best[1], best[2] / best[3]
        if found <= FEW or (found <= READINGS and found / less <= GROWTH):
            return None
    return f"{case.name}: {found:.0f} readings, {found / less:.1f} times those of a small body"


@pytest.mark.usefixtures("calm")
def test_no_value_anywhere_makes_a_body_dear(client: httpx.Client) -> None:
    found = client.get("/openapi.json").json()["paths"]
    posts = {path: item["post"] for path, item in found.items() if "post" in item}
    assert set(posts) == set(READERS)
    tried: set[object] = set()
    told: list[str] = []
    for path, operation in posts.items():
        content = operation["requestBody"]["content"]["application/json"]
        given = examples(content)
        if path in INFER:
            given.append(matrix([SCHEMA.example] * 2))
        for document in given:
            for case in cases(completed(document, content["schema"])):
                if (key := (READERS[path], case.name, case.document)) not in tried:
                    tried.add(key)
                    told += filter(None, [complaint(case, READERS[path])])
    assert len(tried) > 1000
    assert told == [], "\n".join(told)


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("form", ["one", "many", "tensors"])
def test_nor_does_one_where_texts_are_allowed(form: str) -> None:
    texts = RequestModel(
        table(number("a: {b}", sql_name="a"), flag(), category(), category("c", unknown="missing"))
    )
    example = texts.schema.example
    document, read = {
        "one": (example, texts.parse),
        "many": ({"instances": [example] * 2}, texts.parse_batch),
        "tensors": (
            body_schema(texts)["example"],
            lambda body: parse(body, texts, texts.schema),
        ),
    }[form]

    told = [complaint(case, read) for case in cases(document)]

    assert len(told) > 100
    assert list(filter(None, told)) == []


def test_a_body_that_is_scored_between_other_requests_holds_few_rows() -> None:
    shortest = "1,30" + ",0" * 8

    def body(rows: int) -> bytes:
        data = f"[{times(shortest, rows * (len(shortest) + 1))}]"
        tensor = f'{{"name":"","shape":[{rows},10],"datatype":"FP64","data":{data}}}'
        return f'{{"inputs":[{tensor}]}}'.encode()

    assert len(parse(body(80), MODEL, SCHEMA).rows) == 80
    assert len(body(110)) > INLINE_BYTES
