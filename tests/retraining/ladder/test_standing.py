"""What is left of the loss of knowing nothing."""

import numpy as np
import pytest

from retraining.ladder.answers import Answers
from retraining.ladder.standing import share_left
from retraining.policy import Errors

LABELS = np.array([1, 0, 0, 0], dtype=np.int8)
ERRORS = Errors(unit="EUR", false_negative=500.0, false_positive=100.0)


def test_knowing_nothing_leaves_all_and_knowing_everything_nothing() -> None:
    assert share_left(Answers(np.full(4, 0.25), 0.2), LABELS, None) == pytest.approx(1.0)
    assert share_left(Answers(LABELS.astype(float), 0.2), LABELS, None) == 0.0
    # To refuse all costs 300, and to approve all 500.
    assert share_left(Answers(np.full(4, 0.25), 0.2), LABELS, ERRORS) == pytest.approx(1.0)


@pytest.mark.parametrize("labels", [[0, 0], [1, 1], []])
def test_where_nothing_can_be_lost_there_is_no_share(labels: list[int]) -> None:
    answers = Answers(np.full(len(labels), 0.5), 0.2)

    assert share_left(answers, np.array(labels, dtype=np.int8), None) is None
