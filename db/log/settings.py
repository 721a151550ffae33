"""Settings of the prediction log."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.password import read_password


class LogSettings(BaseSettings):
    """Where rows go, and the bounds of everything that waits."""

    # An empty variable, as a line of .env without a value makes it, is an unset one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    database_url: SecretStr = Field(description="Connection URL of the role `api`")
    database_password: SecretStr | None = Field(
        None, description="Its password, where the URL holds none; any characters"
    )
    database_password_file: Path | None = Field(
        None, description="File with the same, in place of DATABASE_PASSWORD; read at each connect"
    )
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

    def password(self) -> str | None:
        """The password as it is now; raises SecretError where its file cannot be read."""
        if self.database_password is not None:
            return self.database_password.get_secret_value()
        if self.database_password_file is not None:
            return read_password("DATABASE_PASSWORD_FILE", self.database_password_file)
        return None
