"""A message as the receiver gets it: JSON, whose members are stable."""

import json

from monitor.incidents.hours import rfc3339
from monitor.incidents.incident import Incident
from monitor.incidents.words import words
from monitor.webhook.outbox import Claimed

MEDIA_TYPE = "application/json"


def identity(claimed: Claimed) -> str:
    """By which the receiver knows a message that comes twice."""
    return f"msg_{claimed.message_id.hex}"


def body(claimed: Claimed, incident: Incident) -> bytes:
    """The body of a message about an incident as it was known when it happened."""
    said = words(incident, claimed.at)
    document = {
        "event": claimed.event,
        "id": identity(claimed),
        "timestamp": rfc3339(claimed.at),
        "sentence": f"{said.title}. {said.lead}",
        "incident": incident.document(),
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
