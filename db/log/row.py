"""A row of prediction_log: its columns, its time-ordered key, its line in COPY's text format."""

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from contract.feature import Kind, Value
from contract.schema import DataSetSchema

_FIXED = (
    ("prediction_id", "uuid"),
    ("predicted_at", "timestamptz"),
    ("request_id", "text"),
    ("model_version", "text"),
    ("schema_version", "text"),
    ("route", "text"),
    ("threshold", "double precision"),
    ("client_reference", "text"),
    ("event_time", "timestamptz"),
    ("trace_id", "text"),
    ("api_key_name", "text"),
    ("outcome_due", "timestamptz"),
    ("instance_index", "integer"),
    ("batch_size", "integer"),
    ("duration_ms", "real"),
    ("probability", "double precision"),
    ("prediction", "smallint"),
)

FEATURE_TYPES: dict[Kind, str] = {
    "integer": "integer",
    "float": "double precision",
    "boolean": "boolean",
    "category": "text",
}
"""SQL type of a feature's column."""

_NULL = "\\N"
# Id, time, context, index, size, duration, probability, prediction; the features follow.
_LINE = "%s\t%s\t%s\t%d\t%d\t%.3f\t%r\t%d\t"
# The characters that COPY's text format gives a meaning (PostgreSQL manual, COPY, File Formats).
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class _Tails:
    """The random parts of UUIDs of version 7 (RFC 9562), made from the operating system's bits.

    Made in advance, many at once: each call of os.urandom lets go of the interpreter's lock, which
    under load costs more than all the rest of a stamp.
    """

    def __init__(self) -> None:
        self._pool: list[str] = []
        # A forked process must not repeat its parent's bits.
        os.register_at_fork(after_in_child=self._pool.clear)

    def take(self) -> str:
        """From the version on, 7xxx-yxxx-xxxxxxxxxxxx: 74 random bits that nobody else has."""
        while True:
            try:
                # One operation under the interpreter's lock: safe in any thread.
                return self._pool.pop()
            except IndexError:
                bits = os.urandom(_TAIL_BYTES * 256).hex()
                width = 2 * _TAIL_BYTES
                self._pool.extend(_tail(bits[at : at + width]) for at in range(0, len(bits), width))


_TAIL_BYTES = 10


def _tail(digits: str) -> str:
    # Version 7, 12 random bits, variant 2 and two random bits, 60 random bits.
    variant = "89ab"[int(digits[3], 16) & 3]
    return f"7{digits[:3]}-{variant}{digits[4:7]}-{digits[7:19]}"


_TAILS = _Tails()


class Stamp(NamedTuple):
    """Identity and time of one prediction: a UUID of version 7 (RFC 9562), and its millisecond."""

    prediction_id: str
    predicted_at: str
    """RFC 3339, UTC, to the millisecond: exactly the time inside the id."""

    @classmethod
    def now(cls) -> "Stamp":
        """A new stamp, of this moment."""
        head, predicted_at = _moment(time.time_ns() // 1_000_000)
        return cls(head + _TAILS.take(), predicted_at)


class Context:
    """What all the rows of one request share; `columns` is its part of a line, between tabs.

    A plain class: a frozen dataclass takes longer to make than a row to write.
    """

    __slots__ = ("columns",)

    def __init__(  # noqa: PLR0917 -- a record has as many fields as it has
        self,
        request_id: str,
        route: str,
        model_version: str,
        schema_version: str,
        threshold: float,
        client_reference: str | None = None,
        event_time: str | None = None,
        trace_id: str | None = None,
        api_key_name: str | None = None,
        outcome_due: str | None = None,
    ) -> None:
        shared = _shared(model_version, schema_version, route, threshold)
        given = (client_reference, event_time, trace_id, api_key_name, outcome_due)
        optional = _NO_OPTIONAL if given == _NONE_GIVEN else "\t".join(map(_text, given))
        self.columns = f"{_text(request_id)}\t{shared}\t{optional}"


@lru_cache(maxsize=16)
def _shared(model_version: str, schema_version: str, route: str, threshold: float) -> str:
    texts = (model_version, schema_version, route)
    return "\t".join((*map(_text, texts), repr(threshold)))


def _text(text: str | None) -> str:
    return _NULL if text is None else text.translate(_ESCAPES)


_NONE_GIVEN = (None,) * 5
_NO_OPTIONAL = "\t".join([_NULL] * 5)


# repr is the shortest text that reads back as the same double; "45.0" is no integer.
_FORMATS: dict[Kind, str] = {"integer": "%d", "float": "%r", "boolean": "%s", "category": "%s"}
# What a value is made into first.
_WRITTEN: dict[Kind, Callable[[Any], str]] = {"boolean": "ft".__getitem__, "category": _text}


class RowFormat:
    """The columns of a row, and the encoder of its line, for one declaration.

    The line is written once and never read again by Python: the spool holds it and COPY takes it
    as it stands.
    """

    def __init__(self, schema: DataSetSchema) -> None:
        features = tuple(
            (feature.column, FEATURE_TYPES[feature.kind]) for feature in schema.features
        )
        self.columns = (*_FIXED, *features)
        """Name and SQL type of each column, in the order of the line."""
        self.features = frozenset(schema.names)
        """The features' names, as requests have them."""
        self._formats = tuple(_FORMATS[feature.kind] for feature in schema.features)
        self._written = tuple(
            (index, _WRITTEN[feature.kind])
            for index, feature in enumerate(schema.features)
            if feature.kind in _WRITTEN
        )
        self._line = _LINE + "\t".join(self._formats) + "\n"

    def encode(
        self,
        context: Context,
        stamp: Stamp,
        values: Sequence[Value],
        probability: float,
        prediction: int,
        *,
        duration_ms: float,
        instance_index: int = 0,
        batch_size: int = 1,
    ) -> bytes:
        """One line, with its line end."""
        if self._written:
            values = list(values)
            for index, written in self._written:
                if (value := values[index]) is not None:
                    values[index] = written(value)
        line = self._line
        if None in values:
            line = _LINE + "\t".join(
                [
                    "%.0s" + _NULL if value is None else form
                    for form, value in zip(self._formats, values, strict=True)
                ]
            )
            line += "\n"
        return (
            line
            % (
                *stamp,
                context.columns,
                instance_index,
                batch_size,
                duration_ms,
                probability,
                prediction,
                *values,
            )
        ).encode()


@lru_cache(maxsize=2)
def _moment(milliseconds: int) -> tuple[str, str]:
    """The first half of an id of this millisecond, and the millisecond in RFC 3339."""
    digits = f"{milliseconds:012x}"
    return f"{digits[:8]}-{digits[8:]}-", _rfc3339(milliseconds)


def _rfc3339(milliseconds: int) -> str:
    # Not isoformat's own fraction: it goes through a float, and is left out where it is zero.
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
