"""LitServe, as its documentation says for batching. Runs in LitServe's environment."""

# mypy: ignore-errors
# What it imports is not installed beside us, so nothing here can be checked.

import os
import sys
from typing import Any

import joblib
import litserve
import numpy as np


class Gmsc(litserve.LitAPI):
    """The plain model, in batches of up to 64 that wait at most 5 ms."""

    model: Any

    def setup(self, device: str) -> None:  # noqa: ARG002 -- LitServe passes it
        self.model = joblib.load(os.environ["MODEL"])

    def decode_request(self, request: dict[str, list[float]]) -> list[float]:
        return request["row"]

    def predict(self, rows: list[list[float]]) -> Any:
        return self.model.predict_proba(np.array(rows, dtype=float))[:, 1]

    def encode_response(self, output: float) -> dict[str, float]:
        return {"probability": float(output)}


if __name__ == "__main__":
    api = Gmsc(max_batch_size=64, batch_timeout=0.005)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    port = int(sys.argv[1])
    server.run(port=port, host="127.0.0.1", generate_client_file=False, log_level="warning")
