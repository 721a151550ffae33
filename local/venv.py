"""`python local/venv.py`: make or mend .venv from the hashed lock; --check only looks.

Run as a file, with Python's own library only: nothing is installed yet.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
ENVIRONMENT = CHECKOUT / ".venv"
LOCK = CHECKOUT / "requirements" / "all.txt"
# Newer than the lock: all of it was installed once.
STAMP = ENVIRONMENT / ".installed"
_LAST_LINES = 15
_STEP = 10


class VenvError(Exception):
    """The environment cannot be made; the message says why, and what to do."""


def main() -> int:
    """Run the command line; the exit code."""
    try:
        if sys.argv[1:] == ["--check"]:
            return 0 if _is_current() and _is_whole() else 1
        if sys.argv[1:] == ["--whole"]:
            return 0 if _is_whole() else 1
        mend()
    except VenvError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def mend() -> None:
    """Have an environment that holds what the lock says; raises VenvError."""
    works = _inside("-c", "import pip, sys; sys.exit(sys.prefix == sys.base_prefix)")
    if not works or (_is_current() and not _inside(__file__, "--whole")):
        _make()
    _install()
    if not _inside(__file__, "--whole"):
        raise VenvError(
            f"pip has installed the packages, and they are not in {ENVIRONMENT}: it was told to put"
            " them elsewhere. Look for target, prefix, root or user in what .venv/bin/python -m pip"
            " config list prints, take it out there, and run this again"
        )
    STAMP.touch()


def _is_current() -> bool:
    return STAMP.exists() and STAMP.stat().st_mtime >= LOCK.stat().st_mtime


def _is_whole() -> bool:
    """Whether this Python finds every package of the lock; those for other platforms aside."""
    site = Path(sysconfig.get_path("purelib"))
    found = {_name(entry.name.split("-")[0]): entry for entry in site.glob("*.dist-info")}
    return _locked() <= found.keys() and all(_has_files(entry) for entry in found.values())


def _locked() -> set[str]:
    return {_name(re.split(r"[^\w.-]", pin)[0]) for pin in _pins() if ";" not in pin}


def _pins() -> list[str]:
    lines = LOCK.read_text("utf-8").splitlines()
    return [line.split(" --hash=")[0] for line in lines if line[:1].isalnum()]


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _has_files(distribution: Path) -> bool:
    """Whether its first file is there; somebody may have removed the directory."""
    record = distribution / "RECORD"
    if not record.exists():
        return False
    with record.open(encoding="utf-8") as lines:
        for line in lines:
            path = line.split(",")[0].strip('"')
            if not path.startswith(("..", "/", "__pycache__", distribution.name)):
                return (distribution.parent / path).exists()
    return True


def _inside(*arguments: str) -> bool:
    """Whether the environment's Python runs this, and says yes."""
    try:
        result = subprocess.run(
            [_python(), "-I", *arguments], capture_output=True, check=False, cwd=CHECKOUT
        )
    except OSError:
        return False
    return result.returncode == 0


def _python() -> str:
    return str(ENVIRONMENT / "bin" / "python")


def _make() -> None:
    if ENVIRONMENT.is_symlink():
        raise VenvError(
            f"{ENVIRONMENT} is a link to {ENVIRONMENT.readlink()}, which is no working environment:"
            " mend that, or remove the link"
        )
    if ENVIRONMENT.exists():
        _say(f"{ENVIRONMENT} does not work any more: making it anew")
        shutil.rmtree(ENVIRONMENT)
    result = subprocess.run(
        [sys.executable, "-m", "venv", str(ENVIRONMENT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        # Half of one would pass for one.
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        raise VenvError(
            f"{sys.executable} cannot make an environment:\n{result.stdout.strip()}\nOn Debian and"
            " Ubuntu the package python3-venv is needed; or choose another Python, as in"
            " make PYTHON=python3.13 local"
        )


def _install() -> None:
    command = [_python(), "-I", "-m", "pip", "install", "--disable-pip-version-check"]
    with subprocess.Popen(
        [*command, "--progress-bar=off", "--require-hashes", "--requirement", str(LOCK)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        last = list(_shown(process.stdout))[-_LAST_LINES:]
    if process.returncode:
        raise VenvError("\n".join([*last, f"pip could not install {LOCK}: its words are above"]))


def _shown(lines: Iterator[str]) -> Iterator[str]:
    """The lines again, while it is said how far they have come."""
    total, count = len(_pins()), 0
    _say(f"installing the {total} locked packages into .venv: a minute or two")
    for line in lines:
        if line.startswith(("Collecting ", "Processing ")):
            count += 1
            if count % _STEP == 0:
                _say(f"  {count} of {total} fetched")
        elif line.startswith("Installing collected packages"):
            _say("  all fetched; unpacking")
        yield line.rstrip()


def _say(text: str) -> None:
    # Standard output is the answer's: $(make -s db-url).
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
