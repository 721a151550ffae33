"""In what two bundles differ."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from contract import golden
from contract.bundle import Bundle
from contract.bundle_errors import BundleIncompatible, GoldenMismatch
from contract.provenance import Provenance, installed_libraries
from contract.store import ModelStore

# What `diff` looks at, in this order.
_PARTS = (
    *("schema_version", "data", "settings", "libraries", "threshold", "metrics"),
    *("derived_from", "link", "derivation"),  # of derived versions alone
)


class Difference(NamedTuple):
    """A place in two documents where they differ."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, path: str) -> list[Difference]:
    """The leaves in which two documents differ; a list counts as one leaf."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return [
            item
            for key in sorted({*before, *after})
            for item in differences(before.get(key), after.get(key), f"{path}.{key}")
        ]
    if before == after:
        return []
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        count = sum(one != other for one, other in zip(before, after, strict=True))
        return [Difference(f"{path} ({count} of {len(before)} entries)", "...", "...")]
    return [Difference(path, before, after)]


def between(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    """In what the metadata of two bundles differ, as far as it matters to their scores."""
    return [item for part in _PARTS for item in differences(one.get(part), other.get(part), part)]


def ingredients_differing(metadata: Mapping[str, Any], provenance: Provenance) -> list[str]:
    """By which names the ingredients of a version differ from those at hand."""
    there = {
        "data.sha256": metadata["data"]["sha256"],
        "settings": metadata["settings"],
        "libraries": metadata["libraries"],
        "schema_version": metadata["schema_version"],
    }
    here = {
        "data.sha256": provenance.data_sha256,
        "settings": dict(provenance.settings),
        "libraries": installed_libraries(),
        "schema_version": provenance.schema.id,
    }
    return [item.path for name in there for item in differences(there[name], here[name], name)]


def scores(store: ModelStore, first: str, second: str) -> str:
    """How differently two versions score the first one's golden rows, in a sentence."""
    try:
        one, other = (store.load(version) for version in (first, second))
    except (BundleIncompatible, GoldenMismatch) as error:
        return f"scores were not compared: {error}"
    if one.schema.names != other.schema.names:
        return "scores were not compared: the features are others"
    return _score_change(one, other)


def _score_change(one: Bundle, other: Bundle) -> str:
    rows = golden.rows(one.schema, one.golden)
    change = np.abs(one.scorer.score_rows(rows) - other.scorer.score_rows(rows))
    return (
        f"scores of {len(rows)} golden rows: {int((change > 0).sum())} differ, by at most"
        f" {change.max():.4g}"
    )
