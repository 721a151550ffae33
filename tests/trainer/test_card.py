"""The card and its pictures say what a person should know before using the model."""

import io
import re
from dataclasses import replace
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from tests.gmsc import SCHEMA
from tests.trainer.conftest import Made
from tests.trainer.tables import loans
from trainer.card import model_card
from trainer.data import Data
from trainer.pipeline import make, provenance_of
from trainer.plots import TITLES, draw
from trainer.progress import Progress
from trainer.settings import TrainerSettings


def card_of(made: Made, *, is_sample: bool) -> str:
    provenance = replace(made.provenance, is_sample=is_sample)
    return model_card(provenance, made.metadata, made.metadata["preprocessing"], TITLES)


def test_it_names_the_version_and_its_metrics(made: Made) -> None:
    metrics = made.metadata["metrics"]

    assert made.card.startswith(f"# Give Me Some Credit: {made.provenance.version}\n")
    for name in ("auc", "average_precision", "brier"):
        assert f"| {metrics[name]:.4f} |" in made.card
    for count in metrics["at_threshold"].values():
        assert f"{count:,} |" in made.card
    assert made.card.count("\n| 10 | ") == 1


def test_it_says_from_where_on_it_predicts_1_and_why(made: Made) -> None:
    threshold = made.metadata["threshold"]

    assert f"1 from {threshold['value']:.4f} on: {threshold['reason']}" in made.card


def test_it_names_every_input_and_what_is_allowed(made: Made) -> None:
    for feature in SCHEMA.features:
        assert f"| {feature.name} | {feature.allowed} |" in made.card


def test_it_says_what_becomes_of_a_value(made: Made) -> None:
    described = made.metadata["preprocessing"]

    for name, (low, high) in described["tails"].items():
        assert f"| {name} | {low:,.10g} | {high:,.10g} |" in made.card
    assert "NumberOfTimes90DaysLate 96, 98" in made.card
    assert "DebtRatio is a ratio only where MonthlyIncome is above 1" in made.card


def test_a_column_without_tails_has_none_in_it(made: Made) -> None:
    described = {**made.metadata["preprocessing"], "tails": {"age": [None, None]}}

    card = model_card(made.provenance, made.metadata, described, TITLES)

    assert "| age | none | none |" in card


def test_it_says_how_to_make_it_again(made: Made) -> None:
    assert f"`python -m trainer verify {made.provenance.version}`" in made.card
    for value in (made.provenance.data_sha256, *made.metadata["libraries"].values()):
        assert f"| {value} |" in made.card
    assert "| max_iter | 100 |" in made.card
    assert "| seed | 0 |" in made.card


def test_the_parts_add_up(made: Made) -> None:
    data, metrics = made.metadata["data"], made.metadata["metrics"]

    assert data["training_rows"] + metrics["rows"] == data["rows"] == len(made.data)
    assert data["training_positives"] + metrics["positives"] == data["positives"]
    assert f"| training | {data['training_rows']:,} | {data['training_positives']:,} |" in made.card


def test_it_warns_of_the_sample_and_only_of_the_sample(made: Made) -> None:
    warning = "Trained on the built-in sample: made-up rows. Its answers mean nothing."

    assert warning in made.card
    assert warning in card_of(made, is_sample=True)
    assert warning not in card_of(made, is_sample=False)


def test_every_picture_in_it_is_in_the_bundle(made: Made) -> None:
    assert re.findall(r"!\[[^]]+\]\(([^)]+)\)", made.card) == list(TITLES)
    assert set(TITLES) <= set(made.files)


@pytest.mark.parametrize("name", TITLES)
def test_each_picture_is_a_png_with_something_in_it(made: Made, name: str) -> None:
    content = made.files[name]
    pixels = matplotlib.image.imread(io.BytesIO(content), format="png")

    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 500
    assert pixels.std() > 0.05


def test_the_same_model_gives_the_same_pictures(made: Made) -> None:
    trained = made.trained
    scores = trained.scorer.score(trained.held_out.features)

    again = draw(SCHEMA, made.data, trained.held_out, scores, made.metadata)

    assert again == {name: made.files[name] for name in TITLES}


def card_of_loans(**more: Any) -> str:
    """Of a small table, with what its declaration says."""
    declaration = loans(**more)
    draw = np.random.default_rng(0)
    count = 600
    features = np.column_stack(
        [draw.lognormal(5, 1, count), draw.integers(0, 3, count), draw.integers(0, 2, count)]
    ).astype(np.float64)
    labels = (draw.random(count) < 0.1 + 0.5 * (features[:, 1] == 2)).astype(np.int8)
    keys = (
        None
        if declaration.split == "hash"
        else np.linspace(0, 2**53, count, endpoint=False, dtype=np.float64)
    )
    data, settings = Data(features, labels, "loans.csv", False, keys), TrainerSettings(min_auc=0)
    provenance = provenance_of(declaration, data, settings)
    files = make(declaration, provenance, data, settings, Progress("json"))
    return files["model_card.md"].decode()


def test_it_describes_another_table_by_its_declaration() -> None:
    card = card_of_loans(
        top='event_time = "at"\nreference = "loan id"\nsplit = "time"\n'
        "costs = {false_positive = 1.0, false_negative = 7.0}",
        unknown="missing",
    )

    assert "The latest rows by at are held out" in card
    assert "| status is 0 | `good` or `paid` |" in card
    assert "| the case's own key | loan id |" in card
    assert "| new customer | true or false, or null | Whether the customer is new |" in card
    assert 'known are "DE", "NA", "FR, south", "a "b"", another counts as missing' in card
    assert "lowest cost" in card
    assert "a false positive costs 1, a false negative 7. By these costs the held-out rows" in card
    # A level that no row of the training part has.
    assert 'Levels that no training row has, and so count as missing: country "a "b"".' in card
    assert "credit" not in card


def test_it_says_what_a_group_holds_together() -> None:
    card = card_of_loans(top='group = "customer"\nsplit = "group"')

    assert "A hash of customer decides in which part a row is" in card
    assert "folds by a hash of the group" in card
