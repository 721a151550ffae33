"""What every command works with."""

from dataclasses import dataclass, replace
from pathlib import Path

from contract.bundle_errors import BundleMissing
from contract.store import ModelStore
from trainer.data_files import located
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

    def on_rows(self, file: Path | None) -> "Context":
        """The context whose data are the rows in a file, if one is named; raises DataRefused."""
        if file is None:
            return self
        found = located(file, self.settings.data_dir)
        settings = self.settings.model_copy(update={"data_path": found})
        return replace(self, settings=settings)

    def require_active(self) -> str:
        """The active version; raises BundleMissing."""
        active = self.store.active()
        if active is None:
            raise BundleMissing(f"no version is active in {self.store.root}: train first")
        return active
