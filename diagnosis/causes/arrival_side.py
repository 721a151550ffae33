"""Why outcomes arrive otherwise than before: they are lost, or late."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes import arrivals
from diagnosis.causes.arrivals import Coverage, Delay
from diagnosis.causes.part import Part
from diagnosis.causes.waiting import wanted
from diagnosis.causes.words import percent
from diagnosis.finding import Candidate

_LEAST_COVERAGE = 0.012
_LEAST_DELAY = 1.1
_ALONE = 0.4
# Standard errors; that coverage changed at all is sure by then.
_LIKELY = 3.0
_FEW = 100


def arrival_side(case: Case) -> tuple[Part, bool]:
    """What the arrival of outcomes says, and whether outcomes were lost."""
    delays = arrivals.delays(case)
    late = _delayed(delays)
    lost = _lost(case, delays, late)
    if lost is not None:
        return Part(holds=(lost,) if late is None else (late, lost)), True
    if late is not None:
        return Part(holds=(late,)), False
    return _early(case), False


def _delayed(delays: list[Delay]) -> Candidate | None:
    least = np.log(_LEAST_DELAY)
    changed = [d for d in delays if d.sure and abs(np.log(max(d.factor, 1e-9))) > least]
    if not changed:
        return None
    most = changed[0]
    whose = {None: "Outcomes", 1.0: "Bad outcomes", 0.0: "Good outcomes"}[most.outcome]
    return Candidate(
        "outcome_delay",
        1.0,
        parameters={"factor": most.factor, "before": most.before, "after": most.after},
        because=f"{whose} take {most.after / 24:.3g} days in the middle,"
        f" {most.before / 24:.3g} before.",
    )


def _lost(case: Case, delays: list[Delay], late: Candidate | None) -> Candidate | None:
    """Fewer of the due cases have an outcome than before, beyond what a delay makes of it."""
    found = arrivals.coverages(case)
    changed = [c for c in found if c.sure and abs(c.after - c.before) > _LEAST_COVERAGE]
    if not changed or (late is not None and _late_makes(case, delays, found[0])):
        return None
    most = _most(changed, found)
    return Candidate(
        "outcome_collection",
        1.0,
        segment=None if most.segment is None else {most.segment[0]: most.segment[1]},
        parameters={"before": most.before, "after": most.after},
        because=f"{percent(most.after)} of the due cases{_where(most)} have an outcome,"
        f" {percent(most.before)} before.",
    )


def _where(coverage: Coverage) -> str:
    if coverage.segment is None:
        return ""
    name, text = coverage.segment
    return f" from {text}" if name == "caller" else f" with a {name} {text}"


def _most(changed: list[Coverage], found: list[Coverage]) -> Coverage:
    """The caller, or else the band, that lost outcomes alone; all where it is not one."""
    callers = [
        c for c in found
        if c.segment and c.segment[0] == "caller" and _change(c) > _LIKELY * c.error
    ]  # fmt: skip
    if callers:
        most = max(callers, key=_change)
        rest = [c for c in found if c.segment and c.segment[0] == "caller" and c is not most]
        if rest and max(map(_change, rest)) < _ALONE * _change(most):
            return most
    whole = found[0]
    bands = [c for c in changed if c.segment and c.segment[0] == "score"]
    if bands:
        most = max(bands, key=_change)
        if _change(most) > _change(whole) / _ALONE + 0.01:
            return most
    return whole


def _change(coverage: Coverage) -> float:
    return abs(coverage.after - coverage.before)


def _late_makes(case: Case, delays: list[Delay], whole: Coverage) -> bool:
    """Whether outcomes that take longer leave as many cases without one when they are due."""
    rows = case.due_before
    came = arrivals.in_time(rows)
    waits, room = rows.observed[came] - rows.times[came], (rows.due - rows.times)[came]
    seen_factor = next((d.factor for d in delays if d.outcome is None), 1.0)
    wanted_median = float(np.median(waits)) * seen_factor
    # What is too late is not among the delays that are seen: the true factor is larger.
    for factor in seen_factor * np.exp(np.arange(0.0, 1.2, 0.04)):
        seen = waits * factor <= room
        if seen.any() and abs(np.median(waits[seen] * factor) / wanted_median - 1) < 0.02:
            return bool(abs(whole.before * seen.mean() - whole.after) < 0.03 + 3 * whole.error)
    return False


def _early(case: Case) -> Part:
    """What the outcomes that came so far say, before any is due."""
    found = arrivals.early(case) if len(case.due_after) < _FEW else None
    if found is None or abs(found.ratio - 1) < 0.1:
        return Part()
    if abs(found.known - found.expected) < 6 * np.sqrt(found.expected):
        return Part()
    because = (
        f"{found.known:,} outcomes of cases since the onset are known, {found.expected:,.0f} would"
        " be by the delays of before."
    )
    open_ = tuple(
        Candidate(cause, 1.0, because=because, parameters={"ratio": found.ratio})
        for cause in ("outcome_delay", "outcome_collection")
    )
    return Part(open=open_, decides=wanted(case, float(np.log(1.5))))
