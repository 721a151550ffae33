"""A log of the sample's model whose outcomes are known, and what cases are made of it with."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from contract.sigmoid import sigmoids
from contract.store import ModelStore
from monitor.database import Database as Connections
from retraining.means import Means
from retraining.policy import Policy
from retraining.proposing import propose
from retraining.records import Record
from retraining.scene import Ask
from tests.conftest import Database
from tests.gmsc import SCHEMA
from tests.monitor.incidents import log
from trainer.context import Context
from trainer.progress import Progress
from trainer.settings import TrainerSettings

AGE, DEBT = map(SCHEMA.names.index, ("age", "DebtRatio"))
HOURS = 240
END = log.START + timedelta(hours=HOURS) + log.DUE
"""When all of them are due."""


class Scenes:
    """A database and a store of a test's own."""

    def __init__(self, database: Database, sample_models: Path, root: Path) -> None:
        self.database = database
        self.models = root / "models"
        shutil.copytree(sample_models, self.models, symlinks=True)
        self.store = ModelStore(self.models)
        self.champion = log.version_of(self.models)
        self.connections = Connections(database.url("retraining"), lambda: None)
        log.register(database, self.models)

    def means(self, policy: str = "") -> Means:
        settings = TrainerSettings(models_dir=self.models)
        trainer = Context(settings, self.store, Progress("console"))
        return Means(self.connections, trainer, Policy.from_toml(policy))

    def propose(
        self, as_of: datetime = END, by: str = "retraining", policy: str = "", **ask: Any
    ) -> Record:
        ask = {"wish": "a look"} | ask if "incident_id" not in ask else ask
        return propose(self.means(policy), Ask(as_of, **ask), by)

    def feed(
        self, *, an_hour: int = 12, hours: int = HOURS, shift: float = 0.0, by_age: bool = False
    ) -> log.Traffic:
        """Rows like the held-out ones, and their outcomes as the champion has it, or otherwise.

        shift: of the logarithm of the odds, for all alike. by_age: the young have the event, and
        nobody else, whatever the champion says.
        """
        sent = log.traffic(self.models, hours, an_hour)
        made = np.random.default_rng(8)
        # Other rows than the held-out ones: those would all be held out by a refit, too.
        sent.values[:, DEBT] *= made.uniform(0.99, 1.01, len(sent.labels))
        margins = log.loaded(self.models).scorer.margins(sent.values)
        chances = sigmoids(margins + shift)
        if by_age:
            chances = np.where(sent.values[:, AGE] < 40, 0.9, 0.05)
        sent.labels[:] = made.random(len(sent.labels)) < chances
        log.write(self.database, self.models, sent)
        log.report(self.database, sent)
        return sent
