"""A run of the tests that is stopped leaves no server and no service behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.processes import wait_until
from tests.local.run import ROOT, processes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("workers", [0, 1])
def test_no_server_and_no_directory_is_left(
    short_dir: Path, workers: int, number: signal.Signals
) -> None:
    test, started = short_dir / "test_waiting.py", short_dir / "started"
    test.write_text(
        "import time\n"
        "from pathlib import Path\n"
        "from tests.api.service import Service\n"
        "from tests.conftest import postgres\n"
        "def test_it_waits(postgres, tmp_path):\n"
        "    service = Service(tmp_path, {})\n"
        "    service.launch('-c', 'import time; time.sleep(300)', str(tmp_path))\n"
        f"    Path({str(started)!r}).touch()\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "pytest", "-n", str(workers), "-p", "tests.conftest"]
    # A worker's environment names the run that this test belongs to.
    outside = {name: text for name, text in os.environ.items() if "PYTEST" not in name}
    with subprocess.Popen(
        [*command, str(test), "--rootdir", str(short_dir), "-c", "/dev/null"],
        cwd=ROOT,
        env=outside | {"TMPDIR": str(short_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        wait_until(
            lambda: started.exists() or run.poll() is not None, seconds=60, what="the test starts"
        )
        (server,) = short_dir.glob("mlops-*/server")
        assert processes(server)

        run.send_signal(number)
        run.communicate()

    wait_until(lambda: not processes(short_dir), seconds=30, what="all that it started ends")
    assert number == signal.SIGKILL or not server.exists()
