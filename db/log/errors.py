"""What can go wrong in the prediction log, as far as a caller can act on it."""


class PredictionLogError(Exception):
    """Base of the log's errors."""


class LogUnavailable(PredictionLogError):
    """Neither Postgres nor the spool can take another row now; nothing was promised."""

    def __init__(self, reason: str, retry_after: int = 2) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds after which asking again makes sense."""


class SpoolError(PredictionLogError):
    """The spool's file system refused to take or to keep a frame."""


class SpoolFull(SpoolError):
    """The spool holds as many bytes as it may."""


class PostgresAway(PredictionLogError):
    """Postgres did not take a batch, for a reason that is not in the batch: try again later."""

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.remedy = remedy
        """What a person has to do: Postgres answers, and refuses. None in an outage."""


class FormError(PredictionLogError, ValueError):
    """A frame of the spool has a right checksum, and no release could store what it says."""


class FormRefused(PostgresAway):
    """Rows of this form cannot be stored now; those of another form can, for all that is known."""


class RowsRefused(PredictionLogError):
    """Postgres refuses a batch for its content: some row of it can never be stored."""


class PartitionMissing(RowsRefused):
    """A row of the batch belongs to a month that has no partition yet."""
