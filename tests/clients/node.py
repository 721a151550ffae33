"""An environment of Node's, for clients that are generated in TypeScript."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.service import ROOT

_SECONDS = 140


class NodeClient:
    """Packages of npm as their lock says; installed once and kept in the checkout."""

    def __init__(self, name: str) -> None:
        self.directory = ROOT / ".local" / "clients" / name
        self._name = name
        self._lock = ROOT / "requirements" / "clients" / name

    def install(self) -> None:
        """Install what is not as the lock says; skips where that cannot be."""
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            pytest.skip(f"{self._name} needs node and npm, which are not installed here")
        wanted = (self._lock / "package-lock.json").read_bytes()
        stamp = self.directory / ".installed"
        if stamp.exists() and stamp.read_bytes() == wanted:
            return
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.copytree(self._lock, self.directory)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            done = self.run(command, self.directory)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{self._name} was not installed within {_SECONDS} seconds")
        if done.returncode != 0:
            # What came is not what the lock says: that is no reason to look away.
            assert "EINTEGRITY" not in done.stderr, done.stderr
            reason = " ".join(done.stderr.split())[-300:]
            pytest.skip(f"{self._name} cannot be installed here: {reason}")
        stamp.write_bytes(wanted)

    def program(self, name: str) -> str:
        """Path of a program that came with the packages."""
        return str(self.directory / "node_modules" / ".bin" / name)

    def run(
        self, command: list[str], directory: Path, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            command,
            cwd=directory,
            input=given,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
