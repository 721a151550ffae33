"""A derived version is judged, told of and verified as one that was trained."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from contract import held_out, profiles
from contract.digest import canonical_json, sha256
from contract.held_out import HELD_OUT, HeldOutRows
from contract.link import Link
from contract.metadata import FORMAT, METADATA
from contract.profile import PROFILE, Profile
from contract.signature import SigningKeys
from tests.bundles import Fitted, files_of
from tests.contract.conftest import fitted
from tests.contract.test_bundle import write
from tests.trainer.test_commands import remade
from trainer import training, versions
from trainer.context import Context
from trainer.deriving import derive, publish_derived
from trainer.errors import NotReproduced, QualityRefused, TrainerError
from trainer.profiles import make_profile
from trainer.settings import TrainerSettings

__all__ = ["fitted"]  # a fixture

LINK = Link(0.4, 1.1)
WHY = "the level rose"


@pytest.fixture
def context(sample_models: Path, tmp_path: Path) -> Context:
    """A store with a version of the sample, active."""
    shutil.copytree(sample_models, tmp_path / "models")
    return Context.of(TrainerSettings(models_dir=tmp_path / "models", data_dir=tmp_path))


@pytest.fixture(scope="module")
def derived_models(sample_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same store with a version derived from it, to be copied."""
    models = tmp_path_factory.mktemp("derived") / "models"
    shutil.copytree(sample_models, models)
    of = Context.of(TrainerSettings(models_dir=models, data_dir=models))
    publish_derived(of, of.require_active(), link=LINK, rows_sha256="1" * 64, reason=WHY)
    return models


@pytest.fixture
def with_derived(derived_models: Path, tmp_path: Path) -> tuple[Context, str, str]:
    """A store with a version and what is derived from it; their names."""
    shutil.copytree(derived_models, tmp_path / "models")
    of = Context.of(TrainerSettings(models_dir=tmp_path / "models", data_dir=tmp_path))
    parent = of.require_active()
    (derived,) = set(of.store.versions()) - {parent}
    return of, parent, derived


def rows_in(context: Context, version: str) -> HeldOutRows:
    found = held_out.read(context.store.path(version), SigningKeys())
    assert found is not None
    return found


def test_it_is_judged_on_the_rows_that_the_other_one_keeps(
    with_derived: tuple[Context, str, str],
) -> None:
    context, parent, derived = with_derived

    loaded, before = context.store.load(derived), context.store.load(parent)

    kept, rows = rows_in(context, parent), rows_in(context, derived)
    scores = LINK.probabilities(before.scorer.margins(kept.values))
    assert (loaded.link, loaded.threshold, loaded.derived_from) == (LINK, before.threshold, parent)
    assert rows.values.tobytes() == kept.values.tobytes()
    assert rows.labels.tobytes() == kept.labels.tobytes()
    assert rows.scores.tobytes() == scores.tobytes() != kept.scores.tobytes()
    metrics = loaded.metadata["metrics"]
    assert metrics["rows"] == len(kept)
    assert metrics["brier"] == brier_score_loss(kept.labels, scores)
    assert metrics["auc"] == pytest.approx(before.metadata["metrics"]["auc"], abs=1e-4)
    profile = Profile.from_json(loaded.extras[PROFILE])
    places = np.searchsorted(profile.score.edges, scores, side="right")
    assert profile.score.counts.both == tuple(
        np.bincount(places, minlength=len(profile.score.edges) + 1).tolist()
    )


