"""On a file system that lacks something the store works, or says what is lacking."""

import errno
import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract import durable
from contract.bundle_errors import BundleMissing
from contract.lease import Lease
from contract.store import ModelStore, StoreError
from tests.bundles import Fitted
from tests.bundles import publish as publish_bundle
from tests.contract.test_store import hidden, publish


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    made = ModelStore(tmp_path / "models")
    publish(made, "one", "two", activate=True)
    return made


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EBADF, errno.EOPNOTSUPP, errno.ENOSYS])
def test_locks_that_a_file_system_does_not_have_are_called_that(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """As NFS answers whose lock service is away; no such file system is at hand here."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(StoreError, match=r"gives no locks .*: keep the models on a local disk"):
        store.activate("one")
    with pytest.raises(StoreError, match=r"gives no locks .*: keep the models on a local disk"):
        publish(store, "three")
    Lease(store.path("one"))
    assert (store.active(), store.versions(), store.previous()) == ("two", ["one", "two"], "one")


def test_no_lock_for_writing_is_taken_on_what_is_open_for_reading(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS answers EBADF to that, and to any lock on a directory."""
    flock = fcntl.flock

    def as_nfs(descriptor: int, operation: int) -> None:
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        if operation & fcntl.LOCK_EX and mode == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", as_nfs)

    publish(store, "three", activate=True)
    store.roll_back("two")
    store.remove("one")
    publish(store, "four")

    assert store.versions() == ["four", "three", "two"]
    assert hidden(store) == {".activated"}


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_directories_that_cannot_be_synced_are_no_reason_to_fail(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(durable, "sync_directory", refuse)

    publish(store, "three", activate=True)

    assert store.active() == "three"


def test_modes_that_a_file_system_does_not_have_are_no_reason_to_fail(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    (store.root / "lock").touch(0o755)
    monkeypatch.setattr(os, "fchmod", refuse)

    store.activate("one")

    assert store.active() == "one"


@pytest.mark.parametrize("name", ["CURRENT", "Current", "LOCK", "lock"])
def test_the_stores_own_names_are_no_versions_in_any_case(store: ModelStore, name: str) -> None:
    with pytest.raises(BundleMissing, match="is not a version"):
        store.activate(name)


@pytest.fixture
def read_only(fitted: Fitted, tmp_path: Path) -> Iterator[ModelStore]:
    """A store on a mount that cannot be written to."""
    root = tmp_path / "models"
    publish_bundle(root, fitted)
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    for command in (
        ["mount", "--bind", str(root), str(mounted)],
        ["mount", "-o", "remount,ro,bind", str(mounted)],
    ):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            subprocess.run(["umount", str(mounted)], capture_output=True, check=False)
            pytest.skip("nothing can be mounted here")
    yield ModelStore(mounted)
    subprocess.run(["umount", str(mounted)], check=True)


def test_a_read_only_store_can_be_read_and_says_that_it_is_one(read_only: ModelStore) -> None:
    (version,) = read_only.versions()

    assert read_only.load(version).version == read_only.active()
    read_only.lease(version)
    with pytest.raises(StoreError, match="it is mounted read-only, which is enough for an api"):
        read_only.activate(version)
    with pytest.raises(StoreError, match="it is mounted read-only, which is enough for an api"):
        publish(read_only, "three")
