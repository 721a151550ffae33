"""What can go wrong in the monitor."""


class MonitorError(Exception):
    """The monitor cannot do what it was asked; the message says why, and what to do."""


class RollupBusy(MonitorError):
    """Somebody else counts, or takes a month off; nothing was done, and nothing is lost."""
