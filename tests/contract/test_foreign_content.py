"""Only what bears our marks is ours: the rest of the directory is neither listed nor removed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contract.store import ModelStore
from tests.bundles import PROVENANCE, Fitted, files_of
from trainer import versions
from trainer.context import Context
from trainer.settings import TrainerSettings

NOBODY = 65534


@pytest.fixture
def context(fitted: Fitted, short_dir: Path) -> Context:
    """Three versions, the first of them active."""
    context = Context.of(TrainerSettings(models_dir=short_dir / "models"))
    for seed in (1, 2, 3):
        made = replace(PROVENANCE, settings={"seed": seed})
        context.store.publish(made.version, files_of(fitted, made))
        if seed == 1:
            context.store.activate(made.version)
    return context


def others(context: Context) -> list[Path]:
    found = context.store.versions()
    return [context.store.path(name) for name in found if name != context.store.active()]


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def lost_and_found(root: Path) -> Path:
    (root / "lost+found").mkdir(mode=0o700)
    (root / "lost+found" / "#123").write_text("somebody's")
    return root / "lost+found"


def backup(root: Path) -> Path:
    """Copies of versions, as a person makes them before anything dangerous."""
    for version in ModelStore(root).versions():
        shutil.copytree(root / version, root / "backup" / version)
    return root / "backup"


def copied(root: Path) -> Path:
    return Path(shutil.copytree(root / ModelStore(root).versions()[0], root / "gmsc-good"))


def linked(root: Path) -> Path:
    target = root.parent / "elsewhere"
    shutil.copytree(root / ModelStore(root).versions()[0], target)
    (root / "link").symlink_to(target, target_is_directory=True)
    return root / "link"


def named_badly(root: Path) -> Path:
    (root / "a b\x1b[2J").mkdir()
    return root / "a b\x1b[2J"


@pytest.mark.parametrize("make", [lost_and_found, backup, copied, linked, named_badly])
def test_what_is_not_ours_is_not_listed_and_stays(
    context: Context, make: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before = context.store.versions()
    foreign = make(context.store.root)
    content = tree(foreign)

    versions.show(context)
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert context.store.versions() == before
    versions.prune(context, keep=1)

    assert tree(foreign) == content
    assert len(context.store.versions()) <= 2


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_a_version_that_somebody_keeps_something_in_stays(
    context: Context, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    context.store.activate(others(context)[0].name)
    oldest = others(context)[0]
    match kind:
        case "file":
            (oldest / "notes.txt").write_text("mine")
        case "directory":
            (oldest / "work").mkdir()
        case "link":
            (oldest / "model_card.md").unlink()
            (oldest / "model_card.md").symlink_to("elsewhere")
    content = tree(oldest)

    versions.prune(context, keep=1)

    assert tree(oldest) == content
    assert f"left {oldest}: it is no whole version, or holds other files" in (
        capsys.readouterr().out
    )


def test_a_version_of_another_release_is_pruned(context: Context) -> None:
    """It cannot be read here, and bears our marks."""
    gone = others(context)
    for directory in gone:
        text = (directory / "metadata.json").read_text()
        (directory / "metadata.json").write_text(text.replace('"format": 2', '"format": 9'))

    versions.prune(context, keep=1)

    assert len([directory for directory in gone if directory.exists()]) <= 1


def test_metadata_that_cannot_be_read_are_no_licence_to_remove(context: Context) -> None:
    for directory in others(context):
        (directory / "metadata.json").write_text("{")
    before = tree(context.store.root)

    versions.prune(context, keep=1)

    assert tree(context.store.root) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_without_the_right_to_remove_a_version_stays_whole_and_bears_its_name(
    context: Context,
) -> None:
    root = context.store.root
    root.chmod(0o777)
    before = tree(root)
    code = (
        "import os, sys, pathlib\n"
        "from contract.store import ModelStore, StoreError\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "store = ModelStore(pathlib.Path(sys.argv[1]))\n"
        "try:\n    store.remove(sys.argv[2])\n"
        "except StoreError as error:\n    print(error)\n"
    )

    found = subprocess.run(
        [sys.executable, "-c", code, str(root), others(context)[0].name],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "cannot remove" in found.stdout
    assert tree(root) == before
