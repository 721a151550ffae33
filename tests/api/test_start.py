"""What the service does at its start and its end, as its operator sees it."""

import pickle
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

from contract.signature import SigningKeys
from contract.store import ModelStore
from tests import plain
from tests.api.bundle import publish
from tests.api.service import Service
from tests.conftest import PASSWORD, Database
from tests.contract.test_bundle import Mine, write
from tests.faults.processes import is_gone, wait_until
from tests.gmsc import SCHEMA


@pytest.fixture
def own_models(models: Path, tmp_path: Path) -> Path:
    """Models that a test may damage."""
    return Path(shutil.copytree(models, tmp_path / "models"))


def active(models: Path) -> str:
    version = ModelStore(models).active()
    assert version
    return version


def test_it_refuses_to_start_without_a_model(settings: dict[str, str], tmp_path: Path) -> None:
    status, text = Service(tmp_path, settings | {"MODELS_DIR": str(tmp_path / "none")}).run()

    assert status == 1
    assert "no model has been published" in text
    assert "run the trainer first" in text
    assert "Traceback" not in text


def test_it_refuses_a_damaged_model(
    settings: dict[str, str], own_models: Path, tmp_path: Path
) -> None:
    model = own_models / active(own_models) / "model.treelite"
    model.write_bytes(model.read_bytes()[:-1])

    status, text = Service(tmp_path, settings | {"MODELS_DIR": str(own_models)}).run()

    assert status == 1
    assert "refused the model" in text
    assert "model.treelite is not the file that was published" in text
    assert "Traceback" not in text


def test_it_refuses_a_directory_of_models_that_cannot_be_read(
    settings: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "models"
    file.write_text("no directory")

    status, text = Service(tmp_path, settings | {"MODELS_DIR": str(file)}).run()

    assert status == 1
    assert f"cannot read the model in {file}: Not a directory" in text


def test_it_refuses_a_pinned_version_that_is_not_there(
    settings: dict[str, str], tmp_path: Path
) -> None:
    status, text = Service(tmp_path, settings | {"MODEL_VERSION": "gmsc-000000000000"}).run()

    assert status == 1
    assert "there is no bundle gmsc-000000000000" in text


def test_it_serves_a_pinned_version(
    settings: dict[str, str], own_models: Path, tmp_path: Path
) -> None:
    pinned = active(own_models)
    other = publish(own_models, seed=8)
    environment = settings | {"MODELS_DIR": str(own_models), "MODEL_VERSION": pinned}

    with Service(tmp_path, environment) as service:
        served = plain.get(f"{service.url}/health").json()["model_version"]

    assert served == pinned != other


def test_it_says_loudly_that_the_model_knows_only_the_sample(
    settings: dict[str, str], tmp_path: Path
) -> None:
    publish(tmp_path / "models", is_sample=True)

    with Service(tmp_path, settings | {"MODELS_DIR": str(tmp_path / "models")}) as service:
        report = plain.get(f"{service.url}/health").json()
        loud = [line for line in service.lines if "BUILT-IN SAMPLE" in line["event"]]

    assert report["trained_on_sample"] is True
    assert [line["level"] for line in loud] == ["warning"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("ENVIRONMENT", "staging"),
        ("WORKERS", "65"),
        ("LOG_FORMAT", "xml"),
        ("MAX_BODY_BYTES", "17"),
    ],
)
def test_invalid_settings_end_it_with_the_name_and_not_the_value(
    settings: dict[str, str], tmp_path: Path, variable: str, value: str
) -> None:
    status, text = Service(tmp_path, settings | {variable: value}).run()

    assert status == 2
    (complaint,) = text.splitlines()
    assert complaint.startswith(f"{variable}: ")
    assert value not in complaint


def test_an_empty_variable_is_as_none(settings: dict[str, str], tmp_path: Path) -> None:
    with Service(tmp_path, settings | {"MODEL_VERSION": "", "LOG_LEVEL": ""}) as service:
        assert plain.get(f"{service.url}/health").status_code == 200


def test_a_missing_database_url_is_named(settings: dict[str, str], tmp_path: Path) -> None:
    del settings["DATABASE_URL"]

    status, text = Service(tmp_path, settings).run()

    assert (status, text) == (2, "DATABASE_URL: Field required\n")


