"""Settings of the monitor."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from contract.signature import SigningSettings
from contract.words import ANY_CASE
from db.log.settings import ConnectionSettings
from monitor.webhook.address import Address


class MonitorSettings(ConnectionSettings, SigningSettings):
    """Whose log is counted, how often, and where the page is."""

    database_url: SecretStr = Field(description="Connection URL of the role `monitor`")
    models_dir: Path = Field(
        Path("models"), description="Directory of the published model bundles (read only)"
    )
    environment: Annotated[Literal["development", "production"], ANY_CASE] = Field(
        "development", description="`production` refuses what is only fit for trying it out"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    monitor_port: int = Field(8001, ge=0, le=65535, description="Port of the page; 0: a free one")
    log_format: Annotated[Literal["console", "json", "auto"], ANY_CASE] = Field(
        "console",
        description="`json` writes one JSON object a line; `auto` does where nobody looks on",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], ANY_CASE] = Field(
        "info", description="Least severe level that is written"
    )
    monitor_round_seconds: float = Field(
        10.0, ge=1, le=3600, description="How often the log is counted"
    )
    false_pages_per_year: float = Field(
        0.05,
        gt=0,
        le=1000,
        description="Incidents with nothing behind them, at most and in the mean of a year; with"
        " fewer, real ones are found later",
    )
    monitor_keys: SecretStr | None = Field(
        None, description="Who may see the page: NAME:HASH of each key; unset: nobody needs one"
    )
    monitor_keys_file: Path | None = Field(
        None, description="File with the same, one to a line, in place of MONITOR_KEYS"
    )
    alert_webhook_url: SecretStr | None = Field(
        None, description="Where incidents are sent as they are found: an https URL; unset: nowhere"
    )
    alert_webhook_secret: SecretStr | None = Field(
        None, description="What these messages are signed with: whsec_ and the base64 of 32 bytes"
    )
    alert_webhook_secret_file: Path | None = Field(
        None, description="File with the same, in place of ALERT_WEBHOOK_SECRET"
    )

    @field_validator("alert_webhook_url")
    @classmethod
    def _may_be_sent_to(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            Address.parse(url.get_secret_value())
        return url

    @property
    def json_lines(self) -> bool:
        """Whether the log is one JSON object a line."""
        looked_at = sys.stdout.isatty()
        return self.log_format == "json" or (self.log_format == "auto" and not looked_at)
