"""A body is read exactly as it was sent, or refused with the name of everything that is wrong."""

import json
import math
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract import document
from contract.document import MAX_ERRORS, InvalidFields, MalformedBody, RequestError
from contract.feature import Feature
from contract.request import RequestModel, Values
from contract.request_schema import json_schema
from contract.schema import DataSetSchema, Target
from tests.gmsc import SCHEMA

MODEL = RequestModel(SCHEMA, max_instances=5)
EXAMPLE = json.dumps(SCHEMA.example).encode()

Pairs = list[tuple[str, str]]

NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
)
NO_VALUES = (
    "true",
    "false",
    '"6000"',
    '""',
    "[]",
    "[6000]",
    "{}",
    '{"age": 45}',
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "9" * 5000,
    '"\\ud800"',
    '"\\u0000"',
    "[" * 100 + "]" * 100,
)
OTHER_TEXTS = st.sampled_from(NO_VALUES)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@st.composite
def valid_texts(draw: st.DrawFn, feature: Feature) -> str:
    """The JSON text of a value that the declaration allows, in one of its spellings."""
    if feature.nullable and draw(st.booleans()):
        return "null"
    low, high = map(int, feature.bounds)
    if feature.kind == "integer":
        value = draw(st.integers(low, high))
        return draw(st.sampled_from([f"{value}", f"{value}.0", f"{value}.000", f"{value}e0"]))
    number = draw(st.floats(low, high) | st.integers(low, high))
    return repr(number)


@st.composite
def valid_pairs(draw: st.DrawFn) -> Pairs:
    """Keys and JSON texts of a valid instance, in any order."""
    pairs = [(feature.name, draw(valid_texts(feature))) for feature in SCHEMA.features]
    return draw(st.permutations(pairs))


@st.composite
def any_pairs(draw: st.DrawFn) -> Pairs:
    """A valid instance with values changed, keys left out, sent twice and made up."""
    pairs = list(draw(valid_pairs()))
    for index in draw(st.sets(st.integers(0, len(pairs) - 1), max_size=4)):
        pairs[index] = (pairs[index][0], draw(NUMBERS | OTHER_TEXTS | st.just("null")))
    for index in sorted(draw(st.sets(st.integers(0, len(pairs) - 1), max_size=3)), reverse=True):
        del pairs[index]
    names = st.sampled_from(SCHEMA.names) | st.text(max_size=10)
    more = draw(st.lists(st.tuples(names, NUMBERS | OTHER_TEXTS), max_size=3))
    return draw(st.permutations(pairs + more))


@st.composite
def spoiled_pairs(draw: st.DrawFn) -> tuple[Pairs, tuple[str, str]]:
    """A valid instance with one mistake, and its pointer and rule."""
    pairs = list(draw(valid_pairs()))
    index = draw(st.integers(0, len(pairs) - 1))
    name = pairs[index][0]
    feature = next(item for item in SCHEMA.features if item.name == name)
    rule = draw(st.sampled_from(["missing", "unknown", "duplicate", "range", "fraction", "type"]))
    match rule:
        case "missing":
            del pairs[index]
        case "unknown":
            name = draw(st.text(string.ascii_letters, min_size=1, max_size=10).filter(is_unknown))
            pairs.insert(index, (name, draw(NUMBERS)))
        case "duplicate":
            pairs.append((name, draw(valid_texts(feature))))
        case "fraction" if feature.kind == "integer":
            whole = draw(st.integers(int(feature.bounds[0]), int(feature.bounds[1]) - 1))
            pairs[index] = (name, f"{whole}.5")
        case "type":
            pairs[index] = (name, draw(OTHER_TEXTS))
        case _:
            pairs[index] = (name, f"{feature.bounds[1] + 1:.0f}")
    kept = rule if rule in ("missing", "unknown", "duplicate") else "invalid"
    return pairs, ("/" + name, kept)


def is_unknown(name: str) -> bool:
    return name not in SCHEMA.names


def body_of(pairs: Pairs) -> bytes:
    return ("{" + ", ".join(f"{json.dumps(key)}: {text}" for key, text in pairs) + "}").encode()


def escaped(key: str) -> str:
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in key)
    return "/" + shown.replace("~", "~0").replace("/", "~1")


def is_allowed(feature: Feature, text: str) -> bool:
    value = json.loads(text, parse_int=float)
    if value is None:
        return feature.nullable
    if not isinstance(value, float) or not math.isfinite(value):
        return False
    whole = feature.kind == "float" or value == math.floor(value)
    low, high = feature.bounds
    return low <= value <= high and whole


def offences(pairs: Pairs) -> set[tuple[str, str]]:
    """Pointer and rule of everything that is wrong, by another way than the model's."""
    keys = [key for key, _ in pairs]
    found = {("/" + name, "missing") for name in SCHEMA.names if name not in keys}
    found |= {(escaped(key), "unknown") for key in keys if key not in SCHEMA.names}
    found |= {("/" + name, "duplicate") for name in SCHEMA.names if keys.count(name) > 1}
    for feature in SCHEMA.features:
        for key, text in pairs:
            if key == feature.name and not is_allowed(feature, text):
                found.add(("/" + key, "invalid"))
    return found


