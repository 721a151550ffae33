"""The body of an inference request: tensors to rows, as strictly as /predict reads its own.

A request carries one tensor for each feature; or, where one datatype holds all features, a single
one of shape [N, features] under any other name, with the features in declared order. Whatever the
datatype, a number is the one that was sent: 2.0 is an integer, and NaN in floats is a missing
value. What the feature may not be, or the datatype cannot hold, is refused by its place.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from api.predictions.oip.form import offences
from api.predictions.oip.sent_tensor import SentTensor
from api.predictions.oip.tensors import OUTPUTS, datatypes, expected, matrix_datatypes
from contract import document
from contract.document import MAX_ERRORS, FieldError, InvalidFields, MalformedBody
from contract.request import RequestModel, Values
from contract.schema import DataSetSchema

_NO_MATRIX = "the features have several datatypes: send one tensor for each, by its name"


class InferenceRequest(NamedTuple):
    """What was asked for."""

    id: str | None
    rows: list[Values]
    outputs: list[str]


def parse(body: bytes, model: RequestModel, schema: DataSetSchema) -> InferenceRequest:
    """Read the body; raises MalformedBody or InvalidFields."""
    constants: list[str] = []

    def constant(name: str) -> float:
        constants.append(name)
        return float(name)

    found = document.read(body, constant)
    _refuse(offences(found))
    members = dict(found)
    tensors = [SentTensor.of(index, dict(tensor)) for index, tensor in enumerate(members["inputs"])]
    if constants:
        tensors, missing = _without_nan(tensors)
    alone = len(tensors) == 1 and tensors[0].name not in schema.names
    if allowed := matrix_datatypes(schema) if alone else ():
        rows = _matrix(tensors[0], allowed, model, schema)
    else:
        rows = _columns(tensors, model, schema)
    if constants and len(constants) > missing:
        raise MalformedBody("NaN and Infinity are no JSON but in the data of floats")
    # Of what is read here nothing else is no JSON but half a surrogate pair.
    if b"\\u" in body and (complaint := document.complaint(body)):
        raise MalformedBody(complaint)
    wanted = [dict(output)["name"] for output in members.get("outputs") or ()]
    return InferenceRequest(members.get("id") or None, rows, wanted or list(OUTPUTS))


def _without_nan(tensors: list[SentTensor]) -> tuple[list[SentTensor], int]:
    """The tensors with null for NaN, and how many that were."""
    made = [tensor.without_nan() for tensor in tensors]
    return [tensor for tensor, _ in made], sum(count for _, count in made)


def _matrix(
    tensor: SentTensor, allowed: tuple[str, ...], model: RequestModel, schema: DataSetSchema
) -> list[Values]:
    width, most = len(schema.features), model.max_instances
    _refuse(_errors_of_matrix(tensor, allowed, width, most))
    flat = tensor.flat
    rows = [flat[start : start + width] for start in range(0, len(flat), width)]
    checked = model.check(rows, tensor.pointer)
    _refuse(tensor.unlike_datatype(schema.names, checked))
    return checked


def _columns(tensors: list[SentTensor], model: RequestModel, schema: DataSetSchema) -> list[Values]:
    _refuse(_errors_of_columns(tensors, schema, model.max_instances))
    by_name = {tensor.name: tensor for tensor in tensors}
    columns = [by_name[name] for name in schema.names]
    rows = list(zip(*(column.flat for column in columns), strict=True))
    checked = model.check(rows, lambda row, feature: columns[feature].pointer(row, 0))
    for index, tensor in enumerate(columns):
        _refuse(tensor.unlike_datatype([tensor.name], [[values[index]] for values in checked]))
    return checked


def _refuse(errors: Iterator[FieldError]) -> None:
    if found := list(islice(errors, MAX_ERRORS)):
        raise InvalidFields(found)


def _errors_of_matrix(
    tensor: SentTensor, allowed: tuple[str, ...], width: int, most: int
) -> Iterator[FieldError]:
    if tensor.datatype not in allowed:
        yield FieldError(f"{tensor.place}/datatype", "invalid", _one_of(allowed))
    if len(tensor.shape) != 2 or tensor.shape[1] != width or not 1 <= tensor.shape[0] <= most:
        detail = (
            f"must be [N, {width}], the features in their order, with N from 1 to {most:,};"
            " or send one tensor for each feature, by its name"
        )
        yield FieldError(f"{tensor.place}/shape", "invalid", detail)
    elif not tensor.fits:
        yield _unfit(tensor, "the tensor")


def _errors_of_columns(
    tensors: list[SentTensor], schema: DataSetSchema, most: int
) -> Iterator[FieldError]:
    features = {feature.name: feature for feature in schema.features}
    seen: set[str] = set()
    for tensor in tensors:
        name, feature = tensor.name, features.get(tensor.name)
        if feature is None:
            detail = f"{document.printable(name)} is not an input of the model: leave it out"
            if len(tensors) == 1:
                detail += f"; {_NO_MATRIX}"
            yield FieldError(tensor.place, "unknown", detail)
            continue
        if name in seen:
            yield FieldError(tensor.place, "duplicate", f"{name} must be there once")
        seen.add(name)
        if tensor.datatype not in datatypes(feature):
            detail = f"{name} {_one_of(datatypes(feature))}"
            yield FieldError(f"{tensor.place}/datatype", "invalid", detail)
        shape = tensor.shape
        if len(shape) not in (1, 2) or shape[1:] not in ([], [1]) or not 1 <= shape[0] <= most:
            detail = f"{name} must be [N] or [N, 1], with N from 1 to {most:,}"
            yield FieldError(f"{tensor.place}/shape", "invalid", detail)
        elif shape[:1] != tensors[0].shape[:1]:
            detail = f"{name} must have the N of {document.printable(tensors[0].name)}"
            yield FieldError(f"{tensor.place}/shape", "invalid", detail)
        elif not tensor.fits:
            yield _unfit(tensor, name)
    for name, feature in features.items():
        if name not in seen:
            detail = f"{name} is missing: send it as {expected(feature)}"
            yield FieldError("/inputs", "missing", detail)


def _one_of(allowed: tuple[str, ...]) -> str:
    return "must be " + ("one of " if len(allowed) > 1 else "") + ", ".join(allowed)


def _unfit(tensor: SentTensor, name: str) -> FieldError:
    detail = f"{name} must hold as many values as its shape says, flat or nested, row by row"
    return FieldError(f"{tensor.place}/data", "invalid", detail)
