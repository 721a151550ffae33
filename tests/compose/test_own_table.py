"""A table of somebody's own, from its file to a row in SQL and its outcome, as the README shows."""

import json
import os
import random
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.compose.conftest import Compose, copy_checkout, missing_engine
from tests.ports import free_port

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]

CHANNELS = ("web", "branch", 'Café "X"')


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Compose]:
    """A project of its own, in a copy of the checkout with a table in its data/."""
    if reason := missing_engine():
        pytest.skip(reason)
    checkout = tmp_path / "checkout"
    copy_checkout(checkout)
    data = checkout / "data"
    data.mkdir()
    for folder in (tmp_path, *tmp_path.parents[:2], checkout, data):
        folder.chmod(folder.stat().st_mode | 0o055)
    (data / "loans.csv").write_text(_table(), encoding="utf-8-sig")
    stack = Compose(f"test-{uuid.uuid4().hex[:8]}", free_port(), directory=checkout)
    try:
        yield stack
    finally:
        stack.run("--profile", "*", "down", "--volumes", "--rmi", "local", check=False)


def _table() -> str:
    """Semicolons, decimal commas, quotes, a name beyond ASCII: as spreadsheets write it."""
    draw = random.Random(20261126)
    lines = ["loan_id;amount;channel;Größe;status"]
    for number in range(4000):
        channel, amount = draw.choice(CHANNELS), draw.lognormvariate(8, 1)
        bad = draw.random() < 0.1 + 0.4 * (channel == "web") + 0.2 * (amount > 5000)
        quoted = '"{}"'.format(channel.replace('"', '""'))
        size = draw.choice(["", "1", "2", "3"])
        written = f"{amount:.2f}".replace(".", ",")
        lines.append(f"L{number};{written};{quoted};{size};{'bad' if bad else 'good'}")
    return "\n".join(lines) + "\n"


def test_a_table_of_ones_own_is_declared_trained_served_and_logged(own: Compose) -> None:
    asked = ("declare", "data/loans.csv", "--target", "status", "--positive", "bad")
    user = ("--user", str(os.getuid())) if os.getuid() else ("--user", "0")
    own.run("run", "--rm", "-T", *user, "trainer", *asked, "--reference", "loan_id")
    own.environment["DATASET"] = "data/loans.toml"

    trained = own.run("run", "--rm", "-T", "trainer")
    own.run("up", "--wait", "api")

    assert "is active now" in trained.stdout + trained.stderr
    assert own.get("/health")["schema_version"] == "loans/1"
    instance = {"amount": 5000.5, "channel": 'Café "X"', "Größe": None}
    status, answer = own.predict(instance)
    assert status == 200
    ((channel, amount, size, probability),) = own.sql(
        "SELECT replace(channel, '\"', ''), amount, grosse, probability FROM prediction_log"
        f" WHERE prediction_id = '{answer['prediction_id']}'"
    )
    assert (channel, amount, size) == ("Café X", "5000.5", "")
    assert float(probability).hex() == answer["probability"].hex()
    assert own.predict({**instance, "channel": "Web"})[0] == 422

    observed_at = datetime.now(UTC).isoformat(timespec="seconds")
    assert _report(own, answer["prediction_id"], observed_at) == ["stored"]
    (own.directory / "data" / "outcomes.csv").write_text(
        "prediction_id,source,event_key,outcome,observed_at\n"
        f"{answer['prediction_id']},test,1,1,{observed_at}\n"
        f"{answer['prediction_id']},test,2,7,{observed_at}\n"
    )
    load = ("load", "data/outcomes.csv", "--rejects", "-")
    loaded = own.run("run", "--rm", "-T", "outcomes", *load, check=False)
    assert loaded.returncode == 3
    assert "3,outcome,invalid," in loaded.stdout
    ((state, reports),) = own.sql("SELECT state, reports FROM monitoring.outcome_state")
    assert (state, reports) == ("bad", "1")


def _report(stack: Compose, prediction_id: str, observed_at: str) -> list[str]:
    report = {
        "prediction_id": prediction_id,
        "source": "test",
        "event_key": "1",
        "outcome": 1,
        "observed_at": observed_at,
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.port}/outcomes",
        data=json.dumps({"outcomes": [report]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        stored: list[str] = json.load(answer)["outcomes"]
    return stored
