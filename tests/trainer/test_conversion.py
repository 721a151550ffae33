"""A model of format 1 is served on from data; its pickles are read, and nothing in them runs."""

import json
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from contract import bundle, conversion, stored_json
from contract.bundle_errors import (
    BundleDamaged,
    BundleIncompatible,
    BundleMissing,
    BundleUnsigned,
    GoldenMismatch,
)
from contract.digest import canonical_json, sha256
from contract.metadata import GOLDEN, TREES
from contract.signature import SIGNATURE, SigningKeys
from contract.store import ModelStore, StoreError
from tests import format_1
from tests.bundles import PROVENANCE, Fitted, files_of, fit, publish
from tests.contract.conftest import fitted
from tests.contract.test_bundle import Mine
from trainer import training, versions
from trainer.context import Context
from trainer.conversion import convert
from trainer.conversions import convert_all
from trainer.errors import NotReproduced
from trainer.pickles import PicklesRefused
from trainer.settings import TrainerSettings

__all__ = ["fitted"]  # a fixture

KEYS = SigningKeys(["k" * 32])


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def context(store: ModelStore) -> Context:
    return Context.of(TrainerSettings(models_dir=store.root))


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_it_is_refused_until_it_is_converted(store: ModelStore, fitted: Fitted) -> None:
    version = format_1.publish(store, fitted)

    with pytest.raises(BundleIncompatible, match=r"bundle format 1, .* trainer convert"):
        store.load(version)


def test_it_scores_as_before_and_stays_what_it_was(store: ModelStore, fitted: Fitted) -> None:
    version = format_1.publish(store, fitted)
    before = content(store.path(version))

    change = convert(store, version)

    loaded = store.load(version)
    assert (loaded.version, loaded.threshold) == (version, 0.25)
    assert loaded.metadata["format"] == 1
    again, first = (scorer.score(fitted.rows) for scorer in (loaded.scorer, fitted.scorer))
    assert again.tobytes() == first.tobytes()
    assert change.rows == 20
    assert change.largest < 1e-15
    assert content(store.path(version)) == before
    assert store.versions() == [version]


@pytest.mark.parametrize(
    ("name", "other"), [(b"TreePredictor", b"TreeForecastr"), (b"sklearn._loss", b"scikits._loss")]
)
def test_the_libraries_that_made_it_need_not_be_here(
    store: ModelStore, fitted: Fitted, name: bytes, other: bytes
) -> None:
    """Of scikit-learn's classes only the names stand in a pickle: these are of no release."""
    moved = format_1.pickled(fitted.model).replace(name, other)
    assert moved != format_1.pickled(fitted.model)
    version = format_1.publish(store, fitted, changes={"model.joblib": moved})

    convert(store, version)

    assert store.load(version).metadata["libraries"] == format_1.LIBRARIES


@pytest.mark.parametrize("name", ["model.joblib", "preprocessing.joblib"])
def test_a_pickle_that_would_act_is_refused_and_does_not(
    store: ModelStore, fitted: Fitted, tmp_path: Path, name: str
) -> None:
    mark = tmp_path / "unpickled"
    version = format_1.publish(store, fitted, changes={name: pickle.dumps(Mine(mark))})

    with pytest.raises(PicklesRefused, match="not the"):
        convert(store, version)

    assert not mark.exists()
    assert not (store.root / conversion.DIRECTORY).exists()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"no pickle",
        pickle.dumps({}),
        pickle.dumps([1, 2, 3]),
        format_1.pickled(np.zeros(3)),
        pickle.dumps(re.compile("a")),
    ],
)
@pytest.mark.parametrize("name", ["model.joblib", "preprocessing.joblib"])
def test_what_is_no_model_is_refused(
    store: ModelStore, fitted: Fitted, name: str, damage: bytes
) -> None:
    version = format_1.publish(store, fitted, changes={name: damage})

    with pytest.raises(PicklesRefused):
        convert(store, version)


def test_another_model_than_its_golden_scores_is_refused(store: ModelStore, fitted: Fitted) -> None:
    other = format_1.pickled(fit(seed=8).model)
    version = format_1.publish(store, fitted, changes={"model.joblib": other})

    with pytest.raises(GoldenMismatch, match="nothing was converted"):
        convert(store, version)


def test_scores_that_differ_in_the_last_bit_are_counted(store: ModelStore, fitted: Fitted) -> None:
    document = json.loads(files_of(fitted)[GOLDEN])
    case = document["cases"][3]
    exact = case["probability"]
    case["probability"] = float(np.nextafter(exact, 1))
    version = format_1.publish(store, fitted, changes={GOLDEN: canonical_json(document)})

    change = convert(store, version)

    assert (change.differing, change.largest) == (1, case["probability"] - exact)
    record = conversion.path_of(store.path(version)) / conversion.RECORD
    assert json.loads(record.read_bytes())["scores"] == change.model_dump()


@pytest.mark.parametrize("name", [TREES, "preprocessing.json", GOLDEN, conversion.RECORD])
def test_a_damaged_conversion_is_refused_and_made_again(
    store: ModelStore, context: Context, fitted: Fitted, name: str
) -> None:
    version = format_1.publish(store, fitted)
    convert(store, version)
    path = conversion.path_of(store.path(version)) / name
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(BundleDamaged, match=rf"conversion of {version} cannot be used.*convert it"):
        store.load(version)

    convert(store, version)
    assert store.load(version).version == version


