"""What is said of scores."""

from monitor.page.sections import scores
from tests.monitor.page.made import NAME, Made, said, version


def test_scores_are_held_against_the_held_out_part() -> None:
    section = scores.section(Made().steady("a").facts())

    assert said(section).startswith(
        f"Of version {NAME}. The mean score of the last 7 days is 8.00%, against 8.00% in the"
        " held-out part of training; 10.0% were predicted to be 1, against 10.0%."
    )
    assert "points of the predictions lie in other bins than in training; chance alone" in said(
        section
    )
    assert (section.check.state, section.check.text) == (
        "shown",
        "Not tested: mean 8.0% in the last 7 days, 8.0% in training.",
    )
    assert [figure.title for figure in section.groups[0].figures] == [
        "Mean score",
        "Predicted to be 1",
        "Scores, last 7 days",
    ]


def test_too_few_are_drawn_and_not_judged() -> None:
    section = scores.section(Made().traffic("a", 30, 19).facts())

    assert section.check.text == "Not judged yet: from 1,000 predictions in 7 days on; 49 so far."
    mean = section.groups[0].figures[0]
    assert mean.svg.count('class="lone') == 1
    assert [row[2] for row in section.folds[0].rows[-2:]] == [30, 19]


def test_fewer_than_are_drawn_stand_in_the_table() -> None:
    section = scores.section(Made().traffic("a", 1).facts())

    assert "fewer than 20 predictions in each day: not drawn" in str(section.groups[0])
    assert section.folds[0].rows[-1] == ("2026-07-01", NAME, 1, 0.08, 0.0)


def test_without_a_prediction_the_section_waits() -> None:
    made = Made()

    assert scores.section(made.facts()).waits
    made.version = None
    assert scores.section(made.facts()).waits


def test_a_bundle_that_says_nothing_leaves_the_reference_out() -> None:
    made = Made().steady("a")
    made.version = version(metadata={"metrics": {"calibration": "none", "at_threshold": []}})

    section = scores.section(made.facts())

    assert "against" not in said(section)
    assert "refline" not in section.groups[0].figures[0].svg


def test_without_a_profile_means_are_drawn_and_no_distribution() -> None:
    made = Made().steady("a")
    made.version = version(profile=None)

    section = scores.section(made.facts())

    assert len(section.groups[0].figures) == 2
    assert "bins" not in said(section)


def test_no_prediction_in_the_last_days_is_said() -> None:
    section = scores.section(Made().traffic("a", 100, *[0] * 8).facts())

    assert "No prediction in the last 7 days." in said(section)
