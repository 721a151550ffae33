"""The form of an inference request, whatever the model."""

from collections.abc import Iterator, Mapping, Set

from api.predictions.oip.tensors import OUTPUTS
from contract.case import MAX_REFERENCE, is_reference
from contract.document import FieldError, JsonObject

# KServe's client repeats in the body what the path says; the path decides.
_OPTIONAL = frozenset({"id", "parameters", "outputs", "model_name", "model_version"})
_PARAMETERS = frozenset({"parameters"})
_AN_OBJECT = "must be a JSON object"
_REQUIRED = {"inputs": "must be an array of tensors"}
TENSOR = {
    "name": "must be the tensor's name",
    "shape": "must be an array of whole numbers",
    "datatype": "must be a datatype of the protocol",
    "data": "must be an array with the values; binary tensors are not supported: send JSON"
    " (binary_data=False)",
}


def offences(found: object) -> Iterator[FieldError]:
    """What is wrong with the request's form, whatever the model."""
    yield from _object(found, "", _REQUIRED, _OPTIONAL)
    if not isinstance(found, JsonObject):
        return
    for key, value in found:
        match key:
            case "id":
                if not _is_reference(value):
                    detail = f"must be a string of 1 to {MAX_REFERENCE} printable characters"
                    yield FieldError("/id", "invalid", detail)
            case "parameters":
                yield from _parameters(value, "/parameters")
            case "inputs":
                yield from _inputs(value)
            case "outputs":
                yield from _outputs(value)


def _is_reference(value: object) -> bool:
    """Whether it can be kept as the caller's reference; null and "" are as none."""
    if value is None:
        return True
    return isinstance(value, str) and is_reference(value)


def _object(
    found: object, place: str, required: Mapping[str, str], optional: Set[str]
) -> Iterator[FieldError]:
    if isinstance(found, JsonObject):
        yield from found.errors(required, place, optional=optional)
    else:
        yield FieldError(place, "invalid", _AN_OBJECT)


def _parameters(value: object, place: str) -> Iterator[FieldError]:
    """They are for extensions of the protocol; of none that there are anything is asked here."""
    if isinstance(value, JsonObject):
        yield from value.duplicates(place)
    elif value is not None:
        yield FieldError(place, "invalid", _AN_OBJECT)


def _inputs(value: object) -> Iterator[FieldError]:
    if not isinstance(value, list) or not value:
        yield FieldError("/inputs", "invalid", _REQUIRED["inputs"])
        return
    for index, tensor in enumerate(value):
        place = f"/inputs/{index}"
        yield from _object(tensor, place, TENSOR, _PARAMETERS)
        if isinstance(tensor, JsonObject):
            for key, member in tensor:
                yield from _member_of_tensor(key, member, place)


def _member_of_tensor(key: str, value: object, place: str) -> Iterator[FieldError]:
    if key == "parameters":
        yield from _parameters(value, f"{place}/{key}")
    elif key in TENSOR:
        kind = str if key in ("name", "datatype") else list
        right = isinstance(value, kind)
        if key == "shape" and isinstance(value, list):
            right = all(isinstance(size, float) and size.is_integer() for size in value)
        if not right:
            yield FieldError(f"{place}/{key}", "invalid", TENSOR[key])


def _outputs(value: object) -> Iterator[FieldError]:
    if value is None:
        return
    if not isinstance(value, list):
        yield FieldError("/outputs", "invalid", "must be an array of objects with a name")
        return
    allowed, seen = f"must be one of {', '.join(OUTPUTS)}", set()
    for index, output in enumerate(value):
        place = f"/outputs/{index}"
        yield from _object(output, place, {"name": allowed}, _PARAMETERS)
        for key, member in output if isinstance(output, JsonObject) else ():
            if key == "parameters":
                yield from _parameters(member, f"{place}/{key}")
            elif key == "name" and not (isinstance(member, str) and member in OUTPUTS):
                yield FieldError(f"{place}/name", "invalid", allowed)
            elif key == "name" and member in seen:
                yield FieldError(f"{place}/name", "duplicate", "must be asked for once")
            elif key == "name":
                seen.add(member)
