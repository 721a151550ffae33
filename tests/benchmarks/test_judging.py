"""What is said of a stream is judged by the truth of it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.diagnosis import dummies
from benchmarks.diagnosis.draft import START
from benchmarks.diagnosis.jobs import Job, jobs, keep, kept
from benchmarks.diagnosis.judging import Verdict, judge
from benchmarks.diagnosis.rivals import Alarms, family, incidents
from benchmarks.diagnosis.table import COLUMNS, table
from benchmarks.diagnosis.truth import Truth
from diagnosis.finding import (
    Candidate,
    Cause,
    Diagnosed,
    Diagnosis,
    Happening,
    Moved,
    Onset,
    Opened,
)
from diagnosis.hours import Hours

DAYS = 40
HOURS = Hours(
    START, ("branch",), np.full((24 * DAYS, 1), 10), np.zeros((24 * DAYS, 1, 4), dtype=np.int64)
)
UNIT = Truth(
    "unit", 2.0, causes=("unit",), columns=("MonthlyIncome",), onset=480.0, actionable=True
)


def said(
    cause: Cause,
    *candidates: Cause,
    at: int = 500,
    columns: tuple[str, ...] = ("MonthlyIncome",),
    actionable: bool = True,
) -> list[Happening]:
    """An incident that is opened at an hour of the stream, and its diagnosis."""
    moved = Moved("MonthlyIncome < 5000", 0.4, 0.1, "share", "MonthlyIncome")
    tried = tuple(Candidate(candidate, 0.9) for candidate in candidates)
    diagnosis = Diagnosis(START + at, cause, tried, actionable, "fix_pipeline", columns)
    onset = Onset(START + at - 5, START + at - 9, START + at)
    return [Opened(1, START + at, onset, (moved,)), Diagnosed(1, START + at, diagnosis)]


def with_secondary(happenings: list[Happening], *causes: Cause) -> list[Happening]:
    """The same, these causes being said beside the first."""
    opened, diagnosed = happenings
    assert isinstance(diagnosed, Diagnosed)
    beside = tuple(Candidate(cause, 0.9) for cause in causes)
    diagnosis = replace(diagnosed.diagnosis, secondary=beside)
    return [opened, replace(diagnosed, diagnosis=diagnosis)]


@pytest.mark.parametrize(
    ("happenings", "named"),
    [
        ([], "silent"),
        (said("unit"), "right"),
        (said("stuck"), "wrong"),
        (said("undetermined", "unit", "stuck"), "open"),
        (said("undetermined", "stuck"), "lost"),
        ([*said("stuck"), *said("unit")[1:]], "right"),
    ],
)
def test_the_last_name_counts(happenings: list[Happening], named: str) -> None:
    assert judge(UNIT, 1, HOURS, happenings).named == named


def test_a_wrong_name_stays_said() -> None:
    verdict = judge(UNIT, 1, HOURS, [*said("stuck"), *said("unit")[1:]])

    assert verdict.wrongly == ("stuck",)


def test_an_untrue_cause_beside_the_true_one_counts_by_itself() -> None:
    both = Truth("both", 2.0, causes=("unit", "missing"), onset=480.0, actionable=True)

    alone, untrue, true = (
        judge(truth, 1, HOURS, with_secondary(said("unit"), *causes))
        for truth, causes in ((UNIT, ()), (UNIT, ("traffic_mix",)), (both, ("missing",)))
    )

    assert [(one.named, one.beside) for one in (alone, untrue, true)] == [
        ("right", False), ("right", True), ("right", False),
    ]  # fmt: skip
    assert untrue.wrongly == ("unit+traffic_mix",)
    assert (alone.wrongly, true.wrongly) == ((), ())


def test_an_untrue_cause_beside_is_taken_back_but_stays_said() -> None:
    first = with_secondary(said("unit"), "traffic_mix")

    verdict = judge(UNIT, 1, HOURS, [*first, *said("unit", at=600)[1:]])

    assert (verdict.beside, verdict.wrongly) == (False, ("unit+traffic_mix",))


def test_the_delay_is_in_hours_and_in_rows() -> None:
    verdict = judge(UNIT, 1, HOURS, said("unit", at=500))

    assert (verdict.found, verdict.delay_hours, verdict.delay_rows) == (True, 20, 200)


def test_what_is_opened_before_the_onset_is_a_false_page() -> None:
    verdict = judge(UNIT, 1, HOURS, said("unit", at=470))

    assert (verdict.false_pages, verdict.found, verdict.named) == (1, False, "silent")


def test_of_a_compound_one_name_is_half_unless_the_other_is_a_candidate() -> None:
    both = Truth("both", 2.0, causes=("unit", "calibration"), onset=480.0, actionable=True)

    assert judge(both, 1, HOURS, said("unit")).named == "half"
    assert judge(both, 1, HOURS, said("unit", "calibration")).named == "right"


def test_a_column_is_right_where_it_is_half_of_those_named() -> None:
    wrong = said("unit", columns=("age", "DebtRatio", "MonthlyIncome"))

    assert judge(UNIT, 1, HOURS, said("unit")).place
    assert not judge(UNIT, 1, HOURS, wrong).place


def test_a_caller_counts_as_the_place() -> None:
    truth = Truth("one", 2.0, causes=("unit",), segment={"caller": "mobile"}, onset=480.0)
    opened = Opened(1, START + 500, Onset(START, START, START), ())
    diagnosis = Diagnosis(
        START + 500, "unit", (), actionable=True, action="wait", segment={"caller": "mobile"}
    )

    assert judge(truth, 1, HOURS, [opened, Diagnosed(1, START + 500, diagnosis)]).place


def test_a_law_that_is_named_before_an_outcome_was_due_is_premature() -> None:
    early, late = said("calibration", at=500), said("calibration", at=1201)

    assert judge(UNIT, 1, HOURS, early).premature
    assert not judge(UNIT, 1, HOURS, late).premature


def test_the_dummies_reach_what_they_must() -> None:
    never = judge(UNIT, 1, HOURS, dummies.never())
    always = judge(UNIT, 1, HOURS, dummies.always(None, HOURS))

    assert (never.found, never.false_pages, never.actionable) == (False, 0, False)
    assert (always.found, always.false_pages, always.named) == (True, 20, "wrong")


def row_of(verdict: Verdict) -> dict[str, str]:
    """The table's row of one verdict, by column."""
    cells = table([verdict]).splitlines()[2].strip("| ").split(" | ")
    return dict(zip(COLUMNS, cells, strict=True))


