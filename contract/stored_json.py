"""A JSON document from the store: read strictly, so that each reader of it sees the same."""

import json
import math
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contract.text import is_printable, shown

Model = TypeVar("Model", bound=BaseModel)

_DEEPEST = 32
# What any reader holds exactly: also JavaScript's numbers and Postgres' bigint.
_LARGEST = 2**53
_MAX_COMPLAINTS = 3


def read(content: bytes) -> Any:
    """The document; raises ValueError, whose message may be shown.

    No key twice, no NaN or infinity, no number that its text does not fit, nothing that nests
    deeply, and no text that cannot be printed: it may reach a console, a page or Postgres.
    """
    try:
        document = json.loads(
            content.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
        _check(document)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 at byte {error.start:,}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos:,}") from error
    except RecursionError as error:
        raise ValueError("nests too deeply") from error
    return document


def parsed(model: type[Model], content: bytes) -> Model:
    """The document as what the model describes; raises ValueError, whose message may be shown."""
    read(content)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise ValueError(complaint(error)) from error


def complaint(error: ValidationError) -> str:
    """What is wrong with a document, by its members, in a line that quotes no value."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    lines = [f"{_place(item['loc'])} {shown(item['msg'])}" for item in found[:_MAX_COMPLAINTS]]
    more = [f"and {len(found) - len(lines):,} more"] if len(found) > len(lines) else []
    return "; ".join([*lines, *more])


def _place(location: tuple[int | str, ...]) -> str:
    return shown(".".join(map(str, location)) + ":") if location else ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("holds a key twice")
    return found


def _integer(text: str) -> int:
    # The length first: to convert many digits takes quadratic time.
    if len(text) > 20 or abs(int(text)) > _LARGEST:
        raise ValueError("holds an integer that is too large")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("holds a number that is too large")
    return value


def _constant(text: str) -> None:
    raise ValueError(f"holds {text}, which JSON does not have")


def _check(value: Any, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise ValueError("nests too deeply")
    if isinstance(value, str):
        if not is_printable(value):
            raise ValueError("holds text that cannot be printed")
    elif isinstance(value, dict):
        for key, member in value.items():
            _check(key, depth)
            _check(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth + 1)
