"""What every command about retraining works with."""

from dataclasses import dataclass
from datetime import UTC, datetime

from contract.store import ModelStore
from monitor.database import Database, Reader
from retraining.policy import Policy, policy_file
from retraining.settings import RetrainingSettings

# Where the clock is held, as by a replay, that is what time it is.
_NOW = "SELECT coalesce((SELECT as_of FROM monitor_clock), now())"


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the database as the role `retraining`, the bundles, and the policy."""

    settings: RetrainingSettings
    database: Database
    store: ModelStore
    policy: Policy

    @classmethod
    def of(cls, settings: RetrainingSettings) -> "Context":
        """The context that the settings describe; raises PolicyError, SecretError."""
        return cls(
            settings,
            Database(settings.database_url.get_secret_value(), settings.password),
            ModelStore(settings.models_dir, settings.signing_keys()),
            Policy.read(policy_file(settings.retraining_policy, settings.data_dir)),
        )

    @staticmethod
    def now(reader: Reader) -> datetime:
        """The business time of whoever does something now, by the server's clock."""
        ((now,),) = reader.rows(_NOW)
        found: datetime = now.astimezone(UTC)
        return found
