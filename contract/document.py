"""A JSON document as it was sent, and what can be wrong with it.

Whatever the document, reading it and finding what is wrong takes time in proportion to its length.
"""

import codecs
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import SchemaValidator, ValidationError, core_schema

Rule = Literal["missing", "unknown", "duplicate", "invalid"]

# A body can hold more mistakes than anybody reads.
MAX_ERRORS = 100
_MAX_KEY = 100

# Reads the whole document and keeps nothing of it.
_SYNTAX = SchemaValidator(core_schema.typed_dict_schema({}, extra_behavior="ignore"))


@dataclass(frozen=True, slots=True)
class FieldError:
    """One offending field: JSON pointer (RFC 6901), the rule it breaks, and what is allowed."""

    pointer: str
    rule: Rule
    detail: str


class RequestError(Exception):
    """The body is not a valid request."""


class MalformedBody(RequestError):
    """The body is not a JSON document."""


class InvalidFields(RequestError):
    """The body is JSON, but breaks the declaration; `errors` names each offending field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} field(s) break the declaration")
        self.errors = tuple(errors)


class JsonObject(tuple[tuple[str, Any], ...]):
    """A JSON object as it was sent: its keys in order, each as often as it stands there."""

    # A tuple, which a parser makes of its pairs without a step of Python's; an array is a list.
    __slots__ = ()

    def errors(
        self, required: Mapping[str, str], pointer: str, *, optional: Set[str] = frozenset()
    ) -> Iterator[FieldError]:
        """The keys that are missing, unknown or there twice."""
        times = self._times()
        for key, count in times.items():
            if key not in required and key not in optional:
                detail = "is not a field of this request: leave it out"
                yield FieldError(f"{pointer}/{printable(key)}", "unknown", detail)
            elif count > 1:
                yield _twice(f"{pointer}/{escaped(key)}", count)
        for key, detail in required.items():
            if key not in times:
                yield FieldError(f"{pointer}/{escaped(key)}", "missing", detail)

    def duplicates(self, pointer: str) -> Iterator[FieldError]:
        """The keys that are there twice, where any key may be."""
        for key, count in self._times().items():
            if count > 1:
                yield _twice(f"{pointer}/{printable(key)}", count)

    def _times(self) -> Counter[str]:
        return Counter(key for key, _ in self)


def _twice(pointer: str, count: int) -> FieldError:
    return FieldError(pointer, "duplicate", f"must be there once, not {count} times")


def read(body: bytes, constant: Callable[[str], float] = float) -> Any:
    """The document with its objects as JsonObject and every number as a float.

    NaN and Infinity, which JSON does not have, are read too, by `constant`, so that they can be
    refused by their place. Raises MalformedBody.
    """
    try:
        return json.loads(
            body.decode(),
            object_pairs_hook=JsonObject,
            # Python's float() alone takes half the time.
            parse_int=_integer if b"-0" in body else float,
            parse_float=float,
            parse_constant=constant,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedBody(complaint(body) or "it cannot be read") from error


def _integer(digits: str) -> float:
    """As pydantic reads it: the integer -0 is 0, where -0.0 keeps its sign."""
    return float(digits) + 0.0


def complaint(body: bytes) -> str | None:
    """Why the body is not JSON (RFC 8259) in UTF-8, None where it is, but for NaN and Infinity."""
    if encoding := _other_encoding(body):
        return f"the body {encoding}: send UTF-8 without a byte order mark"
    try:
        _SYNTAX.validate_json(body)
    except ValidationError as error:
        (found,) = error.errors(include_url=False, include_input=False)
        return found["ctx"]["error"] if found["type"] == "json_invalid" else None
    return None


def _other_encoding(body: bytes) -> str | None:
    """How the body is encoded, where that is seen and is not plain UTF-8."""
    if body.startswith(codecs.BOM_UTF8):
        return "begins with a byte order mark"
    # A text of JSON begins with two characters of ASCII.
    start = body[:4]
    if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE) or start.count(0) == 3:
        return "is in UTF-32"
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or start.count(0) == 2:
        return "is in UTF-16"
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return f"is not in UTF-8 at byte {error.start}"
    return None


def printable(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901), short and printable whatever was sent."""
    return escaped(
        "".join(letter if letter.isprintable() else "\ufffd" for letter in key[:_MAX_KEY])
    )


def escaped(key: str) -> str:
    """A key that is declared as a part of a JSON pointer, whole."""
    return key.replace("~", "~0").replace("/", "~1")
