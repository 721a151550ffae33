"""Settings of a replay; those of the monitor, which it starts, are the monitor's own."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from contract.datasets import DataSetName


class ReplaySettings(BaseSettings):
    """Whom to replay to, and as whom."""

    api_url: str = Field("http://127.0.0.1:8000", description="Address of the api")
    replay_keys: SecretStr | None = Field(
        None, description="The clients' keys: NAME=KEY of each; unset: all are one caller"
    )
    replay_keys_file: Path | None = Field(
        None, description="File with the same, one to a line, in place of REPLAY_KEYS"
    )
    replay_state_dir: Path | None = Field(
        None, description="Directory of what is needed to go on; unset: beside the stream"
    )
    dataset: DataSetName = Field(
        "gmsc", description="The declaration, which says how missing values are written"
    )
