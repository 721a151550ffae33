"""Swap while serving: what becomes active in the store takes the place of the served model."""

import asyncio
import logging
import time
from collections.abc import Callable

from api.model.served import ServedModel
from api.model.serving import Refusal, Serving
from api.settings import ApiSettings, ModelRefused
from api.telemetry.logs import timestamp
from contract.store import ModelStore

# A refused version may be mended where it lies; loading costs some hundred milliseconds.
_AGAIN_SECONDS = 60.0

logger = logging.getLogger("api")


class ModelWatcher:
    """Looks at the store every MODEL_POLL_SECONDS; `switched` is told of each new model."""

    def __init__(
        self, serving: Serving, settings: ApiSettings, switched: Callable[[ServedModel], None]
    ) -> None:
        self._serving = serving
        self._settings = settings
        self._store = ModelStore(settings.models_dir)
        self._switched = switched
        self._tried: tuple[object, float] | None = None
        """The mark of the activation that was refused last, and when."""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.model_poll_seconds)
            try:
                await self.look()
            except Exception:
                # The served model goes on, and the next look may find the store mended.
                logger.exception("looking for another active model failed")

    async def look(self) -> None:
        """Switch to the active version if it is another than the served one, and can be served."""
        served = self._serving.model
        version, mark = await asyncio.to_thread(self._active)
        if version is None:
            return
        if version == served.version:
            self._serving.refused = None
            return
        if self._tried is not None:
            tried, at = self._tried
            if tried == mark and time.monotonic() - at < _AGAIN_SECONDS:
                return
        try:
            model = await asyncio.to_thread(served.successor, self._settings, version)
        except ModelRefused as error:
            self._refuse(version, str(error))
            self._tried = mark, time.monotonic()
            return
        self._tried = None
        self._serving.switch(model)
        model.announce(previous=served.version)
        self._switched(model)

    def _active(self) -> tuple[str | None, object]:
        """As `ModelStore.activation`; nothing where the store cannot be read now."""
        try:
            return self._store.activation()
        except OSError:
            return None, None

    def _refuse(self, version: str, reason: str) -> None:
        known = self._serving.refused
        if known is not None and (known.version, known.reason) == (version, reason):
            return
        self._serving.refuse(Refusal(version, reason, timestamp(time.time())))
        logger.error(
            "refused the model that was made active, the served one stays: %s",
            reason,
            extra={
                "fields": {
                    "model_version": self._serving.model.version,
                    "refused_version": version,
                }
            },
        )
