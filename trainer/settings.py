"""Settings of the trainer."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from contract.datasets import DataSetName
from contract.signature import SigningSettings
from contract.text import is_name
from contract.words import ANY_CASE, words
from trainer.progress import LogFormat


def _versions(text: str) -> str:
    # A name that was mistyped would pin nothing, and its version would be removed.
    if not all(map(is_name, words(text))):
        raise ValueError("holds what is no name of a version: `list` shows them")
    return text


class TrainerSettings(SigningSettings):
    """What is trained on what; part of it makes the version id."""

    # An empty variable, as a line of .env without a value makes it, is an unset one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    models_dir: Path = Field(Path("models"), description="Directory of the published bundles")
    dataset: DataSetName = Field(
        "gmsc", description="A built-in declaration, or a TOML file as data/loans.toml"
    )
    data_dir: Path = Field(Path("data"), description="Where the data is looked for by its name")
    data_path: Path | None = Field(
        None, description="The data, if elsewhere: a CSV, packed or not, or a directory with it"
    )
    fetch_dir: Path = Field(Path("data"), description="Where `fetch` writes the real data")
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of everything random in the training")
    test_share: float = Field(
        0.2, gt=0, lt=1, description="Share of the rows that is held out for the metrics"
    )
    min_auc: float = Field(
        0.70, ge=0, le=1, description="A model with a lower AUC on the held-out rows is refused"
    )
    pinned_versions: Annotated[str, AfterValidator(_versions)] = Field(
        "", description="Versions that `prune` never removes, separated by commas"
    )
    model_version: Annotated[str, AfterValidator(_versions)] = Field(
        "", description="The version that the api is to serve; `prune` never removes it"
    )
    log_format: Annotated[LogFormat, ANY_CASE] = Field(
        "console",
        description="`json` writes one JSON object a line; `auto` does where nobody looks on",
    )

    @property
    def pinned(self) -> frozenset[str]:
        """The versions that are never removed."""
        return frozenset([*words(self.pinned_versions), *words(self.model_version)])
