"""No two ways to answer differ by more than the span that is said of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retraining.ladder.answers import answers_of
from retraining.ladder.evaluation import Link, Served
from retraining.ladder.spans import EQUAL, span
from retraining.policy import Errors

ERRORS = Errors(unit="EUR", false_negative=1000.0, false_positive=100.0)

links = st.builds(Link, st.floats(-5, 5), st.floats(0.05, 20) | st.just(0.001) | st.just(1000.0))
served = st.builds(Served, links, st.floats(0, 1))
margins = st.lists(st.floats(-60, 60) | st.floats(-3, 3), min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(one=served, other=served, sums=margins, errors=st.sampled_from([None, ERRORS]))
def test_no_difference_is_outside(
    one: Served, other: Served, sums: list[float], errors: Errors | None
) -> None:
    found = span(one, other, errors)

    for label in (0, 1):
        labels = np.full(len(sums), label, dtype=np.int8)
        losses = [
            answers_of(np.array(sums), s.link, s.threshold).losses(labels, errors)
            for s in (one, other)
        ]
        differences = losses[0] - losses[1]
        assert found.least <= differences.min()
        assert differences.max() <= found.most


def test_near_links_have_a_narrow_span() -> None:
    found = span(Served(Link(), 0.5), Served(Link(0.1, 1.0), 0.5), None)

    assert found.most < 0.06
    assert found.least > -0.06


def test_a_threshold_that_refuses_more_makes_no_false_negative() -> None:
    strict, mild = Served(Link(), 0.1), Served(Link(), 0.3)

    assert (span(mild, strict, ERRORS).least, span(mild, strict, ERRORS).most) == (-100, 1000)
    assert (span(strict, mild, ERRORS).least, span(strict, mild, ERRORS).most) == (-1000, 100)


@pytest.mark.parametrize("errors", [None, ERRORS])
def test_of_other_trees_all_may_be(errors: Errors | None) -> None:
    most = 1.0 if errors is None else 1000.0

    found = span(Served(Link(), 0.2), None, errors)

    assert (found.least, found.most) == (-most, most)


def test_what_is_the_same_does_not_differ() -> None:
    assert span(Served(Link(), 0.2), Served(Link(), 0.2), ERRORS) == EQUAL
