"""A JSON document as it was sent, and what can be wrong with it."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

Rule = Literal["missing", "unknown", "duplicate", "invalid"]

# A body can hold more mistakes than anybody reads.
MAX_ERRORS = 100
_MAX_KEY = 100


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


@dataclass(frozen=True, slots=True)
class JsonObject:
    """A JSON object as it was sent: its keys in order, each as often as it stands there."""

    items: list[tuple[str, Any]]

    def errors(
        self, allowed: Mapping[str, str], pointer: str, *, optional: Collection[str] = ()
    ) -> Iterator[FieldError]:
        """The keys that are missing, unknown or there twice."""
        times = Counter(key for key, _ in self.items)
        for key, count in times.items():
            if key not in allowed and key not in optional:
                detail = "is not a field of this request: leave it out"
                yield FieldError(f"{pointer}/{printable(key)}", "unknown", detail)
            elif count > 1:
                detail = f"must be there once, not {count} times"
                yield FieldError(f"{pointer}/{printable(key)}", "duplicate", detail)
        for key, detail in allowed.items():
            if key not in times:
                yield FieldError(f"{pointer}/{printable(key)}", "missing", detail)


def read(body: bytes) -> Any:
    """The document with its objects as JsonObject and every number as a float.

    NaN and Infinity, which JSON does not have, are read too, so that they can be refused by their
    place. Raises ValueError or RecursionError.
    """
    return json.loads(
        body.decode(), object_pairs_hook=JsonObject, parse_int=float, parse_float=float
    )


def complaint(body: bytes) -> str | None:
    """Why the body is not JSON (RFC 8259, UTF-8), None where it is."""
    try:
        from_json(body, allow_inf_nan=False)
    except ValueError as error:
        return str(error)
    return None


def printable(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901), short and printable whatever was sent."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in key[:_MAX_KEY])
    return shown.replace("~", "~0").replace("/", "~1")
