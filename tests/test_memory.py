"""What a killed run leaves in memory is given back by the next; what lives is left alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import memory
from tests.api.service import ROOT

_HELD = """
import os, signal, sys
from pathlib import Path
from tests import memory
memory._MEMORY = Path(sys.argv[1])
with memory.server_directory() as path:
    (path / "data").touch()
    print(path, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_only_what_a_dead_run_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(memory, "_MEMORY", tmp_path)
    with memory.server_directory() as living:
        command = [sys.executable, "-c", _HELD, str(tmp_path)]
        killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        left = Path(killed.stdout.strip())
        assert (left / "data").exists()

        with memory.server_directory() as own:
            assert {living, own} == set(tmp_path.iterdir())

    assert list(tmp_path.iterdir()) == []


def test_where_temporary_files_go_elsewhere_it_does_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    with memory.server_directory() as path:
        assert path.parent == tmp_path
