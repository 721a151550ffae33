"""The threshold is chosen on scores of rows that their model had not seen."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.declaration import Costs, Declaration, Tolerances
from tests.gmsc import DECLARATION
from tests.trainer.conftest import Made
from tests.trainer.tables import loans
from trainer.data import Data, Labels
from trainer.evaluation import Scores, score
from trainer.model import fit, train
from trainer.settings import TrainerSettings
from trainer.split import folds
from trainer.threshold import Scored, by_costs, by_f1, choose_threshold

SETTINGS = TrainerSettings()
TOPS = {
    "hash": "",
    "time": 'event_time = "at"\nsplit = "time"',
    "group": 'group = "customer"\nsplit = "group"',
}


def scored() -> Scored:
    draw = np.random.default_rng(3)
    labels: Labels = (draw.random(300) < 0.2).astype(np.int8)
    scores: Scores = np.round(labels.astype(np.float64) * 0.3 + draw.random(300) * 0.7, 2)
    return Scored(labels, scores, "rows")


def table(count: int, seed: int = 0, split: str = "hash") -> tuple[Declaration, Data]:
    """Loans whose country and amount say something of the label."""
    draw = np.random.default_rng(seed)
    features = np.column_stack(
        [draw.lognormal(5, 1, count), draw.integers(0, 4, count), draw.integers(0, 2, count)]
    ).astype(np.float64)
    features[draw.random(count) < 0.1, 1] = np.nan
    chance = 1 / (1 + np.exp(2 - (features[:, 1] == 2) - np.log(features[:, 0] / 148)))
    labels = (draw.random(count) < chance).astype(np.int8)
    keys: dict[str, NDArray[np.float64] | None] = {
        "hash": None,
        "time": np.arange(count, dtype=np.float64) * 1e6,
        "group": draw.integers(0, 90, count).astype(np.float64) * 1e14,
    }
    return loans(TOPS[split]), Data(features, labels, "test", False, keys[split])


def test_the_threshold_has_the_highest_f1_of_all() -> None:
    found = scored()

    def f1(threshold: float) -> float:
        predicted = found.scores >= threshold
        both = (predicted & (found.labels == 1)).sum()
        return float(2 * both / (predicted.sum() + found.labels.sum()))

    threshold = by_f1(found)

    assert threshold.value in found.scores
    assert f1(threshold.value) == max(map(f1, found.scores.tolist()))
    assert f"highest F1 ({f1(threshold.value):.3f}) on rows: no costs" in threshold.reason


@pytest.mark.parametrize("ratio", [0.01, 0.2, 1.0, 5.0, 100.0])
def test_the_threshold_costs_the_least_of_all(ratio: float) -> None:
    found = scored()
    costs = Costs(false_positive=1.0, false_negative=ratio)

    def cost(threshold: float) -> float:
        predicted = found.scores >= threshold
        false_positives = (predicted & (found.labels == 0)).sum()
        return float(false_positives + ratio * (~predicted & (found.labels == 1)).sum())

    threshold = by_costs(found, costs)

    assert cost(threshold.value) == pytest.approx(min(map(cost, [*found.scores.tolist(), 1.0])))
    assert "lowest cost" in threshold.reason
    assert f"a false positive costs 1, a false negative {ratio:g}" in threshold.reason


def test_where_it_costs_least_never_to_act_no_score_is_as_high() -> None:
    costs = Costs(false_positive=1e6, false_negative=1.0)
    found = Scored(np.array([1, 0], np.int8), np.array([0.4, 0.4]), "rows")

    assert by_costs(found, costs).value == 1.0


@pytest.mark.parametrize("split", TOPS)
def test_each_row_is_scored_by_a_model_that_has_not_seen_it(split: str) -> None:
    declaration, data = table(1500, split=split)
    trained = train(declaration, data, SETTINGS)
    labels, scores = [], []
    for fitted, unseen in folds(declaration, trained.training):
        assert not (fitted & unseen).any()
        scorer = fit(declaration.schema, trained.training.part(fitted), SETTINGS).scorer
        labels.append(trained.training.labels[unseen])
        scores.append(score(scorer, trained.training.features[unseen]))
    expected = by_f1(Scored(np.concatenate(labels), np.concatenate(scores), "rows"))

    threshold = choose_threshold(declaration, trained, SETTINGS)

    assert threshold.value == expected.value
    seen = score(trained.scorer, trained.training.features)
    assert threshold.value != by_f1(Scored(trained.training.labels, seen, "rows")).value


def test_the_reason_says_which_rows(made: Made) -> None:
    reason = made.metadata["threshold"]["reason"]

    assert "out-of-fold scores of the training part (folds by a hash of the row)" in reason
    assert f"{len(made.trained.training):,} rows" in reason


def test_by_time_every_model_is_of_earlier_rows_alone() -> None:
    declaration, data = table(600, split="time")
    assert data.split_keys is not None
    shuffled = data.part(np.ones(600, bool))
    order = np.random.default_rng(1).permutation(600)
    shuffled = replace(data, split_keys=data.split_keys[order])
    assert shuffled.split_keys is not None

    found = folds(declaration, shuffled)

    assert len(found) == 5
    for fitted, unseen in found:
        assert shuffled.split_keys[fitted].max() < shuffled.split_keys[unseen].min()
    assert sum(int(unseen.sum()) for _, unseen in found) == 500


def test_a_group_is_in_one_fold() -> None:
    declaration, data = table(2000, split="group")
    assert data.split_keys is not None

    found = folds(declaration, data)

    groups = [set(data.split_keys[unseen].tolist()) for _, unseen in found]
    assert sum(map(len, groups)) == len(set().union(*groups)) == len(set(data.split_keys.tolist()))
    assert min(map(len, groups)) > 5


def test_equal_rows_are_in_one_fold() -> None:
    declaration, data = table(300)
    twice = replace(
        data,
        features=np.concatenate([data.features] * 2),
        labels=np.concatenate([data.labels] * 2),
    )

    for _, unseen in folds(declaration, twice):
        assert unseen[:300].tolist() == unseen[300:].tolist()
        assert 30 < unseen[:300].sum() < 90


def test_where_positives_are_too_few_for_folds_the_reason_says_so() -> None:
    declaration, data = table(400)
    trained = train(declaration, data, SETTINGS)
    # All positives in one fold: no other model could be fitted without it.
    _, unseen = folds(declaration, trained.training)[0]
    few = replace(trained.training, labels=unseen.astype(np.int8))
    alone = replace(
        trained.training, labels=np.eye(1, len(few), int(np.argmax(unseen)), dtype=np.int8)[0]
    )

    threshold = choose_threshold(declaration, replace(trained, training=alone), SETTINGS)

    assert "as the model that was fitted on it scores it" in threshold.reason
    assert 0 <= threshold.value <= 1
    assert choose_threshold(declaration, replace(trained, training=few), SETTINGS).value <= 1


def test_a_fold_that_cannot_be_fitted_is_left_out_and_counted() -> None:
    declaration, data = table(900, split="time")
    labels = np.zeros(900, np.int8)
    labels[400::7] = 1
    trained = train(declaration, replace(data, labels=labels), SETTINGS)

    reason = choose_threshold(declaration, trained, SETTINGS).reason

    assert "by models of earlier rows alone" in reason
    assert ", 2 of 5 folds:" in reason


def test_costs_make_another_version_and_no_costs_none() -> None:
    from trainer.model import identity

    declaration, _ = table(10)
    costly = replace(declaration, costs=Costs(false_positive=1.0, false_negative=5.0))

    assert identity(costly, SETTINGS) != identity(declaration, SETTINGS)
    assert "costs" not in identity(DECLARATION, SETTINGS)


def test_tolerances_make_another_version_and_none_none() -> None:
    from trainer.model import identity

    declaration, _ = table(10)
    strict = replace(declaration, tolerances=Tolerances(share=0.01))

    assert identity(strict, SETTINGS)["tolerances"] == {"share": 0.01}
    assert "tolerances" not in identity(DECLARATION, SETTINGS)
