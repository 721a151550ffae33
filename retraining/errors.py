"""What can go wrong in deciding about retraining."""


class RetrainingError(Exception):
    """The command cannot do what it was asked; the message says why, and what to do."""


class LedgerBusy(RetrainingError):
    """Somebody else is writing records; nothing was written."""


class CaseUnknown(RetrainingError):
    """There is no case of that number, or was none then."""


class DecisionRefused(RetrainingError):
    """The case is in no state for that, or whoever wants it may not; nothing was written."""


class PromotionRefused(RetrainingError):
    """What was approved is not what would be made active now; nothing was, and a record says so."""


class RecordMissing(RetrainingError):
    """Another version is active, and no record could be written of it: the next command does."""


class TooManyRows(RetrainingError):
    """More rows are due than fit in memory."""


class CannotPropose(RetrainingError):
    """There is nothing that a case could be about, or nothing that it could be made of."""
