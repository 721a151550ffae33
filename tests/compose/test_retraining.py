"""A case in the stack: proposed from the log, approved, made active, and taken back."""

import json
import math
import random
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.compose.conftest import Compose
from tests.gmsc import SCHEMA

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]

ROWS = 3000
DECIDED = datetime(2026, 1, 1, tzinfo=UTC)


def post(compose: Compose, path: str, document: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{compose.port}{path}",
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def feed(compose: Compose) -> None:
    """Cases that are due, of which more have the event than the model says."""
    made = random.Random(1)
    reports = []
    for first in range(0, ROWS, 1000):
        places = range(first, first + 1000)
        times = [DECIDED + timedelta(minutes=10 * place) for place in places]
        answers = post(
            compose,
            "/predict/batch",
            {
                "instances": [
                    {**SCHEMA.example, "age": made.randint(21, 80), "DebtRatio": made.random()}
                    for _ in places
                ],
                "context": [
                    {
                        "reference": f"loan-{place}",
                        "event_time": at.isoformat(),
                        "outcome_due": (at + timedelta(days=30)).isoformat(),
                    }
                    for place, at in zip(places, times, strict=True)
                ],
            },
        )["predictions"]
        for place, at, answer in zip(places, times, answers, strict=True):
            odds = math.exp(2.5) * answer["probability"] / (1 - answer["probability"])
            reports.append(
                {
                    "reference": f"loan-{place}",
                    "source": "core",
                    "event_key": f"k-{place}",
                    "outcome": int(made.random() < odds / (1 + odds)),
                    "observed_at": (at + timedelta(days=20)).isoformat(),
                }
            )
    post(compose, "/outcomes", {"outcomes": reports})


def retraining(compose: Compose, *arguments: str) -> str:
    return compose.run("run", "--rm", "--no-deps", "retraining", *arguments).stdout


def test_a_case_is_proposed_approved_promoted_and_taken_back(compose: Compose) -> None:
    compose.run("up", "--wait", "api")
    champion = compose.get("/health")["model_version"]
    feed(compose)
    compose.run("run", "--rm", "retraining", "list")  # builds what the others run

    as_of = ("--as-of", "2026-03-01T00:00:00Z")
    case = json.loads(retraining(compose, "propose", "--manual", "more bads", *as_of, "--json"))
    assert case["proposal"]["verdict"] == "recalibrate"
    retraining(compose, "approve", "1", "--by", "Ann", "--reason", "It pays.", *as_of)
    retraining(compose, "promote", "1", "--by", "Bob", *as_of)
    active = compose.run("run", "--rm", "--no-deps", "trainer", "list").stdout
    assert [line.split()[0] for line in active.splitlines() if " active " in line] == [
        case["challenger"]
    ]
    assert "are those of the log" in retraining(compose, "verify")
    retraining(compose, "rollback", "--by", "Ann", "--reason", "Tried out.", *as_of)

    active = compose.run("run", "--rm", "--no-deps", "trainer", "list").stdout
    assert [line.split()[0] for line in active.splitlines() if " active " in line] == [champion]
