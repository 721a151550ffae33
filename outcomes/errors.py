"""What can go wrong with reports of outcomes."""

from collections.abc import Sequence

from contract.document import FieldError


class OutcomeError(Exception):
    """Reports could not be stored, or a subject not be asked about."""


class InvalidReport(OutcomeError):
    """The report breaks a rule; `errors` has a pointer to each offending field of it."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.pointer[1:]} {error.detail}" for error in errors))
        self.errors = tuple(errors)


class EarlyOutcomes(OutcomeError):
    """Reports were observed before the event of what they speak of; `places` counts from 0."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(f"{len(places)} reports were observed before the event")
        self.places = tuple(places)


class ConflictingOutcomes(OutcomeError):
    """Keys of reports are known with another content; `places` counts from 0."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(f"{len(places)} reports contradict what is stored under their key")
        self.places = tuple(places)


class OutcomesUnavailable(OutcomeError):
    """Postgres cannot be reached now, or is too slow; nothing is promised of what was sent."""


class OutcomesBusy(OutcomeError):
    """As many requests as may wait are waiting; nothing was stored."""


class UnreadableFile(OutcomeError):
    """The file cannot be read as a table of reports; the message says why, and what to do."""
