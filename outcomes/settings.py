"""Settings of the commands."""

from db.log.settings import ConnectionSettings


class OutcomesSettings(ConnectionSettings):
    """Whose database the outcomes are in; the role `api` stores them."""
