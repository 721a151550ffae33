"""One look: a version's next hours, read, judged and written down in one transaction."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from diagnosis.evidence import Evidence
from diagnosis.finding import Happening
from diagnosis.hours import DAY, Hours
from diagnosis.reference import Reference
from diagnosis.state import State
from monitor.database import MonitorConnection
from monitor.incidents import closed, counted, records
from monitor.incidents.evidence import LogEvidence
from monitor.incidents.hours import hour_at, time_of
from monitor.incidents.versions import Versions

# Each statement sees what was committed before it. A diagnosis works for seconds between two; and
# to compile a query that is asked once takes longer than to answer it.
_SETTINGS = """
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCAL statement_timeout = '5min';
    SET LOCAL idle_in_transaction_session_timeout = '15min';
    SET LOCAL jit = off"""
_BEGIN = """
    INSERT INTO watch_state (model_version, looked_until, state, as_of) VALUES (%s, %s, %s, %s)
    ON CONFLICT (model_version) DO NOTHING"""
# Who finds it taken leaves it to the one that has it.
_TAKE = """
    SELECT looked_until, state::text FROM watch_state WHERE model_version = %s
    FOR UPDATE SKIP LOCKED"""
_KEEP = """
    UPDATE watch_state SET looked_until = %s, state = %s, as_of = %s, written_at = now()
    WHERE model_version = %s"""


class Judge(Protocol):
    """What looks at hours: `diagnosis.course.Course`."""

    def advance(
        self, state: State, hours: Hours, evidence: Evidence
    ) -> tuple[State, list[Happening]]:
        """The state after these hours, and what they told."""
        ...


class Looked(NamedTuple):
    """What a look came to: from hour `first` until before `end`.

    waits: there is more, which is not counted yet, or which somebody else looks at.
    """

    first: int
    end: int
    waits: bool


class Looks:
    """Looks at versions; holds nothing between two looks but what is the same at each."""

    def __init__(self, versions: Versions, judge: Callable[[Reference], Judge]) -> None:
        self._versions = versions
        self._judge = judge
        self._judges: dict[str, tuple[Reference, Judge]] = {}

    def begin(
        self, connection: MonitorConnection, version: str, hour: int, as_of: datetime
    ) -> None:
        """Let the first look at a version be at an hour, unless there was one."""
        state = json.dumps(State.new(hour).to_json(), allow_nan=False)
        with connection.attempt():
            connection.execute(_BEGIN, (version, time_of(hour), state, as_of))

    def look(
        self, connection: MonitorConnection, version: str, over: int, as_of: datetime
    ) -> Looked:
        """Look at the version's next hours, of one day (UTC) at most, and those before `over`.

        All of it is kept, or nothing. Raises PostgresAway, and whatever a diagnosis may raise.
        """
        with connection.attempt():
            connection.execute(_SETTINGS)
            taken = connection.rows(_TAKE, (version,))
            if not taken:
                return Looked(over, over, waits=True)
            ((looked_until, document),) = taken
            first = hour_at(looked_until)
            with connection.cursor() as cursor:
                limit, waits = closed.until(cursor, version, first, over)
                if limit <= first:
                    return Looked(first, first, waits)
                reference, judge = self._known(cursor, version)
                layout = reference.layout
                end = min(limit, _midnight_after(first))
                end = counted.fitting(cursor, version, first, end, layout)
                hours = counted.read(cursor, version, first, end, layout)
                evidence = LogEvidence(cursor, reference, lambda: self._versions.scorer(version))
                state, found = judge.advance(State.from_json(json.loads(document)), hours, evidence)
            records.write(connection, version, found)
            kept = json.dumps(state.to_json(), allow_nan=False)
            connection.execute(_KEEP, (time_of(end), kept, as_of, version))
        return Looked(first, end, waits)

    def _known(self, cursor: object, version: str) -> tuple[Reference, Judge]:
        """Made once; anew while the bundle's held-out rows are missing, for they may come."""
        known = self._judges.get(version)
        if known is None or known[0].sample is None:
            reference = self._versions.reference(cursor, version)
            self._judges[version] = known = reference, self._judge(reference)
        return known


def _midnight_after(hour: int) -> int:
    return (hour // DAY + 1) * DAY
