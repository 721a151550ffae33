"""The profile counts each held-out row in one cell of each column, as SQL would find it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cells import place
from contract.digest import canonical_json
from contract.profile import PROFILE, Profile
from tests.contract.tables import category, flag, number, table
from tests.trainer.conftest import Made
from trainer.data import Data
from trainer.profile import profile_of

SCHEMA = table(
    number(missing_codes=(999,)), number("months", kind="integer", example=3), flag(), category()
)


def profile(features: list[list[float]], labels: list[int], scores: list[float]) -> Profile:
    data = Data(np.array(features), np.array(labels, dtype=np.int8), "test", is_sample=False)
    return profile_of(SCHEMA, data, np.array(scores))


value = st.one_of(st.just(np.nan), st.sampled_from([0.0, -0.0, 999.0, 5.0]), st.floats(0, 1000))
code = st.one_of(st.just(np.nan), st.sampled_from([0.0, 1.0, 2.0]))
flags = st.sampled_from([0.0, 1.0, np.nan])
rows = st.lists(
    st.tuples(
        value, st.integers(0, 30).map(float), flags, code, st.integers(0, 1), st.floats(0, 1)
    ),
    min_size=1,
    max_size=60,
)


@given(rows)
def test_each_row_is_in_one_cell_of_each_column(drawn: list[tuple[float, ...]]) -> None:
    made = profile(
        [list(row[:4]) for row in drawn],
        [int(row[4]) for row in drawn],
        [row[5] for row in drawn],
    )

    assert Profile.from_json(made.to_json()) == made
    for counts in (*(column.counts for column in made.columns), made.score.counts):
        assert counts.rows == len(drawn)
        assert sum(counts.positives) == made.positives


def test_what_many_rows_share_is_a_cell_of_its_own_and_so_is_a_code() -> None:
    amounts = [*[7.0] * 50, *np.linspace(10, 20, 950), 999.0]
    made = profile([[amount, 1, 1, 0] for amount in amounts], [0, 1] * 500 + [1], [0.5] * 1001)

    column = made.columns[0]
    assert column.atoms == (7.0, 999.0)
    assert len(column.edges) == 19
    assert (column.minimum, column.maximum) == (7, 999)
    counts = np.add(column.counts.negatives, column.counts.positives)
    assert counts[:3].tolist() == [0, 50, 1]
    assert counts[3:].min() >= 47
    assert place(column, np.array([np.nan, 7, 999, 0, 14.9, 30])).tolist() == [0, 1, 2, 3, 12, 22]


def test_the_cells_of_a_category_are_its_levels_and_what_no_level_names() -> None:
    made = profile([[1, 1, 1, 0], [1, 1, 0, 2], [1, 1, 1, np.nan]], [0, 1, 1], [0.1, 0.2, 0.3])

    column = made.columns[3]
    assert column.counts.negatives == (0, 1, 0, 0, 0)
    assert column.counts.positives == (1, 0, 0, 1, 0)
    assert place(column, np.array([np.inf, np.nan, 1.0])).tolist() == [4, 0, 2]
    assert made.columns[2].counts.positives == (0, 1, 1, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda of: of.update(rows=2), "are not of 2 rows"),
        (lambda of: of.update(format=2), "format"),
        (lambda of: of["columns"][0].update(edges=[2.0, 1.0]), "edges of amount do not rise"),
        (lambda of: of["columns"][0].update(edges=[1.0] * 101), "columns.0.edges"),
        (lambda of: of["columns"][0]["counts"]["negatives"].pop(), "counts of other cells"),
        (lambda of: of["columns"][1].update(levels=["a"]), "no category"),
        (lambda of: of["score"].update(calibrated=[0.5, 0.25]), "the calibration falls|one prob"),
        (lambda of: of["score"].update(scores=[2.0]), "score.scores"),
        (lambda of: of.pop("score"), "score"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(change: object, message: str) -> None:
    document = json.loads(
        profile([[1, 1, 1, 0], [2, 1, 1, 0], [3, 1, 1, 0]], [0, 1, 1], [0.1, 0.5, 0.9]).to_json()
    )
    assert callable(change)
    change(document)

    with pytest.raises(ValueError, match=message):
        Profile.from_json(canonical_json(document))


def test_a_bundle_holds_the_profile_of_the_rows_that_were_held_out(made: Made) -> None:
    found = Profile.from_json(made.files[PROFILE])

    assert found.rows == made.metadata["metrics"]["rows"]
    assert found.positives == made.metadata["metrics"]["positives"]
    assert [column.name for column in found.columns] == list(made.provenance.schema.names)
    delinquent = next(item for item in found.columns if item.name == "NumberOfTimes90DaysLate")
    assert {0.0, 96.0, 98.0} <= set(delinquent.atoms)
    # The recalibration fits: over each of its steps it predicts as many as there were.
    scores = made.result.scores
    fitted = np.interp(scores, found.score.scores, found.score.calibrated)
    assert fitted.sum() == pytest.approx(found.positives, rel=1e-6)
