"""Settings of the database's commands."""

from typing import Literal

import psycopg2
from psycopg2.extensions import parse_dsn
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.datasets import DataSetKey

# The password of .env.example's defaults, good for trying the service out.
DEFAULT_PASSWORD = "change-me"  # noqa: S105


class MigrateSettings(BaseSettings):
    """Whose database is brought up to date, and who may use it afterwards."""

    # An empty variable, as a line of .env without a value makes it, is an unset one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    database_admin_url: SecretStr = Field(
        description="Connection URL of a role that may create roles and databases"
    )
    database_admin_password: SecretStr | None = Field(
        None, description="Its password, where the URL holds none; any characters"
    )
    database_name: str = Field("mlops", description="Name of the database")
    mlops_owner_password: SecretStr = Field(description="Password of the role that owns the schema")
    api_db_password: SecretStr = Field(description="Password of the role that writes the log")
    analyst_db_password: SecretStr = Field(description="Password of the role that reads")
    environment: Literal["development", "production"] = Field(
        "development", description="`production` refuses default passwords"
    )
    dataset: DataSetKey = Field("gmsc", description="Key of the declaration in contract/datasets")
    partition_months_ahead: int = Field(
        3, ge=1, le=120, description="Months for which partitions are made ahead"
    )
    database_wait_seconds: float = Field(
        30.0, ge=0, description="How long to wait for a Postgres that does not answer yet"
    )

    @field_validator("database_admin_url")
    @classmethod
    def _is_a_connection_url(cls, url: SecretStr) -> SecretStr:
        try:
            int(parse_dsn(url.get_secret_value()).get("port", "0"))
        except (psycopg2.Error, ValueError):
            # Not the parser's own words: they quote the URL, and with it a password.
            message = "not a connection URL, as postgresql://postgres@localhost:5432/postgres"
            raise ValueError(message) from None
        return url

    @property
    def admin(self) -> dict[str, str]:
        """Connection parameters of the administrator, as libpq names them."""
        parts = parse_dsn(self.database_admin_url.get_secret_value())
        if self.database_admin_password is not None:
            parts["password"] = self.database_admin_password.get_secret_value()
        return parts

    @property
    def passwords(self) -> dict[str, str]:
        """Password of each role that the migrator looks after."""
        return {
            "mlops_owner": self.mlops_owner_password.get_secret_value(),
            "api": self.api_db_password.get_secret_value(),
            "analyst": self.analyst_db_password.get_secret_value(),
        }

    @property
    def default_passwords(self) -> list[str]:
        """The roles whose password is the default one, the administrator's among them."""
        administrator = self.admin.get("user", "the administrator")
        words = {administrator: self.admin.get("password"), **self.passwords}
        return [role for role, word in words.items() if word == DEFAULT_PASSWORD]
