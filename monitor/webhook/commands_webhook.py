"""`python -m monitor webhook`: send the receiver a message that says it is a test."""

import argparse
import json
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from monitor.database import Database
from monitor.errors import MonitorError
from monitor.incidents.hours import rfc3339
from monitor.settings import MonitorSettings
from monitor.webhook import message
from monitor.webhook.posting import Undelivered, post
from monitor.webhook.webhook import Webhook


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    parser = commands.add_parser("webhook", help="send the receiver of incidents a test message")
    parser.set_defaults(run=_test)


def _test(_options: argparse.Namespace, _database: Database, settings: MonitorSettings) -> int:
    webhook = Webhook.of(settings)
    if webhook is None:
        raise MonitorError("ALERT_WEBHOOK_URL is not set: there is nobody to send a message to")
    identity = f"msg_{uuid.uuid4().hex}"
    document = {
        "event": "webhook.test",
        "id": identity,
        "timestamp": rfc3339(datetime.now(UTC).replace(microsecond=0)),
        "sentence": "This is a test: nothing has happened.",
        "incident": None,
    }
    body = json.dumps(document).encode()
    headers = webhook.secrets.headers(identity, int(time.time()), body)
    origin = webhook.address.origin
    try:
        post(webhook.address, body, {"Content-Type": message.MEDIA_TYPE, **headers})
    except Undelivered as error:
        raise MonitorError(f"{origin} did not take the message: {error}") from error
    sys.stdout.write(f"{origin} took the message {identity}\n")
    return 0
