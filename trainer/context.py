"""What every command works with."""

from dataclasses import dataclass

from contract.bundle_errors import BundleMissing
from contract.store import ModelStore
from trainer.progress import Progress
from trainer.settings import TrainerSettings


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the published bundles, and where to say what happens."""

    settings: TrainerSettings
    store: ModelStore
    progress: Progress

    @classmethod
    def of(cls, settings: TrainerSettings) -> "Context":
        """The context that the settings describe; raises SecretError."""
        store = ModelStore(settings.models_dir, settings.signing_keys())
        return cls(settings, store, Progress(settings.log_format))

    def require_active(self) -> str:
        """The active version; raises BundleMissing."""
        active = self.store.active()
        if active is None:
            raise BundleMissing(f"no version is active in {self.store.root}: train first")
        return active
