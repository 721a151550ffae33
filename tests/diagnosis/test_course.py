"""The course of a version: what is found, when, how often it is said, and how it ends."""

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.profile import Profile, ScoreProfile
from diagnosis.case import Case
from diagnosis.course import Course, Sensitivity, State
from diagnosis.evidence import Event
from diagnosis.finding import Diagnosed, Diagnosis, Ended, Extended, Happening, Opened
from diagnosis.hours import Hours
from diagnosis.reference import Reference
from diagnosis.rows import Rows
from tests.diagnosis import streams_of_counts as made
from tests.diagnosis.streams_of_counts import DAY, START, Told

REFERENCE = made.reference()


def _course(diagnose: object = made.undetermined) -> Course:
    return Course(REFERENCE, Sensitivity(), diagnose)  # type: ignore[arg-type]


def _part(hours: Hours, first: int, end: int) -> Hours:
    served = None if hours.served is None else hours.served[first:end]
    rows, cells = hours.rows[first:end], hours.cells[first:end]
    return Hours(hours.first + first, hours.names, rows, cells, served)


def _shared(days: int, first: int) -> Hours:
    """From an hour on half of the rows, while another version answers beside this one."""
    hours = made.Traffic(REFERENCE, 4).hours(days, factor=lambda hour: 0.5 if hour >= first else 1)
    return replace(hours, served=np.arange(24 * days) < first)


def _followed(
    hours: Hours, told: Told | None = None, diagnose: object = made.undetermined
) -> tuple[State, list[Happening]]:
    return _course(diagnose).advance(State.new(START), hours, told or Told())


def _opened(found: list[Happening]) -> list[Opened]:
    return [one for one in found if isinstance(one, Opened)]


@cache
def _lost_incomes() -> Hours:
    """From day 18 at 10:00, three of ten incomes are missing."""
    return made.Traffic(REFERENCE).hours(26, ((18 * DAY + 10, 1e9, None, made.lose_incomes(0.3)),))


def test_quiet_weeks_open_nothing() -> None:
    for seed in range(3):
        _, found = _followed(made.Traffic(REFERENCE, seed, 2000).hours(30))
        assert found == []


def test_a_lasting_change_is_one_incident_that_says_what_moved_and_since_when() -> None:
    _, found = _followed(_lost_incomes())

    (opened,) = _opened(found)
    onset = START + 18 * DAY + 10
    assert onset < opened.at <= onset + 8
    assert opened.onset.low <= onset <= opened.onset.high
    first = opened.moved[0]
    assert (first.stream, first.column, first.reading) == ("income = missing", "income", "share")
    assert first.before == pytest.approx(0.2, abs=0.02)
    assert first.after == pytest.approx(0.44, abs=0.06)
    assert not any(isinstance(one, Ended) for one in found)
    # Six groups can join: the column and the score, of all and of each caller.
    assert sum(isinstance(one, Extended) for one in found) <= 6
    assert sum(isinstance(one, Diagnosed) for one in found) == 1


def test_an_onset_that_was_known_to_the_hour_stays_known_when_its_hours_are_folded_into_days() -> (
    None
):
    onset = 16 * DAY + 7
    changes = ((onset, 1e9, None, made.lose_incomes(0.5)),)
    traffic = made.Traffic(REFERENCE).hours(
        21, changes, lambda hour: 0.2 if hour % DAY < 8 else 1.4
    )

    _, found = _followed(traffic)

    told = [one for one in found if isinstance(one, Opened | Extended)]
    assert told[-1].at > START + 18 * DAY
    assert all(one.onset.low <= START + onset <= one.onset.high for one in told)
    assert all(abs(one.onset.hour - START - onset) <= 2 for one in told)


def test_what_moves_at_another_time_is_another_incident() -> None:
    def other_regions(values: made.Floats) -> made.Floats:
        moved = np.random.default_rng(1).random(len(values)) < 0.2
        region = np.where(moved, 2.0, values[:, 2])
        return np.column_stack([values[:, :2], region, values[:, 3]])

    changes = (
        (14 * DAY, 1e9, None, made.lose_incomes(0.3)),
        (19 * DAY + 5, 1e9, None, other_regions),
    )
    _, found = _followed(made.Traffic(REFERENCE).hours(24, changes))

    first, second = _opened(found)
    assert {moved.column for moved in first.moved} <= {"income", None}
    assert second.moved[0].column == "region"
    assert second.number == first.number + 1


def test_a_change_of_one_caller_names_the_caller() -> None:
    changes = ((16 * DAY, 1e9, "mobile", made.lose_incomes(0.2)),)
    _, found = _followed(made.Traffic(REFERENCE, 1).hours(24, changes))

    (opened,) = _opened(found)
    last = [one for one in found if isinstance(one, Opened | Extended)][-1]
    assert {moved.caller for moved in last.moved} <= {None, "mobile"}
    assert any(moved.caller == "mobile" for moved in last.moved)
    assert opened.onset.low <= START + 16 * DAY <= opened.onset.high


