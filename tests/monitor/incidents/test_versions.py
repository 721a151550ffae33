"""What the later rows of a version are compared with, as its bundle and its declaration say."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from contract import declaration, held_out
from contract.signature import SigningKeys
from contract.store import ModelStore
from diagnosis.reference import Reference
from diagnosis.tolerances import Tolerances
from monitor import round as rounds
from monitor.incidents.versions import Versions, tolerances
from tests.monitor.conftest import CHECKOUT, Monitor


def reference(monitor: Monitor, versions: Versions, version: str) -> Reference:
    with monitor.connections.snapshot() as connection, connection.cursor() as cursor:
        return versions.reference(cursor, version)


def registered(monitor: Monitor) -> str:
    """The sample's version, whose profile a round has kept."""
    version = ModelStore(monitor.models).active()
    assert version is not None
    monitor.register(version)
    rounds.run(monitor.connections, monitor.references())
    return version


def test_a_reference_is_what_the_bundle_and_the_database_say(monitor: Monitor) -> None:
    version = registered(monitor)
    said = {
        "threshold": {"value": 0.2},
        "declaration": {
            "tolerances": {"share": 0.05},
            "costs": {"false_positive": 1.0, "false_negative": 5.0},
        },
    }
    monitor.query("UPDATE model_version SET metadata = %s", json.dumps(said))
    versions = Versions(monitor.models, SigningKeys(()))

    found = reference(monitor, versions, version)

    rows = held_out.read(monitor.models / version, SigningKeys(()))
    assert rows is not None
    assert found.sample is not None
    assert found.sample.scores.tolist() == rows.scores.tolist()
    assert found.sample.outcomes.tolist() == rows.labels.tolist()
    assert found.sample.labelled.all()
    assert (found.threshold, found.costs) == (0.2, (1.0, 5.0))
    assert found.tolerances == Tolerances(share=0.05)
    assert [each.name for each in found.features] == [c.name for c in found.profile.columns]
    scorer = versions.scorer(version)
    assert scorer is not None
    assert (scorer.score(rows.values) == rows.scores).all()


def test_without_its_bundle_a_version_is_known_by_its_profile(
    monitor: Monitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = registered(monitor)
    versions = Versions(tmp_path, SigningKeys(()))

    found = reference(monitor, versions, version)
    again = reference(monitor, versions, version)

    assert found.sample is None
    assert again.profile == found.profile
    assert (found.threshold, found.costs, found.tolerances) == (0.5, None, Tolerances())
    assert versions.scorer(version) is None
    assert [record.message.split(": ")[1] for record in caplog.records] == [
        "it is diagnosed without held-out rows",
        "its scores are not held against its bundle",
    ]


@pytest.mark.parametrize("value", [True, "0.1", -0.1, 0, float("nan"), 10**30, None, [0.1]])
def test_what_is_no_tolerance_leaves_the_default(value: object) -> None:
    assert tolerances({"tolerances": {"share": value, "auc": 0.5}}) == Tolerances(auc=0.5)
    assert tolerances({"tolerances": value}) == Tolerances()


def test_the_tolerances_of_a_declaration_are_those_of_a_diagnosis() -> None:
    """And the page that describes them tells the defaults."""
    page = (CHECKOUT / "docs" / "declaring.md").read_text()

    told = dict(re.findall(r"^\| `(\w+)` \| ([0-9.]+) \|", page, flags=re.MULTILINE))

    assert set(declaration.Tolerances.model_fields) == {each.name for each in fields(Tolerances)}
    assert {name: float(value) for name, value in told.items()} == {
        each.name: each.default for each in fields(Tolerances)
    }
