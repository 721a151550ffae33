"""The bench of the diagnosis tells the truth about the streams that it draws."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.diagnosis import quiet, stream
from benchmarks.diagnosis.draft import START
from benchmarks.diagnosis.stream import SCENARIOS, Stream
from benchmarks.diagnosis.world import NAMES, World, cells_of, make
from diagnosis.rows import Floats
from tests.gmsc import SCHEMA
from trainer.sample import make_sample

_DAYS = 30


@pytest.fixture(scope="module")
def world() -> World:
    rows = make_sample(SCHEMA)
    return make(rows.part(np.arange(len(rows)) < 6000))


@pytest.fixture(scope="module", params=sorted(SCENARIOS))
def made(request: pytest.FixtureRequest, world: World) -> Stream:
    return stream.make(world, request.param, 4.0, seed=5, days=_DAYS, rows_an_hour=30)


def before(made: Stream) -> np.ndarray:
    onset = np.inf if made.truth.onset is None else made.truth.onset
    return np.asarray(made.draft.times < onset)


def altered(made: Stream) -> np.ndarray:
    """(n, features): where what is recorded is not what the person has."""
    people = made.draft.world.people[made.draft.people]
    same = (made.draft.values == people) | (np.isnan(made.draft.values) & np.isnan(people))
    return np.asarray(~same)


def test_outcomes_are_drawn_from_the_stated_chances(made: Stream) -> None:
    p, y = made.draft.chances, made.draft.outcomes

    z = (y - p).sum() / np.sqrt((p * (1 - p)).sum())

    # Duplicates count a row twice and more.
    assert abs(z) < 5


def test_nothing_happens_before_the_onset(made: Stream) -> None:
    draft, early = made.draft, before(made)

    assert not altered(made)[early].any()
    assert (draft.scores[early] == draft.world.scores[draft.people[early]]).all()
    assert (draft.chances[early] == draft.world.chances[draft.people[early]]).all()
    assert early.any()


def test_only_the_named_columns_are_altered(made: Stream) -> None:
    faulty = {NAMES[column] for column in np.flatnonzero(altered(made).sum(0))}

    faults = {
        "unit", "missing", "stuck", "code", "swapped_columns", "shuffled_column", "imputed",
        "other_fault",
    }  # fmt: skip
    assert faulty == (set(made.truth.columns) if faults & set(made.truth.causes) else set())


def test_the_recorded_scores_are_those_of_the_served_model(made: Stream) -> None:
    draft = made.draft
    sample = np.arange(0, len(draft), 97)

    again = draft.world.scorer.score(draft.values[sample])

    assert ((again != draft.scores[sample]) == draft.foreign[sample]).mean() > 0.99
    assert draft.foreign.any() == ("model_swap" in made.truth.causes)


def test_the_counts_are_those_of_the_rows(made: Stream) -> None:
    rows, hours = made.evidence.stream, made.hours
    cells = cells_of(made.draft.world.reference.profile, rows.values, rows.scores)
    at = rows.times - hours.first
    chosen = (at >= 480) & (at < 504) & (rows.callers == 1)

    score = made.draft.world.reference.layout.score_start
    counted = hours.cells[480:504, 1, score:].sum(0)

    assert hours.rows[480:504, 1].sum() == chosen.sum() > 0
    assert (counted == np.bincount(cells[chosen, -1], minlength=len(counted))).all()
    assert hours.rows.sum() == len(rows)


def test_the_same_question_has_the_same_answer_and_no_outcome_from_later(made: Stream) -> None:
    first = START + 24 * 8

    asked = [made.evidence.rows(first, first + 240, first + 300, 500) for _ in range(2)]

    known = ~np.isnan(asked[0].outcomes)
    assert len(asked[0]) == 500
    assert (asked[0].times == asked[1].times).all()
    assert (asked[0].observed[known] < first + 300).all()
    assert 0 < known.sum() < 500


def test_what_is_due_is_known_by_then(world: World) -> None:
    made = stream.make(world, "none", seed=1, days=40, rows_an_hour=30, coverage=1.0)
    end = made.hours.first + 24 * 38

    due = made.evidence.due(end - 96, end, 10_000)

    assert (due.due < end).all()
    assert (due.times < end - 720).all()
    assert 0.95 < (~np.isnan(due.outcomes)).mean() < 1


def odds(y: Floats, p: Floats) -> float:
    """The ratio of the odds, of the outcomes to what was to be expected."""
    return float((y.sum() / (1 - y).sum()) / (p.sum() / (1 - p).sum()))


def test_a_changed_law_is_as_large_as_its_severity_says(world: World) -> None:
    made = stream.make(world, "calibration", 4.0, seed=2, days=_DAYS, rows_an_hour=200)
    draft, later = made.draft, ~before(made)

    usual = world.chances[draft.people]

    assert odds(draft.outcomes[~later], usual[~later]) == pytest.approx(1, abs=0.1)
    assert odds(draft.outcomes[later], usual[later]) == pytest.approx(1.6, abs=0.15)


def test_a_fault_moves_a_share_by_as_many_tolerances_as_asked(world: World) -> None:
    made = stream.make(world, "missing", 4.0, seed=2, days=_DAYS, rows_an_hour=200)
    later, column = ~before(made), NAMES.index(made.truth.columns[0])

    missing = np.isnan(made.draft.values[:, column])

    assert missing[later].mean() - missing[~later].mean() == pytest.approx(0.04, abs=0.006)


def test_a_quiet_stream_has_the_marginals_of_a_drawn_one(world: World) -> None:
    counted = quiet.make(world, 1, rows_an_hour=5000, days=7).hours
    drawn = stream.make(world, "none", seed=1, days=28, rows_an_hour=300).hours

    shares = [hours.cells.sum(0) / hours.rows.sum(0)[:, None] for hours in (counted, drawn)]

    assert np.abs(shares[0] - shares[1]).max() < 0.012


def test_a_replay_gets_the_rows_in_the_order_of_time(world: World, tmp_path: Path) -> None:
    made = stream.make(world, "unit_30", seed=3, days=23, rows_an_hour=10)

    stream.write(made, tmp_path)

    table = pd.read_csv(tmp_path / "stream.csv.gz")
    assert list(table.columns) == [
        "event_time", "client", "reference", *NAMES, "outcome", "outcome_time",
    ]  # fmt: skip
    assert len(table) == len(made.evidence.stream)
    assert table.event_time.is_monotonic_increasing
    assert table.reference.is_unique
    assert table.outcome.isna().equals(table.outcome_time.isna())
    assert '"unit"' in (tmp_path / "truth.json").read_text()
