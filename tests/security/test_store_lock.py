"""Who may only read the models cannot keep the trainer from publishing and activating."""

import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract import lock
from contract.lock import LockError
from contract.store import ModelStore, StoreError
from tests.contract.test_store import publish

NOBODY = 65534

# Python itself may be out of another user's reach: it is started first.
AS_NOBODY = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"

# Locks everything below a directory that it can open, says so, and keeps it.
GREEDY = f"""
import fcntl, os, pathlib, sys
{AS_NOBODY}
held = []
root = pathlib.Path(sys.argv[1])
for path in [root, *root.rglob("*")]:
    try:
        held.append(os.open(path, os.O_RDONLY))
        fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pass
print("locked", len(held), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(short_dir: Path) -> ModelStore:
    """As an ordinary umask leaves it: everybody may read."""
    made = ModelStore(short_dir / "models")
    publish(made, "one", "two", activate=True)
    made.root.chmod(0o755)
    return made


@contextmanager
def greedy(root: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", GREEDY, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("locked")
    try:
        yield
    finally:
        process.communicate("", timeout=20)


@pytest.mark.timeout(60)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_who_locks_all_he_can_open_stops_nothing(store: ModelStore) -> None:
    with greedy(store.root):
        publish(store, "three", activate=True)
        store.activate("one")
        store.remove("three")

    assert (store.active(), store.versions()) == ("one", ["one", "two"])


@pytest.mark.parametrize("left", [None, 0o600, 0o644])
def test_nobody_can_open_the_lock_to_read(tmp_path: Path, left: int | None) -> None:
    """Whatever a killed process, a copy or `chmod -R` left."""
    path = tmp_path / "lock"
    if left is not None:
        path.touch()
        path.chmod(left)

    with lock.held(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o200

    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(60)
def test_a_lock_on_the_directory_is_none_of_ours(store: ModelStore) -> None:
    descriptor = os.open(store.root, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        store.activate("one")
    finally:
        os.close(descriptor)

    assert store.active() == "one"


def test_waiting_in_vain_names_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with lock.held(path), pytest.raises(LockError) as refused, lock.held(path, wait=0.1):
        pass

    assert f"is held by process {os.getpid()} on {os.uname().nodename} (" in str(refused.value)
    assert "wait until it has ended, or stop it" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\x1b[2J\xff\0", b"x" * 10_000])
def test_a_holder_that_says_nonsense_is_quoted_harmlessly(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lock"

    with lock.held(path):
        (tmp_path / ".lock-holder").write_bytes(content)
        with pytest.raises(LockError) as refused, lock.held(path, wait=0):
            pass

    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1500 + len(str(path))


def test_a_lock_that_was_removed_while_held_locks_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with lock.held(path):
        path.unlink()
        with lock.held(path, wait=1):
            pass


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_what_is_no_file_is_no_lock(store: ModelStore, tmp_path: Path, kind: str) -> None:
    """A link would let the trainer open, and cut, a file of another's choice."""
    path, victim = store.root / "lock", tmp_path / "victim"
    victim.write_text("untouched")
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(victim)

    with pytest.raises(StoreError, match="is not a regular file: remove it"):
        store.activate("one")

    assert victim.read_text() == "untouched"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_lock_of_another_user_is_named_as_such(store: ModelStore) -> None:
    store.root.chmod(0o777)
    (store.root / "lock").touch(0o200)
    code = (
        "import os, sys, pathlib; from contract.store import ModelStore\n"
        f"{AS_NOBODY}\n"
        "ModelStore(pathlib.Path(sys.argv[1])).activate('one')"
    )

    found = subprocess.run(
        [sys.executable, "-c", code, str(store.root)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{store.root / 'lock'} belongs to another user (number 0): run the trainer as that" in (
        found.stderr
    )


def test_a_store_of_the_release_before_goes_on(store: ModelStore) -> None:
    """Its trainer may have been killed with a directory staged."""
    abandoned = store.root / ".staging-0123456789abcdef0123456789abcdef"
    abandoned.mkdir()
    (abandoned / "metadata.json").write_bytes(b"half")

    publish(store, "three", activate=True)

    assert store.active() == "three"
    assert not abandoned.exists()


def test_readers_need_no_lock(store: ModelStore) -> None:
    started = time.monotonic()

    with lock.held(store.root / "lock"):
        assert store.active() == "two"
        assert store.versions() == ["one", "two"]
        assert store.previous() == "one"

    assert time.monotonic() - started < 5


def test_one_at_a_time_of_many(tmp_path: Path) -> None:
    """Though each removes the file when it lets go, and the next one may hold the removed one."""
    path, inside, most = tmp_path / "lock", list[int](), list[int]()

    def work(number: int) -> None:
        for _ in range(50):
            with lock.held(path):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert (len(most), max(most)) == (400, 1)


@pytest.fixture
def mounted(store: ModelStore, tmp_path: Path) -> Iterator[Path]:
    """The store as an api sees it: read-only, and as the trainer's own user."""
    for path in (store.root, *store.root.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    target = store.root.parent / "mounted"
    target.mkdir()
    for command in (
        ["mount", "--bind", str(store.root), str(target)],
        ["mount", "-o", "remount,ro,bind", str(target)],
    ):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            subprocess.run(["umount", str(target)], capture_output=True, check=False)
            pytest.skip("nothing can be mounted here")
    yield target
    subprocess.run(["umount", str(target)], check=True)


@pytest.mark.timeout(60)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_the_trainers_own_user_over_a_read_only_mount_stops_nothing(
    store: ModelStore, mounted: Path
) -> None:
    """The images' users have one number: who owns the lock must not be able to open it there."""
    code = (
        "import os, sys, pathlib; from contract.store import ModelStore\n"
        f"{AS_NOBODY}\n"
        "ModelStore(pathlib.Path(sys.argv[1])).activate('one')"
    )

    (store.root / "lock").touch(0o200)  # a killed trainer's
    os.chown(store.root / "lock", NOBODY, NOBODY)
    with greedy(mounted):
        subprocess.run([sys.executable, "-c", code, str(store.root)], check=True, timeout=25)

    assert store.active() == "one"
