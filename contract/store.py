"""The directory of published bundles: whole ones only, and which of them is active."""

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contract import bundle, durable
from contract.bundle import NO_KEYS, Bundle, BundleError, BundleMissing, Files
from contract.signature import SIGNATURE, SigningKeys

_CURRENT = "current"
_HISTORY = ".activated"
_STAGED_CURRENT = ".current-staged"
_STAGING = ".staging-"


class StoreError(BundleError):
    """The directory of bundles cannot be written."""


class ModelStore:
    """`<root>/<version>/`, and `<root>/current`, which names the active version."""

    def __init__(self, root: Path, keys: SigningKeys = NO_KEYS) -> None:
        """Where there are `keys`, what is published is signed, and only what they signed loads."""
        self.root = root
        self.keys = keys

    def path(self, version: str) -> Path:
        """Directory of a version, there or not; BundleMissing where it cannot be one."""
        if not version or version.startswith(".") or "/" in version or version == _CURRENT:
            raise BundleMissing(f"{version!r} is not a version")
        return self.root / version

    def versions(self) -> list[str]:
        """The published versions, sorted by name."""
        if not self.root.is_dir():
            return []
        found = (entry for entry in self.root.iterdir() if entry.is_dir())
        return sorted(entry.name for entry in found if not entry.name.startswith("."))

    def has(self, version: str) -> bool:
        """Whether the version is published."""
        return self.path(version).is_dir()

    def active(self) -> str | None:
        """The active version, None before the first."""
        try:
            return _read_text(self.root / _CURRENT).strip() or None
        except FileNotFoundError:
            return None

    def metadata(self, version: str) -> dict[str, Any]:
        """`bundle.read_metadata` of a version."""
        return bundle.read_metadata(self.path(version), self.keys)

    def check(self, version: str) -> None:
        """`bundle.check` of a version."""
        bundle.check(self.path(version), self.keys)

    def load(self, version: str) -> Bundle:
        """`bundle.load` of a version."""
        return bundle.load(self.path(version), self.keys)

    def activation(self) -> tuple[str | None, object]:
        """The active version, and a mark that changes whenever one is activated.

        Raises OSError where there is none.
        """
        version, found = self.active(), (self.root / _CURRENT).stat()
        return version, (version, found.st_ino, found.st_mtime_ns)

    def publish(self, version: str, files: Files) -> bool:
        """Publish a bundle whole or not at all; False where another trainer was first.

        Raises StoreError, with what was staged removed again.
        """
        target = self.path(version)
        try:
            with self._staging() as staging:
                for name, content in files.items():
                    durable.write(staging / name, content)
                if self.keys:
                    signature = self.keys.sign(files[bundle.METADATA])
                    durable.write(staging / SIGNATURE, signature)
                durable.sync_directory(staging)
                return self._move(staging, target)
        except OSError as error:
            raise StoreError(
                f"cannot write {target}: {error.strerror}; nothing was published: make room there,"
                " or mend the rights, and train again"
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
                signature = bundle.signature_for(directory, self.keys)
                staged = directory / f".{SIGNATURE}"
                staged.unlink(missing_ok=True)
                durable.write(staged, signature)
                staged.replace(directory / SIGNATURE)
                durable.sync_directory(directory)
        except OSError as error:
            raise StoreError(f"cannot sign {directory}: {error.strerror}") from error

    def previous(self) -> str | None:
        """The version that was active before the active one and is still there."""
        try:
            history = _read_text(self.root / _HISTORY).splitlines()
        except FileNotFoundError:
            return None
        active = self.active()
        earlier = [version for version in history if version != active and self._is_there(version)]
        return earlier[-1] if earlier else None

    def remove(self, version: str) -> None:
        """Remove a version that is not active; raises BundleMissing or StoreError."""
        self._require(version)
        # Renamed first: what a killed removal leaves is swept away with the next publication.
        doomed = self.root / f"{_STAGING}{uuid.uuid4().hex}"
        try:
            with self._locked():
                if version == self.active():
                    raise StoreError(f"{version} is the active version: activate another one first")
                self.path(version).rename(doomed)
                shutil.rmtree(doomed)
        except OSError as error:
            raise StoreError(f"cannot remove {self.root / version}: {error.strerror}") from error

    def activate(self, version: str) -> None:
        """Make a published version the active one, atomically.

        Raises BundleMissing or StoreError.
        """
        self._require(version)
        current = self.root / _CURRENT
        try:
            with self._locked():
                self._require(version)  # nobody can remove it any more
                staged = self.root / _STAGED_CURRENT
                staged.unlink(missing_ok=True)
                durable.write(staged, f"{version}\n".encode())
                outgoing = self.active()
                if outgoing is not None and outgoing != version:
                    self._remember(outgoing)
                staged.replace(current)
                durable.sync_directory(self.root)
        except OSError as error:
            raise StoreError(f"cannot write {current}: {error.strerror}") from error

    def _require(self, version: str) -> None:
        if not self.has(version):
            raise BundleMissing(f"there is no bundle {version} in {self.root}")

    def _remember(self, outgoing: str) -> None:
        """Add the version that is about to be replaced to the history.

        The outgoing one, since it was active whatever happens next: a crash before the replacement
        leaves a history that is true. A line that a crash cut stands alone and names nothing.
        """
        with (self.root / _HISTORY).open("a", encoding="utf-8") as history:
            history.write(f"\n{outgoing}\n")
            history.flush()
            os.fsync(history.fileno())

    def _is_there(self, version: str) -> bool:
        try:
            return self.has(version)
        except (BundleMissing, OSError):
            return False  # a line that a crash cut

    def _move(self, staging: Path, target: Path) -> bool:
        try:
            staging.rename(target)
        except OSError:
            # A directory with files cannot be replaced: the other trainer's bundle stands.
            if target.is_dir():
                return False
            raise
        durable.sync_directory(self.root)
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time in the root directory; the kernel lets go of a dead one's lock."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        """A hidden directory that is gone afterwards, as is what a killed trainer left."""
        self.root.mkdir(parents=True, exist_ok=True)
        staging = self.root / f"{_STAGING}{uuid.uuid4().hex}"
        with self._locked():
            self._sweep()
            staging.mkdir()
            mark = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
            # Held while this process lives, whatever ends it: the sign that it is still at work.
            fcntl.flock(mark, fcntl.LOCK_EX)
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            os.close(mark)

    def _sweep(self) -> None:
        """Remove what killed trainers left behind."""
        for staging in self.root.glob(f"{_STAGING}*"):
            try:
                mark = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                continue  # its trainer has just published or removed it
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(staging, ignore_errors=True)
            except BlockingIOError:
                continue
            finally:
                os.close(mark)


def _read_text(path: Path) -> str:
    """What a damaged file holds names no version, and is no reason to fail."""
    return path.read_text(encoding="utf-8", errors="replace")