def test_kept_verdicts_are_read_again_and_make_a_table(tmp_path: Path) -> None:
    job = next(jobs(["ours"], ["missing"], [2.0], range(3, 4), days=None))
    verdict = judge(UNIT, 3, HOURS, said("unit"))

    keep(tmp_path / "verdicts", job, verdict)

    assert kept(tmp_path / "verdicts") == {job: verdict}
    assert kept(tmp_path / "none") == {}
    row = row_of(verdict)
    assert (row["runs"], row["right"], row["hours"]) == ("1", "100%", "20")
    assert row["wrong beside"] == "0%"


def test_verdicts_that_were_kept_before_causes_beside_were_judged_say_nothing_of_them(
    tmp_path: Path,
) -> None:
    job = next(jobs(["ours"], ["missing"], [2.0], range(3, 4), days=None))
    keep(tmp_path / "verdicts", job, judge(UNIT, 3, HOURS, said("unit")))
    line = json.loads((tmp_path / "verdicts").read_text())
    del line["verdict"]["beside"]
    (tmp_path / "old").write_text(json.dumps(line))

    (verdict,) = kept(tmp_path / "old").values()

    assert verdict.beside is None
    assert row_of(verdict)["wrong beside"] == "-"


def test_a_seed_is_run_in_all_cells_before_the_next() -> None:
    asked = list(jobs(["ours"], ["none", "missing"], [2.0, 4.0], range(2)))

    assert [(job.scenario, job.severity, job.seed) for job in asked[:4]] == [
        ("none", 2.0, 0), ("missing", 2.0, 0), ("missing", 4.0, 0), ("none", 2.0, 1),
    ]  # fmt: skip
    assert isinstance(asked[0], Job)


def alarms(*drifted: str, labels: bool = False) -> Alarms:
    return Alarms(frozenset(drifted), frozenset(), score=False, labels=labels)


def test_a_rivals_page_is_the_same_alarm_on_two_days() -> None:
    quiet, age, debt = alarms(), alarms("age"), alarms("DebtRatio")

    assert list(incidents([quiet, age, quiet, age, debt, quiet])) == []
    opened, diagnosed, ended = incidents([quiet, age, age, quiet])
    assert (opened.number, opened.at, ended.at) == (1, START + 72, START + 96)
    assert isinstance(diagnosed, Diagnosed)


def test_a_rivals_name_is_right_where_the_truth_is_in_its_family() -> None:
    happened = list(incidents([alarms()] * 21 + [alarms("MonthlyIncome")] * 3))

    verdict = judge(UNIT, 1, HOURS, happened)

    assert (verdict.named, verdict.place, verdict.actionable) == ("right", True, True)
    assert family(alarms(labels=True))[1]
    assert not family(alarms("age", "DebtRatio", "MonthlyIncome"))[1]
