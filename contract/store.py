"""The directory of published bundles: whole ones only, and which of them is active."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from contract import (
    bundle,
    bundle_directory,
    bundle_files,
    conversion,
    durable,
    held_out,
    lease,
    lock,
    plain_file,
    profiles,
    staging,
)
from contract.beside import RECORD, Beside
from contract.bundle import Bundle
from contract.bundle_errors import BundleError, BundleMissing
from contract.bundle_files import NO_KEYS, Files
from contract.lease import Lease
from contract.lock import LockError
from contract.metadata import METADATA
from contract.plain_file import NotPlain
from contract.remedy import reason, remedy
from contract.signature import SIGNATURE, SigningKeys
from contract.text import is_name, shown

_CURRENT = "current"
_LOCK = "lock"
_HISTORY = ".activated"

_ID = re.compile(r".+-[0-9a-f]{12}")
_MAX_CURRENT = 2**10
_MAX_HISTORY = 2**24
_MAX_EARLIER = 1000
_MAX_SHOWN = 5

# No version can bear it, and it can be printed.
_NO_VERSION = "\ufffd"


class StoreError(BundleError):
    """The directory of bundles cannot be written."""


class VersionInUse(StoreError):
    """An api serves the version."""


class ModelStore:
    """`<root>/<version>/`, and `<root>/current`, which names the active version."""

    def __init__(self, root: Path, keys: SigningKeys = NO_KEYS) -> None:
        """Where there are `keys`, what is published is signed, and only what they signed loads."""
        self.root = root
        self.keys = keys

    def path(self, version: str) -> Path:
        """Directory of a version, there or not; BundleMissing where it cannot be one."""
        # Also in capitals: there are file systems where those are the same name.
        if not is_name(version) or version.lower() in {_CURRENT, _LOCK}:
            raise BundleMissing(
                f"{shown(version)!r} is not a version: `list` shows those there are"
            )
        return self.root / version

    def versions(self) -> list[str]:
        """The published versions, sorted by name.

        Whatever else lies in the directory, as `lost+found` or somebody's copies, is not ours.
        """
        if not self.root.is_dir():
            return []
        return sorted(entry.name for entry in self.root.iterdir() if self._is_version(entry))

    def has(self, version: str) -> bool:
        """Whether the version is published."""
        path = self.path(version)
        return path.is_dir() and not path.is_symlink()

    def active(self) -> str | None:
        """The active version, None before the first.

        What a damaged file holds names no version, and is no reason to fail.
        """
        try:
            content = plain_file.read(self.root / _CURRENT, _MAX_CURRENT)
        except FileNotFoundError:
            return None
        except NotPlain:
            return _NO_VERSION
        return shown(content.decode(errors="replace").strip()) or None

    def metadata(self, version: str) -> dict[str, Any]:
        """`bundle_files.read_metadata` of a version."""
        return bundle_files.read_metadata(self.path(version), self.keys)

    def check(self, version: str) -> tuple[dict[str, Any], dict[str, bytes]]:
        """`bundle_files.check` of a version."""
        return bundle_files.check(self.path(version), self.keys)

    def instead_of(self, version: str) -> str:
        """Which other versions this process could use, in words, for whoever cannot use that one.

        Their bytes are checked, and nothing is loaded.
        """
        found = []
        for other in self.versions():
            with suppress(BundleError):
                metadata, _ = self.check(other)
                found.append((metadata["created_at"], other))
        newest = [other for _, other in sorted(found, reverse=True) if other != version][
            :_MAX_SHOWN
        ]
        if newest:
            return f"what can be served here, newest first: {', '.join(newest)}; `activate` one"
        return "no other version can be served here: train again"

    def load(self, version: str) -> Bundle:
        """`bundle.load` of a version."""
        return bundle.load(self.path(version), self.keys)

    def lease(self, version: str) -> Lease:
        """Keep a version from being removed, for as long as the lease lives."""
        return Lease(self.path(version))

    def activation(self) -> tuple[str | None, object]:
        """The active version, and a mark that changes whenever one is activated.

        Raises OSError where there is none.
        """
        version, found = self.active(), (self.root / _CURRENT).lstat()
        return version, (version, found.st_ino, found.st_mtime_ns)

    def publish(self, version: str, files: Files) -> bool:
        """Publish a bundle whole or not at all; False where another trainer was first.

        Raises StoreError, with what was staged removed again.
        """
        target = self.path(version)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with self._staging() as staged:
                for name, content in files.items():
                    durable.write(staged / name, content)
                if self.keys:
                    signature = self.keys.sign(files[METADATA])
                    durable.write(staged / SIGNATURE, signature)
                _sync_directory(staged)
                return self._move(staged, target)
        except OSError as error:
            raise StoreError(
                f"cannot write {target}: {error.strerror}; nothing was published: {remedy(error)}"
            ) from error

    def sign(self, version: str) -> None:
        """Sign a published version with the first key, in place of the signature it may have.

        It vouches for what is there; only that it is whole is checked. There must be a key.
        Raises BundleError.
        """
        self._require(version)
        directory = self.path(version)
        try:
            with self._locked():
                signature = bundle_files.signature_for(directory, self.keys)
                staged = directory / f".{SIGNATURE}"
                staged.unlink(missing_ok=True)
                durable.write(staged, signature)
                staged.replace(directory / SIGNATURE)
                _sync_directory(directory)
        except OSError as error:
            raise StoreError(f"cannot sign {directory}: {reason(error)}") from error

    def keep_conversion(self, version: str, files: Files) -> None:
        """Keep what a version of format 1 is served from, in place of what there may be.

        Raises BundleError.
        """
        self._keep_beside(version, conversion.path_of(self.path(version)), files, conversion.RECORD)

    def keep(self, version: str, beside: Beside, content: bytes) -> None:
        """Keep what a version's bundle has none of, in place of what was made of it before.

        Raises BundleError.
        """
        directory = self.path(version)
        files = beside.encode(version, bundle_directory.read(directory, METADATA), content)
        self._keep_beside(version, beside.path_of(directory), files, RECORD)

    def _keep_beside(self, version: str, target: Path, files: Files, signed: str) -> None:
        self._require(version)
        try:
            with self._staging() as staged:
                for name, content in files.items():
                    durable.write(staged / name, content)
                if self.keys:
                    durable.write(staged / SIGNATURE, self.keys.sign(files[signed]))
                _sync_directory(staged)
                target.parent.mkdir(exist_ok=True)
                _put_aside(target, staged.parent / "before")
                staged.rename(target)
                _sync_directory(target.parent)
        except OSError as error:
            raise StoreError(
                f"cannot write {target}: {error.strerror}; nothing was kept: {remedy(error)}"
            ) from error

    def previous(self) -> str | None:
        """The version to which a rollback leads: what was active before, and is still there."""
        earlier = self._earlier()
        return earlier[-1] if earlier else None

    def remove(self, version: str) -> None:
        """Remove a version that is not active, whole or not at all.

        Raises BundleMissing, VersionInUse or another StoreError.
        """
        self._require(version)
        try:
            with self._locked(), lease.withheld(self.path(version)) as is_free:
                if version == self.active():
                    raise StoreError(f"{version} is the active version: activate another one first")
                if not is_free:
                    raise VersionInUse(f"{version} is in use: an api serves it")
                with staging.aside(self.root) as aside:
                    # Refused where its files could not be removed: a directory that gets another
                    # parent must itself be writable. What a killed removal leaves is swept away.
                    self.path(version).rename(aside / "bundle")
                    _put_aside(conversion.path_of(self.path(version)), aside / "conversion")
                    for made in (held_out.BESIDE, profiles.BESIDE):
                        _put_aside(made.path_of(self.path(version)), aside / made.directory)
        except OSError as error:
            raise StoreError(f"cannot remove {self.root / version}: {reason(error)}") from error

    def activate(self, version: str) -> None:
        """Make a published version the active one, atomically; it makes new history.

        Raises BundleMissing or StoreError.
        """
        self._require(version)
        with self.exclusively() as held:
            held.activate(version)

    def roll_back(self, version: str) -> None:
        """Make `previous()` the active one again, and forget what came after it: there is no redo.

        Raises BundleMissing, or StoreError, also where another version is the previous one now.
        """
        self._require(version)
        with self.exclusively() as held:
            held.roll_back(version)

    @contextmanager
    def exclusively(self) -> Iterator["Held"]:
        """Be the only one who publishes, removes or activates, until the end; raises StoreError.

        Whoever else wants to waits so long: what is done meanwhile is to take little time.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(self._locked())
            except OSError as error:
                raise StoreError(f"cannot write {self.root / _CURRENT}: {reason(error)}") from error
            yield Held(self)

    def _write(self, name: str, content: bytes) -> None:
        """Replace a file of the store's own, atomically and durably."""
        staged = self.root / f".{name.removeprefix('.')}-staged"
        staged.unlink(missing_ok=True)
        durable.write(staged, content)
        staged.replace(self.root / name)
        _sync_directory(self.root)

    def _history(self) -> list[str]:
        """What was active, oldest first; a line that a crash cut names nothing."""
        try:
            content = plain_file.read(self.root / _HISTORY, _MAX_HISTORY)
        except (FileNotFoundError, NotPlain):
            return []
        return list(filter(is_name, content.decode(errors="replace").splitlines()))

    def _earlier(self) -> list[str]:
        """What was active before the active version, and is still there, oldest first."""
        active = self.active()
        earlier = list(filter(self._is_there, self._history()))
        while earlier and earlier[-1] == active:
            earlier.pop()
        return earlier

    def _require(self, version: str) -> None:
        if not self.has(version):
            raise BundleMissing(f"there is no bundle {version} in {self.root}")

    def _is_version(self, entry: Path) -> bool:
        """Whether it bears our marks: the form of an id, or the metadata that each bundle has."""
        if not self._is_there(entry.name):
            return False
        if _ID.fullmatch(entry.name):
            return True
        # A copy that somebody made of a version is that person's.
        has_metadata = os.path.lexists(entry / METADATA)
        return has_metadata and bundle_files.named(entry) in {None, entry.name}

    def _is_there(self, version: str) -> bool:
        try:
            return self.has(version)
        except (BundleMissing, OSError):
            return False  # a line that a crash cut

    def _move(self, staged: Path, target: Path) -> bool:
        try:
            staged.rename(target)
        except OSError:
            # A directory with files cannot be replaced: the other trainer's bundle stands.
            if target.is_dir():
                return False
            raise
        _sync_directory(self.root)
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time in the root directory; raises StoreError or OSError."""
        try:
            with lock.held(self.root / _LOCK):
                yield
        except LockError as error:
            raise StoreError(str(error)) from error

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        """A directory aside for a bundle; what a killed trainer left goes first."""
        with ExitStack() as stack:
            with self._locked():
                staging.sweep(self.root)
                aside = stack.enter_context(staging.aside(self.root))
            content = aside / "bundle"
            content.mkdir()
            yield content


class Held:
    """The store while nobody else changes it: what is active stays so, but for what is done."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store

    def active(self) -> str | None:
        """The active version, None before the first."""
        return self._store.active()

    def activate(self, version: str) -> None:
        """As `ModelStore.activate`."""
        store = self._store
        store._require(version)
        with self._writing():
            outgoing = store.active()
            if outgoing is not None and outgoing != version and is_name(outgoing):
                # Before the replacement: it was active whatever happens next. Where a crash keeps
                # it active, the history ends with it, and whoever reads it looks beyond.
                earlier = [*store._history(), outgoing][-_MAX_EARLIER:]
                store._write(_HISTORY, _lines(earlier))
            store._write(_CURRENT, _lines([version]))

    def roll_back(self, version: str) -> None:
        """As `ModelStore.roll_back`."""
        store = self._store
        store._require(version)
        with self._writing():
            earlier = store._earlier()
            if earlier[-1:] != [version]:
                raise StoreError(f"{version} is not the previous version any more: see `list`")
            store._write(_CURRENT, _lines([version]))
            # After the replacement: a crash before it leaves the version at the history's end,
            # where it counts for nothing while it is active.
            store._write(_HISTORY, _lines(earlier[:-1]))

    def back_to(self, version: str) -> None:
        """Make a version active again: as `roll_back` where it was the last one before."""
        if self._store.previous() == version:
            self.roll_back(version)
        else:
            self.activate(version)

    def came_after(self, version: str, other: str) -> bool:
        """Whether, of the two, `version` was made active later, as far as the history tells."""
        for name in [self.active(), *reversed(self._store._history())]:
            if name in (version, other):
                return name == version
        return False

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            current = self._store.root / _CURRENT
            raise StoreError(f"cannot write {current}: {reason(error)}") from error


def _put_aside(directory: Path, aside: Path) -> None:
    with suppress(FileNotFoundError):
        directory.rename(aside)


def _lines(versions: list[str]) -> bytes:
    return "".join(f"{version}\n" for version in versions).encode()


def _sync_directory(path: Path) -> None:
    """`durable.sync_directory`, where the file system has that: SMB and VirtualBox do not."""
    try:
        durable.sync_directory(path)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
