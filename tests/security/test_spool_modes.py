"""Rows on disk are for nobody else's eyes, whatever the umask and whoever made the directory."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.security.spool import good, leave, line, logged, segment, with_log


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(root: Path) -> dict[str, str]:
    found = {}
    for path in [root, *root.rglob("*")]:
        status = path.lstat()
        kind = "directory" if stat.S_ISDIR(status.st_mode) else "file"
        found[str(path)] = f"{kind} {stat.S_IMODE(status.st_mode):o}"
    return found


def test_all_of_the_spool_is_closed(database: Database, tmp_path: Path, umask: None) -> None:
    root = tmp_path / "spool"
    before = os.umask(0o022)
    leave(root, good(line(7.0)[1]), segment(b"{}"))
    os.umask(before)
    seen: dict[str, str] = {}

    def look(log: object) -> bool:
        log._spool.probe()  # type: ignore[attr-defined]
        kept = len(list(root.glob("quarantine/*.txt"))) == 2 and len(list(root.glob("*-*"))) == 1
        if kept:
            seen.update(modes(root))
        return kept

    with_log(database, root, look)

    assert set(seen.values()) == {"directory 700", "file 600"}
    assert any("quarantine/" in name for name in seen)
    assert any(name.endswith("000000000000.seg") for name in seen)


def test_an_open_spool_of_ours_is_closed(database: Database, tmp_path: Path) -> None:
    root = tmp_path / "spool"
    identity, row = line()
    leave(root, good(row))
    root.chmod(0o755)
    (root / "lost+found").mkdir()

    with_log(database, root, lambda log: _probe(log) and logged(database) == {identity})

    assert stat.S_IMODE(root.stat().st_mode) == 0o700


@pytest.mark.parametrize(("mode", "stranger"), [(0o1777, None), (0o2775, None), (0o755, "backup")])
def test_a_directory_that_others_use_too_stays_open(
    database: Database, tmp_path: Path, mode: int, stranger: str | None
) -> None:
    root = tmp_path / "shared"
    root.mkdir()
    root.chmod(mode)
    if stranger:
        (root / stranger).mkdir()

    with_log(database, root, _probe)

    assert stat.S_IMODE(root.stat().st_mode) == mode


def test_a_spool_that_is_a_link_of_the_operator_is_used(database: Database, tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "disk", tmp_path / "spool"
    elsewhere.mkdir(mode=0o755)
    root.symlink_to(elsewhere)
    identity, row = line()
    leave(root, good(row))

    with_log(database, root, lambda log: _probe(log) and logged(database) == {identity})

    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700


def _probe(log: object) -> bool:
    log._spool.probe()  # type: ignore[attr-defined]
    return True
