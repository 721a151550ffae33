"""Settings of the prediction log."""

from pathlib import Path

import psycopg2
from psycopg2.extensions import parse_dsn
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.password import read_password

_NO_URL = (
    "not a connection URL, as postgresql://api@HOST:5432/mlops; in a password @ : / ? # and % are"
    " written %40 %3A %2F %3F %23 %25, or give it as DATABASE_PASSWORD"
)


class ConnectionSettings(BaseSettings):
    """How to reach Postgres, for what must not depend on libpq's own variables."""

    # An empty variable, as a line of .env without a value makes it, is an unset one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    database_url: SecretStr = Field(description="Connection URL of the role `api`")
    database_password: SecretStr | None = Field(
        None, description="Its password, where the URL holds none; any characters"
    )
    database_password_file: Path | None = Field(
        None, description="File with the same, in place of DATABASE_PASSWORD; read at each connect"
    )

    def password(self) -> str | None:
        """The password as it is now; raises SecretError where its file cannot be read."""
        if self.database_password is not None:
            return self.database_password.get_secret_value()
        if self.database_password_file is not None:
            return read_password("DATABASE_PASSWORD_FILE", self.database_password_file)
        return None

    @field_validator("database_url")
    @classmethod
    def _is_a_connection_url(cls, url: SecretStr) -> SecretStr:
        try:
            parts = parse_dsn(url.get_secret_value())
            ports = [int(port) for port in parts.get("port", "").split(",") if port]
        except (psycopg2.Error, ValueError):
            # Not the parser's own words: they quote the URL, and with it a password.
            raise ValueError(_NO_URL) from None
        # Else a part of the password would be the name of a host, and be told to everybody.
        if "@" in parts.get("host", "") + parts.get("dbname", "") or not all(ports):
            raise ValueError(_NO_URL)
        return url


class LogSettings(ConnectionSettings):
    """Where rows go, and the bounds of everything that waits."""

    spool_dir: Path = Field(
        Path("spool"), description="Directory of the spool: a local disk that outlives the process"
    )
    log_visible_wait_ms: int = Field(
        50,
        ge=0,
        le=10_000,
        description="How long an answer waits for its commit before an fsynced spool is enough",
    )
    log_wait_seconds: float = Field(
        2.0, gt=0, le=60, description="Longest time a request waits for the log before its 503"
    )
    log_spool_max_bytes: int = Field(
        2**30, ge=2**16, description="Quota of the spool directory (about 200 bytes a row)"
    )
    log_segment_bytes: int = Field(
        2**24, ge=2**12, description="Size at which the spool goes on to its next file"
    )
    log_max_rows_in_flight: int = Field(
        20_000, ge=1, description="Rows that may wait for the log at once, beyond which 503"
    )
    log_postgres_timeout_seconds: float = Field(
        25.0, gt=0, description="When a call to a silent Postgres is given up and retried"
    )
    log_close_seconds: float = Field(
        3.0, ge=0, description="How long a stopping process goes on draining the spool"
    )
