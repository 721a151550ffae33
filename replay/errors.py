"""What can go wrong with a replay."""

from collections.abc import Sequence


class ReplayError(Exception):
    """The replay cannot go on; the message says why, and what to do."""


class WrongStream(ReplayError):
    """The file is no stream of the served declaration; `complaints` name line and column."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = tuple(complaints)


class NotNow(ReplayError):
    """The service cannot be reached, or is too busy; `sent`: whether it may have got the request.

    `seconds` is how long it wants to be left alone.
    """

    def __init__(self, reason: str, *, sent: bool, seconds: float = 0.5) -> None:
        super().__init__(reason)
        self.sent = sent
        self.seconds = seconds


class RowsRefused(ReplayError):
    """The service refuses rows of a request, and kept none of it; `errors`: place, field, detail.

    Places count from 0.
    """

    def __init__(self, errors: Sequence[tuple[int, str, str]]) -> None:
        super().__init__(f"{len({place for place, _, _ in errors})} rows are refused")
        self.errors = tuple(errors)
