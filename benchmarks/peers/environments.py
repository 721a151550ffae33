"""Environments of others' packages, each with exactly what its lock names."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.rig import ROOT

HERE = Path(__file__).parent
_ENVIRONMENTS = ROOT / ".local" / "peers"


def interpreter(name: str) -> str:
    """The interpreter of a peer's own environment, made where it is not there yet."""
    directory = _ENVIRONMENTS / name
    stamp, wanted = directory / ".installed", (HERE / f"{name}.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        sys.stdout.write(f"{name}: installing {version(name)} into {directory.relative_to(ROOT)}\n")
        sys.stdout.flush()
        base = shutil.which("python3.11") or shutil.which("python3.12") or sys.executable
        subprocess.run([base, "-m", "venv", "--clear", str(directory)], check=True)
        pip = [str(directory / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        # The lock names everything; pip would take an extra that it names without for one unpinned.
        lock = ["--no-deps", "--require-hashes", "-r", str(HERE / f"{name}.txt")]
        subprocess.run([*pip, "install", "--quiet", *lock], check=True)
        stamp.write_text(wanted)
    return str(directory / "bin" / "python")


def version(name: str) -> str:
    """The peer and its version, as it is asked for."""
    return (HERE / f"{name}.in").read_text().split()[0]
