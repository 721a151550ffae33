"""A report of an outcome, and its line in the text that Postgres' functions take."""

from collections.abc import Iterable
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
