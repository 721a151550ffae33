"""One training on the sample, in this process, for all tests that look at what came of it."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from contract.metadata import METADATA
from contract.provenance import Provenance
from tests.gmsc import DECLARATION, SCHEMA
from trainer.data import Data
from trainer.model import Trained
from trainer.pipeline import Result, encode, fit, provenance_of
from trainer.progress import Progress
from trainer.sample import make_sample
from trainer.settings import TrainerSettings


@dataclass(frozen=True)
class Made:
    """A bundle's files, and the training that they came from."""

    data: Data
    provenance: Provenance
    result: Result
    files: dict[str, bytes]

    @property
    def trained(self) -> Trained:
        return self.result.trained

    @property
    def metadata(self) -> Any:
        return json.loads(self.files[METADATA])

    @property
    def card(self) -> str:
        return self.files["model_card.md"].decode()


@pytest.fixture(scope="session")
def made() -> Made:
    data, settings = make_sample(SCHEMA), TrainerSettings()
    provenance = provenance_of(DECLARATION, data, settings)
    result = fit(DECLARATION, data, settings, Progress("console"))
    files = encode(provenance, data, result, Progress("console"))
    return Made(data, provenance, result, files)
