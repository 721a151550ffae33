"""The receiver that the settings name, and how patient we are with it."""

import random
from dataclasses import dataclass
from datetime import timedelta

from monitor.settings import MonitorSettings
from monitor.webhook.address import Address
from monitor.webhook.outbox import Outbox
from monitor.webhook.signing import Secrets

WAITS = (5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600)
"""Seconds before each further attempt: 11 in 28 hours, the first within minutes."""

# Several monitors that lost one receiver do not come back to it at once.
_JITTER = random.Random()  # noqa: S311 -- no secret


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages go, and what they are signed with."""

    address: Address
    secrets: Secrets

    @classmethod
    def of(cls, settings: MonitorSettings) -> "Webhook | None":
        """That of the settings; None where there is none. Raises SecretError."""
        url = settings.alert_webhook_url
        if url is None:
            return None
        given = settings.alert_webhook_secret, settings.alert_webhook_secret_file
        return cls(Address.parse(url.get_secret_value()), Secrets.read(*given))

    @property
    def outbox(self) -> Outbox:
        """What is there to be sent to it."""
        return Outbox(self.address.digest)


def wait_after(attempt: int) -> timedelta | None:
    """How long to wait after a failed attempt, give or take a fifth; None where it was the last."""
    if attempt > len(WAITS):
        return None
    return timedelta(seconds=WAITS[attempt - 1] * _JITTER.uniform(0.8, 1.2))
