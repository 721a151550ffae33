"""Whatever a declaration holds, a body is read as it was sent, or what is wrong is named."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import request
from contract.document import InvalidFields, RequestError
from contract.feature import Value
from contract.request import RequestModel
from contract.request_schema import json_schema
from tests.contract.declarations import bodies, rows, schemas, values, wrong_values
from tests.contract.tables import category, flag, number, table

SCHEMA = table()
MODEL = RequestModel(SCHEMA)
EXAMPLE = json.dumps(SCHEMA.example).encode()


def exact(values: list[Value]) -> list[str]:
    """As text, in which 1.0 is not True and a minus is before a zero, too."""
    return [repr(value) for value in values]


@settings(max_examples=60)
@given(st.data())
def test_a_valid_body_of_any_table_is_read_exactly(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    model = RequestModel(schema)
    sent = data.draw(st.lists(rows(schema), min_size=1, max_size=3))
    texts = [data.draw(bodies(list(zip(schema.names, row, strict=True)))) for row in sent]
    batch = b'{"instances": [' + b", ".join(texts) + b"]}"

    assert [exact(model.parse(text)) for text in texts] == [exact(row) for row in sent]
    assert [exact(row) for row in model.parse_batch(batch)] == [exact(row) for row in sent]


@settings(max_examples=60)
@given(st.data())
def test_a_single_mistake_is_found_in_any_table_and_nothing_else(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    pairs: list[tuple[str, object]] = list(zip(schema.names, data.draw(rows(schema)), strict=True))
    index = data.draw(st.integers(0, len(pairs) - 1))
    name, feature = pairs[index][0], schema.features[index]
    rule = data.draw(st.sampled_from(["missing", "unknown", "duplicate", "invalid"]))
    match rule:
        case "missing":
            del pairs[index]
        case "unknown":
            name = data.draw(st.text('abc:"\\', min_size=1).filter(lambda n: n not in schema.names))
            pairs.append((name, data.draw(values(feature))))
        case "duplicate":
            pairs.append((name, data.draw(values(feature))))
        case _:
            pairs[index] = (name, data.draw(wrong_values(feature)))

    with pytest.raises(InvalidFields) as refused:
        RequestModel(schema).parse(data.draw(bodies(pairs)))

    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    assert [(item.pointer, item.rule) for item in refused.value.errors] == [(pointer, rule)]


@pytest.mark.parametrize(
    "body",
    [
        '{"a": "x", "a": "y"}',
        r'{"a": "x", "a": "\u003a"}',
        r'{"a": "x", "a": "\u0022\u0022\u0022\u0022"}',
        r'{"a": "x", "a": "\u0022"}',
        r'{"a": "x", "a": "\""}',
        r'{"a": "x", "\u0061": "\u0022\u0022"}',
        r'{"a": "x", "a": null}',
        r'{"a": {}, "a": "\u0022\u0022\""}',
    ],
)
def test_a_text_cannot_hide_a_key_that_was_sent_twice(body: str) -> None:
    model = RequestModel(table(category("a", unknown="missing", sql_name="a")))

    for read, text in ((model.parse, body), (model.parse_batch, f'{{"instances": [{body}]}}')):
        with pytest.raises(InvalidFields) as refused:
            read(text.encode())
        assert {item.rule for item in refused.value.errors} >= {"duplicate"}


def test_a_name_cannot_hide_a_key_that_was_sent_twice() -> None:
    model = RequestModel(table(number('a"b', sql_name="a"), number("\\", sql_name="b")))
    body = r'{"a\u0022b": 1, "\\": 2, "\u005c": 3}'

    with pytest.raises(InvalidFields, match="1 field"):
        model.parse(body.encode())
    assert model.parse(rb'{"a\u0022b": 1, "\u005c": 2}') == [1.0, 2.0]


def test_a_text_full_of_brackets_is_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RequestModel(table(category(unknown="missing")))
    text = "[{" * 100
    body = json.dumps({"channel": text}).encode()
    batch = b'{"instances": [' + b", ".join([body] * 200) + b"]}"

    assert model.parse(body) == [text]
    assert model.parse_batch(batch) == [[text]] * 200
    monkeypatch.setattr(request, "_BRACKETS_IN_TEXTS", 10)
    assert RequestModel(model.schema).parse(body) == [text]


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("channel", '"Web"', 'one of "web", "branch", "Straße: 漢字 {x} \\"y\\" \\\\ \'z\'"'),
        ("returning", "1", "true or false"),
        ("returning", '"true"', "true or false"),
        ("amount", "true", "a number from 0 to 1,000"),
        ("months", "false", "an integer from 0 to 1,000"),
        ("months", '"3"', "an integer from 0 to 1,000"),
    ],
)
def test_nothing_is_taken_for_another_kind(name: str, text: str, allowed: str) -> None:
    sent = {key: json.dumps(value) for key, value in SCHEMA.example.items()} | {name: text}
    body = "{" + ", ".join(f'"{key}": {value}' for key, value in sent.items()) + "}"

    with pytest.raises(InvalidFields) as refused:
        MODEL.parse(body.encode())

    (error,) = refused.value.errors
    assert (error.pointer, error.rule) == (f"/{name}", "invalid")
    assert error.detail == f"must be {allowed}, or null".replace('\\"', '"').replace("\\\\", "\\")


@pytest.mark.parametrize(("text", "value"), [("-0", "0.0"), ("-0.0", "-0.0"), ("-1", "-1.0")])
def test_a_number_is_the_same_however_carefully_it_is_read(text: str, value: str) -> None:
    model = RequestModel(table(number(minimum=-1), category("c", unknown="missing", sql_name="c")))

    for other in ("x", "\\u0022"):
        values = model.parse(f'{{"amount": {text}, "c": "{other}"}}'.encode())
        assert exact(values)[0] == value


def test_a_long_name_is_pointed_to_whole() -> None:
    name = "long " * 100
    model = RequestModel(table(flag(name, sql_name="a")))

    with pytest.raises(InvalidFields) as refused:
        model.parse(json.dumps({name: 1}).encode())

    assert [error.pointer for error in refused.value.errors] == [f"/{name}"]


@given(st.binary(max_size=5), st.integers(0, len(EXAMPLE)), st.integers(0, 5))
def test_a_damaged_body_of_texts_is_refused_or_a_valid_one(
    damage: bytes, position: int, length: int
) -> None:
    body = EXAMPLE[:position] + damage + EXAMPLE[position + length :]

    try:
        read = MODEL.parse(body)
    except RequestError:
        return

    pairs = json.loads(body, object_pairs_hook=list)
    assert sorted(key for key, _ in pairs) == sorted(SCHEMA.names)
    assert read == [dict(pairs)[name] for name in SCHEMA.names]


def test_the_json_schema_says_what_each_kind_may_be() -> None:
    schema = table(flag(), category(), category("open", unknown="missing", nullable=False))

    found: dict[str, Any] = json_schema(RequestModel(schema))["properties"]

    assert found["returning"]["type"] == ["boolean", "null"]
    assert found["channel"]["type"] == ["string", "null"]
    assert found["channel"]["enum"] == [*schema.features[1].levels, None]
    assert found["open"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "title": "open",
        "description": "A category",
    }
