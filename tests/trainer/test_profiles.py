"""What a bundle does not say of its held-out rows is made beside it, just as training makes it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from contract import held_out, profiles
from contract.beside import RECORD
from contract.bundle_errors import BundleDamaged, BundleUnsigned
from contract.digest import canonical_json, sha256
from contract.held_out import HELD_OUT, HeldOutRows
from contract.metadata import METADATA
from contract.profile import PROFILE
from contract.signature import SigningKeys
from contract.store import ModelStore
from tests.gmsc import SCHEMA
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.profiles import make_profile
from trainer.sample import make_sample
from trainer.settings import TrainerSettings

KEYS = SigningKeys(["k" * 32])


@pytest.fixture
def context(sample_models: Path, tmp_path: Path) -> Context:
    """A store with a version of the sample, as a release before profiles wrote it."""
    shutil.copytree(sample_models, tmp_path / "models")
    settings = TrainerSettings(models_dir=tmp_path / "models", data_dir=tmp_path)
    context = Context.of(settings)
    directory = directory_of(context)
    metadata = json.loads((directory / METADATA).read_bytes())
    del metadata["files"][PROFILE], metadata["files"][HELD_OUT], metadata["checksum"]
    metadata["checksum"] = sha256(canonical_json(metadata))
    (directory / METADATA).write_text(json.dumps(metadata))
    for name in (PROFILE, HELD_OUT):
        (directory / name).rename(tmp_path / name)
    return context


def directory_of(context: Context) -> Path:
    return context.store.path(context.require_active())


def test_it_is_the_profile_that_training_makes(context: Context, tmp_path: Path) -> None:
    directory = directory_of(context)
    assert profiles.read(directory, SigningKeys()) is None
    assert held_out.read(directory, SigningKeys()) is None
    before = {path.name: path.read_bytes() for path in directory.iterdir()}

    make_profile(context, None)
    make_profile(context, None)

    assert profiles.read(directory, SigningKeys()) == (tmp_path / PROFILE).read_bytes()
    rows = held_out.read(directory, SigningKeys())
    assert rows is not None
    assert rows.to_npz() == (tmp_path / HELD_OUT).read_bytes()
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


def test_it_goes_with_its_version(context: Context) -> None:
    make_profile(context, None)
    directory = directory_of(context)
    (context.store.root / "current").unlink()

    context.store.remove(directory.name)

    for made in (profiles.BESIDE, held_out.BESIDE):
        assert not made.path_of(directory).exists()


def test_what_is_recorded_goes_before_what_is_set(context: Context, tmp_path: Path) -> None:
    settings = context.settings.model_copy(update={"test_share": 0.3})

    make_profile(Context(settings, context.store, context.progress), None)

    assert profiles.read(directory_of(context), SigningKeys()) == (tmp_path / PROFILE).read_bytes()


def test_other_data_makes_none(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = make_sample(SCHEMA)
    fewer = sample.part(np.arange(len(sample)) > 0)
    monkeypatch.setattr("trainer.profiles.load_data", lambda *_, **__: fewer)

    with pytest.raises(TrainerError, match="other data than what is at hand"):
        make_profile(context, None)

    assert profiles.read(directory_of(context), SigningKeys()) is None


def test_a_bundle_that_has_a_profile_gets_the_rows_that_it_lacks(
    context: Context, tmp_path: Path
) -> None:
    directory = directory_of(context)
    metadata = json.loads((directory / METADATA).read_bytes())
    shutil.copy(tmp_path / PROFILE, directory)
    metadata["files"][PROFILE] = sha256((directory / PROFILE).read_bytes())
    del metadata["checksum"]
    metadata["checksum"] = sha256(canonical_json(metadata))
    (directory / METADATA).write_text(json.dumps(metadata))

    make_profile(context, None)

    assert held_out.read(directory, SigningKeys()) is not None
    assert not profiles.BESIDE.path_of(directory).exists()


@pytest.mark.parametrize("name", [PROFILE, RECORD])
def test_what_was_changed_is_refused(context: Context, name: str) -> None:
    make_profile(context, None)
    file = profiles.BESIDE.path_of(directory_of(context)) / name
    content = file.read_bytes()
    file.write_bytes(
        content.replace(b'"rows":3986', b'"rows":3987').replace(b'"format":1', b'"format":2')
    )
    assert file.read_bytes() != content

    with pytest.raises(BundleDamaged, match="trainer profile"):
        profiles.read(directory_of(context), SigningKeys())


def test_rows_that_were_changed_are_refused(context: Context) -> None:
    make_profile(context, None)
    directory = directory_of(context)
    rows = held_out.read(directory, SigningKeys())
    assert rows is not None
    other = HeldOutRows(rows.values, 1 - rows.labels, rows.scores).to_npz()
    (held_out.BESIDE.path_of(directory) / HELD_OUT).write_bytes(other)

    with pytest.raises(BundleDamaged, match="trainer profile"):
        held_out.read(directory, SigningKeys())

    document = (directory / METADATA).read_bytes()
    files = held_out.BESIDE.encode(directory.name, document, b"nothing that numpy wrote")
    for name, content in files.items():
        (held_out.BESIDE.path_of(directory) / name).write_bytes(content)
    with pytest.raises(BundleDamaged, match="no archive"):
        held_out.read(directory, SigningKeys())


def test_with_keys_only_a_signed_one_is_used(context: Context) -> None:
    make_profile(context, None)
    directory = directory_of(context)
    with pytest.raises(BundleUnsigned):
        profiles.read(directory, KEYS)

    signing = ModelStore(context.store.root, KEYS)
    signing.sign(directory.name)
    make_profile(Context(context.settings, signing, context.progress), None)

    assert profiles.read(directory, KEYS) is not None
