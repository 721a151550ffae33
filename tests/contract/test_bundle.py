"""A bundle is what its trainer published, or it is refused with the reason; nothing is unpickled.

In most tests the bundle holds a mine: a pickle that leaves a mark when it is loaded.
"""

import json
import os
import pickle
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract import bundle, bundle_files, provenance
from contract.bundle_errors import (
    BundleDamaged,
    BundleError,
    BundleIncompatible,
    BundleMissing,
    GoldenMismatch,
)
from contract.digest import canonical_json, sha256
from contract.metadata import FORMAT, METADATA, PICKLES, PREPROCESSING, TREES, USED
from tests.bundles import PROVENANCE, Fitted, files_of, fit
from tests.gmsc import SCHEMA

Damage = Callable[[Path], Path | None]


class Mine:
    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._mark),)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "unpickled"


@pytest.fixture
def mined(bundle_dir: Path, mark: Path) -> Iterator[Path]:
    """A bundle, right in every hash, whose pickles nobody may open."""
    for name in PICKLES:
        write(bundle_dir, name, pickle.dumps(Mine(mark)))
    yield bundle_dir
    assert not mark.exists()


def rewrite(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Edit the metadata and give them the checksum that belongs to the edition."""
    path = directory / METADATA
    metadata = json.loads(path.read_text())
    del metadata["checksum"]
    change(metadata)
    metadata["checksum"] = sha256(canonical_json(metadata))
    path.write_text(json.dumps(metadata))


def write(directory: Path, name: str, content: bytes) -> None:
    """Replace a file and the hash that the metadata give for it."""
    (directory / name).write_bytes(content)
    rewrite(directory, lambda metadata: metadata["files"].update({name: sha256(content)}))


def renamed(directory: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Edit the metadata so that version, directory and checksum agree with each other."""
    rewrite(directory, change)
    metadata = json.loads((directory / METADATA).read_text())
    version = provenance.version_of(metadata)
    rewrite(directory, lambda metadata: metadata.update(version=version))
    return directory.rename(directory.with_name(version))


def edit(directory: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = directory / name
    path.write_bytes(change(path.read_bytes()))


def test_a_whole_bundle_is_what_was_encoded(bundle_dir: Path, fitted: Fitted) -> None:
    loaded = bundle.load(bundle_dir)

    assert (loaded.version, loaded.schema, loaded.threshold, loaded.is_sample) == (
        bundle_dir.name,
        SCHEMA,
        0.25,
        False,
    )
    expected = fitted.scorer.score(fitted.rows)
    assert loaded.scorer.score(fitted.rows).tobytes() == expected.tobytes()


def test_the_mine_is_live(mined: Path, mark: Path) -> None:
    """Else the tests below prove nothing."""
    pickle.loads((mined / PICKLES[0]).read_bytes())

    assert mark.exists()
    mark.rmdir()


def test_what_is_for_notebooks_is_not_opened(mined: Path) -> None:
    assert bundle.load(mined).version == mined.name


@pytest.mark.parametrize("name", [*USED, *PICKLES, "model_card.md"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda content: content[:-1], id="cut by a byte"),
        pytest.param(lambda content: content[:0], id="emptied"),
        pytest.param(lambda content: content + b"\n", id="longer"),
        pytest.param(lambda content: bytes([content[0] ^ 1]) + content[1:], id="one bit changed"),
    ],
)
def test_a_file_that_was_changed_is_refused(
    mined: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    edit(mined, name, change)

    with pytest.raises(BundleDamaged, match=f"{name} is not the file that was published"):
        bundle.load(mined)


def test_a_file_of_another_version_is_refused(mined: Path) -> None:
    """Whole trees, of another model."""
    (mined / TREES).write_bytes(fit(seed=8).trees)

    with pytest.raises(BundleDamaged, match=r"model\.treelite is not the file"):
        bundle.load(mined)


def test_two_files_that_were_swapped_are_refused(bundle_dir: Path) -> None:
    one, other = (bundle_dir / name for name in (PREPROCESSING, TREES))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)

    with pytest.raises(BundleDamaged, match="is not the file"):
        bundle.load(bundle_dir)


@pytest.mark.parametrize("name", [*USED, *PICKLES, METADATA])
def test_a_missing_file_is_named(mined: Path, name: str) -> None:
    (mined / name).unlink()

    with pytest.raises(BundleDamaged, match=f"lacks {name}: restore it, or remove"):
        bundle.load(mined)


def test_a_missing_bundle_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="there is no bundle gmsc-1"):
        bundle.load(tmp_path / "gmsc-1")


@pytest.mark.parametrize("name", USED)
def test_metadata_must_list_every_required_file(mined: Path, name: str) -> None:
    metadata = bundle_files.read_metadata(mined)
    del metadata["files"][name]

    with pytest.raises(BundleDamaged, match=f"lists no {name}"):
        bundle_files.read_files(mined, metadata)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace(b'"value": 0.25', b'"value": 0.26'), id="threshold"),
        pytest.param(lambda text: text.replace(b'"auc": 0.9', b'"auc": 0.91'), id="metric"),
        pytest.param(lambda text: text.replace(b"random rows", b"real rows"), id="source"),
    ],
)
def test_metadata_that_were_edited_are_refused(
    mined: Path, change: Callable[[bytes], bytes]
) -> None:
    before = (mined / METADATA).read_bytes()
    (mined / METADATA).write_bytes(change(json.dumps(json.loads(before)).encode()))

    with pytest.raises(BundleDamaged, match="was edited or cut"):
        bundle.load(mined)


