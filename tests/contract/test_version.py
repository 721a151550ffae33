"""A version id names what made the bundle, and nothing else: least of all the clock."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from contract import provenance
from contract.metadata import FORMAT, METADATA
from contract.provenance import Provenance
from tests.bundles import PROVENANCE, Fitted, files_of
from tests.gmsc import SCHEMA

OTHER_SCHEMA = replace(SCHEMA, version=2)
OTHER_FEATURE = replace(
    SCHEMA, features=(replace(SCHEMA.features[0], maximum=5e8), *SCHEMA.features[1:])
)


def test_the_same_ingredients_give_the_same_id() -> None:
    again = Provenance(
        replace(SCHEMA), data_sha256="0" * 64, is_sample=False, settings=json.loads('{"seed": 0}')
    )

    assert again.version == PROVENANCE.version
    assert re.fullmatch(r"gmsc-[0-9a-f]{12}", again.version)


def test_the_order_of_the_settings_does_not_matter() -> None:
    one = replace(PROVENANCE, settings={"seed": 0, "share": 0.2})
    other = replace(PROVENANCE, settings={"share": 0.2, "seed": 0})

    assert one.version == other.version


@pytest.mark.parametrize(
    "change",
    [
        {"data_sha256": "0" * 63 + "1"},
        {"settings": {"seed": 1}},
        {"settings": {"seed": 0, "more": None}},
        {"settings": {"seed": "0"}},
        {"schema": OTHER_SCHEMA},
        {"schema": OTHER_FEATURE},
        {"is_sample": True},
    ],
)
def test_another_ingredient_gives_another_id(change: Mapping[str, Any]) -> None:
    assert replace(PROVENANCE, **change).version != PROVENANCE.version


def test_a_model_of_the_sample_says_so_in_its_id() -> None:
    assert replace(PROVENANCE, is_sample=True).version.startswith("gmsc-sample-")


@pytest.mark.parametrize("library", provenance.LIBRARIES)
def test_another_library_gives_another_id(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = PROVENANCE.version
    others = {**provenance.installed_libraries(), library: "0.24"}
    monkeypatch.setattr(provenance, "installed_libraries", lambda: others)

    assert PROVENANCE.version != before


def test_another_format_gives_another_id(monkeypatch: pytest.MonkeyPatch) -> None:
    before = PROVENANCE.version
    monkeypatch.setattr(provenance, "FORMAT", FORMAT + 1)

    assert PROVENANCE.version != before


@pytest.mark.parametrize(
    "environment", [{"PYTHONHASHSEED": "1"}, {"TZ": "Asia/Kolkata", "LANG": "C"}]
)
def test_another_process_gives_the_same_id(environment: Mapping[str, str]) -> None:
    code = "from tests.bundles import PROVENANCE; print(PROVENANCE.version)"

    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == PROVENANCE.version


def test_encoding_again_gives_the_same_files(fitted: Fitted) -> None:
    """All but the moment, which stands in the metadata alone."""
    one, other = files_of(fitted), files_of(fitted)
    first, second = (json.loads(files.pop(METADATA)) for files in (one, other))

    assert one == other
    for metadata in (first, second):
        del metadata["created_at"], metadata["checksum"]
    assert first == second
