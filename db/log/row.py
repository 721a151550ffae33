"""A row of prediction_log: its columns, its time-ordered key, its line in COPY's text format."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache

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
    ("instance_index", "integer"),
    ("batch_size", "integer"),
    ("duration_ms", "real"),
    ("probability", "double precision"),
    ("prediction", "smallint"),
)

_NULL = "\\N"
# The characters that COPY's text format gives a meaning (PostgreSQL manual, COPY, File Formats).
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class _Entropy:
    """Random bits from the operating system, fetched in advance.

    Each call of os.urandom lets go of the interpreter's lock, which under load costs more than
    all the rest of a stamp.
    """

    def __init__(self) -> None:
        self._pool: list[bytes] = []
        # A forked process must not repeat its parent's bits.
        os.register_at_fork(after_in_child=self._pool.clear)

    def take(self) -> bytes:
        """Ten bytes that nobody else is given."""
        while True:
            try:
                # One operation under the interpreter's lock: safe in any thread.
                return self._pool.pop()
            except IndexError:
                bits = os.urandom(10 * 256)
                self._pool.extend(bits[at : at + 10] for at in range(0, len(bits), 10))


_ENTROPY = _Entropy()


@dataclass(frozen=True, slots=True)
class Stamp:
    """Identity and time of one prediction: a UUID of version 7 (RFC 9562), and its millisecond."""

    prediction_id: str
    predicted_at: str
    """RFC 3339, UTC, to the millisecond: exactly the time inside the id."""

    @classmethod
    def now(cls) -> "Stamp":
        """A new stamp, of this moment."""
        milliseconds = time.time_ns() // 1_000_000
        return cls(_uuid7(milliseconds, _ENTROPY.take()), _rfc3339(milliseconds))


@dataclass(frozen=True)
class Context:
    """What all the rows of one request share."""

    request_id: str
    route: str
    model_version: str
    schema_version: str
    threshold: float
    client_reference: str | None = None
    event_time: str | None = None
    trace_id: str | None = None

    @cached_property
    def columns(self) -> str:
        """The context's part of a line, between tabs."""
        texts = (self.request_id, self.model_version, self.schema_version, self.route)
        optional = (self.client_reference, self.event_time, self.trace_id)
        return "\t".join(
            (
                *(text.translate(_ESCAPES) for text in texts),
                repr(self.threshold),
                *(_NULL if text is None else text.translate(_ESCAPES) for text in optional),
            )
        )


class RowFormat:
    """The columns of a row, and the encoder of its line, for one declaration.

    The line is written once and never read again by Python: the spool holds it and COPY takes it
    as it stands.
    """

    def __init__(self, schema: DataSetSchema) -> None:
        features = tuple(
            (feature.column, "integer" if feature.kind == "integer" else "double precision")
            for feature in schema.features
        )
        self.columns = (*_FIXED, *features)
        """Name and SQL type of each column, in the order of the line."""
        # repr is the shortest text that reads back as the same double; "45.0" is no integer.
        self._encoders: tuple[Callable[[float], str], ...] = tuple(
            "%d".__mod__ if feature.kind == "integer" else repr for feature in schema.features
        )

    def encode(
        self,
        context: Context,
        stamp: Stamp,
        values: list[float | None],
        probability: float,
        prediction: int,
        *,
        duration_ms: float,
        instance_index: int = 0,
        batch_size: int = 1,
    ) -> bytes:
        """One line, with its line end."""
        features = "\t".join(
            [
                _NULL if value is None else encode(value)
                for encode, value in zip(self._encoders, values, strict=True)
            ]
        )
        return (
            f"{stamp.prediction_id}\t{stamp.predicted_at}\t{context.columns}"
            f"\t{instance_index}\t{batch_size}\t{duration_ms:.3f}"
            f"\t{probability!r}\t{prediction}\t{features}\n"
        ).encode()


def _uuid7(milliseconds: int, random: bytes) -> str:
    bits = int.from_bytes(random, "big")
    # 48 bits of time, version 7, 12 random bits, variant 2, 62 random bits.
    value = (
        (milliseconds << 80)
        | (0x7 << 76)
        | ((bits >> 62 & 0xFFF) << 64)
        | (0b10 << 62)
        | (bits & 0x3FFFFFFFFFFFFFFF)
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _rfc3339(milliseconds: int) -> str:
    # Not isoformat's own fraction: it goes through a float, and is left out where it is zero.
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
