"""A report of an outcome, and its line in the text that Postgres' functions take."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, get_args

State = Literal["final", "interim", "retracted", "unobservable"]
STATES: tuple[State, ...] = get_args(State)

# U+0001 stands for nothing: no text of a report holds a character that cannot be printed.
_NOTHING = "\x01"


class Report(NamedTuple):
    """What somebody says became of a case; checked by `outcomes.rules`."""

    prediction_id: str | None
    reference: str | None
    """The caller's name of the case; one of the two is None."""
    source: str
    event_key: str
    state: State
    outcome: int | None
    """1 where the target's event happened, 0 where not; None in a state that has none."""
    revision: int
    observed_at: str
    """RFC 3339, UTC, to the microsecond."""


def lines(reports: Iterable[Report]) -> str:
    """The reports as `outcome_batch` reads them."""
    return "\n".join(
        ["\t".join([_NOTHING if value is None else str(value) for value in row]) for row in reports]
    )


Columns = Sequence[Sequence[object]]
"""Reports by their fields, in the order of `Report`'s: each has a value for every report."""


def columns(reports: Sequence[Report]) -> Columns:
    """The same reports by their fields."""
    return list(zip(*reports, strict=True)) or [()] * len(Report._fields)


def arrays(reports: Columns) -> tuple[str, ...]:
    """The columns as `outcome_columns` has them."""
    return tuple(map(_array, reports))


def _array(column: Sequence[object]) -> str:
    texts = _all_texts(column)
    if texts is None:
        # Most fields have few values in many reports.
        known = {value: _element(value) for value in set(column)}
        texts = ",".join(map(known.__getitem__, column))
    return f"{{{texts}}}"


def _all_texts(column: Sequence[object]) -> str | None:
    """The elements, where all of them are texts that need no look one by one."""
    try:
        joined = "\n".join(column)  # type: ignore[arg-type]  # or it is told
    except TypeError:
        return None
    if not joined or '"' in joined or "\\" in joined:
        return None
    quoted = joined.replace("\n", '","')
    return f'"{quoted}"'


def _element(value: object) -> str:
    if not isinstance(value, str):
        return "NULL" if value is None else str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
