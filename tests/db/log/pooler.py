"""PgBouncer, as Debian packages it, in front of a test's server."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.conftest import PASSWORD, free_port

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"


@contextmanager
def pgbouncer(
    port: int, *, mode: str = "transaction", password: str = PASSWORD, **settings: str
) -> Iterator[int]:
    """Its port, while it runs before the server on `port`."""
    if not Path(PROGRAM).exists():
        pytest.skip("PgBouncer is not installed (Debian's package pgbouncer)")
    own = free_port()
    root = Path(tempfile.mkdtemp(prefix="pooler-"))
    try:
        _write(root, own, port, password, {"pool_mode": mode, **settings})
        root.chmod(0o755)
        identity = {}
        if os.geteuid() == 0:  # it refuses to run as root
            entry = pwd.getpwnam("nobody")
            identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        process = subprocess.Popen(
            [PROGRAM, str(root / "pgbouncer.ini")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **identity,  # type: ignore[call-overload]
        )
        try:
            _wait(own)
            yield own
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(root)


def _write(root: Path, own: int, port: int, password: str, settings: dict[str, str]) -> None:
    options = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(own),
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": str(root / "users"),
        "default_pool_size": "4",
        **settings,
    }
    lines = [f"{name} = {value}" for name, value in options.items()]
    content = "\n".join(
        ["[databases]", f"* = host=127.0.0.1 port={port}", "[pgbouncer]", *lines, ""]
    )
    (root / "pgbouncer.ini").write_text(content)
    (root / "users").write_text(f'"api" "{password}"\n')


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            psycopg2.connect(f"postgresql://nobody@127.0.0.1:{port}/none").close()
        except psycopg2.OperationalError as error:
            if "refused" not in str(error):
                return
        assert time.monotonic() < deadline, "PgBouncer does not answer"
        time.sleep(0.02)
