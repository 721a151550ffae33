"""A run of the tests that is stopped leaves no server behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.processes import wait_until
from tests.local.run import ROOT, processes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_and_no_directory_is_left(short_dir: Path, number: signal.Signals) -> None:
    test = short_dir / "test_waiting.py"
    test.write_text(
        "import time\n"
        "from tests.conftest import postgres\n"
        "def test_it_waits(postgres):\n"
        "    print('started', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "pytest", "-s", "-p", "tests.conftest", str(test)]
    with subprocess.Popen(
        [*command, "--rootdir", str(short_dir), "-c", "/dev/null"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(short_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert any("started" in line for line in run.stdout), "it ended before it started"
        (server,) = short_dir.glob("mlops-*/server")
        assert processes(server)

        run.send_signal(number)
        run.stdout.read()

    wait_until(lambda: not processes(server), seconds=30, what="the server ends")
    assert number == signal.SIGKILL or not server.exists()
