"""The Open Inference Protocol with booleans, categories, and names of any characters."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.predictions.oip.request import parse
from api.predictions.oip.tensors import inputs, matrix_datatypes
from contract.document import InvalidFields
from contract.feature import Feature, Value
from contract.request import RequestModel
from contract.schema import DataSetSchema
from tests.contract.declarations import rows, schemas
from tests.contract.tables import category, flag, number, table

MIXED = table(
    number(), flag(), category(levels=("web", "branch")), category("purpose", unknown="missing")
)


def columns(schema: DataSetSchema, rows: list[list[Value]]) -> dict[str, Any]:
    """A request with one tensor for each feature, as the metadata declare them."""
    return {
        "inputs": [
            tensor | {"shape": [len(rows)], "data": [row[index] for row in rows]}
            for index, tensor in enumerate(inputs(schema))
        ]
    }


def read(schema: DataSetSchema, body: object) -> list[list[Value]]:
    return parse(json.dumps(body).encode(), RequestModel(schema), schema).rows


def refusal(schema: DataSetSchema, body: object) -> list[tuple[str, str, str]]:
    with pytest.raises(InvalidFields) as refused:
        read(schema, body)
    return [(item.pointer, item.rule, item.detail) for item in refused.value.errors]


@settings(max_examples=60)
@given(st.data())
def test_rows_of_any_table_are_read_exactly(data: st.DataObject) -> None:
    schema = data.draw(schemas())
    sent = data.draw(st.lists(rows(schema), min_size=1, max_size=3))

    found = read(schema, columns(schema, sent))

    assert [list(map(repr, row)) for row in found] == [list(map(repr, row)) for row in sent]


def test_each_kind_has_its_datatype() -> None:
    declared = [(tensor["name"], tensor["datatype"]) for tensor in inputs(MIXED)]

    assert declared == [
        ("amount", "FP64"),
        ("returning", "BOOL"),
        ("channel", "BYTES"),
        ("purpose", "BYTES"),
    ]


@pytest.mark.parametrize(
    ("index", "tensor", "error"),
    [
        (1, {"data": [1]}, ("/inputs/1/data/0", "returning must be true or false, or null")),
        (1, {"data": ["true"]}, ("/inputs/1/data/0", "returning must be true or false, or null")),
        (1, {"datatype": "INT8"}, ("/inputs/1/datatype", "returning must be BOOL")),
        (
            2,
            {"data": ["Web"]},
            ("/inputs/2/data/0", 'channel must be one of "web", "branch", or null'),
        ),
        (2, {"datatype": "FP64"}, ("/inputs/2/datatype", "channel must be BYTES")),
        (
            3,
            {"data": ["x" * 201]},
            ("/inputs/3/data/0", "purpose must be a text of 1 to 200 characters, or null"),
        ),
        (
            0,
            {"datatype": "BOOL"},
            (
                "/inputs/0/datatype",
                "amount must be one of INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64,"
                " FP64, FP32",
            ),
        ),
        (
            0,
            {"data": [True]},
            ("/inputs/0/data/0", "amount must be a number from 0 to 1,000, or null"),
        ),
    ],
)
def test_nothing_is_taken_for_another_kind(
    index: int, tensor: dict[str, Any], error: tuple[str, str]
) -> None:
    body = columns(MIXED, [[5.5, True, "web", "car"]])
    body["inputs"][index] |= tensor

    ((pointer, rule, detail),) = refusal(MIXED, body)

    assert (pointer, rule, detail) == (error[0], "invalid", error[1])


@pytest.mark.parametrize(
    ("features", "datatype", "row"),
    [
        ((number(), number("m", kind="integer", example=1)), "FP64", [5.5, 3.0]),
        ((flag("a"), flag("b")), "BOOL", [True, None]),
        ((category("a"), category("b", unknown="missing")), "BYTES", ["web", "any"]),
    ],
    ids=["numbers", "booleans", "categories"],
)
def test_features_of_one_datatype_can_come_in_one_tensor(
    features: tuple[Feature, ...], datatype: str, row: list[Value]
) -> None:
    schema = table(*features)
    body = {"inputs": [{"name": "x", "shape": [1, 2], "datatype": datatype, "data": row}]}

    assert datatype in matrix_datatypes(schema)
    assert read(schema, body) == [row]


def test_features_of_several_datatypes_cannot() -> None:
    body = {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP64", "data": [1, 1, 1, 1]}]}

    errors = refusal(MIXED, body)

    assert matrix_datatypes(MIXED) == ()
    assert errors[0] == (
        "/inputs/0",
        "unknown",
        "x is not an input of the model: leave it out; the features have several datatypes: send"
        " one tensor for each, by its name",
    )
    assert ("/inputs", "missing") in {(pointer, rule) for pointer, rule, _ in errors}
    assert "returning is missing: send it as BOOL of shape [N] or [N, 1]" in {
        detail for *_, detail in errors
    }
