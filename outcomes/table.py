"""A file of reports as its readers tell it: some lines at a time, whatever is wrong with one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

SET_LINES = 10_000
"""Lines that are stored together at most: a transaction holds up a look at what is known now."""


class Malformed(NamedTuple):
    """A line of which no fields can be told."""

    detail: str


Line = tuple[int, Mapping[str, object] | Malformed]
"""Number of a line, counted from 1 with the header, and its fields as JSON has them."""


class Lines(NamedTuple):
    """Up to SET_LINES lines, one behind the other."""

    numbers: Sequence[int]
    each: Callable[[], Iterator[Line]]
    """Line by line."""
    columns: Mapping[str, Sequence[object]] | None
    """The same by fields, None where a line does not have one; None where a line is malformed."""
