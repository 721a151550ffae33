"""Only what bears our marks is ours: everything else in the spool is left as it is."""

import os
import socket
import stat
from contextlib import chdir
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.security.spool import good, leave, line, logged, with_log

OTHER = "0190abcd-0000-7000-8000-00000000abcd"


def snapshot(root: Path) -> dict[str, tuple[int, int, int, bytes | str]]:
    """Every name below `root`: inode, mode, time of change, content or target."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content: bytes | str = ""
        if path.is_symlink():
            content = str(path.readlink())
        elif stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        found[str(path.relative_to(root))] = (
            *(status.st_ino, status.st_mode, status.st_mtime_ns),
            content,
        )
    return found


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """A spool with what file systems, people and their tools leave."""
    root = tmp_path / "spool"
    for name in (
        *("lost+found", "backup", ".snapshot", ".Trash-1000", ".git", "2026-11-26", "tmp.d1"),
        *(OTHER.upper(), f"{OTHER}.bak", f".{OTHER}.swp", "agains"),
    ):
        (root / name).mkdir(parents=True)
        (root / name / "000000000000.seg").write_bytes(good(line()[1]))
        (root / name / "notes").write_text("of somebody")
    (root / "empty").mkdir()
    (root / ".empty").mkdir()
    (root / "README").write_text("of somebody")
    (root / "000000000000.seg").write_bytes(good(line()[1]))
    return root


@pytest.mark.usefixtures("strangers")
def test_what_is_not_ours_is_left_alone_and_named_once(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "spool"
    before = snapshot(root)
    identity, row = line()
    drained = leave(root, good(row))

    with_log(database, root, lambda _: not drained.exists())

    assert logged(database) == {identity}
    assert snapshot(root) == before
    said = [item.getMessage() for item in caplog.records if "not ours" in item.getMessage()]
    assert len(said) == 1
    assert "'backup'" in said[0]
    assert "'lost+found'" in said[0]
    assert not [item for item in caplog.records if "cannot drain" in item.getMessage()]


@pytest.mark.parametrize("hidden", [".config", ".snapshot", f".{OTHER}", ".a.b"])
def test_a_hidden_directory_leaves_the_spool_usable(
    database: Database, tmp_path: Path, hidden: str
) -> None:
    (tmp_path / hidden).mkdir()
    (tmp_path / hidden / "notes").write_text("of somebody")
    before = snapshot(tmp_path)

    with_log(database, tmp_path, _spooled)

    assert snapshot(tmp_path) == before


def test_what_lies_between_our_files_is_left_and_our_rows_are_stored(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    identity, row = line()
    directory = leave(tmp_path, good(row))
    (directory / "notes.txt").write_text("of somebody")
    (directory / "copy of 000000000000.seg").write_bytes(good(line()[1]))
    (directory / "sub").mkdir()

    with_log(database, tmp_path, lambda _: not (directory / "LOCK").exists())
    with_log(database, tmp_path, lambda log: log.status().state == "normal")

    assert logged(database) == {identity}
    left = {path.name for path in directory.iterdir()}
    assert left == {"notes.txt", "copy of 000000000000.seg", "sub"}
    assert not [item for item in caplog.records if "cannot drain" in item.getMessage()]


@pytest.mark.parametrize("kind", ["pipe", "socket", "link", "dangling", "directory", "device"])
@pytest.mark.parametrize("place", ["segment", "LOCK"])
def test_a_name_that_is_no_file_is_neither_followed_nor_waited_for(
    database: Database, short_dir: Path, kind: str, place: str
) -> None:
    outside = short_dir / "outside"
    outside.write_bytes(good(line()[1]))
    root = short_dir / "spool"
    identity, row = line()
    directory = leave(root, good(row))
    strange = directory / ("000000000001.seg" if place == "segment" else "LOCK")
    strange.unlink(missing_ok=True)
    _make(kind, strange, outside)
    other, beside = line()
    leave(root, good(beside))
    before = outside.read_bytes(), outside.stat().st_mtime_ns, outside.stat().st_mode
    expected = {other} if place == "LOCK" else {identity, other}

    with_log(database, root, lambda _: logged(database) == expected)

    assert (outside.read_bytes(), outside.stat().st_mtime_ns, outside.stat().st_mode) == before
    assert os.path.lexists(strange)


def test_links_to_directories_are_not_gone_through(database: Database, tmp_path: Path) -> None:
    outside = leave(tmp_path / "outside", good(line()[1]))
    root = tmp_path / "spool"
    root.mkdir()
    (root / OTHER).symlink_to(outside)
    (root / "again").symlink_to(outside)
    before = snapshot(tmp_path / "outside")

    with_log(database, root, _spooled)

    assert snapshot(tmp_path / "outside") == before
    assert logged(database) == set()


def test_a_quarantine_that_is_a_link_is_not_written_through(
    database: Database, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "spool"
    directory = leave(root, good(line(7.0)[1]))
    (root / "quarantine").symlink_to(outside)
    identity, row = line()
    leave(root, good(row))

    with_log(database, root, lambda _: logged(database) == {identity})

    assert list(outside.iterdir()) == []
    assert list(directory.glob("*.seg"))


def test_a_directory_that_is_closed_to_us_holds_up_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root nothing is closed: the system call is made to refuse."""
    closed = leave(tmp_path, good(line()[1]))
    identity, row = line()
    leave(tmp_path, good(row))
    scandir = os.scandir

    def refusing(path: os.PathLike[str] | str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)

    with_log(database, tmp_path, lambda _: logged(database) == {identity})

    monkeypatch.undo()
    assert {path.name for path in closed.iterdir()} == {"LOCK", "000000000000.seg"}


def _spooled(log: object) -> bool:
    """The spool can be written: a directory of its own was made."""
    log._spool.probe()  # type: ignore[attr-defined]
    return bool(log.status().state == "normal")  # type: ignore[attr-defined]


def _make(kind: str, path: Path, outside: Path) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        # By its name alone: the address of a socket is short, and pytest's directories are not.
        with socket.socket(socket.AF_UNIX) as server, chdir(path.parent):
            server.bind(path.name)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        if os.geteuid() != 0:
            pytest.skip("needs root: a device")
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    else:
        path.symlink_to(outside if kind == "link" else outside.with_name("nothing"))
