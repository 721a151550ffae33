"""`python -m local run`: the whole service as one process of a terminal."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests import plain
from tests.conftest import free_port
from tests.faults.processes import wait_until
from tests.local.run import ROOT, Run, processes
from tests.replay import made


@pytest.fixture
def local(short_dir: Path) -> Iterator[Run]:
    run = Run(short_dir)
    yield run
    if run.process is not None:
        run.interrupt()


@pytest.fixture
def with_model(short_dir: Path, sample_models: Path) -> Iterator[Run]:
    run = Run(short_dir, sample_models)
    yield run
    if run.process is not None:
        run.interrupt()


def test_outcomes_and_a_stream_go_in_by_its_commands(with_model: Run) -> None:
    with_model.start()
    prediction = with_model.predict()
    observed = datetime.now(UTC).isoformat()
    (with_model.directory / "outcomes.csv").write_text(
        "prediction_id,source,event_key,outcome,observed_at\n"
        f"{prediction},core,1,1,{observed}\n{prediction},core,2,maybe,{observed}\n"
    )

    loaded = with_model.command("outcomes", "load", "outcomes.csv")
    span = ("--from", "2000-01", "--to", "2099-01")
    exported = with_model.command("outcomes", "export", *span, "export")
    stream = made.write(with_model.directory / "stream.csv", made.rows(20, days=1))
    replayed = with_model.command("replay", "run", stream.name, "--until", "2026-01-06")
    with_model.interrupt()
    stopped = [
        with_model.command("outcomes", "load", "outcomes.csv"),
        with_model.command("replay", "run", stream.name),
    ]

    assert (loaded.returncode, loaded.stdout) == (3, "")
    assert loaded.stderr.startswith("2 lines: 1 stored, 0 were there already, 1 refused")
    assert exported.stderr.startswith("1 predictions in 1 files")
    assert "manifest.json" in [path.name for path in (with_model.directory / "export").iterdir()]
    assert replayed.returncode == 0, replayed
    assert "20 of 20 rows" in replayed.stderr
    assert "2 rounds" in replayed.stderr
    assert all("the local database is stopped: make local" in each.stderr for each in stopped)


def test_a_stream_is_prepared_before_anything_runs(local: Run) -> None:
    done = local.command("replay", "prepare", "hotel", "nowhere.csv")

    assert done.returncode == 1
    assert done.stderr == "prepare failed: nowhere.csv: No such file or directory\n"


def test_it_serves_and_logs_and_goes_on_with_its_rows_after_a_stop(local: Run) -> None:
    local.start()
    first = local.predict()
    assert local.logged() == [first]
    refused = local.command("run")
    others = {"PORT": str(free_port()), "MONITOR_PORT": str(free_port())}
    local.environment, own = local.environment | others, local.environment
    second_run = local.command("run")
    local.environment = own

    stopped = local.interrupt()

    assert refused.returncode == 1
    assert f"port {local.port} is taken" in refused.stderr
    assert second_run.returncode == 1
    assert "the local service runs already" in second_run.stderr
    assert stopped == 0, local.output.read_text()
    assert "docker" not in local.output.read_text()
    assert "the local database is stopped: make local" in local.command("psql").stderr
    assert processes(local.directory) == []
    with socket.create_server(("127.0.0.1", local.port)):
        pass
    local.start()
    assert local.logged() == [first]
    second = local.predict()
    assert local.logged() == [first, second]
    assert local.interrupt(signal.SIGTERM) == 0
    assert processes(local.directory) == []


def test_a_taken_port_is_said_before_anything_is_started(local: Run) -> None:
    with socket.create_server(("127.0.0.1", local.port)):
        result = local.command("run")

    assert result.returncode == 1
    assert f"port {local.port} is taken" in result.stderr
    assert "PORT=" in result.stderr
    assert not (local.directory / ".local").exists()


def test_a_url_is_asked_for_before_there_is_a_database(local: Run) -> None:
    result = local.command("db-url")

    assert (result.returncode, result.stdout) == (1, "")
    assert "there is no local database yet" in result.stderr


def test_nothing_is_left_of_a_launcher_that_ends_in_another_way(with_model: Run) -> None:
    local = with_model
    rows = []
    for number in (signal.SIGHUP, signal.SIGKILL):
        local.start()
        rows.append(local.predict())
        assert local.process is not None

        local.process.send_signal(number)
        local.process.wait(120)

        gone = f"nothing is left after {number.name}"
        wait_until(lambda: processes(local.directory) == [], seconds=30, what=gone)
    local.start()
    assert local.logged() == rows


def test_a_closed_terminal_that_make_leads_ends_it(with_model: Run) -> None:
    """As `ssh -t host make local`: only the leader of the session is told."""
    local = with_model
    # Like make, it does nothing about the signal but wait for its child.
    leader = (
        "import fcntl, signal, subprocess, sys, termios;"
        " fcntl.ioctl(0, termios.TIOCSCTTY, 0); signal.signal(signal.SIGHUP, lambda *_: None);"
        " subprocess.call(sys.argv[1:])"
    )
    launcher = [sys.executable, "-m", "local", "run", "--with-parent"]
    terminal, far_end = os.openpty()
    local.process = subprocess.Popen(
        [sys.executable, "-c", leader, *launcher],
        cwd=local.directory,
        env=local.environment,
        stdin=far_end,
        stdout=far_end,
        stderr=far_end,
        start_new_session=True,
    )
    os.close(far_end)
    wait_until(local.is_ready, seconds=120, what="it is ready")

    os.close(terminal)

    local.process.wait(60)
    wait_until(lambda: processes(local.directory) == [], seconds=30, what="all processes end")


def test_other_passwords_and_a_taken_port_of_the_database_are_mended(with_model: Run) -> None:
    local = with_model
    local.start()
    row = local.predict()
    local.interrupt()
    settings = local.directory / ".local" / "settings.json"
    port = int(json.loads(settings.read_text())["port"])
    settings.write_text("{")
    damaged = local.command("run")
    settings.unlink()

    local.start()
    rows = local.logged()
    local.interrupt()
    kept = json.loads(settings.read_text())
    with socket.create_server(("127.0.0.1", int(kept["port"]))):
        local.start()

    assert "settings.json is damaged" in damaged.stderr
    assert rows == [row]
    assert local.logged() == [row]
    assert json.loads(settings.read_text())["port"] not in {kept["port"], str(port)}
    said = local.output.read_text()
    assert "it has other passwords" in said
    assert "another process has its port" in said


def test_the_checkout_may_lie_anywhere_and_be_closed_to_others(short_dir: Path) -> None:
    """As cloned under umask 077 into a directory whose name needs quoting everywhere."""
    checkout = short_dir / """it's 100% "ü" [x] $HOME ; #"""
    for name in ("contract", "trainer", "api", "db", "monitor", "outcomes", "diagnosis", "local"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".env.example", checkout)
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    run = Run(checkout, checkout=checkout)
    run.environment["LC_ALL"] = "POSIX"

    run.start()

    try:
        row = run.predict()
        assert run.logged() == [row]
        listed = run.command("trainer", "list")
        assert (listed.returncode, listed.stderr) == (0, ""), listed
        assert "active" in listed.stdout
    finally:
        assert run.interrupt() == 0, run.output.read_text()
    assert "Traceback" not in run.output.read_text()