def test_metadata_in_another_layout_are_the_same(bundle_dir: Path) -> None:
    edit(bundle_dir, METADATA, lambda text: json.dumps(json.loads(text)).encode())

    assert bundle.load(bundle_dir).version == bundle_dir.name


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b"{}", b'"text"', b"\xff\xfe", b'{"checksum": ""}', b"[" * 100_000],
)
def test_what_is_no_metadata_is_refused(mined: Path, text: bytes) -> None:
    (mined / METADATA).write_bytes(text)

    with pytest.raises(BundleDamaged, match="is not a bundle's metadata"):
        bundle.load(mined)


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"\\ud800"'])
def test_metadata_with_what_is_no_json_are_refused(mined: Path, value: str) -> None:
    edit(mined, METADATA, lambda text: text.replace(b"0.25", value.encode()))

    with pytest.raises(BundleDamaged, match="is not a bundle's metadata"):
        bundle.load(mined)


@pytest.mark.parametrize("part", ["dataset", "data", "settings", "libraries", "files"])
def test_metadata_without_a_part_of_the_version_are_refused(mined: Path, part: str) -> None:
    rewrite(mined, lambda metadata: metadata.pop(part))

    with pytest.raises(BundleDamaged, match="is not a bundle's metadata"):
        bundle.load(mined)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda of: of["data"].update(sha256="1" * 64), id="data"),
        pytest.param(lambda of: of["data"].update(is_sample=True), id="sample"),
        pytest.param(lambda of: of["settings"].update(seed=1), id="settings"),
        pytest.param(lambda of: of["libraries"].update(numpy="0"), id="libraries"),
        pytest.param(lambda of: of.update(dataset="other"), id="data set"),
        pytest.param(lambda of: of.update(version="gmsc-000000000000"), id="version"),
    ],
)
def test_an_edited_ingredient_does_not_fit_the_version(
    mined: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    """Even where the checksum was computed again."""
    rewrite(mined, change)

    with pytest.raises(BundleDamaged, match="holds what belongs to version"):
        bundle.load(mined)


def test_a_renamed_directory_is_refused(mined: Path) -> None:
    with pytest.raises(BundleDamaged, match=f"gmsc-mine holds what belongs to.*{mined.name}"):
        bundle.load(mined.rename(mined.with_name("gmsc-mine")))


def test_a_copied_directory_is_refused(mined: Path) -> None:
    copy = shutil.copytree(mined, mined.with_name("gmsc-copy"))

    with pytest.raises(BundleDamaged, match="holds what belongs to version"):
        bundle.load(copy)


@pytest.mark.parametrize("library", provenance.LIBRARIES)
def test_a_bundle_of_other_libraries_is_served(mined: Path, library: str) -> None:
    """They made the model; what scores is bound to the format."""
    other = renamed(mined, lambda metadata: metadata["libraries"].update({library: "0.24"}))

    assert bundle.load(other).metadata["libraries"][library] == "0.24"


@pytest.mark.parametrize("number", [0, FORMAT + 1, None, "1", "2", [2]])
def test_another_format_is_refused_by_its_number(mined: Path, number: object) -> None:
    other = renamed(mined, lambda metadata: metadata.update(format=number))

    words = re.escape(f"has bundle format {number}, this service reads")

    with pytest.raises(BundleIncompatible, match=words):
        bundle.load(other)


def test_a_changed_schema_does_not_fit_the_version(mined: Path) -> None:
    """Even where its hash and the checksum were computed again."""
    other = replace(SCHEMA, title="Another").to_json()
    write(mined, "schema.json", other)

    with pytest.raises(BundleDamaged, match="holds what belongs to version"):
        bundle.load(mined)


def test_what_is_no_schema_is_refused(mined: Path) -> None:
    content = b'{"key": "gmsc"}'
    (mined / "schema.json").write_bytes(content)
    other = renamed(mined, lambda of: of["files"].update({"schema.json": sha256(content)}))

    with pytest.raises(BundleDamaged, match=r"schema\.json: not a data set declaration"):
        bundle.load(other)


def test_another_golden_score_is_refused(bundle_dir: Path) -> None:
    """Where every hash agrees: this is what a machine that computes otherwise would see."""
    document = json.loads((bundle_dir / "golden.json").read_bytes())
    document["cases"][7]["probability"] = np.nextafter(document["cases"][7]["probability"], 1)
    write(bundle_dir, "golden.json", canonical_json(document))

    with pytest.raises(GoldenMismatch, match=r"golden row 7: .* this machine scores otherwise"):
        bundle.load(bundle_dir)


def test_a_file_that_cannot_be_read_is_a_bundle_error(mined: Path) -> None:
    (mined / "golden.json").unlink()
    (mined / "golden.json").mkdir()

    with pytest.raises(BundleError, match=r"golden\.json"):
        bundle.load(mined)


def test_a_bundle_says_what_made_it(bundle_dir: Path) -> None:
    metadata = bundle_files.read_metadata(bundle_dir)

    assert metadata["version"] == PROVENANCE.version
    assert metadata["schema_version"] == "gmsc/1"
    assert metadata["libraries"] == provenance.installed_libraries()
    assert metadata["data"]["sha256"] == "0" * 64
    assert set(metadata["files"]) == {*USED, "model_card.md"}


def test_what_cannot_stand_in_json_is_not_encoded(fitted: Fitted) -> None:
    """No bundle is published that its own reader would refuse."""
    with pytest.raises(ValueError, match="JSON"):
        files_of(fitted, replace(PROVENANCE, settings={"share": float("nan")}))
