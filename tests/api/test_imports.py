"""What serves a model neither needs nor loads what trained it."""

import json
import subprocess
import sys
from pathlib import Path

PROBE = """
import json, sys
import api.server, contract.bundle, contract.store
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
FOREIGN = {"joblib", "pandas", "pyarrow", "scipy", "sklearn", "threadpoolctl", "treelite"}


def test_the_service_runs_without_the_trainers_libraries() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = set(json.loads(found.stdout))
    assert {"contract", "numpy"} <= loaded
    assert not loaded & FOREIGN


def test_the_images_list_lacks_them() -> None:
    """The lock of the api's image; tests/compose looks into the image itself."""
    lock = Path("requirements/api.txt").read_text(encoding="utf-8").splitlines()
    names = {line.split("==")[0] for line in lock if "==" in line}

    assert {"numpy", "treelite"} <= names
    assert names & FOREIGN == {"treelite"}
