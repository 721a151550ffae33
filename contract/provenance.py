"""What makes a version the version that it is, and the id that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as installed_version
from typing import Any

from contract.digest import canonical_json, sha256
from contract.metadata import FORMAT, SCHEMA
from contract.schema import DataSetSchema

# What decides the bits of a model where it is trained; another version of one of them is another
# model. What serves it needs none of them but numpy.
LIBRARIES = ("joblib", "numpy", "scikit-learn", "scipy", "treelite")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What makes a version the version that it is.

    `settings` hold whatever steers the training: the model's parameters, the seed, the split rule.
    """

    schema: DataSetSchema
    data_sha256: str
    is_sample: bool
    settings: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The id: never from the clock, so that the same ingredients give the same id."""
        return _version(
            self.schema.key,
            data_sha256=self.data_sha256,
            is_sample=self.is_sample,
            settings=self.settings,
            libraries=installed_libraries(),
            schema_sha256=sha256(self.schema.to_json()),
            bundle_format=FORMAT,
        )


@cache
def installed_libraries() -> dict[str, str]:
    """Versions of LIBRARIES in this process."""
    return {name: installed_version(name) for name in LIBRARIES}


def version_of(metadata: Mapping[str, Any]) -> str:
    """The id that follows from a bundle's metadata.

    Of a derived version it is made of what it was derived from and of what is otherwise in it; why
    that was wanted has no part in it.
    """
    if metadata.get("derived_from") is not None:
        return _version(
            metadata["dataset"],
            is_sample=metadata["data"]["is_sample"],
            derived_from=metadata["derived_from"],
            link=metadata.get("link"),
            threshold=metadata["threshold"]["value"],
            rows_sha256=metadata["derivation"]["rows_sha256"],
            bundle_format=metadata["format"],
        )
    return _version(
        metadata["dataset"],
        data_sha256=metadata["data"]["sha256"],
        is_sample=metadata["data"]["is_sample"],
        settings=metadata["settings"],
        libraries=metadata["libraries"],
        schema_sha256=metadata["files"][SCHEMA],
        bundle_format=metadata["format"],
    )


def _version(key: str, *, is_sample: bool, **ingredients: object) -> str:
    digest = sha256(canonical_json({"is_sample": is_sample, **ingredients}))
    return f"{key}-sample-{digest[:12]}" if is_sample else f"{key}-{digest[:12]}"