def test_it_stays_inactive_and_is_made_once(
    with_derived: tuple[Context, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    context, parent, derived = with_derived
    before = (context.store.path(derived) / METADATA).read_bytes()

    again = publish_derived(
        context, parent, link=LINK, rows_sha256="1" * 64, reason="said in other words"
    )

    assert again == derived
    assert f"{derived} is published already" in capsys.readouterr().out
    assert context.store.active() == parent
    assert (context.store.path(derived) / METADATA).read_bytes() == before


def test_its_card_says_what_is_otherwise_and_why(
    with_derived: tuple[Context, str, str],
) -> None:
    context, parent, derived = with_derived

    card = context.store.load(derived).extras["model_card.md"].decode()

    assert card.startswith(f"# Give Me Some Credit: {derived}\n")
    assert "made-up rows" in card
    assert f"The trees of `{parent}`, with another link" in card
    assert f"Why: {WHY}. Link and threshold fit rows with the SHA-256 {'1' * 64}." in card
    assert "| intercept | 0.0 | 0.4 |\n| slope | 1.0 | 1.1 |\n| threshold | " in card
    assert "1 / (1 + exp(-(0.4 + 1.1 m)))" in card
    assert f"`python -m trainer verify {parent}`" in card
    held = context.store.metadata(parent)["data"]["held_out_rows"]
    assert f"| held out | {held:,} | " in card


def test_a_threshold_alone_leaves_every_score(context: Context) -> None:
    parent = context.require_active()

    made = derive(context, parent, threshold=0.2, reason="errors cost otherwise now")

    metadata = json.loads(made.files[METADATA])
    assert "link" not in metadata
    assert metadata["threshold"] == {
        "value": 0.2,
        "reason": f"chosen when this version was derived from {parent}: errors cost otherwise now",
    }
    counts, before = metadata["metrics"], context.store.metadata(parent)["metrics"]
    assert counts["at_threshold"] != before["at_threshold"]
    assert (counts["brier"], counts["auc"]) == (before["brier"], before["auc"])
    assert made.files["golden.json"] == context.store.load(parent).golden
    card = made.files["model_card.md"].decode()
    assert "were chosen by hand" in card
    assert "without a link between" in card


def test_fewer_rows_than_were_held_out_are_told_as_such(
    context: Context,
) -> None:
    parent = context.require_active()
    kept = rows_in(context, parent)
    fewer = HeldOutRows(kept.values[:2000], kept.labels[:2000], kept.scores[:2000])
    write(context.store.path(parent), HELD_OUT, fewer.to_npz())

    made = derive(context, parent, link=LINK, reason=WHY)

    card = made.files["model_card.md"].decode()
    assert "of the 2,000 held-out rows that the bundle of" in card
    assert "`profile.json` counts those of this sample" in card
    assert f"| held out | {len(kept):,} | " in card
    assert json.loads(made.files[METADATA])["metrics"]["rows"] == 2000


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"link": Link(0.0, 0.0)}, "a slope of 0 is not between"),
        ({"threshold": 1.5}, "a threshold of 1.5 is no probability"),
        ({"threshold": float("nan")}, "a threshold of nan is no probability"),
        ({}, "has this link and this threshold: give another"),
        ({"link": Link()}, "has this link and this threshold: give another"),
        ({"link": LINK, "reason": " "}, "the reason must be one line"),
        ({"link": LINK, "reason": "two\nlines"}, "the reason must be one line"),
        ({"link": LINK, "reason": "x" * 501}, "the reason must be one line"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    context: Context, wish: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TrainerError, match=problem):
        publish_derived(context, context.require_active(), **{"reason": WHY, **wish})

    assert len(context.store.versions()) == 1


def test_a_link_that_lets_all_scores_fall_together_is_refused(context: Context) -> None:
    with pytest.raises(QualityRefused, match=r"AUC on the held-out rows falls from 0\.7.* to 0\.5"):
        publish_derived(context, context.require_active(), link=Link(900.0, 1.0), reason=WHY)

    assert len(context.store.versions()) == 1


def test_without_kept_rows_it_says_how_to_make_them(context: Context) -> None:
    """They are then what training would have kept."""
    parent = context.require_active()
    directory = context.store.path(parent)
    whole = derive(context, parent, link=LINK, reason=WHY, with_card=False)
    metadata = json.loads((directory / METADATA).read_bytes())
    del metadata["files"][HELD_OUT], metadata["checksum"]
    metadata["checksum"] = sha256(canonical_json(metadata))
    (directory / METADATA).write_text(json.dumps(metadata))
    (directory / HELD_OUT).unlink()
    with pytest.raises(TrainerError, match=f"with `trainer profile {parent}`"):
        derive(context, parent, link=LINK, reason=WHY)

    make_profile(context, parent)

    again = derive(context, parent, link=LINK, reason=WHY, with_card=False)
    assert again.files[HELD_OUT] == whole.files[HELD_OUT]
    assert again.files[PROFILE] == whole.files[PROFILE]


