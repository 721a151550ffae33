"""The rows that are sent, and the model that scores them without our scoring path."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import orjson
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from contract.preprocessing import Matrix
from tests.gmsc import DECLARATION, SCHEMA
from trainer.data import Data
from trainer.model import PARAMETERS
from trainer.sample import make_sample
from trainer.table import read_table

COUNT = 1000


def data() -> Data:
    """The real data where GMSC_CSV names it, else the built-in sample."""
    path = os.environ.get("GMSC_CSV")
    return read_table(Path(path), DECLARATION) if path else make_sample(SCHEMA)


@dataclass(frozen=True)
class Rows:
    """A thousand rows without missing values: not every server's format knows null."""

    values: Matrix
    source: str

    @classmethod
    def of(cls, data: Data) -> "Rows":
        """The first complete rows."""
        complete = data.features[~np.isnan(data.features).any(axis=1)]
        return cls(complete[:COUNT], "sample" if data.is_sample else "real data")

    @property
    def instances(self) -> list[dict[str, float | int]]:
        """The rows as /predict takes them."""
        integers = [feature.kind == "integer" for feature in SCHEMA.features]
        return [
            {
                name: int(value) if whole else value
                for name, value, whole in zip(SCHEMA.names, row, integers, strict=True)
            }
            for row in self.values.tolist()
        ]

    def one_each(self) -> list[bytes]:
        """Bodies of /predict."""
        return [orjson.dumps(instance) for instance in self.instances]

    def batches(self, count: int = 4) -> list[bytes]:
        """Bodies of /predict/batch with a thousand rows each."""
        instances = self.instances
        return [
            orjson.dumps({"instances": instances[at:] + instances[:at]})
            for at in range(0, len(instances), len(instances) // count)
        ]


def train_plain(data: Data, path: Path) -> None:
    """The same kind of model on the ten columns as they are, for the servers of others.

    It holds no class of ours and has no preprocessing, which is in its favour.
    """
    model: Any = HistGradientBoostingClassifier(random_state=0, **PARAMETERS)
    model.fit(pd.DataFrame(data.features, columns=list(SCHEMA.names)), data.labels)
    joblib.dump(model, path)