@pytest.mark.parametrize("name", ["schema.json", "model_card.md"])
def test_a_conversion_speaks_of_its_own_files_only(
    store: ModelStore, fitted: Fitted, name: str
) -> None:
    """Else its record, right in every hash, could put another declaration in the place of ours."""
    version = format_1.publish(store, fitted)
    convert(store, version)
    place = conversion.path_of(store.path(version))
    record = json.loads((place / conversion.RECORD).read_bytes())
    (place / name).write_bytes(b"{}")
    record["files"][name] = sha256(b"{}")
    (place / conversion.RECORD).write_bytes(canonical_json(record))

    with pytest.raises(BundleDamaged, match=r"lists other files than golden\.json"):
        store.load(version)


def test_a_conversion_of_another_bundle_is_refused(store: ModelStore, fitted: Fitted) -> None:
    one, other = (format_1.publish(store, fitted, seed=seed) for seed in (1, 2))
    convert(store, one)
    conversion.path_of(store.path(one)).rename(conversion.path_of(store.path(other)))

    with pytest.raises(BundleDamaged, match="was not made of this bundle"):
        store.load(other)


def test_where_there_are_keys_both_bear_signatures(tmp_path: Path, fitted: Fitted) -> None:
    signed = ModelStore(tmp_path / "models", KEYS)
    version = format_1.publish(signed, fitted)
    convert(signed, version)
    place = conversion.path_of(signed.path(version))

    assert signed.load(version).version == version
    (place / SIGNATURE).unlink()
    with pytest.raises(BundleUnsigned, match="conversion of"):
        signed.load(version)
    (signed.path(version) / SIGNATURE).unlink()
    with pytest.raises(BundleUnsigned, match="is not signed"):
        convert(signed, version)


def test_who_signs_a_version_anew_signs_its_conversion(tmp_path: Path, fitted: Fitted) -> None:
    root = tmp_path / "models"
    version = format_1.publish(ModelStore(root), fitted)
    convert(ModelStore(root), version)
    context = Context.of(TrainerSettings(models_dir=root, bundle_signing_key=SecretStr("n" * 32)))
    with pytest.raises(BundleUnsigned):
        context.store.load(version)

    versions.sign(context, version)

    assert context.store.load(version).version == version


def test_the_record_says_of_what_it_was_made(store: ModelStore, fitted: Fitted) -> None:
    version = format_1.publish(store, fitted)
    convert(store, version)

    record: Any = stored_json.read(
        (conversion.path_of(store.path(version)) / conversion.RECORD).read_bytes()
    )

    assert (record["format"], record["version"]) == (1, version)
    assert set(record["files"]) == {"preprocessing.json", TREES, GOLDEN}


def test_a_start_converts_all_of_them_and_changes_nothing_else(
    store: ModelStore, context: Context, fitted: Fitted, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = format_1.publish(store, fitted, seed=1, changes={"model.joblib": b"no pickle"})
    older, active = (format_1.publish(store, fitted, seed=seed) for seed in (2, 3))

    training.train(context, if_none=True, activate=True)

    said = capsys.readouterr().out
    assert said.index(f"{active}: converted from bundle format 1") < said.index(f"{older}: conv")
    assert f"not converted: {broken}" in said
    assert store.active() == active
    assert store.previous() == older
    assert {store.load(version).version for version in (older, active)} == {older, active}
    with pytest.raises(BundleIncompatible):
        store.load(broken)
    training.train(context, if_none=True, activate=True)
    assert f"{active}: converted" not in capsys.readouterr().out


def test_an_active_model_that_cannot_be_converted_fails(
    store: ModelStore, context: Context, fitted: Fitted
) -> None:
    format_1.publish(store, fitted, changes={"model.joblib": b"no pickle"})

    with pytest.raises(PicklesRefused):
        convert_all(context)


def test_verify_names_the_release_that_can(
    store: ModelStore, context: Context, fitted: Fitted
) -> None:
    version = format_1.publish(store, fitted)
    convert(store, version)

    with pytest.raises(NotReproduced, match="run the release that made it"):
        training.verify(context, version)


def test_a_removed_version_takes_its_conversion_along(store: ModelStore, fitted: Fitted) -> None:
    one, _ = (format_1.publish(store, fitted, seed=seed) for seed in (1, 2))
    convert(store, one)

    store.remove(one)

    assert not conversion.path_of(store.path(one)).exists()
    with pytest.raises(BundleMissing):
        bundle.load(store.path(one))


def test_a_store_that_cannot_be_written_is_named(store: ModelStore, fitted: Fitted) -> None:
    version = format_1.publish(store, fitted)
    (store.root / conversion.DIRECTORY).write_text("in the way")

    with pytest.raises(StoreError, match="nothing was kept"):
        convert(store, version)


def test_a_bundle_of_this_format_needs_no_conversion(store: ModelStore, fitted: Fitted) -> None:
    version = publish(store.root, fitted, replace(PROVENANCE, settings={"seed": 9})).name

    with pytest.raises(BundleIncompatible, match="nothing to do"):
        convert(store, version)
