"""What moved, as clauses: subject, verb, the figure now and the one before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagnosis.finding import Moved
from monitor.incidents.phrases import (
    MISSING,
    caller,
    cases,
    hours,
    numbers,
    part,
    parts,
    sender,
    test,
    times,
)
from monitor.incidents.stream import Stream
from monitor.page.words import number

_NEW = 0.001
"""A caller that had at most such a share of the rows is a new one."""


@dataclass(frozen=True, slots=True)
class Tense:
    """Of what goes on, or is over."""

    past: bool = False

    def __call__(self, now: str, then: str) -> str:
        """The word of now, or that of then."""
        return then if self.past else now

    @property
    def be(self) -> str:
        """Is or was."""
        return self("is", "was")

    @property
    def have(self) -> str:
        """Has or had."""
        return self("has", "had")


def clause(moved: Moved, tense: Tense) -> str:
    """One stream in a clause without a full stop: `age is below 32 in 14% of the rows, ...`."""
    stream = Stream.of(moved.stream)
    if moved.caller is not None and stream.what != "caller":
        stream = replace(stream, segment={**stream.segment, "caller": moved.caller})
    if stream.what == "caller":
        return sends(stream.value, moved.before, moved.after, tense)
    if stream.what == "observed/expected":
        return odds(moved.after, stream.segment, tense)
    if stream.sign:
        return _indicator(stream, moved, tense)
    return _figure(stream, moved, tense)


def condensed(moved: tuple[Moved, ...]) -> tuple[Moved, ...]:
    """Of each thing that is looked at the stream that moved most; the scores come last.

    A column that moved as a whole moves many of its streams, which say the same.
    """
    most: dict[tuple[object, ...], Moved] = {}
    for each in moved:
        stream = Stream.of(each.stream)
        missing = stream.value == MISSING
        name = stream.value if stream.what == "caller" else each.caller
        key = stream.what, missing, stream.beyond, tuple(stream.segment.items()), name
        known = most.get(key)
        if known is None or abs(each.after - each.before) > abs(known.after - known.before):
            most[key] = each
    # A caller's own stream says no more where that of all moved as well.
    told = [
        each
        for key, each in most.items()
        if key[-1] is None or key[0] == "caller" or (*key[:-1], None) not in most
    ]
    return tuple(sorted(told, key=lambda each: each.stream.startswith("score ")))


def odds(ratio: float, segment: Mapping[str, str], tense: Tense) -> str:
    """How often cases go bad, against the scores."""
    often = f"{times(ratio)} as often as the model {tense('says', 'said')}"
    return f"{cases(segment)} {tense('go', 'went')} bad {often}"


def sends(name: str, was: float, now: float, tense: Tense) -> str:
    """A caller's share of the traffic."""
    before, after = parts(was, now)
    verb = tense("sends", "sent")
    if was <= _NEW:
        return f"A new caller, {caller(name)}, {verb} {after} of the rows"
    return f"{caller(name)} {verb} {after} of the rows, {before} before"


def volume(moved: Moved, segment: Mapping[str, str], tense: Tense) -> str:
    """How much traffic there is, against what is usual."""
    rows = f"rows{sender(segment)}"
    figures = f"{number(moved.after)} rows an hour, {number(moved.before)} usually"
    come = tense("come", "came")
    if not moved.after:
        return f"No {rows} {come}, where {number(moved.before)} an hour are usual"
    if moved.before > 0 and moved.after > moved.before:
        return (
            f"{number(moved.after / moved.before)} times as many {rows} {come} as usual: {figures}"
        )
    if moved.before > 0:
        return f"Only {part(moved.after / moved.before)} of the usual {rows} {come}: {figures}"
    return f"{number(moved.after)} {rows} an hour {come}, where none are usual"


def coverage(was: float, now: float, segment: Mapping[str, str], tense: Tense) -> str:
    """How many of the due cases have their outcome."""
    before, after = parts(was, now)
    due = cases(segment).replace("Cases", "the due cases", 1)
    return f"{after} of {due} {tense('have', 'had')} their outcome, {before} before"


def delay(was: float, now: float, segment: Mapping[str, str], tense: Tense) -> str:
    """How long outcomes take."""
    of = f" of cases{cases(segment).removeprefix('Cases')}" if segment else ""
    took = tense("take", "took")
    return f"Outcomes{of} {took} {hours(now)}, {hours(was)} before (median)"


def _indicator(stream: Stream, moved: Moved, tense: Tense) -> str:
    before, after = parts(moved.before, moved.after)
    subject = "The score" if stream.what == "score" else stream.what
    of = "its values" if stream.what == moved.column and stream.value != MISSING else "the rows"
    where = sender(stream.segment)
    return f"{subject}{where} {tense.be} {test(stream)} in {after} of {of}, {before} before"


def _figure(stream: Stream, moved: Moved, tense: Tense) -> str:
    segment = stream.segment
    if stream.what == "rows":
        return volume(moved, segment, tense)
    if stream.what == "coverage":
        return coverage(moved.before, moved.after, segment, tense)
    if stream.what == "delay":
        return delay(moved.before, moved.after, segment, tense)
    subject = "The order of scores (AUC)" if stream.what == "auc" else _capital(stream.what)
    of = f" of cases{cases(segment).removeprefix('Cases')}" if segment else ""
    if moved.reading in {"share", "rate"}:
        before, after = parts(moved.before, moved.after)
    else:
        before, after = numbers(moved.before, moved.after)
    return f"{subject}{of}: {after}, {before} before"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
