"""The outcomes left what the scores say: calibration, label shift, or concept drift."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.concept import Concept
from diagnosis.causes.input_side import InputSide
from diagnosis.causes.part import Part, refuted
from diagnosis.causes.waiting import wanted
from diagnosis.finding import Candidate

# Twice the log of the likelihood ratio from which one of two causes is named.
_TOLD = 6.0
# The square of the error by which a named cause may miss.
_MISSES = 7.0
_NO_FLAT = "With one factor for the odds of all, some groups are still off."
_NO_PART = "Cases outside this group are off as well."


def drift(case: Case, found: InputSide, told: Concept) -> Part:
    """Which of them it is, or which remain."""
    best = max(told.flat, told.grouped) + max(told.beyond - 6, 0.0)
    flat, shift = _flat(found, told, best)
    part = _group(told, best)
    everywhere = Candidate(
        "concept_global",
        1.0,
        because="No factor for all, and none for one group, restores what was expected: what makes"
        " the event likely has changed.",
    )
    no_part = (refuted(part, _NO_PART),) if part is not None else ()
    no_flat = refuted(flat, _NO_FLAT)
    if told.says == "global":
        return Part(holds=(everywhere,), refuted=(no_flat, *no_part))
    if told.says == "group" and part is not None:
        return Part(holds=(part,), refuted=(no_flat,))
    left = _of_prior(found, told, flat, shift)
    if told.says == "flat" and len(left) == 1:
        other = shift if left[0] is flat else flat
        return Part(holds=left, refuted=(refuted(other, shift.because), *no_part))
    if told.says == "flat":
        return Part(open=left, refuted=no_part, decides=wanted(case, told.log_odds))
    wide = (everywhere,) if told.beyond > _TOLD else ()
    error = None if told.inside is None else float(told.inside.errors[0])
    parts = (part,) if part is not None else ()
    return Part(open=(*left, *parts, *wide), decides=wanted(case, told.log_odds, error))


def shift_or_people(case: Case, found: InputSide, told: Concept) -> Part:
    """Label shift and other people look alike in the columns; the outcomes tell them apart."""
    shift = _flat(found, told, told.flat)[1]
    shift_off, people_off = _misses(found, told)
    if people_off - shift_off > _TOLD and shift_off < _MISSES:
        return Part(holds=(shift,))
    if shift_off - people_off > _TOLD and people_off < _MISSES:
        return Part(refuted=(refuted(shift, shift.because),))
    if min(shift_off, people_off) >= _MISSES:
        return drift(case, found, told) + Part(refuted=(refuted(shift, shift.because),))
    return Part(decides=wanted(case, abs(found.prior.log_odds)))


def _misses(found: InputSide, told: Concept) -> tuple[float, float]:
    """By how many squared errors the outcomes miss a label shift, and no change at all."""
    change = found.prior
    shift = (told.log_odds - change.log_odds) ** 2 / (told.error**2 + change.error**2)
    return float(shift), float(told.log_odds**2 / told.error**2)


def _of_prior(
    found: InputSide, told: Concept, flat: Candidate, shift: Candidate
) -> tuple[Candidate, ...]:
    """Calibration or label shift, where the scores say which, else both.

    After a label shift the scores themselves say the factor that the outcomes say, after a change
    of calibration they say none.
    """
    if found.faulty or (found.moved and not found.fits_prior):
        return (flat,)
    apart, _ = _misses(found, told)
    there = found.prior.log_odds**2 / found.prior.error**2
    if there - apart > _TOLD and apart < _MISSES:
        return (shift,)
    if apart - there > _TOLD and there < _MISSES:
        return (flat,)
    return (flat, shift)


def _flat(found: InputSide, told: Concept, best: float) -> tuple[Candidate, Candidate]:
    """Calibration and label shift."""
    odds, by_scores = float(np.exp(told.log_odds)), float(np.exp(found.prior.log_odds))
    explains = min(told.flat / best, 1.0) if best > 0 else 0.0
    flat = Candidate(
        "calibration",
        explains,
        parameters={"odds": odds, "slope": float(1 + told.tilted.factors[1])},
        because=f"The odds of the event are {odds:.2f} times what the scores say, in every group"
        f" alike ({told.positives:,} of {told.cases:,} due cases, {told.expected:,.0f} expected).",
    )
    shift = Candidate(
        "label_shift",
        explains,
        parameters={"odds": odds, "odds_by_scores": by_scores},
        because=f"By the scores the odds of the event are {by_scores:.2f} times what they were, by"
        f" the outcomes {odds:.2f} times at the same score.",
    )
    return flat, shift


def _group(told: Concept, best: float) -> Candidate | None:
    if told.group is None or told.inside is None:
        return None
    odds = float(np.exp(told.inside.factors[0]))
    name, text = told.group.segment
    which = f"{name} {text}" if text[0] in "<≥=" else f"{name} is {text}"
    return Candidate(
        "concept_segment",
        min(told.grouped / best, 1.0) if best > 0 else 0.0,
        columns=() if told.group.column is None else (name,),
        segment={name: text},
        parameters={"odds": odds},
        because=f"Where {which}, the odds of the event are {odds:.2f} times what the scores say;"
        " elsewhere they are as before.",
    )
