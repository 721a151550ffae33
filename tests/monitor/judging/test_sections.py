"""The sections as the page shows them, and their tables."""

import json
import math
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import numpy as np
import pytest

import monitor.page
from monitor.judging.axis import TimeAxis
from monitor.judging.cohort import Step
from monitor.judging.held_out import HeldOut
from monitor.judging.reading import Known
from monitor.judging.sections import (
    OutcomesSection,
    PerformanceSection,
    outcomes_section,
    performance_section,
)
from monitor.judging.ticks import rounded_up
from monitor.page.figures import Table
from tests.monitor.judging.cases import Cases, moment, simulated

HELD = {"m1": HeldOut("m1", 0.75, 0.13, 0.2, None)}


class Address:
    """Where the page puts a table."""

    def table(self, name: str) -> str:
        return f"/tables/{name}.csv"


class Text(HTMLParser):
    """What a reader sees of a page; every element must be closed in its order."""

    EMPTY = ("rect", "line", "circle", "path", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 -- the parser calls it
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 -- as above
        assert tag in self.EMPTY

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _both(
    cases: Cases, as_of: datetime, step: Step = "week"
) -> tuple[OutcomesSection, PerformanceSection]:
    known = Known(cases.counted(as_of), as_of)
    return outcomes_section(known, step), performance_section(known, step, HELD)


def _rendered(outcomes: OutcomesSection, performance: PerformanceSection) -> tuple[str, str]:
    folder = Path(monitor.page.__file__).parent / "templates"
    page = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    names = {"outcomes": outcomes, "performance": performance, "address": Address()}
    first, second = (
        page.get_template(f"sections/{name}.html").render(names)
        for name in names
        if name != "address"
    )
    return first, second


def _only(cases: Cases, count: int) -> Cases:
    return Cases(*(array[:count] for array in vars(cases).values()))


def _with(cases: Cases, **arrays: object) -> Cases:
    return Cases(**{**vars(cases), **arrays})


def _states() -> Iterator[tuple[str, Cases, str, Step]]:
    cases = simulated(1)
    never = np.full(len(cases.bad), "NaT", "datetime64[s]")
    yield "nobody", _only(cases, 0), "2026-01-20", "day"
    yield "one row", _only(cases, 1), "2026-04-01", "day"
    yield "one row, not due", _only(cases, 1), "2026-01-20", "hour"
    yield "nothing due, nothing known", _with(cases, observed=never), "2026-01-20", "week"
    yield "nothing due", cases, "2026-01-20", "week"
    yield "some due", cases, "2026-02-20", "week"
    yield "all due", cases, "2026-04-01", "week"
    yield "all due, by day", cases, "2026-04-01", "day"
    yield "all due, a month", cases, "2026-04-01", "month"
    yield "all due, none known", _with(cases, observed=never), "2026-04-01", "week"
    yield "one class", _with(cases, bad=cases.bad & False), "2026-04-01", "week"
    yield "all bad", _with(cases, bad=cases.bad | True), "2026-04-01", "week"
    yield "no due time", _with(cases, due=never), "2026-02-20", "week"
    yield "scores of 0", _with(cases, score=cases.score * 0), "2026-04-01", "week"
    yield "scores of 1", _with(cases, score=cases.score * 0 + 1), "2026-04-01", "week"


STATES = {name: (cases, as_of, step) for name, cases, as_of, step in _states()}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_shown_with_numbers_only(name: str) -> None:
    cases, as_of, step = STATES[name]

    outcomes, performance = _both(cases, moment(as_of), step)

    for html in _rendered(outcomes, performance):
        seen = Text(html).text
        assert "nan" not in seen.lower().split()
        assert "inf" not in seen.lower().split()
        assert "None" not in seen.replace("None received", "").replace("None of its", "")
        assert "NaN" not in html
        assert " style=" not in html
    for table in (*outcomes.tables, *performance.tables):
        json.dumps(table.rows, allow_nan=False)
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert table.shown is not None
    assert (outcomes.waits is None) == bool(outcomes.sentences)
    assert (performance.waits is None) == bool(performance.sentences)


def test_what_is_shown_of_cohorts_that_are_due_and_some_that_are_not() -> None:
    first, second = map(Text, _rendered(*_both(simulated(1), moment("2026-02-25"))))

    assert "due and known" in first.text
    assert "known before due" in first.text
    assert "overdue: due, not known" not in first.text
    assert "not yet" in first.text
    assert "All, estimated" in first.text
    assert "The last wholly due week is that of 19 January." in second.text
    assert "held-out part of training says 0.75" in second.text
    assert "not due" in second.text
    assert "that is no rate, since bad news arrives first" in second.text


def _row(table: Table, start: str) -> dict[str, object]:
    (row,) = (row for row in table.rows if row[0] == start)
    return {column.key: cell for column, cell in zip(table.columns, row, strict=True)}


def test_the_tables_hold_what_the_cases_say() -> None:
    cases, as_of = simulated(1), moment("2026-02-25")
    outcomes, performance = _both(cases, as_of)
    tables = {table.name: table for table in (*outcomes.tables, *performance.tables)}
    week = (cases.made >= np.datetime64("2026-01-12")) & (cases.made < np.datetime64("2026-01-19"))

    assert sorted(tables) == [
        "calibration",
        "outcomes",
        "outcomes-by-caller",
        "performance",
        "vintages",
    ]
    known = _row(tables["outcomes"], "2026-01-12")
    assert (known["predictions"], known["due_known"], known["open"]) == (week.sum(), week.sum(), 0)
    told = _row(tables["performance"], "2026-01-12")
    assert (told["judged"], told["bad"]) == (week.sum(), cases.bad[week].sum())
    assert told["expected"] == pytest.approx(cases.score[week].sum())
    assert [row[0] for row in tables["performance"].rows] == [
        "2026-01-05",
        "2026-01-12",
        "2026-01-19",
    ]
    branch = _row(tables["outcomes-by-caller"], "branch")
    assert branch["predictions"] == (cases.caller == "branch").sum()
    late = [row for row in tables["vintages"].rows if row[:2] == ("2026-01-12", 30)]
    assert late[0][4] == pytest.approx(cases.bad[week].mean())


def test_a_reference_in_html_stays_text() -> None:
    cases = simulated(1)
    evil = _with(cases, caller=np.full(len(cases.bad), "<script>x</script>", object))

    first, _ = _rendered(*_both(evil, moment("2026-04-01")))

    assert "<script>" not in first
    assert "&lt;script&gt;" in first


def test_a_cohort_that_goes_bad_more_often_is_darker() -> None:
    cases = simulated(4, per_day=200)
    last = cases.made >= np.datetime64("2026-01-26")
    more = cases.bad | (last & (np.random.default_rng(1).random(len(cases.bad)) < 0.3))

    found, _ = _both(_with(cases, bad=more), moment("2026-04-01"))

    assert found.vintages
    shades = [[cls for _, cls in row.cells] for row in found.vintages.rows]
    assert set(shades[0]) == {"h1c"}
    assert shades[-1][-1] == "h5c"


def test_of_many_cohorts_the_last_are_shown_and_all_are_in_the_file() -> None:
    found = _both(simulated(1, per_day=20, days=40), moment("2026-04-01"), "day")

    assert found[0].vintages
    assert (len(found[0].vintages.rows), found[0].vintages.left_out) == (30, 10)
    assert found[0].vintages.rows[-1].name == "13 Feb 2026"
    assert "The last 30 of 40; the others are in the file." in Text(_rendered(*found)[0]).text
    assert len({row[0] for row in found[0].vintages.table.rows}) == 40


def test_ticks_of_an_axis_of_time() -> None:
    def labels(start: str, end: str) -> list[str]:
        return [label for _, label, _ in TimeAxis(moment(start), moment(end)).ticks()]

    assert labels("2026-01-05T22:00:00", "2026-01-06T02:00:00") == [
        "22:00",
        "23:00",
        "6 Jan",
        "01:00",
    ]
    assert labels("2026-01-05", "2026-01-08") == [
        "5 Jan",
        "12:00",
        "6 Jan",
        "12:00",
        "7 Jan",
        "12:00",
    ]
    assert labels("2026-01-07", "2026-02-03") == ["12 Jan", "19 Jan", "26 Jan", "2 Feb"]
    assert labels("2025-11-03", "2026-04-06") == ["Dec", "2026", "Feb", "Mar", "Apr"]
    assert labels("2020-01-01", "2026-04-06") == [str(year) for year in range(2020, 2027)]
    assert len(labels("1926-01-01", "2026-01-01")) <= 7


@pytest.mark.parametrize("value", [0.0, 1e-9, 0.013, 0.99, 1.0, 7.2, 8.1, 12345.0])
def test_an_axis_ends_at_a_round_number(value: float) -> None:
    end = rounded_up(value)

    assert end >= value
    assert value == 0 or end <= 2 * value
    assert math.isclose(end / 10 ** math.floor(math.log10(end)) % 1, 0, abs_tol=1e-9)
