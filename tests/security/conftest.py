"""The service as its attackers see it: the fixtures are those of tests/api."""

from tests.api.conftest import client, log_database, models, service, settings

__all__ = ["client", "log_database", "models", "service", "settings"]
