"""The monitor in the stack: one service more, which nothing else waits for."""

import re
import time
import urllib.error
import urllib.request

import pytest

from tests.compose.conftest import Compose
from tests.gmsc import SCHEMA

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]


def read(compose: Compose, path: str) -> str:
    url = f"http://127.0.0.1:{compose.environment['MONITOR_PORT']}{path}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def counted(compose: Compose) -> int:
    """Predictions that the monitor has counted."""
    ((total,),) = compose.sql(
        "SELECT coalesce(sum(predictions), 0) FROM monitoring.predictions_per_hour"
    )
    return int(total)


def test_the_api_alone_neither_starts_nor_needs_it(compose: Compose) -> None:
    compose.run("up", "--wait", "api")

    assert compose.get("/health")["status"] == "ok"
    assert compose.run("ps", "--all", "--quiet", "monitor").stdout == ""


def test_a_prediction_is_on_the_page_within_a_round(compose: Compose) -> None:
    compose.run("up", "--wait", "monitor")
    status, answer = compose.predict(SCHEMA.example)
    assert status == 200
    ((logged,),) = compose.sql("SELECT count(*) FROM prediction_log")

    deadline = time.monotonic() + 30
    while counted(compose) < int(logged):
        assert time.monotonic() < deadline, compose.run("logs", "monitor").stdout
        time.sleep(0.5)

    assert answer["model_version"] in read(compose, "/")
    figures = read(compose, "/metrics")
    assert re.search(r"(?m)^monitor_database_up 1\.0$", figures)
    assert re.search(r'(?m)^monitor_rounds_total{result="failed"} 0\.0$', figures)


def test_its_commands_run_once_and_beside_the_stack_say_only_their_own_lines(
    compose: Compose,
) -> None:
    once = compose.run("run", "--rm", "monitor", "once")
    again = compose.run("run", "--rm", "--no-deps", "monitor", "once")
    verified = compose.run("run", "--rm", "--no-deps", "monitor", "verify")

    counted = r"[\d,]+ hours of [\d,]+ days counted in [\d.]+ s.*"
    # Before it the builder's lines, for `run` brings what the service stands on up to date.
    assert re.fullmatch(counted, once.stdout.splitlines()[-1])
    assert re.fullmatch(f"{counted}\n", again.stdout)
    assert re.fullmatch(r".*: the counts are those of the log\n", verified.stdout)


def test_it_is_hardened_and_reachable_from_this_machine_only(compose: Compose) -> None:
    container = compose.container("monitor")
    host = container["HostConfig"]

    assert container["Config"]["User"] not in ("", "root", "0")
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    port = compose.environment["MONITOR_PORT"]
    assert host["PortBindings"] == {"8001/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]}
    models = [mount for mount in container["Mounts"] if mount["Destination"] == "/models"]
    assert [mount["RW"] for mount in models] == [False]


def test_another_name_than_this_machines_is_refused(compose: Compose) -> None:
    url = f"http://127.0.0.1:{compose.environment['MONITOR_PORT']}/"
    request = urllib.request.Request(url, headers={"Host": "attacker.example"})

    with pytest.raises(urllib.error.HTTPError, match="421"):
        urllib.request.urlopen(request, timeout=10)


def test_it_stops_at_once_and_the_api_does_not_notice(compose: Compose) -> None:
    began = time.monotonic()
    compose.run("stop", "monitor")
    took = time.monotonic() - began

    assert took < 8
    assert compose.container("monitor")["State"]["ExitCode"] == 0
    assert compose.predict(SCHEMA.example)[0] == 200
