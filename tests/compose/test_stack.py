"""The README's commands, from a fresh clone to SQL, in the order in which a newcomer gives them."""

import csv
import io
import os
import random
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from contract.bundle import load
from tests.compose.conftest import Compose
from tests.gmsc import SCHEMA

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]


def test_one_command_starts_everything(compose: Compose) -> None:
    compose.run("up", "--wait", "api")

    health = compose.get("/health")
    assert health["status"] == "ok"
    assert health["trained_on_sample"] is True
    assert compose.container("migrate")["State"]["ExitCode"] == 0
    assert compose.container("first-model")["State"]["ExitCode"] == 0


def test_an_answer_is_a_row_the_moment_it_arrives(compose: Compose) -> None:
    status, answer = compose.predict(SCHEMA.example)

    assert status == 200
    ((probability, version, age),) = compose.sql(
        "SELECT probability, model_version, age FROM prediction_log"
        f" WHERE prediction_id = '{answer['prediction_id']}'"
    )
    assert float(probability).hex() == float(answer["probability"]).hex()
    assert version == answer["model_version"]
    assert int(age) == SCHEMA.example["age"]


def test_a_mistake_is_named_and_logged_without_its_value(compose: Compose) -> None:
    status, problem = compose.predict({**SCHEMA.example, "age": "forty-five"})

    assert status == 422
    assert [error["pointer"] for error in problem["errors"]] == ["/age"]
    assert "forty-five" not in str(problem)
    rows: list[list[str]] = []
    deadline = time.monotonic() + 10
    while not rows and time.monotonic() < deadline:
        rows = compose.sql(
            "SELECT status, errors FROM rejected_request"
            f" WHERE request_id = '{problem['request_id']}'"
        )
    assert rows[0][0] == "422"
    assert "forty-five" not in str(rows)


def test_the_same_training_finds_its_version_and_changes_nothing(compose: Compose) -> None:
    files = ("exec", "-T", "api", "find", "/models", "-printf", "%p %T@ %s\n")
    before = compose.run(*files).stdout

    again = compose.run("run", "--rm", "trainer").stdout

    assert f"{compose.get('/health')['model_version']} is published already" in again
    assert compose.run(*files).stdout == before
    assert "active" in compose.run("run", "--rm", "trainer", "list").stdout


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        # Among those that other tests of this stack made.
        (("trainer", "list"), r"(?s:(?=.* active )(gmsc-sample-\w+ [^\n]*\n)+)"),
        (("passwords", "show", "analyst"), r"[\w-]{32}\n"),
        (("--no-deps", "api", "python", "-m", "api.keys", "web"), r"web:[0-9a-f]{64}\n"),
        (("migrate", "retain", "--months", "24"), r"retain: nothing is that old\n"),
    ],
)
def test_what_a_command_is_asked_for_is_all_that_a_pipe_gets(
    compose: Compose, command: tuple[str, ...], answer: str
) -> None:
    assert re.fullmatch(answer, compose.run("run", "--rm", *command).stdout)


def test_a_second_start_replaces_nothing(compose: Compose) -> None:
    for _ in range(3):
        before = {service: compose.container(service)["Id"] for service in ("db", "api")}
        built = compose.layers()

        compose.run("up", "--wait", "api")

        # A builder that forgot a layer makes it anew, and what stands on it is rightly replaced.
        if compose.layers() == built:
            break
    assert compose.layers() == built
    assert {service: compose.container(service)["Id"] for service in before} == before


def test_verify_trains_again_and_finds_the_same_bits(compose: Compose) -> None:
    compose.run("run", "--rm", "trainer", "verify")


@pytest.mark.parametrize(
    "service", ["passwords", "db", "api", "migrate", "first-model", "rebuild-api"]
)
def test_containers_are_hardened(compose: Compose, service: str) -> None:
    container = compose.container(service)

    host = container["HostConfig"]
    assert container["Config"]["User"] not in ("", "root", "0")
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]


def test_the_image_that_serves_holds_nothing_that_trains(compose: Compose) -> None:
    packages = ("joblib", "pandas", "pyarrow", "scipy", "sklearn")
    probe = f"from importlib.util import find_spec as f; print([*filter(f, {packages})])"

    assert compose.run("exec", "-T", "api", "python", "-c", probe).stdout.strip() == "[]"


