"""What goes wrong in a decision about retraining; each message says what to do next."""


class RetrainingError(Exception):
    """A command about retraining cannot be carried out."""


class TooManyRows(RetrainingError):
    """More rows are due than fit in memory."""


class CannotPropose(RetrainingError):
    """There is nothing that a case could be about, or nothing that it could be made of."""
