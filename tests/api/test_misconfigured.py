"""A wrong configuration of the log shows where people and load balancers look."""

from pathlib import Path

import pytest

from tests import plain
from tests.api.service import Service
from tests.conftest import PASSWORD, Database
from tests.gmsc import SCHEMA


@pytest.mark.parametrize("harm", ["database", "password", "role"])
def test_a_service_whose_log_is_refused_is_not_ready_and_says_why(
    settings: dict[str, str], log_database: Database, tmp_path: Path, harm: str
) -> None:
    name = "nowhere" if harm == "database" else log_database.name
    role = "nobody-here" if harm == "role" else "api"
    word = "not-the-password" if harm == "password" else PASSWORD
    url = f"postgresql://{role}:{word}@127.0.0.1:{log_database.port}/{name}"

    with Service(tmp_path, settings | {"DATABASE_URL": url}) as service:
        said = service.wait_for_line(level="error")
        ready = plain.get(f"{service.url}/readyz")
        health = plain.get(f"{service.url}/health")
        answer = plain.post(f"{service.url}/predict", json=SCHEMA.example)
        alive = plain.get(f"{service.url}/livez")

    assert "Postgres answers and takes no rows" in said["event"]
    assert "DATABASE_" in said["event"]
    assert ready.status_code == 503
    assert "DATABASE_" in ready.json()["detail"]
    # What comes all the same is answered, and safe in the spool.
    assert answer.status_code == 200
    assert alive.status_code == 200
    assert health.json()["status"] == "degraded"
    log = health.json()["log"]
    assert (log["state"], log["refused_by_postgres"]) == ("postgres_away", True)
    assert "not-the-password" not in service.text + ready.text + health.text


@pytest.mark.parametrize("url", ["postgresql://api:p@ss@h/d", "postgresql://api:p/ss@h/d", "h:d"])
def test_a_url_that_hides_its_password_badly_is_refused_unquoted(
    settings: dict[str, str], tmp_path: Path, url: str
) -> None:
    status, text = Service(tmp_path, settings | {"DATABASE_URL": url}).run()

    assert status == 2
    assert "DATABASE_URL" in text
    assert "%40" in text
    assert "ss@h" not in text
