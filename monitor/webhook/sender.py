"""Message after message in a thread of its own, whatever becomes of the receiver or of Postgres."""

import logging
import time

from db.log.errors import PostgresAway
from monitor.database import Database, MonitorConnection
from monitor.incidents.reading import incident
from monitor.repeated import Repeated
from monitor.webhook import message
from monitor.webhook.outbox import Claimed
from monitor.webhook.posting import Gone, Undelivered, post
from monitor.webhook.webhook import Webhook, wait_after

logger = logging.getLogger("monitor")

_SECONDS = 2.0
# An attempt that is under way when the service ends is made again by the next one.
_STOP_SECONDS = 1.0


class Sender(Repeated):
    """Sends what is due, every so many seconds.

    A trouble is said once, when it begins, and its end as well.
    """

    def __init__(self, database: Database, webhook: Webhook, seconds: float = _SECONDS) -> None:
        super().__init__("webhook", _STOP_SECONDS)
        self._database = database
        self._webhook = webhook
        self._outbox = webhook.outbox
        self._seconds = seconds
        self._trouble: str | None = None

    def attempt(self) -> int:
        """Send all that is due, until one is not taken; how many were.

        Without Postgres nothing is sent, which the rounds say.
        """
        sent = 0
        try:
            with self._database.connection() as connection:
                self._outbox.enlist(connection)
                while not self.stopping.is_set():
                    claimed = self._outbox.claim(connection)
                    if claimed is None or not self._send(connection, claimed):
                        break
                    sent += 1
        except PostgresAway as error:
            logger.debug("nothing is sent: %s", error)
        return sent

    def _send(self, connection: MonitorConnection, claimed: Claimed) -> bool:
        """Whether the receiver took it; what became of it is kept."""
        try:
            self._post(connection, claimed)
        except Undelivered as error:
            wait = None if isinstance(error, Gone) else wait_after(claimed.attempt)
            self._outbox.undelivered(connection, claimed, str(error), wait)
            self._say(str(error), claimed, given_up=wait is None)
            return False
        self._outbox.delivered(connection, claimed)
        if self._trouble is not None:
            self._trouble = None
            logger.info("messages are delivered again")
        return True

    def _post(self, connection: MonitorConnection, claimed: Claimed) -> None:
        try:
            with connection.attempt():
                found = incident(connection, claimed.incident_id, claimed.at)
            assert found is not None, "its record is there"
            body = message.body(claimed, found)
        except PostgresAway:
            raise
        except Exception as error:
            # The others are told all the same.
            logger.exception("a message cannot be written")
            raise Undelivered("the monitor cannot write it: its log has the place") from error
        identity = message.identity(claimed)
        headers = self._webhook.secrets.headers(identity, int(time.time()), body)
        post(self._webhook.address, body, {"Content-Type": message.MEDIA_TYPE, **headers})

    def _say(self, reason: str, claimed: Claimed, *, given_up: bool) -> None:
        if self._trouble == reason and not given_up:
            return
        self._trouble = reason
        receiver = self._webhook.address.origin
        fields = {"receiver": receiver, "reason": reason, "incident": claimed.incident_id}
        event = "a message is given up" if given_up else "a message was not delivered"
        logger.warning(event, extra={"fields": fields | {"attempt": claimed.attempt}})

    def run(self) -> None:
        """Look for what is due, and send it."""
        while not self.stopping.is_set():
            try:
                self.attempt()
            except Exception:
                # Once is enough: it comes again with every attempt.
                if self._trouble != "broken":
                    self._trouble = "broken"
                    logger.exception("sending failed")
            self.stopping.wait(self._seconds)
