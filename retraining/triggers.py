"""Which incident a case is about, and which rows all incidents together keep out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.database import Reader
from monitor.incidents import reading
from monitor.incidents.incident import Incident
from retraining.case_facts import Trigger
from retraining.errors import CannotPropose
from retraining.quarantine import Window, windows

INCIDENT, MANUAL = "incident", "manual"

_OTHERS = "SELECT model_version FROM model_version WHERE schema_version <> %s"


def incidents_of(reader: Reader, schema_id: str, as_of: datetime | None) -> list[Incident]:
    """Those of a declaration's versions, as they were known at a time or are now; newest first."""
    others = {version for (version,) in reader.rows(_OTHERS, (schema_id,))}
    return [each for each in reading.incidents(reader, as_of) if each.model_version not in others]


def kept_out(incidents: Sequence[Incident]) -> tuple[Window, ...]:
    """The windows of their faults."""
    return windows([incident.document() for incident in incidents])


def trigger_of(
    incidents: Sequence[Incident], champion: str, incident_id: int | None, wish: str | None
) -> Trigger:
    """The incident of that number, the wish, or the newest open incident of the champion.

    One that somebody has to act on goes before the others. Raises CannotPropose.
    """
    if wish is not None:
        return Trigger(MANUAL, None)
    if incident_id is not None:
        for incident in incidents:
            if incident.incident_id == incident_id:
                return Trigger(INCIDENT, incident.document())
        raise CannotPropose(
            f"there is no incident {incident_id} of this data set, or was none then: `monitor"
            " incidents` shows them"
        )
    still = [
        each for each in incidents if each.closed_at is None and each.model_version == champion
    ]
    if not still:
        raise CannotPropose(
            f"no incident of {champion} is open: name one with --incident, or say with --manual why"
            " a case is wanted"
        )
    # Stable: of those alike the newest.
    first = min(still, key=lambda each: each.action == "nothing")
    return Trigger(INCIDENT, first.document())


def is_same(content: Any, trigger: Trigger, wish: str | None) -> bool:
    """Whether a record is about the same incident, or the same wish."""
    there = content["trigger"]
    if there["kind"] != trigger.kind or there["wish"] != wish:
        return False
    one, other = there["document"], trigger.document
    if one is None or other is None:
        return one is other
    return bool(one["incident_id"] == other["incident_id"])
