"""The bundles that the service's tests serve."""

from pathlib import Path

from contract.provenance import Provenance
from tests import bundles
from tests.gmsc import SCHEMA

THRESHOLD = 0.25


def publish(models: Path, *, is_sample: bool = False, seed: int = 7) -> str:
    """Train, publish, activate; the version."""
    provenance = Provenance(SCHEMA, "0" * 64, is_sample=is_sample, settings={"seed": seed})
    return bundles.publish(models, bundles.fit(2000, seed), provenance).name
