"""Which version this process serves from when on, told to Postgres."""

import logging
import socket
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from psycopg2.extras import Json

from db.log.errors import RowsRefused
from db.log.postgres import PostgresLog

Reason = Literal["start", "pinned", "activated"]

# Activations that wait for Postgres; at the default of MODEL_POLL_SECONDS more than an hour's.
_WAITING = 1000

logger = logging.getLogger("prediction_log")


@dataclass(frozen=True, slots=True)
class ModelRegistration:
    """What `model_version` says of the version that is served."""

    model_version: str
    schema_version: str
    data_source: str
    is_sample: bool
    created_at: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Activation:
    """The moment from which a process serves a version."""

    model: ModelRegistration
    previous_version: str | None
    reason: Reason
    activation_id: uuid.UUID = field(default_factory=uuid.uuid4)
    activated_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Activations:
    """Kept in memory until Postgres has them; the rows of the log name their version anyway."""

    def __init__(self, process_id: uuid.UUID) -> None:
        self._process_id = process_id
        self._instance = socket.gethostname()
        self._waiting: deque[Activation] = deque(maxlen=_WAITING)
        self._latest: Activation | None = None

    def add(self, model: ModelRegistration, reason: Reason) -> None:
        """From now on this process serves that version; never waits."""
        before = self._latest.model.model_version if self._latest else None
        self._latest = Activation(model, before, reason)
        self._waiting.append(self._latest)

    def tell_again(self) -> None:
        """Tell the latest again: the server may be another one, or an older copy of it."""
        if self._latest is not None and not self._waiting:
            self._waiting.append(self._latest)

    @property
    def due(self) -> bool:
        """Whether there is something to `save`."""
        return bool(self._waiting)

    def save(self, postgres: PostgresLog) -> None:
        """Write what waits, oldest first; raises PostgresAway."""
        while self._waiting:
            activation = self._waiting[0]
            try:
                self._register(postgres, activation.model)
                self._write(postgres, activation)
            except RowsRefused as error:
                logger.error("Postgres refuses an activation: %s", error)  # noqa: TRY400 -- all said
            if self._waiting[0] is activation:
                self._waiting.popleft()

    def _register(self, postgres: PostgresLog, model: ModelRegistration) -> None:
        postgres.execute(
            "INSERT INTO model_version (model_version, schema_version, data_source,"
            " data_is_sample, created_at, metadata) VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (
                model.model_version,
                model.schema_version,
                model.data_source,
                model.is_sample,
                model.created_at,
                Json(dict(model.metadata)),
            ),
        )

    def _write(self, postgres: PostgresLog, activation: Activation) -> None:
        postgres.execute(
            "INSERT INTO model_activation (activation_id, activated_at, process_id, instance,"
            " model_version, previous_version, reason) VALUES (%s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (
                str(activation.activation_id),
                activation.activated_at,
                str(self._process_id),
                self._instance,
                activation.model.model_version,
                activation.previous_version,
                activation.reason,
            ),
        )
