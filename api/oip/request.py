"""The body of an inference request: tensors to rows, as strictly as /predict reads its own.

A request carries one tensor for each feature, or a single one of shape [N, features] under any
other name, with the features in declared order.
"""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from api.oip.form import offences
from api.oip.tensors import DATATYPES, INTEGERS, MATRIX, OUTPUTS, expected
from contract import document
from contract.document import MAX_ERRORS, FieldError, InvalidFields, MalformedBody
from contract.request import RequestModel, Values
from contract.schema import DataSetSchema


class InferenceRequest(NamedTuple):
    """What was asked for."""

    id: str | None
    rows: list[Values]
    outputs: list[str]


class _Tensor(NamedTuple):
    place: str
    name: str
    shape: list[float]
    datatype: str
    data: list[Any]
    nested: bool
    """Whether the data are rows; the protocol allows them flattened too."""

    @classmethod
    def of(cls, index: int, members: dict[str, Any]) -> "_Tensor":
        shape, data = members["shape"], members["data"]
        nested = len(shape) == 2 and all(isinstance(row, list) for row in data)
        return cls(f"/inputs/{index}", members["name"], shape, members["datatype"], data, nested)

    @property
    def flat(self) -> list[Any]:
        return [value for row in self.data for value in row] if self.nested else self.data

    def pointer(self, row: int, column: int) -> str:
        """Place of the value in this column of the tensor."""
        if self.nested:
            return f"{self.place}/data/{row}/{column}"
        width = int(self.shape[1]) if len(self.shape) == 2 else 1
        return f"{self.place}/data/{row * width + column}"


def parse(body: bytes, model: RequestModel, schema: DataSetSchema) -> InferenceRequest:
    """Read the body; raises MalformedBody or InvalidFields."""
    constants: list[str] = []

    def constant(name: str) -> float:
        constants.append(name)
        return float(name)

    request = _request(document.read(body, constant), model, schema)
    if constants:
        raise MalformedBody(f"{constants[0]} is no JSON number")
    # Of what is read here nothing else is no JSON but half a surrogate pair.
    if b"\\u" in body and (complaint := document.complaint(body)):
        raise MalformedBody(complaint)
    return request


def _request(found: object, model: RequestModel, schema: DataSetSchema) -> InferenceRequest:
    _refuse(offences(found))
    members = dict(found)  # type: ignore[call-overload]  # a JsonObject, or refused
    tensors = [_Tensor.of(index, dict(tensor)) for index, tensor in enumerate(members["inputs"])]
    if len(tensors) == 1 and tensors[0].name not in schema.names:
        rows = _matrix(tensors[0], model, schema)
    else:
        rows = _columns(tensors, model, schema)
    wanted = [dict(output)["name"] for output in members.get("outputs") or ()]
    return InferenceRequest(members.get("id") or None, rows, wanted or list(OUTPUTS))


def _matrix(tensor: _Tensor, model: RequestModel, schema: DataSetSchema) -> list[Values]:
    width, most = len(schema.features), model.max_instances
    _refuse(_errors_of_matrix(tensor, width, most))
    flat = tensor.flat
    rows = [flat[start : start + width] for start in range(0, len(flat), width)]
    return model.check(rows, tensor.pointer)


def _columns(tensors: list[_Tensor], model: RequestModel, schema: DataSetSchema) -> list[Values]:
    _refuse(_errors_of_columns(tensors, schema, model.max_instances))
    by_name = {tensor.name: tensor for tensor in tensors}
    columns = [by_name[name] for name in schema.names]
    rows = list(zip(*(column.flat for column in columns), strict=True))
    checked = model.check(rows, lambda row, feature: columns[feature].pointer(row, 0))
    _refuse(_overflows(columns, checked))
    return checked


def _refuse(errors: Iterator[FieldError]) -> None:
    if found := list(islice(errors, MAX_ERRORS)):
        raise InvalidFields(found)


def _errors_of_matrix(tensor: _Tensor, width: int, most: int) -> Iterator[FieldError]:
    if tensor.datatype != MATRIX:
        yield FieldError(
            f"{tensor.place}/datatype", "invalid", f"must be {MATRIX} for all features in one"
        )
    if len(tensor.shape) != 2 or tensor.shape[1] != width or not 1 <= tensor.shape[0] <= most:
        detail = (
            f"must be [N, {width}], the features in their order, with N from 1 to {most:,};"
            " or send one tensor for each feature, by its name"
        )
        yield FieldError(f"{tensor.place}/shape", "invalid", detail)
    elif not _fits(tensor):
        yield _unfit(tensor, "the tensor")


def _errors_of_columns(
    tensors: list[_Tensor], schema: DataSetSchema, most: int
) -> Iterator[FieldError]:
    features = {feature.name: feature for feature in schema.features}
    seen: set[str] = set()
    for tensor in tensors:
        name, feature = tensor.name, features.get(tensor.name)
        if feature is None:
            detail = f"{document.printable(name)} is not an input of the model: leave it out"
            yield FieldError(tensor.place, "unknown", detail)
            continue
        if name in seen:
            yield FieldError(tensor.place, "duplicate", f"{name} must be there once")
        seen.add(name)
        if tensor.datatype not in DATATYPES[feature.kind]:
            detail = f"{name} must be one of {', '.join(DATATYPES[feature.kind])}"
            yield FieldError(f"{tensor.place}/datatype", "invalid", detail)
        shape = tensor.shape
        if len(shape) not in (1, 2) or shape[1:] not in ([], [1]) or not 1 <= shape[0] <= most:
            detail = f"{name} must be [N] or [N, 1], with N from 1 to {most:,}"
            yield FieldError(f"{tensor.place}/shape", "invalid", detail)
        elif shape[:1] != tensors[0].shape[:1]:
            detail = f"{name} must have the N of {document.printable(tensors[0].name)}"
            yield FieldError(f"{tensor.place}/shape", "invalid", detail)
        elif not _fits(tensor):
            yield _unfit(tensor, name)
    for name, feature in features.items():
        if name not in seen:
            detail = f"{name} is missing: send it as {expected(feature)}"
            yield FieldError("/inputs", "missing", detail)


def _fits(tensor: _Tensor) -> bool:
    """Whether the data are as many as the shape says."""
    if not tensor.nested:
        return len(tensor.data) == math.prod(tensor.shape)
    return [len(tensor.data), *{len(row) for row in tensor.data}] == tensor.shape


def _unfit(tensor: _Tensor, name: str) -> FieldError:
    detail = f"{name} must hold as many values as its shape says, flat or nested, row by row"
    return FieldError(f"{tensor.place}/data", "invalid", detail)


def _overflows(columns: list[_Tensor], rows: list[Values]) -> Iterator[FieldError]:
    """Values that the feature may have, and the datatype that was sent may not."""
    for index, tensor in enumerate(columns):
        if tensor.datatype not in INTEGERS:
            continue
        least, most = INTEGERS[tensor.datatype]
        for row, values in enumerate(rows):
            value = values[index]
            if value is not None and not least <= value <= most:
                detail = f"{tensor.name} must fit into {tensor.datatype}, its tensor's datatype"
                yield FieldError(tensor.pointer(row, 0), "invalid", detail)
