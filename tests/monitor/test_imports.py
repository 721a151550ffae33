"""The monitor starts without what takes longer to load than all of it."""

import subprocess
import sys

PROBE = "import sys, monitor.service; print({'pandas', 'scipy.stats', 'sklearn'} & {*sys.modules})"


def test_the_service_starts_without_libraries_that_it_hardly_needs() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
    )

    assert found.stdout == "set()\n"
