"""Tests that run side by side: a module stays together, and what is to be alone is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.api.service import ROOT

_MODULE = """
import json, os, time
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range({count}))
{mark}
def test_it_takes_a_while(number, record_property):
    began = time.monotonic()
    time.sleep(0.3)
    span = [os.environ["PYTEST_XDIST_WORKER"], began, time.monotonic()]
    Path(__file__).with_suffix(f".{{number}}").write_text(json.dumps(span))
    record_property("fault", "| a line from a worker |")
"""


def spans(directory: Path, module: str) -> list[Any]:
    """Worker, begin and end of each of the module's tests."""
    return [json.loads(path.read_text()) for path in directory.glob(f"{module}.[0-9]")]


def test_a_module_has_one_worker_and_what_is_alone_has_no_neighbour(tmp_path: Path) -> None:
    alone = "@pytest.mark.alone"
    # The second is still at work when the worker of the first one turns to the third.
    for module, count, mark in (("test_a", 3, ""), ("test_b", 8, ""), ("test_c", 3, alone)):
        (tmp_path / f"{module}.py").write_text(_MODULE.format(count=count, mark=mark))
    outside = {name: text for name, text in os.environ.items() if "PYTEST" not in name}

    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-n", "2", "-p", "tests.conftest"),
            *(str(tmp_path), "--rootdir", str(tmp_path), "-c", "/dev/null"),
        ],
        cwd=ROOT,
        env=outside | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    assert run.stdout.count("| a line from a worker |") == 14
    first, second, third = (spans(tmp_path, module) for module in ("test_a", "test_b", "test_c"))
    for found in (first, second, third):
        assert len({worker for worker, _, _ in found}) == 1
    assert any(overlap(one, other) for one in first for other in second)
    assert third
    assert not any(overlap(one, other) for one in third for other in first + second)


def overlap(one: Any, other: Any) -> bool:
    return bool(one[1] < other[2] and other[1] < one[2])
