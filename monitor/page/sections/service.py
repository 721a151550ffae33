"""The checks of the service itself: the counts, the log, and what was refused.

Each rule is a fact of the counts, not a test; its limit stands here with its reason.
"""

from datetime import timedelta
from math import isnan

from monitor.page.facts import Facts
from monitor.page.figures import Check
from monitor.page.sections.traffic import delays
from monitor.page.words import count, number, seconds, some, when

# Rounds come every few seconds; whoever looks should hear of a monitor that has stood still longer
# than it takes to start it again.
STALE = timedelta(minutes=5)
# Rows are stored in well under a second; a minute means that Postgres or the spool is in trouble.
DELAY_SECONDS = 60.0
# One refused request to twenty predictions, and not by a handful of tries.
REFUSED_SHARE, REFUSED_LEAST = 0.05, 20


def counts_check(facts: Facts) -> Check:
    """Whether the monitor goes on counting."""
    done = facts.round.rolled_at
    if facts.window.past:
        return Check("counts", "Counts", "shown", "Shown only as of now.")
    if done is None:
        text = "The monitor has done no round yet; it does one every few seconds."
        return Check("counts", "Counts", "wait", text)
    pending = facts.round.pending_hours
    waiting = (
        f" {some('hour', pending)} of rows {'waits' if pending == 1 else 'wait'}."
        if pending
        else ""
    )
    if facts.now - done > STALE:
        text = (
            f"Nothing has been counted since {when(done)}: look whether the monitor runs.{waiting}"
        )
        return Check(
            "counts", "Counts", "act", text, f"the monitor has not counted since {when(done)}"
        )
    return Check("counts", "Counts", "ok", f"Counted until {when(facts.round.as_of)}.{waiting}")


def log_check(facts: Facts) -> Check:
    """Whether all that was answered is in the log."""
    if facts.window.past:
        return Check("log", "Log", "shown", "Shown only as of now.")
    held = [each for each in facts.processes if each.state == "silent" and each.waiting]
    if held:
        rows = sum(each.waiting for each in held)
        since = min(each.counted_at for each in held)
        text = (
            f"{some('answered row', rows)} {'lies' if rows == 1 else 'lie'} in the spool of"
            f" {some('process', len(held), 'processes')} silent since {when(since)}"
            f" ({held[0].instance}): start one with that spool."
        )
        headline = f"{some('answered row', rows)} {'is' if rows == 1 else 'are'} not in the log"
        return Check("log", "Log", "act", text, headline)
    late = delays(facts).tolist()
    latest = next((value for value in reversed(late) if not isnan(value)), None)
    if latest is not None and latest > DELAY_SECONDS:
        text = f"Rows arrive late: 95% within {seconds(latest)}, in the last {facts.window.step}."
        return Check("log", "Log", "act", text, f"the log is {seconds(latest)} behind")
    return _quiet(facts, latest)


def _quiet(facts: Facts, latest: float | None) -> Check:
    waiting = sum(each.waiting for each in facts.processes)
    lost = sum(each.quarantined for each in facts.processes)
    said = (
        f"95% of the rows stored within {seconds(latest)}" if latest is not None else "No row yet"
    )
    said += f"; {count(waiting)} on their way." if waiting else "."
    if lost:
        said += f" {some('row', lost)} in quarantine, for Postgres will never take them."
        return Check("log", "Log", "ask", said, f"{some('row', lost)} cannot be stored")
    if latest is None and not facts.processes:
        return Check("log", "Log", "wait", "No api has told of its rows yet.")
    return Check("log", "Log", "ok", said)


def refusals_check(facts: Facts) -> Check:
    """Whether an unusual part of what was sent was refused, in the last whole day."""
    if facts.filters.caller is not None:
        text = "Shown only of all callers: what is refused has none."
        return Check("refusals", "Refusals", "shown", text)
    refused = sum(facts.refusals.by_step)
    asked = facts.total + refused
    if not asked:
        return Check("refusals", "Refusals", "wait", "No request yet.")
    # A step that is not over is too short to judge alone.
    steps = 24 if facts.window.step == "hour" else 1 + facts.window.unfinished
    latest = sum(facts.refusals.by_step[-steps:])
    answered = int(facts.window.by_step(facts.counts.by_caller)[:, -steps:].sum())
    share = latest / (latest + answered) if latest + answered else 0.0
    since = when(facts.window.steps[-steps])
    text = (
        f"{some('request', latest)} since {since}, beside {some('prediction', answered)}"
        f" ({number(100 * share, 2)}%)."
    )
    if latest >= REFUSED_LEAST and share > REFUSED_SHARE:
        headline = f"{some('request', latest)} refused since {since}"
        return Check("refusals", "Refusals", "act", text, headline)
    return Check("refusals", "Refusals", "ok", text)
