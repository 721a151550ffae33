"""What is said and drawn of every kind of feature."""

import re

import numpy as np
import pytest

from contract.cell_layout import Layout
from contract.profile import CellCounts, ColumnProfile
from monitor.page.facts import Facts
from monitor.page.figures import Figure
from monitor.page.sections import features
from monitor.page.sections.feature import Feature
from monitor.page.sections.kinds import features_of
from tests.monitor.page import story
from tests.monitor.page.made import NAME, Made, said, version


def feature(facts: Facts, name: str) -> Feature:
    return next(each for each in features_of(facts) if each.name == name)


def text(figure: Figure) -> str:
    return re.sub("<[^>]+>", "", f"{figure.title} | {figure.sub} | {figure.note}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("age", "age | median, years | 51 in 7 days, 51 in training"),
        ("times_late", "share above 0"),
        ("owner", "owner | share of true | 61.3% in 7 days, 60.9% in training"),
        ("purpose", "purpose | shares of the most frequent levels | car"),
        ("MonthlyIncomeOfTheHousehold", "MonthlyIncomeOfTheHousehold | median, USD | "),
    ],
)
def test_each_kind_says_what_is_drawn(name: str, expected: str) -> None:
    section = features.section(Made().steady("a").facts())
    own = next(each for each in section.groups[0].figures if text(each).startswith(name))

    assert expected in text(own)
    assert name in own.svg
    assert "in the last 7 days" in own.svg


def test_what_moved_most_comes_first_with_what_chance_would_make_it() -> None:
    made = Made().steady("a")
    made.moved = "debt_ratio"

    section = features.section(made.facts())

    assert section.groups[0].figures[0].title == "debt_<wbr>ratio"
    assert section.check.state == "shown"
    assert "Not tested: debt_ratio moved most, by" in section.check.text
    assert "That is a distance, and no test." in said(section)
    first = section.folds[0].rows[0]
    assert first[0] == "debt_ratio"
    assert isinstance(first[2], float)
    assert isinstance(first[3], float)
    assert first[2] > first[3]


def test_too_few_leave_the_order_of_the_declaration() -> None:
    made = Made().traffic("a", 30)
    made.moved = "months_known"

    section = features.section(made.facts())

    assert section.groups[0].figures[0].title == "utilisation"
    assert "Not judged yet: from 1,000 predictions in 7 days on; 30 so far." in said(section)


def test_a_version_without_a_profile_says_so_and_what_to_do() -> None:
    made = Made().steady("a")
    made.version = version(profile=None)

    section = features.section(made.facts())

    assert section.check.state == "wait"
    assert said(section) == (
        f"Version {NAME} has no profile of its training part to compare with. Make it from the data"
        f" at hand: trainer profile {NAME}; the monitor takes it at its next round."
    )


def test_before_the_first_prediction_it_waits_for_one() -> None:
    made = Made()
    made.version = None

    assert said(features.section(made.facts())).startswith("Waits for the first prediction.")


def test_rows_that_were_counted_before_the_profile_came_are_named() -> None:
    facts = Made().steady("a").facts()
    facts.counts.seen.counted[:3] = 0

    assert "1,500 predictions were counted before the version had a profile" in said(
        features.section(facts)
    )


def test_a_step_of_few_predictions_is_left_out_of_the_lines_but_not_of_the_file() -> None:
    section = features.section(Made().traffic("a", 19).facts())

    assert "live1" not in section.groups[0].figures[0].svg
    rows = section.files["features"]().rows
    assert {row[3] for row in rows} == {19}


def test_the_file_says_which_version_answered_and_where_a_percentile_is_only_bounded() -> None:
    facts = Made().steady("a").facts()
    place = Layout.of(story.profile()).places[0]
    facts.counts.seen.cells[-1, place.start : place.end] = 0
    facts.counts.seen.cells[-1, place.end - 1] = 100  # all of them above the last edge

    table = features.section(facts).files["features"]()

    keys = [column.key for column in table.columns]
    assert keys == [
        "from",
        "version",
        "feature",
        "predictions",
        "measure",
        "value",
        "open",
        "training",
    ]
    assert {row[1] for row in table.rows} == {NAME}
    p50 = [row for row in table.rows if row[2] == "utilisation" and row[4] == "p50"]
    assert p50[-1][6] == "at least"
    assert p50[-1][5] == place.column.edges[-1]
    assert p50[0][6] == ""


def test_a_median_beyond_the_last_edge_is_said_to_be_at_least_that() -> None:
    own = feature(Made().steady("a").facts(), "utilisation")
    low, high = np.zeros_like(own.now), np.zeros_like(own.now)
    low[1 + len(own.column.atoms)], high[-1] = 5, 5

    assert own.said(high).startswith("at least ")
    assert own.said(low).startswith("below ")
    assert own.said(np.zeros_like(own.now)) == "no value"


def test_the_share_of_another_value_leaves_codes_out() -> None:
    own = feature(Made().steady("a").facts(), "times_late")
    assert own.column.atoms[:2] == (0.0, 1.0)
    cells = np.zeros_like(own.now)
    cells[1], cells[2], cells[1 + own.column.atoms.index(98.0)] = 50, 30, 20

    assert own.said(cells) == "30.0%"


def test_levels_that_nobody_knew_are_in_the_file() -> None:
    own = feature(Made().steady("a").facts(), "purpose")

    assert [measure[0] for measure in own.measures()] == [
        "missing_share",
        *(f"share of {level}" for level in ("car", "house", "study", "other")),
        "share of unseen levels",
    ]


def test_of_very_many_features_the_first_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "FIGURES", 4)

    section = features.section(Made().steady("a").facts())

    assert len(section.groups[0].figures) == 4
    assert len(section.folds[0].rows) == 10
    assert "The first 4 of 10 features are drawn; the files have all." in said(section)


def test_values_below_zero_have_their_zero_line() -> None:
    made = Made().steady("a")
    column = ColumnProfile(
        name="debt_ratio",
        kind="float",
        edges=(-20.0, -10.0, 10.0),
        minimum=-30.0,
        maximum=30.0,
        counts=CellCounts(negatives=(0, 0, 2000, 2000, 0), positives=(0, 0, 0, 0, 0)),
    )
    profile = story.profile()
    columns = [column if each.name == column.name else each for each in profile.columns]
    made.version = version(profile=profile.model_copy(update={"columns": tuple(columns)}))

    svg = feature(made.facts(), "debt_ratio").draw()

    assert ">0</text>" in svg
    assert "\N{MINUS SIGN}20" not in svg  # the lowest is the base, without a label
    assert svg.count('class="tick"') == 2
