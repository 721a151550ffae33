"""The data of the local PostgreSQL: made by initdb, and handed to whom the server runs as."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.account import Account, former_uids
from local.environment import of_server
from local.errors import LocalPostgresError
from local.ownership import give, read_plain

VERSION = "18"


def seen_by(account: Account, data: Path) -> str:
    """Under which name the server finds its data.

    As another account it gets the data as its working directory, and reaches nothing else of the
    project: no directory on the way has to be open to it.
    """
    return "/proc/self/cwd" if account.is_other else str(data)


def check(data: Path, account: Account) -> bool:
    """Whether there is data; raises LocalPostgresError where it is another version's."""
    if account.is_other and data.is_symlink():
        raise LocalPostgresError(
            f"{data} is a link, which root does not follow here: move what it leads to into its"
            " place, or run it as an ordinary user"
        )
    file = data / "PG_VERSION"
    if not os.path.lexists(file):
        return False
    found = (read_plain(file) or "").strip()
    if found == VERSION:
        return True
    if not found.isdigit():
        raise LocalPostgresError(f"{file} holds no version: restore the directory, or move it away")
    raise LocalPostgresError(
        f"{data} holds data of PostgreSQL {found}, this is {VERSION}: move the"
        " directory away, or dump it with the old version and load it into the new"
    )


def take(data: Path, account: Account) -> None:
    """Hand data that an earlier release made to the account of today."""
    if account.is_other:
        give(data, account, former_uids())


def make(data: Path, account: Account, programs: Path, *, password: str, durable: bool) -> None:
    """Make the data; raises LocalPostgresError."""
    # Made aside and renamed: an interrupted first start leaves nothing that looks finished.
    made = data.with_name("making")
    for rest in (made, data):
        shutil.rmtree(rest, ignore_errors=True)
    made.mkdir(mode=0o700)
    if account.is_other:
        os.chown(made, account.uid, account.gid)
    command = [
        *(str(programs / "initdb"), "--username=postgres", "--auth=scram-sha-256"),
        *("--pwfile=/dev/stdin", f"--pgdata={seen_by(account, made)}", "--encoding=UTF8"),
        *([] if durable else ["--no-sync"]),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
    ]
    with _pipe(password, account) as secret:
        result = subprocess.run(
            command,
            stdin=secret,
            capture_output=True,
            text=True,
            check=False,
            cwd=made,
            env=of_server(),
            **account.process,
        )
    if result.returncode:
        raise LocalPostgresError(f"initdb failed: {result.stderr.strip()}")
    made.rename(data)


def set_password(data: Path, account: Account, programs: Path, password: str) -> None:
    """Give the superuser another password, while no server runs; raises LocalPostgresError."""
    literal = "'" + password.replace("'", "''") + "'"
    result = subprocess.run(
        [str(programs / "postgres"), "--single", "-D", seen_by(account, data), "postgres"],
        input=f"ALTER ROLE postgres PASSWORD {literal}\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=data,
        env=of_server(),
        **account.process,
    )
    if result.returncode or "ERROR" in result.stderr:
        raise LocalPostgresError(f"its password could not be set: {result.stderr.strip()}")


@contextmanager
def _pipe(text: str, account: Account) -> Iterator[int]:
    """The end of a pipe that `text` can be read from: it is in no file at any time."""
    reading, writing = os.pipe()
    try:
        # /dev/stdin is opened anew, by the account's own rights.
        if account.is_other:
            os.fchown(reading, account.uid, account.gid)
        os.write(writing, text.encode())
        os.close(writing)
        yield reading
    finally:
        os.close(reading)
