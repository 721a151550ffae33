"""The model that is served, with everything that a request needs of it."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from api.model.card import Card
from api.model.dataset import check_dataset
from api.settings import ApiSettings, ModelRefused
from contract.bundle import Bundle
from contract.bundle_errors import BundleError
from contract.lease import Lease
from contract.request import RequestModel, Values
from contract.schema import DataSetSchema
from contract.scoring import Scorer
from contract.secret import SecretError
from contract.store import ModelStore
from db.log import ModelRegistration, RowFormat

logger = logging.getLogger("api")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A checked bundle and what is made from it once, before the first request."""

    version: str
    schema: DataSetSchema
    threshold: float
    scorer: Scorer
    request_model: RequestModel
    row_format: RowFormat
    is_sample: bool
    metadata: dict[str, Any]
    is_signed: bool
    """Whether one of the accepted keys signed it; without keys nobody asks."""
    card: Card | None
    lease: Lease
    """Keeps the version from being removed while it is served: the next start needs it."""

    @classmethod
    def load(cls, settings: ApiSettings) -> "ServedModel":
        """The version that the settings name, or the active one; raises ModelRefused."""
        with _store(settings) as store:
            version = settings.model_version or _active(store)
            lease = store.lease(version)
            bundle = _loaded(store, version)
        check_dataset(settings, bundle.version, bundle.schema)
        row_format = RowFormat(bundle.schema)
        _check_columns(bundle.version, row_format)
        return cls(
            version=bundle.version,
            schema=bundle.schema,
            threshold=bundle.threshold,
            scorer=bundle.scorer,
            request_model=RequestModel(bundle.schema, max_instances=settings.max_batch_rows),
            row_format=row_format,
            is_sample=bundle.is_sample,
            metadata=dict(bundle.metadata),
            is_signed=bool(store.keys),
            card=Card.of(bundle.version, bundle.extras),
            lease=lease,
        )

    def successor(self, settings: ApiSettings, version: str) -> "ServedModel":
        """Another version that can take this one's place between two requests.

        Raises ModelRefused, also where it takes other requests than this one: clients and the
        rows on their way to the log go by the declaration that is served.
        """
        with _store(settings) as store:
            lease = store.lease(version)
            bundle = store.load(version)
        if bundle.schema.to_json() != self.schema.to_json():
            raise ModelRefused(
                f"{version} takes requests of {bundle.schema.id} by a declaration that differs"
                f" from the served one ({self.schema.id}): restart the api to serve it"
            )
        return replace(
            self,
            version=bundle.version,
            threshold=bundle.threshold,
            scorer=bundle.scorer,
            is_sample=bundle.is_sample,
            metadata=dict(bundle.metadata),
            is_signed=bool(store.keys),
            card=Card.of(bundle.version, bundle.extras),
            lease=lease,
        )

    @property
    def data_source(self) -> str:
        """Where the training data came from."""
        return str(self.metadata["data"].get("source", "unknown"))

    @property
    def registration(self) -> ModelRegistration:
        """What the log's table of model versions says of this one."""
        return ModelRegistration(
            model_version=self.version,
            schema_version=self.schema.id,
            data_source=self.data_source,
            is_sample=self.is_sample,
            created_at=self.metadata["created_at"],
            metadata=self.metadata,
        )

    def score(self, rows: Sequence[Values]) -> list[float]:
        """Probability of the target's event for each row."""
        if len(rows) == 1:
            return [self.scorer.score_row(rows[0])]
        probabilities: list[float] = self.scorer.score_rows(rows).tolist()
        return probabilities

    def describe(self) -> dict[str, Any]:
        """The answer of /model."""
        return {
            "model_version": self.version,
            "schema_version": self.schema.id,
            "threshold": self.threshold,
            "derived_from": self.metadata.get("derived_from"),
            "link": self.metadata.get("link"),
            "trained_on_sample": self.is_sample,
            "data_source": self.data_source,
            "origin": "verified" if self.is_signed else "not checked",
            "schema": json.loads(self.schema.to_json()),
            "metrics": self.metadata["metrics"],
            "metadata": self.metadata,
        }

    def announce(self, previous: str | None = None) -> None:
        """Say in the log what is served, and say it loudly where it is not meant for use."""
        fields = {"model_version": self.version, "data_source": self.data_source}
        if previous is not None:
            fields["previous_version"] = previous
        logger.info("serving the model", extra={"fields": fields})
        if not self.is_signed:
            logger.info(
                "the model's integrity is checked, its origin is not: set BUNDLE_SIGNING_KEY"
                " for trainer and api"
            )
        if self.is_sample:
            logger.warning(
                "THE MODEL WAS TRAINED ON THE BUILT-IN SAMPLE: its answers mean nothing."
                " Put the real data in place and train again",
                extra={"fields": fields},
            )


@contextmanager
def _store(settings: ApiSettings) -> Iterator[ModelStore]:
    """The published bundles, with the errors of whoever reads them as ModelRefused.

    The keys are read each time: a key that was added to the file needs no restart.
    """
    try:
        yield ModelStore(settings.models_dir, settings.signing_keys())
    except SecretError as error:
        raise ModelRefused(str(error)) from error
    except BundleError as error:
        raise ModelRefused(f"refused the model: {error}") from error
    except OSError as error:
        raise ModelRefused(
            f"cannot read the model in {settings.models_dir}: {error.strerror}"
        ) from error


def _loaded(store: ModelStore, version: str) -> Bundle:
    """The bundle; an error says which others there are, for this is where people look."""
    try:
        return store.load(version)
    except BundleError as error:
        raise ModelRefused(
            f"refused the model: {error}; or choose another: {store.instead_of(version)}"
        ) from error


def _check_columns(version: str, row_format: RowFormat) -> None:
    """Raise ModelRefused where no row of the log could hold what is predicted."""
    names = [name for name, _ in row_format.columns]
    if taken := {name for name in names if names.count(name) > 1}:
        raise ModelRefused(
            f"{version} has features for which the log has columns of its own"
            f" ({', '.join(sorted(taken))}): give them other names, and train again"
        )


def _active(store: ModelStore) -> str:
    version = store.active()
    if version is None:
        raise ModelRefused(
            f"no model has been published in {store.root}: run the trainer first"
            " (docker compose run --rm trainer, or python -m trainer), or set MODELS_DIR"
        )
    return version
