"""What is said of missing values, ranges, levels and codes."""

from typing import Any

import numpy as np

from contract.cell_layout import Layout
from monitor.page.facts import Facts
from monitor.page.sections import quality
from tests.monitor.page import story
from tests.monitor.page.made import Made, said, version


def row(facts: Facts, name: str) -> dict[str, Any]:
    table = quality.section(facts).tables[0]
    keys = [column.key for column in table.columns]
    return next(dict(zip(keys, row, strict=True)) for row in table.rows if row[0] == name)


def place(facts: Facts, name: str) -> Any:
    layout = Layout.of(story.profile())
    return next(each for each in layout.places if each.column.name == name)


def test_as_in_training_is_said() -> None:
    section = quality.section(Made().steady("a", 5000).facts())

    assert section.check.text == "Not tested: as in training."
    assert "No feature is missing more or less often than in training by over 5.0 points." in said(
        section
    )
    assert len(section.tables[0].rows) == 10
    assert [figure.title for figure in section.groups[0].figures] != []


def test_what_is_missing_more_often_comes_first() -> None:
    facts = Made().steady("a").facts()
    own = place(facts, "dependents")
    facts.counts.seen.cells[-7:, own.start : own.end] = 0
    facts.counts.seen.cells[-7:, own.start] = 400
    facts.counts.seen.cells[-7:, own.start + 1] = 100

    section = quality.section(facts)

    assert "dependents is missing in 80.0%, in training in" in section.check.text
    assert section.tables[0].rows[0][0] == "dependents"
    assert "missing than in training, by over 5.0 points, of dependents." in said(section)


def test_values_beyond_the_range_of_training_are_counted() -> None:
    facts = Made().steady("a").facts()
    own = place(facts, "age")
    facts.counts.seen.cells[-1, own.end] = 2
    facts.counts.seen.cells[-1, own.end + 1] = 3

    assert row(facts, "age")["below_training"] == 2
    assert row(facts, "age")["above_training"] == 3
    assert "5 values of age were smaller or greater than any in training." in said(
        quality.section(facts)
    )


def test_unseen_levels_are_counted_and_only_a_category_has_them() -> None:
    facts = Made().steady("a").facts()
    own = place(facts, "purpose")
    facts.counts.seen.cells[-2, own.end - 1] = 4

    assert row(facts, "purpose")["unseen_level"] == 4
    assert row(facts, "age")["unseen_level"] is None
    assert "Levels that training did not know came for purpose" in said(quality.section(facts))
    assert "4 values of unseen levels" in quality.section(facts).check.text


def test_codes_that_mean_missing_are_compared_where_they_are_declared() -> None:
    facts = Made().steady("a").facts()

    late = row(facts, "times_late")
    assert np.isclose(late["code_share_training"], 0.002, atol=0.002)
    assert row(facts, "utilisation")["code_share"] is None


def test_few_predictions_are_shown_and_not_judged() -> None:
    section = quality.section(Made().traffic("a", 5).facts())

    assert section.check.state == "wait"
    assert section.tables[0].rows[0][2] == 5


def test_without_a_recent_prediction_the_section_waits() -> None:
    assert quality.section(Made().traffic("a", 9, *[0] * 7).facts()).waits


def test_without_a_profile_it_says_what_to_do() -> None:
    made = Made().steady("a")
    made.version = version(profile=None)

    assert "trainer profile" in said(quality.section(made.facts()))
