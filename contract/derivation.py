"""A version that has another's trees, with another link over their sum or another threshold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from contract import golden
from contract.bundle import link_of, scorer_of, sealed
from contract.bundle_files import Files
from contract.link import IDENTITY, Link
from contract.metadata import FORMAT, GOLDEN, PICKLES, PREPROCESSING, SCHEMA, TREES
from contract.provenance import version_of
from contract.schema import DataSetSchema

KEPT = (SCHEMA, PREPROCESSING, TREES, *PICKLES)
"""The files that a derived version has from the one that it was derived from, byte for byte."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a derived version has otherwise, and why.

    link: over the trees' sum, in place of the link that there was. threshold_reason: how the
    threshold came about. rows_sha256: identity of the rows that link and threshold fit; None where
    a person chose them.
    """

    link: Link
    threshold: float
    threshold_reason: str
    rows_sha256: str | None
    reason: str


def metadata_of(parent: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """What the derived version's metadata say, its id among it, but for metrics and files.

    parent: the checked metadata of the other version; what they say of data, settings and
    libraries holds of the trees, and so stays.
    """
    left_out = {"link", "files", "metrics", "checksum"}
    metadata = {name: member for name, member in parent.items() if name not in left_out}
    metadata |= {
        "format": FORMAT,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "threshold": {"value": float(change.threshold), "reason": change.threshold_reason},
        "derived_from": parent["version"],
        "derivation": {"rows_sha256": change.rows_sha256, "reason": change.reason},
    }
    if change.link != IDENTITY:
        # As floats, however they were given: their spelling is a part of the version id.
        metadata["link"] = {name: float(value) for name, value in asdict(change.link).items()}
    return {**metadata, "version": version_of(metadata)}


def encode(
    parent: Files, metadata: Mapping[str, Any], *, metrics: Mapping[str, Any], extras: Files
) -> dict[str, bytes]:
    """The files of a derived version, by name.

    parent: the checked files of the other version; metadata: `metadata_of` it; metrics and extras:
    of the derived one. Raises ValueError where a reader would refuse what comes out.
    """
    schema = DataSetSchema.from_json(parent[SCHEMA])
    scorer = scorer_of(parent, link_of(metadata))
    files = {
        **{name: parent[name] for name in KEPT if name in parent},
        GOLDEN: golden.rescored(schema, scorer, parent[GOLDEN]),
        **extras,
    }
    return sealed({**metadata, "metrics": metrics}, files)
