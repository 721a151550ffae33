"""The cause of a case is named where its rows tell, and left open where they do not."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from diagnosis.case import Case
from diagnosis.causes.traffic_side import repeats
from diagnosis.diagnose import diagnose
from diagnosis.evidence import Event
from diagnosis.finding import Cause, Diagnosis, Moved
from diagnosis.hours import Hours
from diagnosis.rows import Floats, Rows
from tests.diagnosis.made_cases import (
    AGE,
    INCOME,
    LINES,
    NAMES,
    ONSET,
    REFERENCE,
    USE,
    Change,
    Side,
    case,
    hours_of,
    side,
)

RATIO = (Moved("observed/expected", 1.0, 1.5, "ratio"),)


def put(column: int, value: float, share: float = 1.0, caller: int | None = None) -> Change:
    def change(made: Side) -> Side:
        values = made.rows.values.copy()
        hit = made.share(share)
        if caller is not None:
            hit &= made.rows.callers == caller
        values[hit, column] = value
        return made.with_values(values)

    return change


def times(column: int, factor: float, share: float = 1.0, caller: int | None = None) -> Change:
    def change(made: Side) -> Side:
        values = made.rows.values.copy()
        hit = made.share(share)
        if caller is not None:
            hit &= made.rows.callers == caller
        values[hit, column] *= factor
        return made.with_values(values)

    return change


def columns(order: list[int]) -> Change:
    return lambda made: made.with_values(made.rows.values[:, order])


def shuffled(made: Side) -> Side:
    values = made.rows.values.copy()
    values[:, AGE] = made.draw.permutation(values[:, AGE])
    return made.with_values(values)


def filled(made: Side) -> Side:
    values = made.rows.values.copy()
    values[np.isnan(values[:, INCOME]), INCOME] = 5_000
    return made.with_values(values)


def cut(made: Side) -> Side:
    values = made.rows.values.copy()
    values[:, USE] = np.minimum(values[:, USE], 0.4)
    return made.with_values(values)


def odds(factor: float, where: Floats | None = None, column: int | None = None) -> Change:
    def change(made: Side) -> Side:
        hit = np.ones(len(made.rows), dtype=bool)
        if column is not None:
            hit = made.rows.values[:, column] < 40
        raised = made.chances * factor / (1 - made.chances + made.chances * factor)
        return replace(made, chances=np.where(hit, raised, made.chances))

    return change


def said(found: Diagnosis) -> list[Cause]:
    return [found.cause, *(each.cause for each in found.secondary)]


@pytest.mark.parametrize(
    ("change", "cause", "names"),
    [
        (times(INCOME, 12), "unit", ("income",)),
        (times(INCOME, 12, 0.3), "unit", ("income",)),
        (times(USE, 0.1, 0.15), "unit", ("use",)),
        (times(INCOME, 0.8), "unit", ("income",)),
        (put(INCOME, np.nan, 0.2), "missing", ("income",)),
        (put(USE, 0.3, 0.5), "stuck", ("use",)),
        (put(AGE, 0, 0.05), "code", ("age",)),
        (put(INCOME, 999_999, 0.05), "code", ("income",)),
        (columns([0, 2, 1, 3]), "swapped_columns", ("age", "lines")),
        (shuffled, "shuffled_column", ("age",)),
        (filled, "imputed", ("income",)),
        (cut, "other_fault", ("use",)),
    ],
)
def test_a_fault_is_named_with_its_column(
    change: Change, cause: Cause, names: tuple[str, ...]
) -> None:
    found = diagnose(case(change))

    assert said(found) == [cause]
    assert found.columns == names
    assert found.segment is None
    assert (found.actionable, found.action) == (True, "fix_pipeline")
    assert found.candidates[0].explains > 0.5


def test_the_factor_and_the_share_of_a_partial_roll_out_are_found() -> None:
    found = diagnose(case(times(INCOME, 12, 0.3)))

    parameters = found.candidates[0].parameters
    assert parameters["factor"] == 12
    assert parameters["rows"] == pytest.approx(0.3, abs=0.03)
    assert "income is 12 times what it was in" in found.candidates[0].because


@pytest.mark.parametrize(
    "change", [times(INCOME, 12, caller=1), put(INCOME, np.nan, 0.5, caller=1)]
)
def test_the_one_caller_at_fault_is_named(change: Change) -> None:
    found = diagnose(case(change))

    assert found.columns == ("income",)
    assert found.segment == {"caller": "mobile"}


def test_two_faults_at_once_are_both_named() -> None:
    def both(made: Side) -> Side:
        return put(INCOME, np.nan, 0.2)(times(INCOME, 10, 0.2)(made))

    found = diagnose(case(both))

    assert set(said(found)) == {"unit", "missing"}


def test_a_fault_does_not_hide_that_the_outcomes_changed() -> None:
    def both(made: Side) -> Side:
        return times(INCOME, 12)(odds(2)(made))

    found = diagnose(case(both, outcomes=True))

    assert said(found) == ["unit", "calibration"]
    assert found.action == "fix_pipeline"


def test_a_fault_alone_is_no_change_of_the_outcomes() -> None:
    assert said(diagnose(case(times(INCOME, 12), outcomes=True))) == ["unit"]


def test_other_people_are_no_fault() -> None:
    found = diagnose(case(lift=-0.5))

    assert found.cause in {"covariate_harmful", "undetermined"}
    assert {each.cause for each in found.candidates if each.refuted_by is None} <= {
        "covariate_harmful",
        "label_shift",
    }
    assert "if P(y|x) is unchanged" in found.candidates[0].because + found.candidates[1].because


def test_other_people_whose_outcomes_are_as_expected_are_named() -> None:
    found = diagnose(case(lift=-0.5, outcomes=True))

    assert found.cause == "covariate_harmful"
    assert found.action == "consider_retraining"


@pytest.mark.parametrize(
    ("change", "cause", "action"),
    [
        (odds(1.8), "calibration", "recalibrate"),
        (odds(2.5, column=AGE), "concept_segment", "consider_retraining"),
    ],
)
def test_what_only_outcomes_tell_is_named_with_them_and_not_before(
    change: Change, cause: Cause, action: str
) -> None:
    found = diagnose(case(change, outcomes=True, moved=RATIO))
    before = diagnose(case(change, moved=RATIO))

    assert (found.cause, found.action) == (cause, action)
    assert before.undetermined
    assert cause in {each.cause for each in before.candidates if each.refuted_by is None}
    assert before.decides is not None
    assert before.decides.outcomes is not None


def test_the_group_whose_odds_changed_is_named() -> None:
    found = diagnose(case(odds(2.5, column=AGE), outcomes=True, moved=RATIO))

    assert found.columns == ("age",)
    assert found.segment is not None
    assert found.segment["age"].startswith("< ")
    assert float(found.segment["age"][2:]) == pytest.approx(40, abs=3)


def groups(found: Diagnosis) -> list[dict[str, Any]]:
    """As they are kept."""
    kept: list[dict[str, Any]] = json.loads(json.dumps(found.facts["groups"]))
    return kept


def test_the_cases_of_the_group_stand_beside_the_others() -> None:
    given = case(odds(2.5, column=AGE), outcomes=True, moved=RATIO)

    group, others = groups(diagnose(given))

    assert (group["by"], others["by"]) == ("age", "age")
    assert (group["group"][:2], others["group"]) == ("< ", "others")
    for name, rows in (("before", given.due_before), ("after", given.due_after)):
        known = rows.of(rows.labelled)
        inside = known.of(known.values[:, AGE] < float(group["group"][2:]))
        told, rest = group[name], others[name]
        assert (told["cases"], told["observed"]) == (len(inside), inside.outcomes.sum())
        assert told["expected"] == pytest.approx(inside.scores.sum())
        assert told["cases"] + rest["cases"] == len(known)
        assert told["observed"] + rest["observed"] == known.outcomes.sum()


def test_without_a_group_that_may_have_changed_none_is_told_apart() -> None:
    assert "groups" not in diagnose(case(odds(1.8), outcomes=True, moved=RATIO)).facts


def test_a_label_shift_is_told_from_a_calibration_by_the_scores() -> None:
    def more_events(made: Side) -> Side:
        rows = made.rows
        weights = np.where(made.draw.random(len(rows)) < made.chances, 2.2, 1.0)
        chosen = made.draw.choice(len(rows), len(rows), p=weights / weights.sum())
        p = made.chances[chosen]
        times_ = rows.times
        drawn = replace(rows.of(chosen), times=times_, due=rows.due)
        return replace(made, rows=drawn, chances=2.2 * p / (1 - p + 2.2 * p))

    found = diagnose(case(more_events, outcomes=True, moved=RATIO))

    assert found.cause == "label_shift"


def test_lost_bad_outcomes_are_a_matter_of_collection() -> None:
    given = case(outcomes=True, moved=RATIO)
    rows = given.due_after
    lost = (rows.outcomes == 1) & (rows.callers == 1)
    lost &= np.random.default_rng(3).random(len(rows)) < 0.7
    unheard = replace(
        rows,
        outcomes=np.where(lost, np.nan, rows.outcomes),
        observed=np.where(lost, np.nan, rows.observed),
    )

    found = diagnose(replace(given, due_after=unheard))

    assert said(found) == ["outcome_collection"]
    assert found.segment == {"caller": "mobile"}


def test_late_outcomes_are_late_and_not_lost() -> None:
    given = case(outcomes=True)
    rows = given.due_after
    late = rows.times + 1.6 * (rows.observed - rows.times)
    due_after = replace(
        rows,
        observed=np.where(late > rows.due, np.nan, late),
        outcomes=np.where(late > rows.due, np.nan, rows.outcomes),
    )

    found = diagnose(replace(given, due_after=due_after))

    assert said(found) == ["outcome_delay"]
    assert (found.actionable, found.action) == (True, "wait")


def test_another_share_of_a_caller_is_traffic_mix() -> None:
    def mobile(made: Side) -> Side:
        more = made.share(0.2)
        return replace(made, rows=replace(made.rows, callers=np.where(more, 1, made.rows.callers)))

    found = diagnose(case(mobile))

    assert said(found) == ["traffic_mix"]
    assert found.segment == {"caller": "mobile"}
    assert (found.actionable, found.action) == (False, "nothing")


def heaped(rows: Rows, seed: int, *, share: float) -> Rows:
    """Groups of equal rows, on some days many, on most few."""
    draw = np.random.default_rng(seed)
    days = (rows.times // 24).astype(int) - int(rows.times.min() // 24)
    busy = draw.random(int(days.max()) + 1) < share
    heads = np.where(busy[days], np.arange(len(rows)) // 6 * 6, np.arange(len(rows)))
    alike = rows.of(heads)
    return replace(alike, times=rows.times, callers=rows.callers[heads])


def test_groups_of_equal_rows_that_come_by_themselves_are_no_duplicates() -> None:
    given = case()
    after = heaped(given.after.of(given.after.times < ONSET + 48), 2, share=1.0)
    uncounted = hours_of(after, ONSET, ONSET)
    busy = replace(given, after=after, volume_before=uncounted, volume_after=uncounted)

    by_themselves = repeats(replace(busy, before=heaped(given.before, 1, share=0.3)))
    never_seen = repeats(replace(busy, before=given.before.of(np.zeros(len(given.before), bool))))
    at_last = repeats(busy)

    assert by_themselves.after == never_seen.after == at_last.after > 1
    assert [each.sure for each in (by_themselves, never_seen, at_last)] == [False, False, True]


def test_twice_the_rows_of_the_same_kind_are_volume() -> None:
    given = case()
    twice = hours_of(given.after, ONSET, given.at, factor=2)

    found = diagnose(replace(given, volume_after=twice))

    assert said(found) == ["volume"]


def test_what_came_at_the_same_hours_a_week_before_is_a_season() -> None:
    """The week before had it as well, so that nothing in the rows of both sides differs."""
    moved = (Moved("income = missing", 0.2, 0.3, "share", column="income"),)

    found, once = (diagnose(replace(case(moved=moved), recurs=recurs)) for recurs in (True, False))

    assert (found.cause, found.columns, found.action) == ("season", ("income",), "nothing")
    assert once.cause == "undetermined"


def _mostly_of_another_version(hours: Hours) -> Hours:
    """In three of four hours all but a tenth of the rows."""
    alone = np.arange(len(hours.rows)) % 4 == 0
    rows = np.where(alone[:, None], hours.rows, hours.rows // 10)
    return replace(hours, rows=rows, served=alone)


@pytest.mark.parametrize("since", [False, True])
def test_hours_that_another_version_answered_in_are_no_change_of_volume(*, since: bool) -> None:
    given = case()
    before = given.volume_before if since else _mostly_of_another_version(given.volume_before)
    after = _mostly_of_another_version(given.volume_after) if since else given.volume_after

    told = replace(given, volume_before=before, volume_after=after)
    untold = replace(
        given,
        volume_before=replace(before, served=None),
        volume_after=replace(after, served=None),
    )

    assert "volume" not in said(diagnose(told))
    assert "volume" in said(diagnose(untold))


def test_requests_that_come_again_are_duplicates() -> None:
    def again(made: Side) -> Side:
        rows = made.rows
        twice = np.sort(np.concatenate([np.arange(len(rows)), np.flatnonzero(made.share(0.5))]))
        return replace(made, rows=rows.of(twice), chances=made.chances[twice])

    given = case(again)
    hours = replace_rows(given)

    found = diagnose(hours)

    assert said(found)[0] == "duplicates"
    assert found.action == "fix_pipeline"


def replace_rows(given: Case) -> Case:
    """With hours that count the very rows, so that the sample is all of them."""
    rows = given.after
    counts = np.zeros((given.at - ONSET, len(NAMES)), dtype=np.int64)
    np.add.at(counts, (rows.times.astype(np.int64) - ONSET, rows.callers), 1)
    before = np.zeros((ONSET - given.volume_before.first, len(NAMES)), dtype=np.int64)
    old = given.before
    np.add.at(before, (old.times.astype(np.int64) - given.volume_before.first, old.callers), 1)
    return replace(
        given,
        volume_after=replace(given.volume_after, rows=counts),
        volume_before=replace(given.volume_before, rows=before),
    )


def test_scores_that_the_bundle_does_not_give_are_another_model() -> None:
    found = diagnose(replace(case(), rescored=(1_900, 2_000)))

    assert found.cause == "model_swap"


def test_what_is_known_of_the_onset_is_noted() -> None:
    events = (Event(ONSET - 1.0, "note", "app 4.2 rolled out"), Event(ONSET - 900.0, "note", "old"))

    found = diagnose(replace(case(times(INCOME, 12)), events=events))

    assert found.notes == ("Noted near the onset: app 4.2 rolled out",)


@pytest.mark.parametrize(
    ("stream", "likely"),
    [
        ("coverage, caller mobile", "outcome_collection"),
        ("delay, caller mobile", "outcome_delay"),
        ("rows, caller mobile", "volume"),
        ("repeated rows", "duplicates"),
        ("rank agreement, income", "shuffled_column"),
        ("caller mobile", "traffic_mix"),
    ],
)
def test_what_the_rows_do_not_tell_leaves_the_causes_that_move_such_a_stream(
    stream: str, likely: str
) -> None:
    found = diagnose(case(moved=(Moved(stream, 0.9, 0.8, "share"),)))

    assert found.undetermined
    assert found.candidates[0].cause == likely


def test_nothing_is_named_where_nothing_moved() -> None:
    moved = (Moved("income = missing", 0.1, 0.13, "share", column="income"),)

    assert diagnose(case()).cause == "none"
    found = diagnose(case(moved=moved))
    assert found.undetermined
    assert found.decides is not None


@pytest.mark.parametrize("change", [times(INCOME, 12), put(INCOME, np.nan, 0.3), odds(2)])
def test_the_same_case_has_the_same_diagnosis(change: Change) -> None:
    one, two = (diagnose(case(change, outcomes=True)) for _ in range(2))

    assert json.dumps(asdict(one), default=str) == json.dumps(asdict(two), default=str)


def with_values(given: Case, values: Floats) -> Case:
    return replace(given, after=replace(given.after, values=values))


def put_in(given: Case, column: int, value: float) -> Case:
    values = given.after.values.copy()
    values[::2, column] = value
    return with_values(given, values)


def without_rows(given: Case, *names: str) -> Case:
    empty = given.after.of(np.zeros(len(given.after), dtype=bool))
    return replace(given, **dict.fromkeys(names, empty))  # type: ignore[arg-type]


def without_hours(given: Case) -> Case:
    hours = given.volume_after
    none = replace(hours, rows=hours.rows[:0], cells=hours.cells[:0])
    return replace(given, volume_before=none, volume_after=none)


def with_outcomes(given: Case, outcome: float) -> Case:
    due = replace(given.due_after, outcomes=np.full(len(given.due_after), outcome))
    return replace(given, due_after=due)


BAD: dict[str, Callable[[Case], Case]] = {
    "no rows before": lambda given: without_rows(given, "before", "due_before"),
    "no rows before and no sample": lambda given: replace(
        without_rows(given, "before", "due_before"), reference=replace(REFERENCE, sample=None)
    ),
    "no rows at all": lambda given: without_rows(
        given, "before", "after", "due_before", "due_after"
    ),
    "one row": lambda given: replace(given, after=given.after.of(np.arange(1))),
    "one row before": lambda given: replace(given, before=given.before.of(np.arange(1))),
    "a constant column": lambda given: with_values(
        given, np.where(np.arange(4) == LINES, 4.0, given.after.values)
    ),
    "all missing": lambda given: with_values(given, np.full_like(given.after.values, np.nan)),
    "infinite": lambda given: put_in(given, USE, np.inf),
    "no hours": without_hours,
    "never due": lambda given: replace(
        given, after=replace(given.after, due=np.full(len(given.after), np.inf))
    ),
    "all outcomes are bad": lambda given: with_outcomes(given, 1.0),
    "contested": lambda given: with_outcomes(given, np.nan),
    "new callers": lambda given: replace(
        given, after=replace(given.after, names=("partner", "other"))
    ),
    "scores of 0 and 1": lambda given: replace(
        given, after=replace(given.after, scores=(given.after.scores > 0.2).astype(np.float64))
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_data_gives_a_diagnosis_with_finite_figures(kind: str) -> None:
    found = diagnose(BAD[kind](case(outcomes=True, moved=RATIO)))

    json.dumps(asdict(found), allow_nan=False)
    sentences = [each.because + (each.refuted_by or "") for each in found.candidates]
    assert not [text for text in sentences if " nan " in text or " inf " in text]
    assert all(0 <= each.explains <= 1 for each in found.candidates)


def test_without_rows_of_before_the_reference_stands_in() -> None:
    made = side(5, ONSET - 5, ONSET, count=50)
    found = diagnose(replace(case(times(INCOME, 12)), before=made.rows))

    assert found.cause == "unit"
