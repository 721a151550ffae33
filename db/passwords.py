"""`python -m db.passwords [make | show ROLE]`: passwords made at the first start, not shipped.

`make` keeps what is there, and takes over what is set in the environment. Each reader has a
directory, a volume of the stack, with only those passwords that it needs.
"""

import argparse
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract import durable
from contract.password import read_password
from contract.secret import SecretError
from contract.words import ANY_CASE
from db.settings import DEFAULT_PASSWORD, complaints

# Where each role's password lies, and the setting that gives it.
_FILES = {
    "postgres": ("db/postgres", "postgres_password"),
    "mlops_owner": ("migrate/mlops_owner", "mlops_owner_password"),
    "api": ("api/api", "api_db_password"),
    "analyst": ("migrate/analyst", "analyst_db_password"),
    "monitor": ("monitor/monitor", "monitor_db_password"),
    "retraining": ("retraining/retraining", "retraining_db_password"),
}
# Where another reader has a password, which must not see the others beside it.
_COPIES = {"analyst": "outcomes/analyst"}


class PasswordSettings(BaseSettings):
    """Passwords that the user chose; what is unset is made."""

    # An empty variable, as a line of .env without a value makes it, is an unset one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    secrets_dir: Path = Field(Path("/secrets"), description="Where the files lie")
    environment: Annotated[Literal["development", "production"], ANY_CASE] = Field(
        "development", description="`production` refuses default passwords"
    )
    postgres_password: SecretStr | None = Field(None, description="Of Postgres' administrator")
    mlops_owner_password: SecretStr | None = Field(None, description="Of the schema's owner")
    api_db_password: SecretStr | None = Field(None, description="Of who writes the log")
    analyst_db_password: SecretStr | None = Field(None, description="Of who reads it")
    monitor_db_password: SecretStr | None = Field(None, description="Of who counts it")
    retraining_db_password: SecretStr | None = Field(None, description="Of who decides by it")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; exit code 0 done, 1 failed, 2 wrong usage or settings."""
    parser = argparse.ArgumentParser(prog="python -m db.passwords", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("make", help="make what is missing (the default)")
    show = commands.add_parser("show", help="print the password of a role")
    show.add_argument("role", choices=_FILES)
    options = parser.parse_args(arguments)
    try:
        settings = PasswordSettings()
        if options.command == "show":
            sys.stdout.write(f"{_read(settings, options.role)}\n")
        else:
            for step in make(settings):
                sys.stdout.write(f"{step}\n")
    except ValidationError as error:
        sys.stderr.write("".join(f"{line}\n" for line in complaints(error)))
        return 2
    except (SecretError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def make(settings: PasswordSettings) -> Iterator[str]:
    """Write what is missing or was set anew; yields what was done. Raises SecretError, OSError."""
    for role, (name, setting) in _FILES.items():
        file = settings.secrets_dir / name
        found = read_password(setting.upper(), file) if file.exists() else None
        chosen: SecretStr | None = getattr(settings, setting)
        wanted = chosen.get_secret_value() if chosen else None
        if wanted and not wanted.isprintable():
            raise SecretError(f"{setting.upper()}: must be one line, without control characters")
        if wanted == DEFAULT_PASSWORD and settings.environment == "production":
            raise SecretError(
                f"{setting.upper()}: the default password of earlier releases, and ENVIRONMENT is"
                " production: set another, or leave it out and one is made"
            )
        if wanted is None and found in (None, DEFAULT_PASSWORD):
            _write(file, secrets.token_urlsafe(24))
            yield f"password of {role}: made"
        elif wanted not in (None, found):
            _write(file, str(wanted))
            yield f"password of {role}: taken from {setting.upper()}"
    for role, name in _COPIES.items():
        _copy(settings.secrets_dir / name, _read(settings, role))


def _read(settings: PasswordSettings, role: str) -> str:
    file = settings.secrets_dir / _FILES[role][0]
    if not file.exists():
        raise SecretError(f"there is no password of {role} yet: docker compose up makes it")
    return read_password(role, file)


def _copy(file: Path, password: str) -> None:
    if not file.exists() or read_password(file.name, file) != password:
        _write(file, password)


def _write(file: Path, password: str) -> None:
    """Whole or not at all, and readable for its owner and the server's group only."""
    file.parent.mkdir(exist_ok=True)  # a volume of the stack; in a plain directory it is made
    aside = file.with_suffix(".new")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    durable.write(aside, password.encode(), "wb")
    aside.chmod(0o440)
    aside.replace(file)
    durable.sync_directory(file.parent)


if __name__ == "__main__":
    sys.exit(main())
