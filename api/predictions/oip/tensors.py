"""What the tensors are: the declaration's features coming in, what is answered going out."""

from typing import Any, Literal

from api.predictions.scoring import Result
from contract.feature import Feature, Kind
from contract.schema import DataSetSchema

# The whole numbers that fit into each type for integers.
INTEGERS = {
    **{f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
# Their values are used as the JSON numbers that were sent; none is rounded to 32 bits.
FLOATS = ("FP64", "FP32")
# A column of whole numbers with a gap is one of floats to numpy, and a matrix has one type.
_NUMBERS = (*INTEGERS, *FLOATS)

_DATATYPES: dict[Kind, tuple[str, ...]] = {
    "integer": _NUMBERS,
    "float": _NUMBERS,
    "boolean": ("BOOL",),
    "category": ("BYTES",),
}
_DECLARED: dict[Kind, str] = {
    "integer": "INT64",
    "float": "FP64",
    "boolean": "BOOL",
    "category": "BYTES",
}
_JSON_TYPES = {"BOOL": "boolean", "BYTES": "string"}

OutputName = Literal["probability", "prediction", "prediction_id"]
OUTPUTS: dict[str, str] = {"probability": "FP64", "prediction": "INT64", "prediction_id": "BYTES"}


def expected(feature: Feature) -> str:
    """What a tensor of the feature must be, in words."""
    return f"{_DECLARED[feature.kind]} of shape [N] or [N, 1]"


def datatypes(feature: Feature) -> tuple[str, ...]:
    """The datatypes that a tensor of the feature may have."""
    return _DATATYPES[feature.kind]


def matrix_datatypes(schema: DataSetSchema) -> tuple[str, ...]:
    """The datatypes of a tensor of all features; none where no one datatype holds them all."""
    kinds = {feature.kind for feature in schema.features}
    found = {_DATATYPES[kind] for kind in kinds}
    return found.pop() if len(found) == 1 else ()


def json_type(datatype: str) -> str:
    """What a value of the datatype is in JSON Schema."""
    return _JSON_TYPES.get(datatype, "number")


def inputs(schema: DataSetSchema) -> list[dict[str, Any]]:
    """The inputs as the model's metadata has them."""
    return [_column(feature.name, _DECLARED[feature.kind]) for feature in schema.features]


def outputs() -> list[dict[str, Any]]:
    """The outputs as the model's metadata has them."""
    return [_column(name, datatype) for name, datatype in OUTPUTS.items()]


def answered(name: str, results: list[Result]) -> dict[str, Any]:
    """One output of the answer."""
    return {
        "name": name,
        "shape": [len(results)],
        "datatype": OUTPUTS[name],
        "data": [getattr(result, name) for result in results],
    }


def _column(name: str, datatype: str) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [-1]}
