"""A file of reports as its readers tell it: line by line, whatever is wrong with one."""

from collections.abc import Mapping
from typing import NamedTuple


class Malformed(NamedTuple):
    """A line of which no fields can be told."""

    detail: str


Line = tuple[int, Mapping[str, object] | Malformed]
"""Number of a line, counted from 1 with the header, and its fields as JSON has them."""