def refusal(body: bytes, *, batch: bool = False) -> RequestError | None:
    try:
        MODEL.parse_batch(body) if batch else MODEL.parse(body)
    except RequestError as error:
        return error
    return None


def named(error: RequestError | None) -> set[tuple[str, str]]:
    assert isinstance(error, InvalidFields), error
    assert error.errors
    return {(item.pointer, item.rule) for item in error.errors}


def expected(pairs: Pairs) -> Values:
    sent = dict(pairs)
    values = (json.loads(sent[name]) for name in SCHEMA.names)
    return [None if value is None else float(value) for value in values]


@given(valid_pairs())
def test_a_valid_body_is_read_exactly(pairs: Pairs) -> None:
    assert MODEL.parse(body_of(pairs)) == expected(pairs)


@given(any_pairs())
@example([(key, json.dumps(value)) for key, value in SCHEMA.example.items()])
@example([])
def test_a_body_is_read_exactly_or_everything_wrong_is_named(pairs: Pairs) -> None:
    wrong = offences(pairs)

    error = refusal(body_of(pairs))

    if wrong:
        assert named(error) == wrong
    else:
        assert error is None
        assert MODEL.parse(body_of(pairs)) == expected(pairs)


@given(spoiled_pairs())
def test_a_single_mistake_is_found_and_nothing_else(
    spoiled: tuple[Pairs, tuple[str, str]],
) -> None:
    pairs, offence = spoiled
    body = body_of(pairs)
    pointer, rule = offence

    assert named(refusal(body)) == {offence}
    frame = b'{"instances": [%s, %s]}' % (EXAMPLE, body)
    assert named(refusal(frame, batch=True)) == {(f"/instances/1{pointer}", rule)}


@pytest.mark.parametrize("name", ["age", "MonthlyIncome"])
@pytest.mark.parametrize("text", NO_VALUES, ids=lambda text: text[:20])
def test_nothing_is_taken_for_a_number_that_is_none(name: str, text: str) -> None:
    sent = {key: json.dumps(value) for key, value in SCHEMA.example.items()} | {name: text}

    assert named(refusal(body_of(list(sent.items())))) == {("/" + name, "invalid")}


@given(st.lists(any_pairs(), min_size=1, max_size=5))
def test_in_a_batch_everything_wrong_is_named_by_instance(batch: list[Pairs]) -> None:
    body = b'{"instances": [' + b", ".join(body_of(pairs) for pairs in batch) + b"]}"
    wrong = {
        (f"/instances/{index}{pointer}", rule)
        for index, pairs in enumerate(batch)
        for pointer, rule in offences(pairs)
    }

    error = refusal(body, batch=True)

    if wrong:
        assert named(error) == wrong
    else:
        assert error is None
        assert MODEL.parse_batch(body) == [expected(pairs) for pairs in batch]


@given(NUMBERS)
def test_every_spelling_of_a_number_is_read_as_the_nearest_double(text: str) -> None:
    body = EXAMPLE.replace(b"6000", text.encode())

    value = float(text)

    if 0 <= value <= 1e9:
        assert MODEL.parse(body)[SCHEMA.names.index("MonthlyIncome")] == value
    else:
        assert named(refusal(body)) == {("/MonthlyIncome", "invalid")}


@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()), st.booleans())
@example(b"[" * 100_000, False)
@example(b'{"a":' * 100_000, True)
@example(b'{"": null}', True)
def test_whatever_is_sent_no_other_error_comes_of_it(body: bytes, batch: bool) -> None:
    assert isinstance(refusal(body, batch=batch), RequestError)


@given(st.integers(0, len(EXAMPLE) - 1), st.binary(max_size=3))
def test_a_damaged_body_is_refused_or_a_valid_one(position: int, damage: bytes) -> None:
    body = EXAMPLE[:position] + damage + EXAMPLE[position + 1 :]

    if refusal(body) is None:
        values = MODEL.parse(body)
        assert values == [float(value) for value in json.loads(body).values()]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        EXAMPLE[:-1],
        EXAMPLE + b"x",
        EXAMPLE + EXAMPLE,
        b"\xef\xbb\xbf" + EXAMPLE,
        EXAMPLE.decode().encode("utf-16"),
        EXAMPLE[:-1] + b', "\xff": 1}',
        EXAMPLE[:-1] + b', "\x00": 1}',
        EXAMPLE.replace(b"45", b"045"),
        EXAMPLE.replace(b"45", b"+45"),
        EXAMPLE.replace(b"45", b"45."),
        EXAMPLE.replace(b"45", b"0x2d"),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_what_is_no_json_is_malformed(body: bytes, batch: bool) -> None:
    assert isinstance(refusal(body, batch=batch), MalformedBody)