def test_what_is_back_ends_and_is_not_learnt() -> None:
    changes = ((16 * DAY, 18 * DAY, None, made.lose_incomes(0.3)),)
    _, found = _followed(made.Traffic(REFERENCE).hours(34, changes))

    (opened,) = _opened(found)
    (ended,) = [one for one in found if isinstance(one, Ended)]
    assert (ended.number, ended.ending) == (opened.number, "back")
    assert START + 19 * DAY <= ended.at <= START + 20 * DAY


def test_a_harmless_explained_change_is_accepted_after_two_weeks_and_then_the_usual() -> None:
    changes = ((16 * DAY, 40 * DAY, None, made.lose_incomes(0.3)),)
    _, found = _followed(made.Traffic(REFERENCE).hours(44, changes), diagnose=made.harmless)

    first, second = _opened(found)
    (ended,) = [one for one in found if isinstance(one, Ended) and one.number == first.number]
    assert ended.ending == "accepted"
    assert START + 30 * DAY <= ended.at <= START + 31 * DAY
    assert second.onset.low <= START + 40 * DAY <= second.onset.high
    assert second.moved[0].before == pytest.approx(0.44, abs=0.03)


def test_a_note_accepts_an_incident_by_its_number() -> None:
    notes = (
        Event(START + 20 * DAY + 0.5, "note", "accept 7"),
        Event(START + 20 * DAY + 0.6, "note", "please accept 1"),
        Event(START + 21 * DAY + 0.5, "note", "accept 1: a new form"),
    )
    _, found = _followed(_lost_incomes(), Told(notes))

    (ended,) = [one for one in found if isinstance(one, Ended)]
    assert (ended.number, ended.ending, ended.at) == (1, "accepted", START + 21 * DAY + 1)
    assert "accept 1: a new form" in ended.reason
    assert len(_opened(found)) == 1


def test_the_same_hours_in_parts_with_the_state_stored_between_give_the_same() -> None:
    hours, told = _lost_incomes(), Told((Event(START + 23 * DAY + 3.0, "note", "accept 1"),))
    whole = _followed(hours, told, made.harmless)

    state, found = State.new(START), []
    cuts = [0, 5, 167, 168, 300, 301, 442, 444, 450, 480, 540, 556, 557, len(hours.rows)]
    for first, end in pairwise(cuts):
        stored = json.loads(json.dumps(state.to_json(), allow_nan=False))
        state, more = _course(made.harmless).advance(
            State.from_json(stored), _part(hours, first, end), told
        )
        found += more

    assert found == whole[1]
    assert state.to_json() == whole[0].to_json()


@settings(max_examples=3, deadline=None)
@given(st.lists(st.integers(1, 26 * DAY - 1), min_size=1, max_size=3, unique=True))
def test_wherever_a_span_is_cut_nothing_else_happens(cuts: list[int]) -> None:
    hours = _lost_incomes()
    state, found = State.new(START), []

    for first, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(hours.rows)], strict=True):
        # An overlap is looked at once.
        state, more = _course().advance(state, _part(hours, max(0, first - 3), end), Told())
        found += more

    assert found == _whole()[1]
    assert state.to_json() == _whole()[0].to_json()


@cache
def _whole() -> tuple[State, list[Happening]]:
    return _followed(_lost_incomes())


def test_the_given_state_is_left_as_it_was() -> None:
    hours = _part(_lost_incomes(), 0, 200)
    state, _ = _course().advance(State.new(START), hours, Told())
    before = json.dumps(state.to_json())

    _course().advance(state, _part(_lost_incomes(), 200, 260), Told())

    assert json.dumps(state.to_json()) == before


def test_a_state_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="begin again"):
        State.from_json({"format": 0})


def test_the_state_does_not_grow_with_time() -> None:
    hours = made.Traffic(REFERENCE, 3).hours(75)
    course, state = _course(), State.new(START)
    sizes = []
    for day in range(0, 75, 5):
        part = _part(hours, day * DAY, (day + 5) * DAY)
        state, _ = course.advance(state, part, Told())
        sizes.append(len(json.dumps(state.to_json())))

    assert sizes[-1] <= 1.02 * sizes[-3]
    assert sizes[-1] < 500_000


def _no_rows(days: int) -> Hours:
    size = REFERENCE.layout.size
    callers = made.CALLERS
    rows = np.zeros((days * DAY, len(callers)), dtype=np.int64)
    return Hours(START, callers, rows, np.zeros((*rows.shape, size), dtype=np.int64))


