"""A score is the same double on processors with and without fused multiply-add and wide vectors.

The processor is this one: the C library and numpy are told that it lacks what it has.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import treelite.sklearn

from tests import bundles

ROOT = Path(__file__).parents[2]
SCORES = """
import hashlib, math, sys
from pathlib import Path
import numpy as np
from contract.link import Link
from contract.sigmoid import sigmoid, sigmoids
from contract.trees import Trees

folder = Path(sys.argv[1])
trees = Trees.from_bytes((folder / "model.treelite").read_bytes())
inputs = np.load(folder / "inputs.npy")
link = Link(-0.3718281828, 1.0821)
margins = np.concatenate((trees.margins(inputs), np.load(folder / "margins.npy")))
rows = np.array([trees.margin_row(row) for row in inputs.tolist()])
for values in (
    sigmoids(margins),
    np.array([sigmoid(margin) for margin in margins.tolist()]),
    link.probabilities(margins),
    np.array([link.probability(margin) for margin in margins.tolist()]),
    rows,
    np.array([math.exp(margin) for margin in margins.tolist()]),
):
    print(hashlib.sha256(values.tobytes()).hexdigest())
"""
WITHOUT_FUSED = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"}
WITHOUT_VECTORS = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(
        np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    )
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scores")
    fitted = bundles.fit()
    model = treelite.sklearn.import_model(fitted.model)
    (folder / "model.treelite").write_bytes(model.serialize_bytes())
    np.save(folder / "inputs.npy", fitted.preprocessing.transform(bundles.random_rows(2000, 3)))
    generator = np.random.default_rng(4)
    np.save(
        folder / "margins.npy",
        np.concatenate([generator.normal(0, scale, 50_000) for scale in (0.1, 3, 100)]),
    )
    return folder


@pytest.fixture(scope="module")
def here(folder: Path) -> list[str]:
    return _digests(folder, {})


@pytest.mark.parametrize(
    "environment", [WITHOUT_FUSED, WITHOUT_VECTORS, WITHOUT_FUSED | WITHOUT_VECTORS]
)
def test_a_score_has_the_same_bits_on_a_lesser_processor(
    folder: Path, here: list[str], environment: dict[str, str]
) -> None:
    both, rows, linked, linked_rows, margins, _ = _digests(folder, environment)

    assert [both, rows, linked, linked_rows, margins] == here[:5]
    assert both == rows
    assert linked == linked_rows != both


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or " fma " not in Path("/proc/cpuinfo").read_text(),
    reason="this C library has but one exp() for this processor",
)
def test_the_exp_of_the_c_library_differs_there(folder: Path, here: list[str]) -> None:
    """Else the test above would show nothing."""
    assert _digests(folder, WITHOUT_FUSED)[-1] != here[-1]


def _digests(folder: Path, environment: dict[str, str]) -> list[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", SCORES, folder],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
