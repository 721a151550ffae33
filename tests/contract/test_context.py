"""What a batch says of its instances' cases: one for each, strictly, or none at all."""

import json
from typing import Any

import pytest

from contract.case import Case
from contract.document import InvalidFields
from contract.request import RequestModel
from tests.gmsc import SCHEMA

MODEL = RequestModel(SCHEMA, max_instances=3)
INSTANCES = [SCHEMA.example] * 2

WRONG: list[Any] = [[], [{}], [{}] * 3, {}, None, "x"]


def body(**members: Any) -> bytes:
    return json.dumps({"instances": INSTANCES} | members).encode()


def test_each_instance_may_say_its_own() -> None:
    sent = [
        {"reference": "loan 12", "event_time": "2026-03-01T00:30:00+01:00"},
        {"outcome_due": "2028-03-01t00:00:00z", "reference": None},
    ]

    rows, cases = MODEL.parse_cases(body(context=sent))

    assert rows == MODEL.parse_batch(body())
    assert cases == [
        Case("loan 12", "2026-02-28T23:30:00+00:00"),
        Case(outcome_due="2028-03-01T00:00:00+00:00"),
    ]


def test_a_batch_need_not_say_anything() -> None:
    assert MODEL.parse_cases(body()) == (MODEL.parse_batch(body()), [])


def test_a_key_may_be_written_by_its_characters_numbers() -> None:
    escaped = body(context=[{}, {}]).replace(b'"context"', b'"c\\u006fntext"')

    assert MODEL.parse_cases(escaped)[1] == [Case(), Case()]


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        *((wrong, [("/context", "invalid")]) for wrong in WRONG),
        ([{}, 1], [("/context/1", "invalid")]),
        ([{}, []], [("/context/1", "invalid")]),
        ([{"due": 1}, {}], [("/context/0/due", "unknown")]),
        *(
            ([{}, {"reference": wrong}], [("/context/1/reference", "invalid")])
            for wrong in ("", " a", "a\n", "r" * 201, 1, ["a"], "\ud800")
        ),
        *(
            ([{name: wrong}, {}], [(f"/context/0/{name}", "invalid")])
            for name in ("event_time", "outcome_due")
            for wrong in ("2026-03-01T00:00:00", "2126-03-01T00:00:00Z", 0, True)
        ),
    ],
)
def test_what_is_wrong_is_named(context: Any, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidFields) as refusal:
        MODEL.parse_cases(body(context=context))

    assert [(error.pointer, error.rule) for error in refusal.value.errors] == expected


def test_a_context_that_is_there_twice_and_a_wrong_instance_are_named_together() -> None:
    sent = body(context=[{}, {}]).replace(b'"context"', b'"context": [{}, {}], "context"')
    sent = sent.replace(b'"age": 45', b'"age": -1', 1)

    with pytest.raises(InvalidFields) as refusal:
        MODEL.parse_cases(sent)

    assert {(error.pointer, error.rule) for error in refusal.value.errors} == {
        ("/context", "duplicate"),
        ("/instances/0/age", "invalid"),
    }
