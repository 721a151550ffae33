"""Cells of a column as the bars of a picture."""

import numpy as np

from monitor.page.incident.groups import MOST, groups
from tests.monitor.page import story


def made(name: str) -> tuple[list[str], list[int]]:
    declared = next(each for each in story.declaration().features if each.name == name)
    column = next(each for each in story.profile().columns if each.name == name)
    counts = np.add(column.counts.negatives, column.counts.positives)
    found = groups(declared, column, np.array([counts / counts.sum()]))
    return [group.name for group in found], [cell for group in found for cell in group.cells]


def test_numbers_rise_after_what_is_missing_and_every_cell_is_drawn_once() -> None:
    names, cells = made("MonthlyIncomeOfTheHousehold")

    assert names[:2] == ["missing", "least"]
    values = [float(name.replace(",", "")) for name in names[2:]]
    assert values == sorted(values)
    assert len(names) <= MOST + 1
    assert len(cells) == len(set(cells))


def test_a_code_stands_alone_and_many_values_are_joined() -> None:
    assert made("times_late")[0][0] == "code 98"
    assert len(made("age")[0]) <= MOST


def test_levels_have_their_names() -> None:
    assert made("purpose")[0] == ["car", "house", "study", "other"]
    assert made("owner")[0] == ["false", "true"]
