"""Settings of the database's commands."""

from pathlib import Path
from typing import Annotated, Any, Literal

import psycopg2
from psycopg2.extensions import parse_dsn
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.datasets import DataSetName
from contract.password import read_password
from contract.secret import SecretError
from contract.words import ANY_CASE

# The default of earlier releases, which volumes of theirs may still have.
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
    database_admin_password_file: Path | None = Field(
        None, description="File with the same, in place of DATABASE_ADMIN_PASSWORD"
    )
    database_name: str = Field("mlops", description="Name of the database")
    mlops_owner_password: SecretStr = Field(description="Password of the role that owns the schema")
    mlops_owner_password_file: Path | None = Field(None, description="File with the same")
    api_db_password: SecretStr = Field(description="Password of the role that writes the log")
    api_db_password_file: Path | None = Field(None, description="File with the same")
    analyst_db_password: SecretStr = Field(description="Password of the role that reads")
    analyst_db_password_file: Path | None = Field(None, description="File with the same")
    monitor_db_password: SecretStr | None = Field(
        None, description="Password of the role that counts the log; unset: it cannot log in"
    )
    monitor_db_password_file: Path | None = Field(None, description="File with the same")
    retraining_db_password: SecretStr | None = Field(
        None, description="Password of the role that decides by it; unset: it cannot log in"
    )
    retraining_db_password_file: Path | None = Field(None, description="File with the same")
    environment: Annotated[Literal["development", "production"], ANY_CASE] = Field(
        "development", description="`production` refuses default passwords"
    )
    dataset: DataSetName = Field(
        "gmsc", description="A built-in declaration, or a TOML file as data/loans.toml"
    )
    partition_months_ahead: int = Field(
        3, ge=1, le=120, description="Months for which partitions are made ahead"
    )
    database_wait_seconds: float = Field(
        30.0, ge=0, description="How long to wait for a Postgres that does not answer yet"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Each password from its file, where one is named."""
        read: dict[str, Any] = {}
        for name in cls.model_fields:
            if not name.endswith("_file") or given.get(name) is None:
                continue
            setting = name.removesuffix("_file")
            if given.get(setting) is not None:
                raise ValueError(
                    f"{setting.upper()} and {name.upper()} are both set: keep one of them"
                )
            try:
                read[setting] = read_password(name.upper(), Path(given[name]))
            except SecretError as error:
                raise ValueError(str(error)) from error
        return given | read

    @field_validator("database_admin_url")
    @classmethod
    def _is_a_connection_url(cls, url: SecretStr) -> SecretStr:
        try:
            ports = parse_dsn(url.get_secret_value()).get("port", "").split(",")
            valid = all(not port or port.isdecimal() for port in ports)
        except psycopg2.Error:
            valid = False
        if not valid:
            # Not the parser's own words: they quote the URL, and with it a password.
            message = "not a connection URL, as postgresql://postgres@localhost:5432/postgres"
            raise ValueError(message)
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
        given = {
            "mlops_owner": self.mlops_owner_password,
            "api": self.api_db_password,
            "analyst": self.analyst_db_password,
            "monitor": self.monitor_db_password,
            "retraining": self.retraining_db_password,
        }
        return {role: word.get_secret_value() for role, word in given.items() if word is not None}

    @property
    def default_passwords(self) -> list[str]:
        """The roles whose password is the default one, the administrator's among them."""
        administrator = self.admin.get("user", "the administrator")
        words = {administrator: self.admin.get("password"), **self.passwords}
        return [role for role, word in words.items() if word == DEFAULT_PASSWORD]


def complaints(error: ValidationError) -> list[str]:
    """What is wrong with the environment, a line for each setting, without its value."""
    lines = []
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        name = ".".join(str(part) for part in item["loc"]).upper()
        message = item["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {message}; see .env.example" if name else message)
    return lines
