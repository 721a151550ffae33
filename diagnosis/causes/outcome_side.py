"""Why the outcomes changed: how they are collected, the prior, the calibration, the concept."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes import arrivals
from diagnosis.causes.arrivals import Coverage, Delay
from diagnosis.causes.calibrated import calibrated, logit
from diagnosis.causes.concept import Concept, concept
from diagnosis.causes.input_side import InputSide
from diagnosis.causes.others import expected_without
from diagnosis.causes.part import Part, refuted
from diagnosis.causes.waiting import wanted
from diagnosis.causes.words import percent
from diagnosis.finding import Candidate
from diagnosis.rows import Floats

_LEAST_COVERAGE = 0.012
_LEAST_DELAY = 1.1
# Twice the log of the likelihood ratio from which one of two causes is named.
_TOLD = 6.0
_AGREES = 3.0


def outcome_side(case: Case, found: InputSide) -> Part:
    """Everything that outcomes can tell, with what the input said before them."""
    part, explained = _arrivals(case)
    told = _concept(case, found)
    if told is None:
        return part + _without_outcomes(case, found)
    part += Part(facts=_facts(told))
    moved = told.moved(case.reference.tolerances.observed_over_expected)
    if found.fits_prior and found.moved:
        return part + _shift_or_people(case, found, told)
    if not moved:
        return part
    if explained and _lost_explain(case, told):
        return part
    return part + _drift(case, found, told)


def _concept(case: Case, found: InputSide) -> Concept | None:
    sides = case.due_before, case.due_after
    if found.faulty:
        known = case.before if len(case.before) else case.reference.sample
        if known is None or not len(known):
            return None
        expected: tuple[Floats, ...] = expected_without(case.reference, known, sides, found.faulty)
    else:
        expected = tuple(logit(calibrated(case.reference, rows.scores)) for rows in sides)
    one, two = zip(sides, expected, strict=True)
    return concept(case.reference, one, two, found.faulty)


def _facts(told: Concept) -> dict[str, object]:
    return {
        "due_cases": told.cases,
        "due_positives": told.positives,
        "expected_positives": told.expected,
        "odds_ratio": float(np.exp(told.log_odds)),
        "log_odds_error": told.error,
    }


def _without_outcomes(case: Case, found: InputSide) -> Part:
    """What remains open as long as no outcome tells it apart."""
    if found.moved or found.faulty or not _of_outcomes(case):
        return Part(
            decides=wanted(case, abs(found.prior.log_odds))
            if found.fits_prior and found.moved
            else None
        )
    likely = tuple(
        Candidate(cause, 0.0, because="Too few outcomes of cases since the onset are due to tell.")
        for cause in ("calibration", "concept_global", "concept_segment", "label_shift")
    )
    return Part(open=likely, decides=wanted(case, np.log(1.5)))


def _of_outcomes(case: Case) -> bool:
    return any(
        m.stream.startswith("observed/expected") or m.reading in {"auc", "ratio"}
        for m in case.moved
    )


def _shift_or_people(case: Case, found: InputSide, told: Concept) -> Part:
    """Label shift and other people look alike in the columns; the outcomes tell them apart."""
    change = found.prior
    error = float(np.hypot(told.error, change.error))
    as_shift = abs(told.log_odds - change.log_odds) < _AGREES * error
    as_people = abs(told.log_odds) < _AGREES * told.error
    said = (
        f"By the scores the odds of the event are {np.exp(change.log_odds):.2f} times what they"
        f" were, by {told.positives:,} outcomes {np.exp(told.log_odds):.2f} times at the same score"
    )
    label = Candidate(
        "label_shift", 1.0, because=f"{said}.",
        parameters={"odds": float(np.exp(told.log_odds)), "odds_by_scores": float(np.exp(change.log_odds))},
    )  # fmt: skip
    if as_shift and not as_people:
        return Part(holds=(label,))
    if as_people and not as_shift:
        return Part(refuted=(refuted(label, f"{said}."),))
    if not as_people and not as_shift:
        return _drift(case, found, told) + Part(refuted=(refuted(label, f"{said}."),))
    return Part(decides=wanted(case, abs(change.log_odds)))


def _drift(case: Case, found: InputSide, told: Concept) -> Part:
    """Calibration or label shift, concept in a group, or concept everywhere."""
    best = max(told.flat, told.grouped) + max(told.beyond - 6, 0.0)
    flat, shift, flat_side = _flat_side(found, told, best)
    part = _group_candidate(told, best)
    everywhere = Candidate(
        "concept_global", 1.0,
        because="No factor for all and none for one group restores what was expected: what makes"
        " the event likely has changed.",
    )  # fmt: skip
    no_flat = "With one factor for the odds of all, some groups are still off."
    no_part = "Cases outside this group are off as well."
    match told.says:
        case "global":
            off = (refuted(flat, no_flat), *((refuted(part, no_part),) if part else ()))
            return Part(holds=(everywhere,), refuted=off)
        case "group" if part is not None:
            return Part(holds=(part,), refuted=(refuted(flat, no_flat),))
        case "flat":
            gone = (refuted(part, no_part),) if part is not None else ()
            decides = wanted(case, told.log_odds) if len(flat_side) > 1 else None
            if len(flat_side) == 1:
                other = shift if flat_side[0] is flat else flat
                return Part(holds=flat_side, refuted=(refuted(other, shift.because), *gone))
            return Part(open=flat_side, refuted=gone, decides=decides)
    wide = (everywhere,) if told.beyond > 6 else ()
    error = None if told.inside is None else float(told.inside.errors[0])
    return Part(
        open=(*flat_side, *((part,) if part else ()), *wide),
        decides=wanted(case, told.log_odds, error),
    )


def _group_candidate(told: Concept, best: float) -> Candidate | None:
    if told.group is None or told.inside is None:
        return None
    own = float(np.exp(told.inside.factors[0]))
    name, text = told.group.segment
    which = f"{name} {text}" if text[0] in "<≥=" else f"{name} is {text}"
    return Candidate(
        "concept_segment", min(told.grouped / best, 1.0) if best > 0 else 0.0,
        segment={name: text}, columns=() if told.group.column is None else (name,),
        parameters={"odds": own},
        because=f"Where {which}, the odds of the event are {own:.2f} times what the scores say;"
        " elsewhere they are as before.",
    )  # fmt: skip


def _flat_side(
    found: InputSide, told: Concept, best: float
) -> tuple[Candidate, Candidate, tuple[Candidate, ...]]:
    """Calibration, label shift, and which of them one factor for all can be.

    Both are one factor for the odds at the same score; after a label shift the scores themselves
    say the same factor, after a change of calibration they say none.
    """
    odds = float(np.exp(told.log_odds))
    explains = min(told.flat / best, 1.0) if best > 0 else 0.0
    flat = Candidate(
        "calibration", explains,
        parameters={"odds": odds, "slope": float(1 + told.tilted.factors[1])},
        because=f"The odds of the event are {odds:.2f} times what the scores say, in every group alike"
        f" ({told.positives:,} of {told.cases:,} due cases, {told.expected:,.0f} expected).",
    )  # fmt: skip
    change = found.prior
    shift = Candidate(
        "label_shift", explains, parameters={"odds": odds},
        because=f"By the scores the odds of the event are {np.exp(change.log_odds):.2f} times what"
        f" they were, by the outcomes {odds:.2f} times at the same score.",
    )  # fmt: skip
    if found.faulty or (found.moved and not found.fits_prior):
        return flat, shift, (flat,)
    apart = (told.log_odds - change.log_odds) ** 2 / (told.error**2 + change.error**2)
    there = change.log_odds**2 / change.error**2
    if there - apart > _TOLD and apart < 7:
        return flat, shift, (shift,)
    if apart - there > _TOLD and there < 7:
        return flat, shift, (flat,)
    return flat, shift, (flat, shift)


def _arrivals(case: Case) -> tuple[Part, bool]:
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
    changed = [
        each for each in delays
        if each.sure and abs(np.log(max(each.factor, 1e-9))) > np.log(_LEAST_DELAY)
    ]  # fmt: skip
    if not changed:
        return None
    kinds = {each.outcome for each in changed}
    most = next((e for e in changed if e.outcome is None), changed[0])
    if kinds == {1.0}:
        most = changed[0]
    whose = {None: "Outcomes", 1.0: "Bad outcomes", 0.0: "Good outcomes"}[most.outcome]
    return Candidate(
        "outcome_delay", 1.0, parameters={"factor": most.factor, "before": most.before, "after": most.after},
        because=f"{whose} take {most.after / 24:.3g} days in the middle, {most.before / 24:.3g} before.",
    )  # fmt: skip


def _lost(case: Case, delays: list[Delay], late: Candidate | None) -> Candidate | None:
    """Fewer of the due cases have an outcome than before, beyond what a delay makes of it."""
    found = arrivals.coverages(case)
    if not found:
        return None
    changed = [c for c in found if c.sure and abs(c.after - c.before) > _LEAST_COVERAGE]
    if not changed:
        return None
    if late is not None and _late_makes(case, delays, found[0]):
        return None
    most = _most(changed, found)
    where = "" if most.segment is None else f" where {most.segment[0]} is {most.segment[1]}"
    segment = None
    if most.segment is not None:
        segment = {most.segment[0]: most.segment[1]}
    return Candidate(
        "outcome_collection", 1.0, segment=segment,
        parameters={"before": most.before, "after": most.after},
        because=f"{percent(most.after)} of the due cases{where} have an outcome, {percent(most.before)} before.",
    )  # fmt: skip


def _most(changed: list[Coverage], found: list[Coverage]) -> Coverage:
    """The caller, or else the band, that lost outcomes alone; all where it is not one."""
    callers = [c for c in changed if c.segment and c.segment[0] == "caller"]
    all_callers = [c for c in found if c.segment and c.segment[0] == "caller"]
    if callers:
        most = max(callers, key=lambda c: abs(c.after - c.before))
        rest = [c for c in all_callers if c is not most]
        if rest and max(abs(c.after - c.before) for c in rest) < 0.4 * abs(
            most.after - most.before
        ):
            return most
    bands = [c for c in changed if c.segment and c.segment[0] == "score"]
    whole = found[0]
    if bands:
        most = max(bands, key=lambda c: abs(c.after - c.before))
        if abs(most.after - most.before) > 2.5 * abs(whole.after - whole.before) + 0.01:
            return most
    return whole


def _late_makes(case: Case, delays: list[Delay], whole: Coverage) -> bool:
    """Whether outcomes that take longer leave as many cases without one when they are due."""
    rows = case.due_before
    came = arrivals.in_time(rows)
    waits, room = rows.observed[came] - rows.times[came], (rows.due - rows.times)[came]
    factor = next((d.factor for d in delays if d.outcome is None), 1.0)
    # What is late is not seen among the delays, so the true factor is larger than the one seen.
    for each in factor * np.exp(np.arange(0.0, 1.2, 0.04)):
        seen = waits * each <= room
        if (
            seen.any()
            and abs(np.median(waits[seen] * each) / (np.median(waits) * factor) - 1) < 0.02
        ):
            after = whole.before * float(seen.mean())
            return abs(after - whole.after) < 0.03 + 3 * whole.error
    return False


def _early(case: Case) -> Part:
    """What the outcomes that came so far say, before any is due."""
    if len(case.due_after) >= 100:
        return Part()
    found = arrivals.early(case)
    if (
        found is None
        or abs(found.known - found.expected) < 6 * np.sqrt(found.expected)
        or abs(found.ratio - 1) < 0.1
    ):
        return Part()
    said = f"{found.known:,} outcomes of cases since the onset are known, {found.expected:,.0f} would be by the delays of before"
    late = Candidate("outcome_delay", 1.0, because=f"{said}.", parameters={"ratio": found.ratio})
    lost = Candidate(
        "outcome_collection", 1.0, because=f"{said}.", parameters={"ratio": found.ratio}
    )
    return Part(open=(late, lost), decides=wanted(case, np.log(1.5)))


def _lost_explain(case: Case, told: Concept) -> bool:
    """Whether the outcomes that are lost can be the ones that lack."""
    lost = arrivals.lost_positives(case)
    if lost is None:
        return False
    gone, lacking = lost
    noise = 3 * np.sqrt(max(told.positives, 1))
    return gone > 0 and (lacking < gone + noise) and (lacking > -gone)
