"""`make venv`: what is broken in .venv is mended, or named with its remedy."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.local.run import ROOT

BASE = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose lock holds one small package, which lies beside it."""
    checkout = tmp_path / "a checkout"
    (checkout / "local").mkdir(parents=True)
    (checkout / "requirements").mkdir()
    shutil.copy(ROOT / "Makefile", checkout)
    shutil.copy(ROOT / "local" / "venv.py", checkout / "local")
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    _write_wheel(wheel)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (checkout / "requirements" / "all.txt").write_text(
        f"tiny @ {wheel.as_uri()} \\\n    --hash=sha256:{digest}\n"
        "other==1.0 ; sys_platform == 'none' \\\n    --hash=sha256:00\n"
    )
    return checkout


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip and nothing else, made once: it takes seconds."""
    path = tmp_path_factory.mktemp("bare") / ".venv"
    venv.create(path, with_pip=True)
    return path


def make_venv(
    checkout: Path, *, python: str | Path = BASE, **environment: str
) -> subprocess.CompletedProcess[str]:
    own = {"PATH": os.environ["PATH"], "HOME": str(checkout), "PIP_NO_INDEX": "1"}
    return subprocess.run(
        ["make", "venv", f"PYTHON={python}"],
        cwd=checkout,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def imports(checkout: Path) -> bool:
    """Whether the package can be used."""
    python = checkout / ".venv" / "bin" / "python"
    return subprocess.run([python, "-c", "import tiny"], check=False).returncode == 0


def test_it_is_made_with_progress_and_then_left_alone(checkout: Path) -> None:
    made = make_venv(checkout, PYTHONHOME="/nowhere", PIP_TARGET="/nowhere", PIP_USER="1")
    again = make_venv(checkout)

    assert made.returncode == 0, made.stderr
    assert "installing the 2 locked packages" in made.stderr
    assert "unpacking" in made.stderr
    assert imports(checkout)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "harm", ["an interpreter that is gone", "no pip", "a package's files gone", "a package gone"]
)
def test_what_is_broken_is_mended(checkout: Path, bare: Path, harm: str) -> None:
    environment = checkout / ".venv"
    shutil.copytree(bare, environment, symlinks=True)
    assert make_venv(checkout).returncode == 0
    (site,) = environment.glob("lib/python*/site-packages")
    if harm == "an interpreter that is gone":
        (environment / "bin" / "python").unlink()
        (environment / "bin" / "python").symlink_to("/usr/bin/python3.0")
    elif harm == "no pip":
        shutil.rmtree(site)
    elif harm == "a package's files gone":
        (site / "tiny.py").unlink()
    else:
        (site / "tiny.py").unlink()
        shutil.rmtree(site / "tiny-1.0.dist-info")

    result = make_venv(checkout)

    assert result.returncode == 0, result.stderr
    assert imports(checkout)


def test_an_install_that_went_elsewhere_is_named(checkout: Path, bare: Path) -> None:
    shutil.copytree(bare, checkout / ".venv", symlinks=True)
    elsewhere = checkout / "elsewhere"
    (checkout / "pip.conf").write_text(f"[install]\ntarget = {elsewhere}\n")

    result = make_venv(checkout, PIP_CONFIG_FILE=str(checkout / "pip.conf"))

    assert result.returncode != 0
    assert "pip has installed the packages, and they are not in" in result.stderr
    assert "pip config list" in result.stderr
    assert not (checkout / ".venv" / ".installed").exists()


def test_half_an_environment_is_not_left_behind(checkout: Path, tmp_path: Path) -> None:
    """As on Debian without the package python3-venv."""
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *"-m venv"*) mkdir -p .venv/bin; ln -s {BASE} .venv/bin/python;'
        f' echo "ensurepip is not available"; exit 1;; esac\nexec {BASE} "$@"\n'
    )
    python.chmod(0o755)
    script = checkout / "local" / "venv.py"
    script.write_text(script.read_text().replace("[sys.executable, ", f"[{str(python)!r}, "))

    refused = make_venv(checkout, python=python)
    left = (checkout / ".venv").exists()
    shutil.copy(ROOT / "local" / "venv.py", script)
    made = make_venv(checkout)

    assert refused.returncode != 0
    assert "ensurepip is not available" in refused.stderr
    assert "python3-venv" in refused.stderr
    assert not left
    assert made.returncode == 0, made.stderr


def test_a_python_that_is_too_old_is_named(checkout: Path, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec {BASE} -c \"import sys; sys.exit('is needed')\"\n")
    python.chmod(0o755)

    result = make_venv(checkout, python=python)

    assert result.returncode != 0
    assert "is needed" in result.stderr
    assert not (checkout / ".venv").exists()


def test_an_environment_that_is_a_link_is_not_removed(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    (checkout / ".venv").symlink_to(other)

    result = make_venv(checkout)

    assert result.returncode != 0
    assert "is a link to" in result.stderr
    assert (other / "kept").exists()


def _write_wheel(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "")
        info = "tiny-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")
