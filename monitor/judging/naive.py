"""The share of bad ones among what is reported so far, which is no rate."""

from datetime import datetime

from monitor.judging.counts import Counts


def labelled_so_far(counts: Counts, as_of: datetime) -> tuple[int, int]:
    """Bad ones, and all known ones, of the rows that are not due.

    Only for a sentence that says why it is no rate: bad news arrives first.
    """
    early = counts.total(~counts.due(as_of) & ~counts.open)
    return early.bad, early.known
