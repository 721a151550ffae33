"""Bundles of format 1, as the release before format 2 wrote them: the model is two pickles."""

import io
import json
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import pytest
import treelite.gtil
import treelite.sklearn
from numpy.typing import NDArray

from contract import preprocessing as current
from contract import provenance
from contract.digest import canonical_json, sha256
from contract.metadata import GOLDEN, METADATA, PREPROCESSING, TREES
from contract.provenance import Provenance
from contract.store import ModelStore
from tests.bundles import PROVENANCE, Fitted, files_of

LIBRARIES = {name: f"0.{place}" for place, name in enumerate(provenance.LIBRARIES)}


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessing:
    """The fields, and their order, of the class that was pickled."""

    codes: NDArray[np.float64]
    ratios: tuple[tuple[int, int, float, int], ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    output_names: tuple[str, ...]


Preprocessing.__module__ = current.__name__


def pickled(value: Any) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer)
    return buffer.getvalue()


def files(
    fitted: Fitted, made: Provenance = PROVENANCE, changes: dict[str, bytes] | None = None
) -> dict[str, bytes]:
    """The files; those in `changes` in place of what belongs there, with the hashes to fit."""
    new = files_of(fitted, made)
    old = {name: content for name, content in new.items() if name not in {PREPROCESSING, TREES}}
    old["preprocessing.joblib"] = _pickled_preprocessing(fitted.preprocessing)
    old["model.joblib"] = pickled(fitted.model)
    old[GOLDEN] = _golden(fitted, new[GOLDEN])
    old |= changes or {}
    metadata = json.loads(old.pop(METADATA))
    del metadata["checksum"], metadata["declaration"]
    metadata |= {
        "format": 1,
        "libraries": LIBRARIES,
        "files": {name: sha256(content) for name, content in old.items()},
    }
    metadata["version"] = provenance.version_of(metadata)
    metadata["checksum"] = sha256(canonical_json(metadata))
    return {**old, METADATA: json.dumps(metadata, indent=2).encode()}


def publish(
    store: ModelStore,
    fitted: Fitted,
    *,
    seed: int = 0,
    changes: dict[str, bytes] | None = None,
) -> str:
    """Publish and activate; the version."""
    content = files(fitted, replace(PROVENANCE, settings={"seed": seed}), changes)
    version = str(json.loads(content[METADATA])["version"])
    store.publish(version, content)
    store.activate(version)
    return version


def _pickled_preprocessing(of: current.Preprocessing) -> bytes:
    old = Preprocessing(of.codes, of.ratios, of.lower, of.upper, of.output_names)
    with pytest.MonkeyPatch.context() as patch:
        # A class is pickled by the name under which it is found.
        patch.setattr(current, "Preprocessing", Preprocessing)
        return pickled(old)


def _golden(fitted: Fitted, document: bytes) -> bytes:
    """The golden rows with the scores of that release: treelite's own, by the C library's exp()."""
    cases = json.loads(document)["cases"]
    rows = [[case["instance"][name] for name in _names(fitted)] for case in cases]
    inputs = fitted.preprocessing.transform(np.array(rows, dtype=np.float64))
    model = treelite.sklearn.import_model(fitted.model)
    for case, score in zip(cases, treelite.gtil.predict(model, inputs).ravel(), strict=True):
        case["probability"] = float(score)
    return canonical_json({"cases": cases})


def _names(fitted: Fitted) -> tuple[str, ...]:
    return fitted.preprocessing.output_names[: len(fitted.preprocessing.levels)]
