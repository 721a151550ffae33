"""All that a look at a case goes by, so that it can be made again."""

from dataclasses import dataclass

from contract.bundle import Bundle
from retraining.case_facts import Trigger
from retraining.challengers import Challengers
from retraining.due_rows import Question
from retraining.policy import Policy
from retraining.row_sets import Bounds


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is asked of the log, and what is looked at by it.

    wish: why a person asked for it, None where an incident did. chosen: the challengers of an
    earlier look at the same case; None where it has none yet. number: of the set that would be made
    now. anchor: the first model that was approved; None where it is the champion, or is gone.
    """

    question: Question
    trigger: Trigger
    wish: str | None
    policy: Policy
    champion: Bundle
    anchor: Bundle | None
    bounds: Bounds
    chosen: Challengers | None
    number: int