def test_no_rows_at_all_are_no_incident() -> None:
    state, found = _followed(_no_rows(3))

    assert found == []
    assert state.hour == START + 3 * DAY


def test_traffic_that_stops_is_no_incident() -> None:
    hours = made.Traffic(REFERENCE, 2).hours(24)
    hours.rows[18 * DAY + 4 :] = 0
    hours.cells[18 * DAY + 4 :] = 0

    assert _followed(hours)[1] == []


def test_a_row_now_and_then_is_no_incident() -> None:
    assert _followed(made.Traffic(REFERENCE, 2, rows_an_hour=0.05).hours(40))[1] == []


def test_hours_that_nobody_counted_tell_nothing() -> None:
    hours = made.Traffic(REFERENCE, 2).hours(12)
    course = _course()
    state, _ = course.advance(State.new(START), _part(hours, 0, 100), Told())

    state, found = course.advance(state, _part(hours, 130, 288), Told())

    assert found == []
    assert state.hour == hours.end


def test_rows_that_were_counted_without_a_profile_tell_nothing() -> None:
    hours = made.Traffic(REFERENCE, 2).hours(6)
    hours.cells[:] = 0

    assert _followed(hours)[1] == []


def test_a_column_that_is_all_missing_opens_an_incident_within_hours() -> None:
    changes = ((9 * DAY, 1e9, None, made.lose_incomes(1.0)),)
    _, found = _followed(made.Traffic(REFERENCE, 2, 20).hours(11, changes))

    (opened,) = _opened(found)
    assert opened.at <= START + 9 * DAY + 4
    assert opened.moved[0].stream.startswith("income")


def test_a_reference_with_a_constant_and_an_empty_column_works() -> None:
    nothing = Profile.model_validate(
        REFERENCE.profile.model_dump()
        | {
            "columns": tuple(
                column.model_dump()
                | {"counts": {"negatives": _all_in(column.cells, REFERENCE.profile.rows, cell),
                              "positives": (0,) * column.cells}}
                for cell, column in enumerate(REFERENCE.profile.columns)
            )
        }
    )  # fmt: skip
    reference = Reference("v2", REFERENCE.features, nothing, 0.5)
    hours = made.Traffic(REFERENCE, 2).hours(9)

    state, found = Course(reference, Sensitivity(), made.undetermined).advance(
        State.new(START), hours, Told()
    )

    assert len(_opened(found)) == 1
    json.dumps(state.to_json(), allow_nan=False)


def _all_in(cells: int, rows: int, cell: int) -> tuple[int, ...]:
    return tuple(rows if at == cell else 0 for at in range(cells))


def test_a_round_over_a_new_hour_takes_no_time_to_speak_of() -> None:
    """By processor time; 30 ms are promised to nobody, but 300 would be felt."""
    import time

    hours = made.Traffic(REFERENCE, 2, 100_000).hours(9)
    course = _course()
    state, _ = course.advance(State.new(START), _part(hours, 0, 200), Told())
    began = time.process_time()

    for hour in range(200, 210):
        state, _ = course.advance(state, _part(hours, hour, hour + 1), Told())

    assert (time.process_time() - began) / 10 < 0.3


def _cases(days: int, first_fault: int, end_of_fault: int) -> Rows:
    """1,000 rows a day, due after 15 days; in the fault the odds are three times as high."""
    draw = np.random.default_rng(8)
    n = 1000 * days
    times = START + np.sort(draw.random(n)) * days * DAY
    rows = made.rows_of(made.people(draw, n), times, draw.random(n) < 0.4)
    faulty = (times >= START + first_fault) & (times < START + end_of_fault)
    odds = np.where(faulty, 3.0, 1.0) * rows.scores / (1 - rows.scores)
    outcomes = (draw.random(n) < odds / (1 + odds)).astype(np.float64)
    return replace(rows, outcomes=outcomes, observed=times + 200.0, due=times + 15.0 * DAY)


def test_outcomes_of_an_incident_that_is_over_open_no_other() -> None:
    first, end = 18 * DAY, 21 * DAY
    changes = ((first, end, None, made.lose_incomes(0.3)),)
    told = Told(all=_cases(40, first, end))

    _, found = _followed(made.Traffic(REFERENCE).hours(40, changes), told)

    assert len(_opened(found)) == 1
    assert [one.ending for one in found if isinstance(one, Ended)] == ["back"]


