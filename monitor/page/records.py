"""What the page reads beside the counts: the round, versions, refusals, processes, activations."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from contract.profile import Profile
from contract.schema import DataSetSchema, SchemaError
from monitor.database import Reader
from monitor.page.window import WEEK, Window


@dataclass(frozen=True, slots=True)
class Round:
    """The last round: business time `as_of`, done at `rolled_at` (None: none yet)."""

    as_of: datetime
    rolled_at: datetime | None
    pending_hours: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version, by its bundle: None where the monitor has not seen that, or it has no profile."""

    name: str
    data_source: str | None
    is_sample: bool | None
    metadata: dict[str, Any]
    declaration: DataSetSchema | None
    profile: Profile | None


@dataclass(frozen=True, slots=True)
class Refusals:
    """Refused requests by step, and the rules of those of the last seven days."""

    stored: tuple[int, ...]
    suppressed: tuple[int, ...]
    rules: tuple[tuple[str, str, int], ...]

    @property
    def by_step(self) -> tuple[int, ...]:
        """All of them of each step, whether stored or only counted."""
        return tuple(map(sum, zip(self.stored, self.suppressed, strict=True)))


@dataclass(frozen=True, slots=True)
class Process:
    """An api process by its last report (monitoring.log_process)."""

    process_id: str
    instance: str
    state: str
    counted_at: datetime
    waiting: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Activation:
    """When a process began to serve a version, and why."""

    process_id: str
    at: datetime
    instance: str
    version: str
    previous: str | None
    reason: str


def last_round(connection: Reader) -> Round:
    """How far the counts are."""
    ((as_of, rolled_at, pending),) = connection.rows(
        "SELECT as_of, rolled_at, (SELECT count(DISTINCT hour) FROM rollup_mark) FROM rollup_state"
    )
    return Round(as_of, rolled_at, pending)


_VERSIONS = """
SELECT coalesce(version.model_version, reference.model_version), data_source, data_is_sample,
       coalesce(metadata::text, '{}'), declaration::text, profile::text
FROM model_version AS version
FULL JOIN reference_profile AS reference USING (model_version)
WHERE coalesce(version.model_version, reference.model_version) = %s
"""


def version(connection: Reader, name: str) -> Version:
    """What is known of a version; of one that nobody told of only its name."""
    for _, source, is_sample, metadata, declaration, profile in connection.rows(_VERSIONS, (name,)):
        return Version(name, source, is_sample, *_bundle(metadata, declaration, profile))
    return Version(name, None, None, {}, None, None)


@lru_cache(maxsize=32)
def _bundle(
    metadata: str, declaration: str | None, profile: str | None
) -> tuple[dict[str, Any], DataSetSchema | None, Profile | None]:
    try:
        # Whoever registered it has checked it: only a later release writes what cannot be read.
        return (
            json.loads(metadata),
            DataSetSchema.from_json(declaration.encode()) if declaration else None,
            Profile.from_json(profile.encode()) if profile else None,
        )
    except (SchemaError, ValueError):
        return json.loads(metadata), None, None


# System time: what was refused has no other.
_REFUSED = """
SELECT floor(extract(epoch FROM rejected_at - %(start)s) / %(step)s)::int,
       count(*), coalesce(sum(suppressed), 0)::bigint
FROM rejected_request
WHERE rejected_at >= %(start)s AND rejected_at < %(end)s
  AND (%(route)s::text IS NULL OR route = %(route)s)
  AND (%(version)s::text IS NULL OR model_version = %(version)s)
GROUP BY 1
"""
_MOST_REFUSED = 10_000
_RULES = f"""
SELECT coalesce(error ->> 'rule', '') , coalesce(error ->> 'pointer', ''), count(*)
FROM (SELECT errors FROM rejected_request
      WHERE rejected_at >= %(week)s AND rejected_at < %(end)s
        AND (%(route)s::text IS NULL OR route = %(route)s)
        AND (%(version)s::text IS NULL OR model_version = %(version)s)
      ORDER BY rejected_at DESC LIMIT {_MOST_REFUSED}) AS latest
CROSS JOIN LATERAL jsonb_array_elements(
    CASE jsonb_typeof(errors) WHEN 'array' THEN errors ELSE '[]' END) AS error
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 20
"""  # noqa: S608


def refusals(
    connection: Reader, window: Window, route: str | None, version: str | None
) -> Refusals:
    """What was refused in the window; the rules of the latest 10,000 of the last seven days."""
    values = {
        "start": window.start,
        "end": window.end,
        "week": max(window.start, window.end - WEEK),
        "step": window.length.total_seconds(),
        "route": route,
        "version": version,
    }
    stored, suppressed = [0] * len(window.steps), [0] * len(window.steps)
    for step, requests, more in connection.rows(_REFUSED, values):
        stored[step], suppressed[step] = requests, more
    rules = tuple(
        (rule, pointer, found) for rule, pointer, found in connection.rows(_RULES, values)
    )
    return Refusals(tuple(stored), tuple(suppressed), rules)


_PROCESSES = """
SELECT process_id::text, coalesce(instance, ''), state, counted_at, not_yet_logged, quarantined
FROM monitoring.log_process
WHERE state <> 'ended' OR quarantined > 0
ORDER BY counted_at DESC
"""


def processes(connection: Reader) -> list[Process]:
    """Those that run, or that have not said that they ended."""
    return [Process(*row) for row in connection.rows(_PROCESSES)]


_ACTIVATIONS = """
SELECT process_id::text, activated_at, instance, model_version, previous_version, reason
FROM model_activation WHERE activated_at <= %s
ORDER BY activated_at DESC LIMIT 500
"""


def activations(connection: Reader, until: datetime) -> list[Activation]:
    """The latest first, at most 500."""
    return [
        Activation(process, at.astimezone(UTC), *told)
        for process, at, *told in connection.rows(_ACTIVATIONS, (until,))
    ]


_PAUSES = """
SELECT DISTINCT hour FROM rollup_hour WHERE hour >= %s AND hour < %s ORDER BY hour
"""


def busy_hours(connection: Reader, start: datetime, end: datetime) -> list[datetime]:
    """Hours with predictions, of all versions, callers and routes."""
    return [hour.astimezone(UTC) for (hour,) in connection.rows(_PAUSES, (start, end))]
