"""The model bundle: written by the trainer, loaded by whoever scores.

Nothing in it is executed where it is loaded: the trees and their preprocessing are data.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract import golden
from contract.bundle_directory import MEND
from contract.bundle_errors import BundleDamaged, GoldenMismatch
from contract.bundle_files import NO_KEYS, Files, check, check_members
from contract.digest import canonical_json, sha256
from contract.link import IDENTITY, Link
from contract.metadata import FORMAT, GOLDEN, METADATA, PREPROCESSING, SCHEMA, TREES, USED
from contract.preprocessing import Preprocessing
from contract.provenance import Provenance, installed_libraries
from contract.request import Values
from contract.schema import DataSetSchema, SchemaError
from contract.scoring import Scorer
from contract.signature import SigningKeys
from contract.text import shown
from contract.trees import Trees


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle, ready to score."""

    version: str
    schema: DataSetSchema
    scorer: Scorer
    threshold: float
    metadata: Mapping[str, Any]
    golden: bytes
    extras: Files
    """The files for people, as the model card; checked like all others."""

    @property
    def link(self) -> Link:
        """What lies between the trees' sum and the sigmoid."""
        return link_of(self.metadata)

    @property
    def derived_from(self) -> str | None:
        """The version whose trees these are; None for one that was trained."""
        found: str | None = self.metadata.get("derived_from")
        return found

    @property
    def is_sample(self) -> bool:
        """Whether the model was trained on the built-in sample instead of real data."""
        return bool(self.metadata["data"]["is_sample"])


def encode(
    provenance: Provenance,
    *,
    preprocessing: Preprocessing,
    trees: bytes,
    golden_rows: Sequence[Values],
    report: Mapping[str, Any],
    extras: Files,
) -> dict[str, bytes]:
    """The files of a bundle, by name.

    `trees` is treelite's checkpoint; `report` holds `data` (source, rows, split), `metrics`,
    `threshold` (value and reason) and may hold `declaration`; `extras` are files for people, as
    the model card. Raises ValueError where a reader would refuse what comes out.
    """
    scorer = Scorer(preprocessing, Trees.from_bytes(trees))
    files = {
        SCHEMA: provenance.schema.to_json(),
        PREPROCESSING: preprocessing.to_json(),
        TREES: trees,
        GOLDEN: golden.encode(provenance.schema, scorer, golden_rows),
        **extras,
    }
    metadata = {
        "format": FORMAT,
        "version": provenance.version,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "dataset": provenance.schema.key,
        "schema_version": provenance.schema.id,
        "data": {
            **report["data"],
            "sha256": provenance.data_sha256,
            "is_sample": provenance.is_sample,
        },
        "settings": dict(provenance.settings),
        "threshold": report["threshold"],
        "metrics": report["metrics"],
        "libraries": installed_libraries(),
        "python": platform.python_version(),
        "preprocessing": preprocessing.describe(),
        "declaration": report.get("declaration", {}),
    }
    return sealed(metadata, files)


def sealed(metadata: Mapping[str, Any], files: Files) -> dict[str, bytes]:
    """The files and the metadata that list them; ValueError where a reader would refuse them."""
    digests = {name: sha256(content) for name, content in sorted(files.items())}
    listing = {**metadata, "files": digests}
    check_members(listing)
    listing["checksum"] = sha256(canonical_json(listing))
    document = json.dumps(listing, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    return {**files, METADATA: document.encode()}


def load(directory: Path, keys: SigningKeys = NO_KEYS) -> Bundle:
    """Read, check and decode the bundle in `directory`, in that order.

    The bytes that were checked are the bytes that are used, whatever happens to the files
    meanwhile. Raises BundleError.
    """
    metadata, files = check(directory, keys)
    schema = _schema(directory, metadata, files[SCHEMA])
    scorer = _scorer(directory, files, link_of(metadata))
    _check_scores(directory, schema, scorer, files[GOLDEN])
    return Bundle(
        version=metadata["version"],
        schema=schema,
        scorer=scorer,
        threshold=metadata["threshold"]["value"],
        metadata=metadata,
        golden=files[GOLDEN],
        extras={name: content for name, content in files.items() if name not in USED},
    )


def scorer_of(files: Files, link: Link) -> Scorer:
    """What scores by the checked files of a bundle; raises ValueError where they hold no model."""
    preprocessing = Preprocessing.from_json(files[PREPROCESSING])
    return Scorer(preprocessing, Trees.from_bytes(files[TREES]), link)


def link_of(metadata: Mapping[str, Any]) -> Link:
    """The link that checked metadata say, which is the identity where they say none."""
    found = metadata.get("link")
    return IDENTITY if found is None else Link(**found)


def _schema(directory: Path, metadata: Mapping[str, Any], content: bytes) -> DataSetSchema:
    try:
        schema = DataSetSchema.from_json(content)
    except SchemaError as error:
        raise BundleDamaged(f"{directory.name}/{SCHEMA}: {error}; {MEND}") from error
    if (schema.key, schema.id) != (metadata["dataset"], metadata["schema_version"]):
        raise BundleDamaged(f"{directory.name}/{SCHEMA} declares {schema.id}: {MEND}")
    return schema


def _scorer(directory: Path, files: Files, link: Link) -> Scorer:
    try:
        return scorer_of(files, link)
    except ValueError as error:
        raise BundleDamaged(
            f"{directory.name} holds no model that can be loaded: {shown(str(error))}; {MEND}"
        ) from error


def _check_scores(directory: Path, schema: DataSetSchema, scorer: Scorer, document: bytes) -> None:
    try:
        difference = golden.first_difference(schema, scorer, document)
    except ValueError as error:  # also of a preprocessing that takes other features
        raise BundleDamaged(
            f"{directory.name}/{GOLDEN} cannot be scored: {shown(str(error))}; {MEND}"
        ) from error
    if difference:
        raise GoldenMismatch(f"{directory.name}: {difference}: this machine scores otherwise")