def test_a_message_says_what_is_allowed_and_not_what_was_sent() -> None:
    body = EXAMPLE.replace(b"45", b"4711").replace(b"6000", b'"confidential"')

    error = refusal(body)

    assert isinstance(error, InvalidFields)
    assert {item.detail for item in error.errors} == {
        "must be an integer from 0 to 130",
        "must be a number from 0 to 1,000,000,000, or null",
    }
    assert "4711" not in str(error)
    assert "confidential" not in str(error)


def test_a_key_is_quoted_short_and_printable() -> None:
    keys = ["k" * 5000, "a\u0000b", "\ud800", "a/b", "a~b", "\u202e"]

    pointers = {pointer for pointer, _ in named(refusal(body_of([(key, "1") for key in keys])))}

    assert {"/" + "k" * 100, "/a\ufffdb", "/\ufffd", "/a~1b", "/a~0b"} <= pointers


def test_no_more_errors_are_named_than_anybody_reads() -> None:
    error = refusal(body_of([(f"key {number}", "1") for number in range(10_000)]))

    assert isinstance(error, InvalidFields)
    assert len(error.errors) == MAX_ERRORS


@pytest.mark.parametrize("count", [0, 6])
def test_a_batch_holds_one_to_the_most_instances(count: int) -> None:
    body = b'{"instances": [' + b", ".join([EXAMPLE] * count) + b"]}"

    error = refusal(body, batch=True)

    assert named(error) == {("/instances", "invalid")}
    assert isinstance(error, InvalidFields)
    assert error.errors[0].detail == "must be an array of 1 to 5 objects"


@pytest.mark.parametrize(
    ("body", "offence"),
    [
        (b"[]", ("", "invalid")),
        (b"null", ("", "invalid")),
        (b"{}", ("/instances", "missing")),
        (b'{"instances": {}}', ("/instances", "invalid")),
        (b'{"instances": [1]}', ("/instances/0", "invalid")),
        (b'{"instances": [%s], "x": 1}' % EXAMPLE, ("/x", "unknown")),
        (
            b'{"instances": [%s], "inst\\u0061nces": [%s]}' % (EXAMPLE, EXAMPLE),
            ("/instances", "duplicate"),
        ),
    ],
)
def test_the_frame_of_a_batch_is_checked(body: bytes, offence: tuple[str, str]) -> None:
    assert named(refusal(body, batch=True)) == {offence}


def test_the_json_schema_is_the_declaration() -> None:
    schema = json_schema(MODEL)

    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"]) == list(SCHEMA.names)
    assert schema["example"] == SCHEMA.example
    for feature in SCHEMA.features:
        kind = "integer" if feature.kind == "integer" else "number"
        found = schema["properties"][feature.name]
        assert found["type"] == ([kind, "null"] if feature.nullable else kind)
        assert (found["minimum"], found["maximum"]) == (feature.minimum, feature.maximum)
        assert feature.description in found["description"]


def test_the_json_schema_of_a_batch_is_an_array_of_instances() -> None:
    schema = json_schema(MODEL, batch=True)

    instances: dict[str, Any] = schema["properties"]["instances"]
    assert schema["required"] == ["instances"]
    assert (instances["minItems"], instances["maxItems"]) == (1, 5)
    assert instances["items"] == json_schema(MODEL)


def test_another_declaration_makes_another_model() -> None:
    feature = Feature(
        name="weight",
        kind="float",
        nullable=False,
        minimum=-5,
        maximum=5,
        unit="kg",
        description="Weight",
        example=1.5,
    )
    model = RequestModel(DataSetSchema("other", 1, "Other", (feature,), Target("y", "An event")))

    assert model.parse(b'{"weight": -5}') == [-5.0]
    with pytest.raises(InvalidFields):
        model.parse(b'{"weight": 5.0000001}')


@st.composite
def any_texts(draw: st.DrawFn) -> list[str]:
    """JSON texts for every feature in order, some of them impossible."""
    texts = [draw(valid_texts(feature)) for feature in SCHEMA.features]
    for index in draw(st.sets(st.integers(0, len(texts) - 1), max_size=3)):
        texts[index] = draw(NUMBERS | OTHER_TEXTS | st.just("null"))
    return texts


@given(st.lists(any_texts(), min_size=1, max_size=3))
def test_rows_of_another_protocol_are_checked_as_a_batch_is(rows: list[list[str]]) -> None:
    bodies = [body_of(list(zip(SCHEMA.names, row, strict=True))) for row in rows]
    read = [[document.read(text.encode()) for text in row] for row in rows]

    def pointer(row: int, column: int) -> str:
        return f"/instances/{row}/{SCHEMA.names[column]}"

    try:
        expected = MODEL.parse_batch(b'{"instances": [' + b", ".join(bodies) + b"]}")
    except InvalidFields as refused:
        places = [(item.pointer, item.rule) for item in refused.errors]
        with pytest.raises(InvalidFields) as found:
            MODEL.check(read, pointer)
        assert [(item.pointer, item.rule) for item in found.value.errors] == places
    else:
        assert MODEL.check(read, pointer) == expected
