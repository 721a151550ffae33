"""Settings of the decisions about retraining."""

from pathlib import Path

from pydantic import Field, SecretStr

from contract.datasets import DataSetName
from contract.signature import SigningSettings
from db.log.settings import ConnectionSettings


class RetrainingSettings(ConnectionSettings, SigningSettings):
    """Which log is decided by, by which policy, and which models it is about."""

    database_url: SecretStr = Field(description="Connection URL of the role `retraining`")
    models_dir: Path = Field(Path("models"), description="Directory of the published bundles")
    dataset: DataSetName = Field(
        "gmsc", description="A built-in declaration, or a TOML file as data/loans.toml"
    )
    data_dir: Path = Field(Path("data"), description="Where policy.toml is looked for")
    retraining_policy: Path | None = Field(
        None, description="The policy, if it is not policy.toml in the directory of the data"
    )
