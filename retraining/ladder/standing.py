"""Whether a model is still worth what it was when it was made."""

from dataclasses import dataclass

from retraining.ladder.answers import Answers
from retraining.ladder.evaluation import Labels
from retraining.policy import Errors


@dataclass(frozen=True, slots=True)
class Standing:
    """The loss as a share of that of knowing nothing: on the due cases, and on the held-out rows.

    A share, since the loss alone also rises where there are more bads, and no model is worse.
    """

    now: float
    then: float


def share_left(answers: Answers, labels: Labels, errors: Errors | None) -> float | None:
    """The loss, divided by that of the best answer that is the same for all; None where that is 0.

    Of rows (n,). 0: nothing is lost; 1: the model might as well not be there.
    """
    bads = float(labels.mean()) if len(labels) else 0.0
    if errors is None:
        known_nothing = bads * (1 - bads)
    else:
        known_nothing = min(errors.false_negative * bads, errors.false_positive * (1 - bads))
    if known_nothing == 0:
        return None
    return float(answers.losses(labels, errors).mean()) / known_nothing