def test_only_the_api_is_reachable_and_only_from_this_machine(compose: Compose) -> None:
    published = {
        service: compose.container(service)["HostConfig"]["PortBindings"] or {}
        for service in ("passwords", "db", "api", "migrate", "first-model")
    }

    assert published.pop("api") == {
        "8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(compose.port)}]
    }
    assert not any(published.values())


def test_down_and_up_keep_the_model_and_the_rows(compose: Compose) -> None:
    version = compose.get("/health")["model_version"]
    rows = compose.sql("SELECT prediction_id, probability FROM prediction_log ORDER BY 1")

    started = time.monotonic()
    compose.run("stop", "api")
    stopped = time.monotonic() - started
    compose.run("down")
    compose.run("up", "--wait", "api")

    assert stopped < 10
    assert compose.get("/health")["model_version"] == version
    assert compose.sql("SELECT prediction_id, probability FROM prediction_log ORDER BY 1") == rows


def test_an_outage_of_postgres_is_no_outage_of_the_service(compose: Compose) -> None:
    compose.run("stop", "db")
    answers = [compose.predict(SCHEMA.example) for _ in range(20)]
    assert {status for status, _ in answers} == {200}

    compose.run("start", "db")

    ids = {answer["prediction_id"] for _, answer in answers}
    deadline = time.monotonic() + 60
    while compose.get("/health")["log"]["rows_not_in_postgres"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    logged = compose.sql("SELECT prediction_id FROM prediction_log")
    assert ids <= {row[0] for row in logged}
    assert len(logged) == len({row[0] for row in logged})


@pytest.fixture(scope="module")
def real_csv() -> Path:
    path = os.environ.get("GMSC_CSV")
    if not path:
        pytest.skip("GMSC_CSV does not name the real data")
    return Path(path).resolve()


def test_up_keeps_the_model_in_service_and_run_trainer_replaces_it(
    compose: Compose, real_csv: Path
) -> None:
    sample = compose.get("/health")["model_version"]
    mount = ("--volume", f"{real_csv}:/real.zip:ro", "--env", "DATA_PATH=/real.zip")

    compose.run("run", "--rm", *mount, "trainer")
    deadline = time.monotonic() + 30
    while (swapped := compose.get("/health"))["model_version"] == sample:
        assert time.monotonic() < deadline, swapped
        time.sleep(0.2)
    compose.run("up", "--wait", "api")

    health = compose.get("/health")
    assert health["model_version"] == swapped["model_version"]
    assert health["trained_on_sample"] is False


def test_training_does_not_depend_on_the_container(compose: Compose, real_csv: Path) -> None:
    """Verified in another container, in which everything is otherwise that may be."""
    mount = ("--volume", f"{real_csv}:/real.zip:ro", "--env", "DATA_PATH=/real.zip")
    odd = (
        *("--env", "TZ=Pacific/Chatham", "--env", "LANG=tr_TR.UTF-8"),
        *("--env", "PYTHONHASHSEED=12345", "--env", "OMP_NUM_THREADS=1"),
    )

    compose.run("run", "--rm", *mount, *odd, "trainer", "verify")


def test_a_thousand_real_rows_are_answered_and_logged_as_they_were_scored(
    compose: Compose, real_csv: Path, tmp_path: Path
) -> None:
    """Scored here by the bundle, answered by the container, logged by Postgres: the same bits."""
    version = compose.get("/health")["model_version"]
    compose.run("cp", f"api:/models/{version}", str(tmp_path))
    scorer = load(tmp_path / version).scorer
    with zipfile.ZipFile(real_csv) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = random.Random(1).sample(list(csv.DictReader(io.StringIO(text))), 1000)
    answered: dict[str, float] = {}

    for row in rows:
        instance = {name: None if row[name] == "NA" else float(row[name]) for name in SCHEMA.names}
        status, answer = compose.predict(instance)
        assert status == 200
        answered[answer["prediction_id"]] = answer["probability"]
        values = [np.nan if value is None else value for value in instance.values()]
        assert float(scorer.score(np.array([values]))[0]).hex() == answer["probability"].hex()

    logged = dict(compose.sql("SELECT prediction_id, probability FROM prediction_log"))
    for identity, probability in answered.items():
        assert float(logged[identity]).hex() == probability.hex()
