"""An environment for each client, since their pins would fight with ours and with each other's."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import uv

from tests.api.service import ROOT

_REQUIREMENTS = ROOT / "requirements" / "clients"
_ENVIRONMENTS = ROOT / ".local" / "clients"
_PROGRAMS = Path(__file__).parent / "programs"
_SECONDS = 140


class Client:
    """A client that others wrote, in its environment; made once and kept in the checkout."""

    def __init__(self, name: str) -> None:
        self.directory = _ENVIRONMENTS / name
        self._name = name
        self._lock = _REQUIREMENTS / f"{name}.txt"

    def install(self) -> None:
        """Make the environment where it is not as the lock says; skips where that cannot be."""
        stamp, wanted = self.directory / ".installed", f"{sys.version}\n{self._lock.read_text()}"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self.directory, ignore_errors=True)
        self._uv("venv", "--quiet", "--python", sys.executable, str(self.directory))
        environment = ["--python", str(self.python)]
        # What the lock leaves out is not to be installed, so nothing is resolved here.
        self._uv("pip", "sync", "--quiet", "--require-hashes", *environment, str(self._lock))
        stamp.write_text(wanted)

    @property
    def python(self) -> Path:
        return self.directory / "bin" / "python"

    def run(self, url: str, request: Any) -> Any:
        """What the client's program answers; both are JSON."""
        program = str(_PROGRAMS / f"{self._name}_program.py")
        done = self.start([str(self.python), program, url], json.dumps(request))
        return json.loads(done.stdout)

    def start(self, command: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the environment to its end; it must succeed."""
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done

    def _uv(self, *arguments: str) -> None:
        command = [uv.find_uv_bin(), *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"{self._name} was not installed within {_SECONDS} seconds")
        if done.returncode != 0:
            # What came is not what the lock says: that is no reason to look away.
            assert "hash mismatch" not in done.stderr.lower(), done.stderr
            reason = " ".join(done.stderr.split())[-300:]
            pytest.skip(f"{self._name} cannot be installed here: {reason}")
