"""What the later rows of a version are compared with: its profile, declaration and bundle."""

import logging
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from contract import bundle, held_out
from contract.bundle_errors import BundleError
from contract.held_out import HeldOutRows
from contract.profile import Profile
from contract.schema import DataSetSchema
from contract.scoring import Scorer
from contract.signature import SigningKeys
from diagnosis.reference import Reference
from diagnosis.rows import Rows
from diagnosis.tolerances import Tolerances

logger = logging.getLogger("monitor")

_KEPT = """
    SELECT declaration::text, profile::text, metadata FROM reference_profile AS kept
    LEFT JOIN model_version USING (model_version)
    WHERE kept.model_version = %s AND profile IS NOT NULL"""
_THRESHOLD = 0.5


class Versions:
    """References out of the database, scorers and held-out rows out of the directory of bundles.

    What a bundle holds is kept once it is found; one that is gone, or has no held-out rows, is
    looked for again each time.
    """

    def __init__(self, models: Path, keys: SigningKeys) -> None:
        self._models = models
        self._keys = keys
        self._scorers: dict[str, Scorer] = {}
        self._samples: dict[str, Rows] = {}
        self._told: set[tuple[str, str]] = set()

    def reference(self, cursor: Any, version: str) -> Reference:
        """What is known of a version that has a profile; its sample is None without a bundle."""
        cursor.execute(_KEPT, (version,))
        declaration, profile, metadata = cursor.fetchone()
        said = metadata if isinstance(metadata, Mapping) else {}
        declared = _part(said, "declaration")
        threshold = _number(_part(said, "threshold").get("value"))
        return Reference(
            version,
            DataSetSchema.from_json(declaration.encode()).features,
            Profile.from_json(profile.encode()),
            _THRESHOLD if threshold is None else threshold,
            tolerances(declared),
            self._sample(version),
            _costs(declared),
        )

    def scorer(self, version: str) -> Scorer | None:
        """What scores as the version does; None where its bundle is not at hand, or damaged."""
        if version not in self._scorers:
            try:
                loaded = bundle.load(self._models / version, self._keys)
            except BundleError as error:
                self._tell(version, f"its scores are not held against its bundle: {error}")
                return None
            self._scorers[version] = loaded.scorer
        return self._scorers[version]

    def _sample(self, version: str) -> Rows | None:
        if version not in self._samples:
            try:
                found = held_out.read(self._models / version, self._keys)
            except BundleError as error:
                self._tell(version, f"it is diagnosed without held-out rows: {error}")
                return None
            if found is None:
                return None
            self._samples[version] = _rows(found)
        return self._samples[version]

    def _tell(self, version: str, reason: str) -> None:
        if (version, reason) not in self._told:
            self._told.add((version, reason))
            logger.warning("%s: %s", version, reason)


def tolerances(declared: Mapping[str, Any]) -> Tolerances:
    """Those that a declaration sets, as far as they are numbers above 0, and the defaults."""
    said = _part(declared, "tolerances")
    found = {each.name: _number(said.get(each.name)) for each in fields(Tolerances)}
    return Tolerances(**{name: value for name, value in found.items() if value})


def _costs(declared: Mapping[str, Any]) -> tuple[float, float] | None:
    said = _part(declared, "costs")
    positive, negative = (_number(said.get(f"false_{kind}")) for kind in ("positive", "negative"))
    return (positive, negative) if positive and negative else None


def _rows(found: HeldOutRows) -> Rows:
    """Held-out rows have no time; their outcomes are known and due."""
    nothing = np.zeros(len(found.labels))
    return Rows(
        *(found.values, found.scores, nothing.astype(np.int64), nothing),
        *(found.labels.astype(np.float64), nothing, nothing),
    )


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(value: object) -> float | None:
    """What a bundle says is not ours: only a finite number of at least 0 is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e18:
        return None
    return value