def test_a_database_url_that_is_none_is_not_shown(settings: dict[str, str], tmp_path: Path) -> None:
    settings["DATABASE_URL"] = "postgresql://api:secret-word@[::1/x"

    status, text = Service(tmp_path, settings).run()

    assert status == 2
    assert "DATABASE_URL: " in text
    assert "not a connection URL" in text
    assert "secret-word" not in text


def test_a_password_file_is_read_and_named_where_it_cannot_be(
    settings: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "password"
    url = {"DATABASE_URL": settings["DATABASE_URL"].replace(f":{PASSWORD}@", "@")}
    beside = {"DATABASE_PASSWORD_FILE": str(file)}

    status, text = Service(tmp_path, settings | url | beside).run()
    assert status == 1
    assert f"DATABASE_PASSWORD_FILE: cannot read {file}" in text

    file.write_text("wrong")
    with Service(tmp_path, settings | url | beside) as service:
        assert plain.get(f"{service.url}/health").json()["log"]["state"] == "postgres_away"
        # Changed while it serves, as by another password in .env: the next connection has it.
        file.write_text(f"{PASSWORD}\n")
        deadline = time.monotonic() + 20
        while plain.get(f"{service.url}/health").json()["log"]["state"] != "normal":
            assert time.monotonic() < deadline
            time.sleep(0.05)

    status, text = Service(tmp_path, settings | url | beside | {"DATABASE_PASSWORD": "word"}).run()
    assert status == 1
    assert "DATABASE_PASSWORD and DATABASE_PASSWORD_FILE are both set" in text


@pytest.mark.parametrize(
    "database",
    [
        {"DATABASE_URL": "postgresql://api:change-me@127.0.0.1:1/mlops"},
        {
            "DATABASE_URL": "postgresql://api@127.0.0.1:1/mlops",
            "DATABASE_PASSWORD": "change-me",
        },
    ],
    ids=["in the URL", "beside it"],
)
def test_a_default_password_is_for_trying_out_only(
    settings: dict[str, str], tmp_path: Path, database: dict[str, str]
) -> None:
    status, text = Service(tmp_path, settings | database | {"ENVIRONMENT": "production"}).run()
    assert status == 1
    assert "password is the default one" in text

    with Service(tmp_path, settings | database) as service:
        warnings = [line["event"] for line in service.lines if line["level"] == "warning"]
    assert any("password is the default one" in warning for warning in warnings)


def test_batches_that_could_never_be_logged_are_refused_at_the_start(
    settings: dict[str, str], tmp_path: Path
) -> None:
    status, text = Service(tmp_path, settings | {"LOG_MAX_ROWS_IN_FLIGHT": "999"}).run()

    assert status == 1
    assert "MAX_BATCH_ROWS is above LOG_MAX_ROWS_IN_FLIGHT" in text


def test_a_port_that_is_taken_is_named(settings: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, text = Service(tmp_path, settings | {"PORT": str(port)}).run()

    assert status == 1
    assert f"cannot listen on 127.0.0.1:{port}" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked(
    settings: dict[str, str], tmp_path: Path, signal_number: signal.Signals
) -> None:
    with Service(tmp_path, settings) as service:
        plain.post(f"{service.url}/predict", json=SCHEMA.example).raise_for_status()
        # A machine that is busy may have had it wait for Postgres, and it says so.
        before = len(service.lines)
        status = service.stop(signal_number)

    assert status == 0
    said = service.lines[before:]
    assert said
    assert [line for line in said if line["level"] != "info"] == []


def test_several_workers_share_the_port_and_end_together(
    settings: dict[str, str], tmp_path: Path, log_database: Database
) -> None:
    with Service(tmp_path, settings | {"WORKERS": "2"}) as service:
        answers = [
            plain.post(f"{service.url}/predict", json=SCHEMA.example).json() for _ in range(20)
        ]
        status = service.stop()

    assert status == 0
    found = log_database.query(
        "SELECT count(*) FROM prediction_log WHERE prediction_id = ANY(%s::uuid[])",
        [answer["prediction_id"] for answer in answers],
    )
    assert found == [(20,)]


def test_workers_end_with_a_supervisor_that_was_killed(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with Service(tmp_path, settings | {"WORKERS": "2"}) as service:
        workers = service.workers
        assert len(workers) == 2
        assert service.process is not None

        service.process.kill()
        service.process.wait()

        wait_until(lambda: all(map(is_gone, workers)), seconds=20, what="the workers end")
        with socket.create_server(("127.0.0.1", service.port)):
            pass


def test_several_workers_refuse_keys_that_none_of_them_can_read(
    settings: dict[str, str], tmp_path: Path
) -> None:
    """Else the supervisor would start failing workers for ever."""
    status, text = Service(tmp_path, settings | {"WORKERS": "2", "API_KEYS": "web"}).run()

    assert status == 1
    assert text.count("entry 1 of API_KEYS is not NAME:HASH") == 1


def test_several_workers_refuse_to_start_as_one(settings: dict[str, str], tmp_path: Path) -> None:
    environment = settings | {"WORKERS": "2", "MODELS_DIR": str(tmp_path / "none")}

    status, text = Service(tmp_path, environment).run()

    assert status == 1
    assert text.count("no model has been published") == 1


KEY, OTHER_KEY = "first-key-" * 4, "other-key-" * 4


def sign(models: Path, key: str) -> None:
    ModelStore(models, SigningKeys([key])).sign(active(models))


def test_with_a_key_it_serves_only_what_is_signed(
    settings: dict[str, str], own_models: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{OTHER_KEY}\n{KEY}\n")
    guarded = settings | {"MODELS_DIR": str(own_models), "BUNDLE_SIGNING_KEY_FILE": str(keys)}

    status, text = Service(tmp_path, guarded).run()
    assert status == 1
    assert f"{active(own_models)} is not signed" in text
    assert "Traceback" not in text

    sign(own_models, KEY)
    with Service(tmp_path, guarded) as running:
        assert plain.get(f"{running.url}/model").json()["origin"] == "verified"
        assert "its origin is not" not in running.text
        assert KEY not in running.text

    keys.write_text(OTHER_KEY)
    status, text = Service(tmp_path, guarded).run()
    assert status == 1
    assert "is signed by none of the keys in BUNDLE_SIGNING_KEY" in text


def test_without_a_key_it_says_that_nobody_vouches_for_the_model(
    settings: dict[str, str], own_models: Path, tmp_path: Path
) -> None:
    sign(own_models, KEY)
    with Service(tmp_path, settings | {"MODELS_DIR": str(own_models)}) as running:
        assert plain.get(f"{running.url}/model").json()["origin"] == "not checked"
        assert "integrity is checked, its origin is not: set BUNDLE_SIGNING_KEY" in running.text


def test_what_somebody_without_a_key_made_fit_is_not_served(
    settings: dict[str, str], own_models: Path, tmp_path: Path
) -> None:
    """A file was replaced, and every digest computed again: only the signature tells."""
    sign(own_models, KEY)
    mark = tmp_path / "unpickled"
    write(own_models / active(own_models), "model.joblib", pickle.dumps(Mine(mark)))
    unguarded = settings | {"MODELS_DIR": str(own_models)}

    status, text = Service(tmp_path, unguarded | {"BUNDLE_SIGNING_KEY": KEY}).run()
    assert status == 1
    assert "is signed by none of the keys in BUNDLE_SIGNING_KEY, or was changed since" in text
    assert not mark.exists()

    # Without a key nothing tells, and the pickle is nobody's concern.
    with Service(tmp_path, unguarded) as running:
        assert plain.get(f"{running.url}/health").json()["status"] == "ok"
    assert not mark.exists()


def test_variables_that_libpq_reads_are_named_and_change_nothing(
    settings: dict[str, str], tmp_path: Path
) -> None:
    hostile = {
        "PGHOSTADDR": "127.0.0.2",
        "PGSERVICE": "no-such-service",
        "PGSSLMODE": "require",
        "PGCLIENTENCODING": "LATIN1",
        "PGCONNECT_TIMEOUT": "nonsense",
        "PGOPTIONS": "-c synchronous_commit=off",
        "PGTARGETSESSIONATTRS": "standby",
    }
    with Service(tmp_path, settings | hostile) as service:
        answer = plain.post(f"{service.url}/predict", json=SCHEMA.example)
        health = plain.get(f"{service.url}/health").json()
        line = service.wait_for_line(level="warning")

    assert answer.status_code == 200
    assert health["log"]["state"] == "normal"
    assert (
        line["event"]
        == f"{', '.join(sorted(hostile))}: not read; put what you mean into DATABASE_URL"
    )
