"""What can go wrong in the trainer, as far as a person can act on it."""


class TrainerError(Exception):
    """A command of the trainer failed; nothing was published."""


class DataRefused(TrainerError):
    """The data is not what the declaration says."""


class QualityRefused(TrainerError):
    """The model is no better than chance."""


class FetchFailed(TrainerError):
    """The real data could not be fetched, or is not what it should be."""


class NotReproduced(TrainerError):
    """Training again gave something else."""