def test_an_earlier_releases_bundle_is_refused(context: Context, fitted: Fitted) -> None:
    files = files_of(fitted)
    version = json.loads(files[METADATA])["version"]
    context.store.publish(version, files)

    with pytest.raises(TrainerError, match="was made by an earlier release"):
        publish_derived(context, version, link=LINK, reason=WHY)


def test_profile_finds_nothing_lacking(
    with_derived: tuple[Context, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    context, _, derived = with_derived

    make_profile(context, derived)

    assert f"{derived} has its profile and its sample of rows" in capsys.readouterr().out
    assert profiles.read(context.store.path(derived), SigningKeys()) is None


def test_verify_derives_again_and_compares(
    with_derived: tuple[Context, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    context, parent, derived = with_derived

    training.verify(context, derived)

    count = len(rows_in(context, derived))
    assert (
        f"{derived}: derived again from {parent}, {count:,} scores equal to the last bit; verify"
        f" {parent} as well" in capsys.readouterr().out
    )


def other_profile(directory: Path) -> str:
    found = Profile.from_json((directory / PROFILE).read_bytes())
    write(directory, PROFILE, found.model_copy(update={"columns": found.columns[1:]}).to_json())
    return directory.name


def other_rows(directory: Path) -> str:
    found = HeldOutRows.from_npz((directory / HELD_OUT).read_bytes(), 10)
    scores = found.scores.copy()
    scores[0] = np.nextafter(scores[0], 1)
    write(directory, HELD_OUT, HeldOutRows(found.values, found.labels, scores).to_npz())
    return directory.name


def no_rows(directory: Path) -> str:
    return remade(directory, lambda of: of["files"].pop(HELD_OUT))


def other_metrics(directory: Path) -> str:
    return remade(directory, lambda of: of["metrics"].update(brier=0.01))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (other_profile, r"profile\.json differs"),
        (other_rows, r"held_out\.npz differs"),
        (no_rows, r"held_out\.npz differs"),
        (other_metrics, "metrics differs"),
    ],
)
def test_verify_finds_what_is_not_what_comes_of_the_other_one(
    with_derived: tuple[Context, str, str], edit: Callable[[Path], str], expected: str
) -> None:
    """Every hash in order."""
    context, parent, derived = with_derived
    name = edit(context.store.path(derived))

    with pytest.raises(NotReproduced, match=f"{name} is not what {parent} gives here: {expected}"):
        training.verify(context, name)


def test_verify_says_that_the_other_one_is_gone(with_derived: tuple[Context, str, str]) -> None:
    context, parent, derived = with_derived
    shutil.rmtree(context.store.path(parent))

    with pytest.raises(NotReproduced, match=f"was derived from {parent}, which is not in"):
        training.verify(context, derived)


def test_list_and_diff_tell_of_it(
    with_derived: tuple[Context, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    context, parent, derived = with_derived

    versions.show(context)
    versions.diff(context, parent, derived)

    output = capsys.readouterr().out
    assert f"; derived from {parent}: link 0.4 + 1.1 m, threshold 0." in output
    assert f"derived_from: None -> {parent}\n" in output
    assert "link: None -> {'intercept': 0.4, 'slope': 1.1}\n" in output
    assert "golden rows: 77 differ" in output


def test_prune_keeps_what_a_kept_version_was_derived_from(
    with_derived: tuple[Context, str, str],
) -> None:
    context, parent, derived = with_derived
    second, third = (
        derive(context, of, threshold=0.3, reason=WHY, with_card=False) for of in (derived, parent)
    )
    for made in (second, third):
        context.store.publish(made.version, made.files)
    (context.store.root / "current").unlink()
    pinned = context.settings.model_copy(update={"pinned_versions": second.version})
    remade(
        context.store.path(third.version), lambda of: of.update(created_at="2020-01-01T00:00:00Z")
    )

    versions.prune(Context(pinned, context.store, context.progress), keep=1)

    assert set(context.store.versions()) == {parent, derived, second.version}


def test_another_format_is_not_derived_from(context: Context) -> None:
    name = remade(
        context.store.path(context.require_active()), lambda of: of.update(format=FORMAT + 1)
    )

    with pytest.raises(Exception, match=f"{name} has bundle format {FORMAT + 1}"):
        derive(context, name, link=LINK, reason=WHY)
