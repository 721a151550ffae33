"""The form of a segment's rows: name and SQL type of each column."""

import json
import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from db.log.errors import FormError

# A type goes into SQL as it stands, names are quoted there.
_WORDS = re.compile(r"[a-z][a-z ]*")
_KNOWN = frozenset(
    {
        *("uuid", "timestamptz", "text", "integer", "smallint", "bigint", "real"),
        *("double precision", "numeric", "boolean", "date", "jsonb"),
    }
)

# Postgres' own bounds: columns of a table, bytes of a name (it would cut a longer one short).
_MOST_COLUMNS = 1600
_MOST_NAME_BYTES = 63
# No form with the names and types that are allowed is longer.
_MOST_BYTES = 2**20

Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Form:
    """Name and SQL type of each column of the lines."""

    columns: Columns

    @cached_property
    def document(self) -> bytes:
        """The JSON that a segment begins with."""
        return json.dumps({"columns": self.columns}).encode()

    @cached_property
    def id(self) -> int:
        """The form's mark in each frame."""
        return zlib.crc32(self.document)

    @cached_property
    def unknown(self) -> str | None:
        """A column whose type this release does not know, and its type; a newer one may."""
        for name, kind in self.columns:
            if kind not in _KNOWN:
                return f"column {name} is of type {kind[:_MOST_NAME_BYTES]}"
        return None

    @classmethod
    def read(cls, document: bytes) -> "Form":
        """The form that `document` writes; raises FormError where it is none."""
        columns = _columns(document)
        form = cls(tuple((_name(column[0]), _kind(column[1])) for column in columns))
        if len({name for name, _ in form.columns}) < len(columns):
            raise FormError("a column is named twice")
        return form


def _columns(document: bytes) -> list[list[Any]]:
    if len(document) > _MOST_BYTES:
        raise FormError(f"{len(document):,} bytes are more than any form has")
    try:
        content = json.loads(document)
    except (ValueError, RecursionError) as error:
        # Not the parser's own words: they may quote what stands there.
        raise FormError("it is no JSON") from error
    columns = content.get("columns") if isinstance(content, dict) else None
    if not isinstance(columns, list) or not 0 < len(columns) <= _MOST_COLUMNS:
        raise FormError("it does not list its columns")
    if not all(isinstance(column, list) and len(column) == 2 for column in columns):
        raise FormError("a column is not a name and a type")
    return columns


def _name(name: object) -> str:
    if not isinstance(name, str) or not name or "\0" in name:
        raise FormError("a column's name is none")
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:
        raise FormError("a column's name is none") from error
    if size > _MOST_NAME_BYTES:
        raise FormError("a column's name is longer than Postgres allows")
    return name


def _kind(kind: object) -> str:
    if not isinstance(kind, str) or not _WORDS.fullmatch(kind):
        raise FormError("a column's type is not a plain SQL type")
    return kind
