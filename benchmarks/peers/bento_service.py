"""BentoML, as its documentation says for adaptive batching. Runs in BentoML's environment."""

# mypy: ignore-errors
# What it imports is not installed beside us, so nothing here can be checked.

import os

import bentoml
import joblib
import numpy as np


@bentoml.service(workers=1, traffic={"timeout": 30})
class Gmsc:
    """The plain model behind an api that batches by itself."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL"])

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=1000)
    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Probability of the event for each row."""
        return self.model.predict_proba(rows)[:, 1]