def test_outcomes_that_change_with_the_rows_join_their_incident() -> None:
    first = 18 * DAY
    changes = ((first, 1e9, None, made.lose_incomes(0.3)),)
    told = Told(all=_cases(40, first, 10**9))

    _, found = _followed(made.Traffic(REFERENCE).hours(40, changes), told)

    (opened,) = _opened(found)
    last = [one for one in found if isinstance(one, Extended)][-1]
    moved = {one.stream: one for one in last.moved}
    assert moved["observed/expected"].after == pytest.approx(3, rel=0.25)
    assert moved["observed/expected"].reading == "ratio"
    assert last.at > START + 33 * DAY
    assert last.number == opened.number


def test_outcomes_alone_open_an_incident_at_the_hour_of_their_business() -> None:
    told = Told(all=_cases(36, 16 * DAY, 10**9))

    _, found = _followed(made.Traffic(REFERENCE).hours(36), told)

    (opened,) = _opened(found)
    assert opened.at % DAY == 0
    assert START + 31 * DAY < opened.at < START + 34 * DAY
    assert opened.onset.low <= START + 16 * DAY <= opened.onset.high


def test_a_version_of_no_columns_and_one_score_is_watched_by_its_traffic() -> None:
    score = {
        "edges": (),
        "counts": {"negatives": (90,), "positives": (10,)},
        "scores": (0.1,),
        "calibrated": (0.1,),
    }
    profile = Profile(rows=100, positives=10, columns=(), score=ScoreProfile.model_validate(score))
    reference = Reference("v3", (), profile, 0.5)
    rows = np.random.default_rng(1).poisson(50, (20 * DAY, 2))
    rows[17 * DAY :] *= 3
    hours = Hours(START, made.CALLERS, rows, rows[:, :, None])

    _, found = Course(reference, Sensitivity(), made.undetermined).advance(
        State.new(START), hours, Told()
    )

    (opened,) = _opened(found)
    assert opened.moved[0].stream.startswith("rows")
    assert opened.moved[0].reading == "rows"


def test_a_version_that_gives_half_of_its_rows_to_another_has_no_incident() -> None:
    hours = _shared(22, 17 * DAY + 9)

    state, found = _followed(hours)
    _, untold = _followed(replace(hours, served=None))

    assert found == []
    assert state.traffic is not None
    assert not state.traffic.alone[-24:].any()
    assert [one.moved[0].reading for one in _opened(untold)] == ["rows"]


def test_who_served_is_kept_where_a_span_is_cut() -> None:
    hours = _shared(3, 30)
    whole, _ = _followed(hours)

    state = State.new(START)
    for first in range(0, len(hours.rows), 20):
        state, _ = _course().advance(state, _part(hours, first, first + 20), Told())
        state = State.from_json(json.loads(json.dumps(state.to_json())))

    assert state.to_json() == whole.to_json()


def _weekends(first_day: int, days: int) -> Hours:
    """From a Saturday on, three of ten incomes are missing at each weekend."""
    changes = tuple(
        (day * DAY, (day + 2) * DAY, None, made.lose_incomes(0.3))
        for day in range(first_day, days, 7)
    )
    return made.Traffic(REFERENCE, 3).hours(days, changes)


def test_a_season_that_begins_in_mid_stream_is_one_incident_from_its_second_week_on() -> None:
    asked: list[Case] = []

    def harmless(case: Case) -> Diagnosis:
        asked.append(case)
        return made.harmless(case)

    _, found = _followed(_weekends(14, 38), diagnose=harmless)

    first, second = _opened(found)
    assert START + 14 * DAY <= first.at <= START + 15 * DAY
    assert START + 21 * DAY <= second.at <= START + 22 * DAY
    assert [(one.number, one.ending) for one in found if isinstance(one, Ended)] == [
        (1, "back"),
        (2, "accepted"),
    ]
    assert {case.onset.hour >= START + 20 * DAY for case in asked if case.recurs} == {True}
    assert {case.onset.hour < START + 20 * DAY for case in asked if not case.recurs} == {True}


def test_a_fault_that_comes_every_weekend_is_found_each_time() -> None:
    def fault(case: Case) -> Diagnosis:
        return Diagnosis(case.at, "missing", (), actionable=True, action="fix_pipeline")

    _, found = _followed(_weekends(14, 32), diagnose=fault)

    assert [(one.at - START) // DAY for one in _opened(found)] == [14, 21, 28]
    assert {one.ending for one in found if isinstance(one, Ended)} == {"back"}


def test_a_season_that_is_over_ends_after_a_week_without_it() -> None:
    hours = made.Traffic(REFERENCE, 3).hours(
        36,
        tuple((day * DAY, (day + 2) * DAY, None, made.lose_incomes(0.3)) for day in (14, 21)),
    )

    _, found = _followed(hours, diagnose=made.harmless)

    (_, second), (_, ended) = _opened(found), [one for one in found if isinstance(one, Ended)]
    assert (ended.number, ended.ending) == (second.number, "back")
    assert START + 29 * DAY < ended.at < START + 32 * DAY
