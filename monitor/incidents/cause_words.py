"""What happened, by its cause: one clause, as a title has it."""

from collections.abc import Callable, Mapping

from diagnosis.finding import Cause
from monitor.incidents import fault_words, moved_words
from monitor.incidents.phrases import caller, cases, numbers, times
from monitor.incidents.stream import Stream
from monitor.incidents.told import Told, first_moved
from monitor.page.words import listed


def clause(told: Told) -> str:
    """What happened, without a full stop."""
    return _CLAUSES[told.cause](told)


def _volume(told: Told) -> str:
    found, ratio = told.find("rows"), told.fitted.get("ratio")
    if found is None and ratio:
        said = f"{times(ratio)} as many rows {told.tense('come', 'came')} as usual"
        return said[0].upper() + said[1:]
    return moved_words.clause(found, told.tense) if found else first_moved(told)


def _traffic_mix(told: Told) -> str:
    name = told.segment.get("caller")
    found = told.find("caller", name)
    if name is not None and found is not None:
        return moved_words.sends(name, found.before, found.after, told.tense)
    have = told.tense.have
    if name is not None and told.pair is not None:
        return moved_words.sends(name, *told.pair, told.tense)
    if name is not None:
        return f"{caller(name)} {have} another share of the rows than before"
    of = f", in {listed(list(told.segment))}" if told.segment else ""
    return f"The mix of the traffic {have} changed{of}: {first_moved(told)}"


def _covariate(loss: str) -> Callable[[Told], str]:
    def said(told: Told) -> str:
        above = f", in {listed(list(told.columns))} above all" if told.columns else ""
        others = f"Other cases {told.tense('come', 'came')} than before{told.sender}{above}"
        figures = ""
        if {"loss_before", "loss_after"} <= told.fitted.keys():
            before, after = numbers(told.fitted["loss_before"], told.fitted["loss_after"])
            figures = f", {after} a case, {before} before"
        return f"{others}; the expected loss {told.tense.be} {loss}{figures}"

    return said


def _label_shift(told: Told) -> str:
    return f"{_over(told)}, and the bad and the good look as they did"


def _calibration(told: Told) -> str:
    be, found = told.tense("are", "were"), told.find("observed/expected")
    if found is None:
        return f"Scores {be} off in one way at every height"
    many = f"{times(found.after)} as many cases {told.tense('go', 'went')} bad"
    height = "low" if found.after > 1 else "high"
    return f"Scores {be} too {height}: {many} as they {told.tense('say', 'said')}"


def _over(told: Told) -> str:
    found = told.find("observed/expected")
    if found is None:
        return f"Cases {told.tense('go', 'went')} bad at another rate than the model says"
    return moved_words.odds(found.after, {}, told.tense)


def _concept_segment(told: Told) -> str:
    for each in told.moved:
        stream = Stream.of(each.stream, told.columns)
        if stream.what == "observed/expected" and stream.segment == told.segment:
            return moved_words.odds(each.after, told.segment, told.tense)
    subject, odds = cases(told.segment), told.fitted.get("odds")
    if odds is None:
        return f"{subject} {told.tense('go', 'went')} bad at another rate than the model says"
    return f"{subject}: their odds of going bad {told.tense('are', 'were')} {times(odds)} as high"


def _outcome_collection(told: Told) -> str:
    found = told.find("coverage")
    if told.pair is not None:
        return moved_words.coverage(*told.pair, told.segment, told.tense)
    if found is None:
        return f"Outcomes{told.sender} {told.tense('are', 'were')} collected otherwise than before"
    segment = told.segment or ({"caller": found.caller} if found.caller else {})
    return moved_words.coverage(found.before, found.after, segment, told.tense)


def _outcome_delay(told: Told) -> str:
    found = told.find("delay")
    if told.pair is not None:
        return moved_words.delay(*told.pair, told.segment, told.tense)
    if found is not None:
        return moved_words.delay(found.before, found.after, told.segment, told.tense)
    factor = told.fitted.get("factor")
    long = f"{times(factor)} as long as before" if factor else "another time than before"
    return f"Outcomes{told.sender} {told.tense('take', 'took')} {long}"


def _season(told: Told) -> str:
    return f"It is the season: {first_moved(told)}"


_CLAUSES: Mapping[Cause, Callable[[Told], str]] = {
    **fault_words.CLAUSES,
    "none": first_moved,
    "volume": _volume,
    "traffic_mix": _traffic_mix,
    "covariate_harmless": _covariate("as it was"),
    "covariate_harmful": _covariate("higher"),
    "label_shift": _label_shift,
    "calibration": _calibration,
    "concept_global": _over,
    "concept_segment": _concept_segment,
    "outcome_collection": _outcome_collection,
    "outcome_delay": _outcome_delay,
    "season": _season,
    "undetermined": first_moved,
}
