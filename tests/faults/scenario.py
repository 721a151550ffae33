"""The shape of most fault tests: load, fault, recovery, verdict."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.conftest import Record
from tests.faults.load import Load
from tests.faults.report import p99
from tests.faults.rig import Rig, pause
from tests.faults.service import Service

# On a shared machine a healthy p99 below this says nothing.
HEALTHY_FLOOR_MS = 15.0


@contextmanager
def survived(
    rig: Rig,
    record: Record,
    fault: str,
    *services: Service,
    allowed: frozenset[int] = frozenset(),
    times_healthy_p99: float | None = 3,
) -> Iterator[Load]:
    """Under load the body does the fault and undoes it; then everything must have been kept.

    `allowed` are statuses beside 200; outside the fault there are none. `times_healthy_p99` bounds
    p99 during the fault; None where the fault may be felt.
    """
    with rig.load(*services) as load:
        pause(1)
        load.phase = "during"
        yield load
        load.phase = "after"
        pause(1)
    verdict = rig.verdict()
    result = rig.result(fault, verdict)
    record(result)
    assert verdict.kept, verdict
    assert {200} <= {exchange.status for exchange in load.exchanges} <= {200} | allowed, result
    if times_healthy_p99 is not None:
        bound = times_healthy_p99 * max(result.p99["before"], HEALTHY_FLOOR_MS)
        answers = [item for item in load.exchanges if item.phase == "during"]
        assert p99(answers) <= bound, result.line()
