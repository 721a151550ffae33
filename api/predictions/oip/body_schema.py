"""JSON Schema of an inference request, for OpenAPI."""

from typing import Any

from api.http.headers import MAX_REFERENCE
from api.model.served import ServedModel
from api.predictions.oip.tensors import DATATYPES, OUTPUTS, inputs
from contract.request_schema import json_schema

_PARAMETERS = {"type": ["object", "null"], "description": "Of extensions; none is used here"}

Schema = dict[str, Any]


def body_schema(model: ServedModel) -> Schema:
    """What a request to this model must be."""
    features = model.schema.features
    values = json_schema(model.request_model)["properties"]
    most = model.request_model.max_instances
    columns = [_tensor({"const": item.name}, values[item.name], 1, most) for item in features]
    for column in columns:
        column["properties"]["shape"]["minItems"] = 1  # [N] or [N, 1]
    matrix = _tensor({"type": "string"}, {"type": ["number", "null"]}, len(features), most)
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
            "inputs": {
                "description": "One tensor for each feature, all of the same N;"
                f" or a single one of shape [N, {len(features)}], under any other name",
                "oneOf": [_array({"anyOf": columns}, len(columns)), _array(matrix, 1)],
            },
            "outputs": {
                "type": ["array", "null"],
                "description": "Which outputs to send, in which order; all where none is named",
                "items": _object({"name": {"enum": list(OUTPUTS)}, "parameters": _PARAMETERS}),
            },
        },
        "example": _example(model),
    }


def _tensor(name: Schema, value: Schema, width: int, most: int) -> Schema:
    count = {"type": "integer", "minimum": 1, "maximum": most}
    return _object(
        {
            "name": name,
            "shape": {"type": "array", "prefixItems": [count, {"const": width}]}
            | {"minItems": 2, "maxItems": 2},
            "datatype": {"enum": list(DATATYPES)},
            "parameters": _PARAMETERS,
            "data": {
                "description": "As many values as the shape says, flat or nested, row by row",
                "type": "array",
                "items": {"anyOf": [value, _array(value, width)]},
            },
        }
    )


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": [name for name in properties if name != "parameters"],
        "additionalProperties": False,
        "properties": properties,
    }


def _array(items: Schema, length: int) -> Schema:
    return {"type": "array", "items": items, "minItems": length, "maxItems": length}


def _example(model: ServedModel) -> Schema:
    values = model.schema.example
    return {
        "id": "loan-4711",
        "inputs": [
            {**column, "shape": [1], "data": [values[column["name"]]]}
            for column in inputs(model.schema)
        ],
    }
