"""What cases are made, looked at and checked with."""

from dataclasses import dataclass

from contract.store import ModelStore
from monitor.database import Database
from retraining.context import Context
from retraining.policy import Policy
from trainer.context import Context as TrainerContext
from trainer.progress import Progress
from trainer.settings import TrainerSettings


@dataclass(frozen=True, slots=True)
class Means:
    """The database as the role `retraining`, the trainer's functions, and the policy that holds."""

    database: Database
    trainer: TrainerContext
    policy: Policy

    @classmethod
    def of(cls, context: Context) -> "Means":
        """Those of a command. Raises nothing: nothing is opened yet."""
        own = context.settings
        # What it does not name is the trainer's own: its seed is taken from the champion anyway.
        settings = TrainerSettings(models_dir=own.models_dir, dataset=own.dataset)
        trainer = TrainerContext(settings, context.store, Progress("console"))
        return cls(context.database, trainer, context.policy)

    @property
    def store(self) -> ModelStore:
        """The published bundles."""
        return self.trainer.store
