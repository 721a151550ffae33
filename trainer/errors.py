"""What can go wrong in the trainer, as far as a person can act on it."""


class TrainerError(Exception):
    """A command of the trainer failed; nothing was published."""


class DataRefused(TrainerError):
    """The data is not what the declaration says."""


class QualityRefused(TrainerError):
    """The model is no better than chance."""


class FetchFailed(TrainerError):
    """The real data could not be fetched, or is not what it should be."""


class NotDeclared(TrainerError):
    """No draft of a declaration could be made of a table."""


class NotReproduced(TrainerError):
    """Training again gave something else."""


MAX_PROBLEMS = 10
"""As many as a person reads at once."""


def refusal(problems: list[str], advice: str) -> DataRefused:
    """What is wrong, one problem a line and not more than a person reads, and what to do."""
    more = len(problems) - MAX_PROBLEMS
    rest = [f"and {more:,} more like these"] if more > 0 else []
    return DataRefused("\n".join([*problems[:MAX_PROBLEMS], *rest, f"What to do: {advice}."]))
