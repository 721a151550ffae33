"""A small file system in memory, to be filled or made read-only."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@contextmanager
def small_volume(megabytes: int) -> Iterator[Path]:
    """Mount a tmpfs; the test is skipped where that is not allowed."""
    with TemporaryDirectory(prefix="faults-") as root:
        Path(root).chmod(0o755)
        path = Path(root) / "volume"
        path.mkdir()
        size = f"size={megabytes}m,mode=755"
        result = _run("mount", "-t", "tmpfs", "-o", size, "none", str(path))
        if result.returncode:
            pytest.skip(f"needs to mount a tmpfs: {result.stderr.strip()}")
        try:
            yield path
        finally:
            _run("umount", "--lazy", str(path))


def set_read_only(path: Path, *, read_only: bool) -> None:
    """Mount it again, read-only or not."""
    mode = "ro" if read_only else "rw"
    result = _run("mount", "-o", f"remount,{mode}", str(path))
    assert result.returncode == 0, result.stderr


@contextmanager
def filled(volume: Path) -> Iterator[None]:
    """Not one byte is free."""
    ballast = volume / "ballast"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fill(descriptor)
        yield
    finally:
        os.close(descriptor)
        ballast.unlink()


def fill(descriptor: int) -> None:
    """Write until the file system takes no more."""
    for size in (1 << 20, 1 << 12, 1):
        block = bytes(size)
        try:
            while os.write(descriptor, block):
                pass
        except OSError:
            continue


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