def test_the_page_stands_beside_the_service_which_does_not_need_it(with_model: Run) -> None:
    local = with_model
    local.start()
    page = f"http://127.0.0.1:{local.monitor_port}"
    wait_until(lambda: answers(f"{page}/readyz"), seconds=30, what="the page is there")
    local.predict()
    wait_until(lambda: counted(page) == 0, seconds=20, what="the prediction is counted")

    victim = pid_of("-m monitor serve", local.directory)
    os.kill(victim, signal.SIGKILL)
    local.predict()
    wait_until(lambda: answers(f"{page}/readyz"), seconds=30, what="the page is there again")
    once = local.command("monitor", "once")
    verified = local.command("monitor", "verify")
    cases = local.command("retraining", "list")

    assert once.returncode == 0, once.stderr
    assert "hours of" in once.stdout
    assert "the counts are those of the log" in verified.stdout
    assert cases.stdout == "There is no case.\n"
    assert local.interrupt() == 0, local.output.read_text()
    assert processes(local.directory) == []
    said = local.output.read_text()
    assert f"monitor: its page will be at {page}/" in said
    assert "monitor: ended with exit code -9; the api goes on" in said
    assert "the local database is stopped" in local.command("monitor", "once").stderr


def test_a_taken_port_of_the_page_is_said_as_well(local: Run) -> None:
    with socket.create_server(("127.0.0.1", local.monitor_port)):
        taken = local.command("run")
    local.environment["MONITOR_PORT"] = str(local.port)
    same = local.command("run")

    assert (taken.returncode, same.returncode) == (1, 1)
    assert f"port {local.monitor_port} is taken" in taken.stderr
    assert "make local MONITOR_PORT=" in taken.stderr
    assert "PORT and MONITOR_PORT are both" in same.stderr
    assert not (local.directory / ".local").exists()


def answers(url: str) -> bool:
    try:
        return plain.get(url).status_code == 200
    except httpx.TransportError:
        return False


def counted(page: str) -> float:
    """Hours that the monitor has still to count."""
    text = plain.get(f"{page}/metrics").text
    return float(re.findall(r"(?m)^monitor_pending_hours (\S+)$", text)[0])


def pid_of(command: str, directory: Path) -> int:
    """The process with this in its command line that works in this directory."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if command in line and (process / "cwd").readlink() == directory:
                return int(process.name)
    raise AssertionError(f"no process {command}")
