"""A link has one value in two forms, never falls, and leaves other scorers as they were."""

import math
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract.link import IDENTITY, Link
from contract.scoring import Scorer
from contract.sigmoid import sigmoid, sigmoids
from contract.trees import Trees
from tests.bundles import Fitted, as_sent

LARGEST = sys.float_info.max
links = st.builds(Link, st.floats(-1000, 1000), st.floats(1e-3, 1e3))
margins = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40)


@given(links, margins)
@example(Link(0.0, 1000.0), [LARGEST, -LARGEST])  # the product is beyond all doubles
@example(Link(1000.0, 1000.0), [-LARGEST, 0.0, 5e-324])
@settings(deadline=None)
def test_both_forms_give_the_same_bits_and_never_fall(link: Link, values: list[float]) -> None:
    rising = sorted(values)

    together = link.probabilities(np.array(rising))

    assert together.tolist() == [link.probability(value) for value in rising]
    assert (np.diff(together) >= 0).all()
    assert ((together > 0) & (together <= 1)).all()


def test_the_identity_gives_the_bits_of_the_bare_sigmoid() -> None:
    values = np.random.default_rng(5).normal(0, 30, 20_000)

    assert IDENTITY.probabilities(values).tobytes() == sigmoids(values).tobytes()


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        (Link(intercept=1000.1), "an intercept of 1000.1 is not between -1000 and 1000"),
        (Link(intercept=math.nan), "an intercept of nan"),
        (Link(intercept=-math.inf), "an intercept of -inf"),
        (Link(slope=0.0), "a slope of 0 is not between 0.001 and 1000"),
        (Link(slope=-1.0), "a slope of -1"),
        (Link(slope=1001.0), "a slope of 1001"),
        (Link(slope=math.nan), "a slope of nan"),
        (Link(slope=math.inf), "a slope of inf"),
    ],
)
def test_a_link_out_of_bounds_is_refused(link: Link, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        link.check()


@pytest.mark.parametrize("link", [IDENTITY, Link(-1000.0, 1e-3), Link(1000.0, 1e3)])
def test_a_link_at_its_bounds_is_none_too_many(link: Link) -> None:
    link.check()


def test_a_scorer_puts_its_link_between_trees_and_sigmoid(fitted: Fitted) -> None:
    link = Link(-0.7, 1.3)
    scorer = Scorer(fitted.preprocessing, Trees.from_bytes(fitted.trees), link)
    rows = as_sent(fitted.rows)
    expected = [
        sigmoid(-0.7 + 1.3 * margin) for margin in fitted.scorer.margins(fitted.rows).tolist()
    ]

    assert scorer.score(fitted.rows).tolist() == expected
    assert scorer.score_rows(rows).tolist() == expected
    assert [scorer.score_row(row) for row in rows] == expected
    assert scorer.margins(fitted.rows).tolist() == fitted.scorer.margins(fitted.rows).tolist()
    assert expected != fitted.scorer.score(fitted.rows).tolist()
