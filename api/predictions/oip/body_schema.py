"""JSON Schema of an inference request, for OpenAPI."""

from collections.abc import Sequence
from typing import Any

from api.predictions.oip.tensors import OUTPUTS, datatypes, inputs, json_type, matrix_datatypes
from contract.case import MAX_REFERENCE
from contract.request import RequestModel
from contract.request_schema import json_schema

_PARAMETERS = {"type": ["object", "null"], "description": "Of extensions; none is used here"}

Schema = dict[str, Any]


def body_schema(model: RequestModel) -> Schema:
    """What a request to this model must be."""
    features = model.schema.features
    values = json_schema(model)["properties"]
    most = model.max_instances
    columns = [
        _tensor(_only(item.name), datatypes(item), values[item.name], 1, most) for item in features
    ]
    for column in columns:
        column["properties"]["shape"]["minItems"] = 1  # [N] or [N, 1]
    told, forms = (
        "One tensor for each feature, all of the same N",
        [_array({"anyOf": columns}, len(columns))],
    )
    if allowed := matrix_datatypes(model.schema):
        value = {"type": [json_type(allowed[0]), "null"]}
        forms.append(_array(_tensor({"type": "string"}, allowed, value, len(features), most), 1))
        told += f"; or a single one of shape [N, {len(features)}], under any other name"
    reference = "Your own name for the request, kept with its rows and sent back"
    return {
        "type": "object",
        "title": "InferenceRequest",
        "required": ["inputs"],
        "additionalProperties": False,
        "properties": {
            "id": {
                "type": ["string", "null"],
                "maxLength": MAX_REFERENCE,
                "description": reference,
            },
            "model_name": {"description": "Not used: the path names the model"},
            "model_version": {"description": "Not used: the path names the version"},
            "parameters": _PARAMETERS,
            "inputs": {"description": told, "oneOf": forms},
            "outputs": {
                "type": ["array", "null"],
                "description": "Which outputs to send, in which order; all where none is named",
                "items": _object({"name": {"enum": list(OUTPUTS)}, "parameters": _PARAMETERS}),
            },
        },
        "example": _example(model),
    }


def _tensor(name: Schema, allowed: Sequence[str], value: Schema, width: int, most: int) -> Schema:
    count = {"type": "integer", "minimum": 1, "maximum": most}
    return _object(
        {
            "name": name,
            "shape": {"type": "array", "prefixItems": [count, {"const": width}]}
            | {"minItems": 2, "maxItems": 2},
            "datatype": {"enum": list(allowed)},
            "parameters": _PARAMETERS,
            "data": {
                "description": "As many values as the shape says, flat or nested, row by row",
                "type": "array",
                "items": {"anyOf": [value, _array(value, width)]},
            },
        }
    )


def _only(name: str) -> Schema:
    # openapi-python-client escapes a quotation mark or a backslash twice in a const, and not in an
    # enum.
    return {"enum": [name]} if '"' in name or "\\" in name else {"const": name}


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": [name for name in properties if name != "parameters"],
        "additionalProperties": False,
        "properties": properties,
    }


def _array(items: Schema, length: int) -> Schema:
    return {"type": "array", "items": items, "minItems": length, "maxItems": length}


def _example(model: RequestModel) -> Schema:
    values = model.schema.example
    return {
        "id": "loan-4711",
        "inputs": [
            {**column, "shape": [1], "data": [values[column["name"]]]}
            for column in inputs(model.schema)
        ],
    }
