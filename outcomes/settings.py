"""Settings of the commands."""

from pathlib import Path

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn
from pydantic import Field, SecretStr

from contract.password import read_password
from db.log.settings import ConnectionSettings
from outcomes.errors import OutcomeError


class OutcomesSettings(ConnectionSettings):
    """Whose database the outcomes are in; the role `api` stores them, `analyst` reads them."""

    analyst_database_url: SecretStr | None = Field(
        None, description="Connection URL of the role `analyst`, which `export` needs"
    )
    analyst_password_file: Path | None = Field(
        None, description="File with its password, where that URL holds none"
    )

    def analyst_url(self) -> str:
        """The analyst's URL, which may be a session that only reads; raises OutcomeError."""
        if self.analyst_database_url is None:
            raise OutcomeError("ANALYST_DATABASE_URL is not set: export reads as the role analyst")
        url = self.analyst_database_url.get_secret_value()
        try:
            given = parse_dsn(url)
        except psycopg2.Error as error:
            # Not the parser's own words: they quote the URL, and with it a password.
            raise OutcomeError("ANALYST_DATABASE_URL is not a connection URL") from error
        dsn: str = make_dsn(**{"target_session_attrs": "any", **given})
        return dsn

    def analyst_password(self) -> str | None:
        """Its password as it is now; raises SecretError where its file cannot be read."""
        if self.analyst_password_file is None:
            return None
        return read_password("ANALYST_PASSWORD_FILE", self.analyst_password_file)
