"""Which column of a stream is what, by its name."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from contract.schema import DataSetSchema
from contract.text import shown
from replay.errors import WrongStream

ROLES = ("event_time", "client", "reference", "outcome", "outcome_time", "outcome_due")
"""Columns that are no features; only event_time must be there."""


class Columns(NamedTuple):
    """Places of the columns in a row."""

    width: int
    roles: dict[str, int]
    features: tuple[int, ...]
    """In the declaration's order."""
    ignored: tuple[str, ...]
    """Names of columns that are neither."""


def columns_of(where: str, header: Sequence[str], schema: DataSetSchema) -> Columns:
    """The columns of a file with this header; raises WrongStream with all that is wrong."""
    places = {name: at for at, name in enumerate(header)}
    complaints = [
        f"{where}: the column {shown(name)} is there {count} times: keep one of them"
        for name, count in Counter(header).items()
        if count > 1 and (name in ROLES or name in schema.names)
    ]
    complaints += [
        f"{where}: the column {name} is missing, a feature of {schema.id}"
        for name in schema.names
        if name not in places
    ]
    if "event_time" not in places:
        complaints.append(f"{where}: the column event_time is missing: a replay goes by it")
    if ("outcome" in places) != ("outcome_time" in places):
        complaints.append(
            f"{where}: outcome and outcome_time belong together: one of the columns is missing"
        )
    # A feature of that name is sent as such, and says nothing else.
    roles = {name: places[name] for name in ROLES if name in places and name not in schema.names}
    if "event_time" in schema.names:
        complaints.append(f"{where}: event_time is a feature of {schema.id}: rename it there")
    if complaints:
        raise WrongStream(complaints)
    return Columns(
        len(header),
        roles,
        tuple(places[name] for name in schema.names),
        tuple(name for name in header if name not in ROLES and name not in schema.names),
    )
