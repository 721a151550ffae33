"""What of a version is watched for change, and how far."""

from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.database import Reader

_WATCHED = """
SELECT looked_until,
       (SELECT min(hour) FROM rollup_hour WHERE model_version = watch_state.model_version)
FROM watch_state WHERE model_version = %s
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """Every closed hour from `since` until before `until`, of business time."""

    since: datetime | None
    until: datetime


def watched(connection: Reader, version: str, as_of: datetime) -> Watched | None:
    """How far a version had been looked at by a time; None where it never was."""
    for until, since in connection.rows(_WATCHED, (version,)):
        first = since.astimezone(UTC) if since else None
        return Watched(first, min(until.astimezone(UTC), as_of))
    return None
