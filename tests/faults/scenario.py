"""The shape of most fault tests: load, fault, recovery, verdict."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.conftest import Record
from tests.faults.load import Load
from tests.faults.report import within
from tests.faults.rig import FULL, Rig, pause
from tests.faults.service import Service

# On a shared machine a healthy value below these says nothing; the long form is for a quiet one.
# That no answer waits for Postgres (at least LOG_VISIBLE_WAIT_MS) shows in the median as well.
HEALTHY_P99_MS = 15.0
HEALTHY_MEDIAN_MS = 5.0

# Whether Postgres is silent shows when an answer has waited LOG_VISIBLE_WAIT_MS; p99 is looked at
# from then on, for those requests are more than one in a hundred of a short outage.
NOTICED_SECONDS = 0.5

# Healthy service before the fault and after it: what p99 is compared with, in the long form.
HEALTHY_SECONDS = 1.0 if FULL else 0.5


@contextmanager
def survived(
    rig: Rig,
    record: Record,
    fault: str,
    *services: Service,
    allowed: frozenset[int] = frozenset(),
    times_healthy: float | None = 3,
) -> Iterator[Load]:
    """Under load the body does the fault and undoes it; then everything must be kept and counted.

    `allowed` are statuses beside 200; outside the fault there are none. `times_healthy` bounds
    p99 and the median during the fault; None where the fault may be felt. Times are held to it in
    the long form only, on a quiet machine: elsewhere they are reported, and judge the neighbours.
    """
    with rig.load(*services) as load, rig.reporter((services or (rig.api,))[0]) as reporter:
        pause(HEALTHY_SECONDS)
        load.phase = "during"
        began = time.monotonic()
        yield load
        load.phase = "after"
        pause(HEALTHY_SECONDS)
    verdict = rig.verdict()
    result = rig.result(fault, verdict)
    record(result)
    assert verdict.kept, verdict
    assert rig.miscounted() == []
    assert reporter.lost(rig.sql("SELECT event_key, outcome FROM outcome_event")) == []
    # 503: not now, and no answer: it was killed. Nothing else becomes of a report that is right.
    assert {200} <= set(reporter.statuses) <= {200, 503, 0}, reporter.statuses
    assert {200} <= {exchange.status for exchange in load.exchanges} <= {200} | allowed, result
    if FULL and times_healthy is not None:
        before = [item for item in load.exchanges if item.phase == "before"]
        noticed = [
            item
            for item in load.exchanges
            if item.phase == "during" and item.sent > began + NOTICED_SECONDS
        ]
        for share, floor in ((0.99, HEALTHY_P99_MS), (0.5, HEALTHY_MEDIAN_MS)):
            bound = times_healthy * max(within(share, before), floor)
            assert within(share, noticed) <= bound, f"{share:.0%} {bound=:.0f} {result.line()}"
