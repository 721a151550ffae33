"""Why the outcomes changed: how they are collected, the prior, the calibration, the concept."""

import numpy as np

from diagnosis.case import Case
from diagnosis.causes import arrivals
from diagnosis.causes.arrival_side import arrival_side
from diagnosis.causes.calibrated import calibrated, logit
from diagnosis.causes.concept import Concept, concept
from diagnosis.causes.drift import drift, shift_or_people
from diagnosis.causes.input_side import InputSide
from diagnosis.causes.others import expected_without
from diagnosis.causes.part import Part
from diagnosis.causes.told_apart import told_apart
from diagnosis.causes.waiting import wanted
from diagnosis.causes.words import percent
from diagnosis.finding import Candidate
from diagnosis.rows import Floats

# Standard errors of a fall of coverage that bad outcomes too few make likely.
_LIKELY = 2.5


def outcome_side(case: Case, found: InputSide) -> Part:
    """Everything that outcomes can tell, with what the input said before them."""
    part, lost = arrival_side(case)
    told = _concept(case, found)
    if told is None:
        return part + _before_outcomes(case, found)
    part += Part(facts=_facts(told))
    if found.fits_prior and found.moved:
        return part + shift_or_people(case, found, told)
    known = any(m.stream.startswith("observed/expected") or m.reading == "auc" for m in case.moved)
    if not told.moved(case.reference.tolerances.observed_over_expected, known=known):
        return part
    if lost and _lost_explain(case, told):
        return part
    return part + (
        _lost_by_caller(case, told) or _with_groups(case, drift(case, found, told), told)
    )


def _with_groups(case: Case, part: Part, told: Concept) -> Part:
    """With the figures of the group that may have changed alone, where it is not refuted."""
    if not any(each.cause == "concept_segment" for each in (*part.holds, *part.open)):
        return part
    return part + Part(facts={"groups": told_apart(told, case.due_before, case.due_after)})


def _concept(case: Case, found: InputSide) -> Concept | None:
    """The outcomes against the scores, or against what the columns without a fault expect."""
    sample = case.reference.sample
    parts = [case.due_before, case.due_after]
    parts += [sample.of(sample.labelled)] if sample is not None else []
    if found.faulty:
        known = case.before if len(case.before) else sample
        if known is None or not len(known):
            return None
        offsets: tuple[Floats, ...] = expected_without(
            case.reference, known, tuple(parts), found.faulty
        )
    else:
        offsets = tuple(logit(calibrated(case.reference, rows.scores)) for rows in parts)
    before, after, *further = zip(parts, offsets, strict=True)
    return concept(case.reference, before, after, tuple(further), found.faulty)


def _facts(told: Concept) -> dict[str, object]:
    return {
        "due_cases": told.cases,
        "due_positives": told.positives,
        "expected_positives": told.expected,
        "odds_ratio": float(np.exp(told.log_odds)),
        "log_odds_error": told.error,
    }


def _before_outcomes(case: Case, found: InputSide) -> Part:
    """What would tell a label shift from other people, as long as no outcome does."""
    if found.fits_prior and found.moved:
        return Part(decides=wanted(case, abs(found.prior.log_odds)))
    return Part()


def _lost_by_caller(case: Case, told: Concept) -> Part | None:
    """Lost outcomes, where the one caller whose cases fare better has fewer of them as well."""
    if told.says != "group" or told.group is None or told.inside is None:
        return None
    if told.group.column is not None or told.inside.factors[0] > 0:
        return None
    for each in arrivals.coverages(case):
        lost = each.before - each.after
        if each.segment == told.group.segment and lost > _LIKELY * each.error:
            because = (
                f"{percent(each.after)} of the due cases from {each.segment[1]} have an outcome,"
                f" {percent(each.before)} before, and it is bad ones that lack."
            )
            segment = {"caller": each.segment[1]}
            found = Candidate("outcome_collection", 1.0, segment=segment, because=because)
            return Part(holds=(found,))
    return None


def _lost_explain(case: Case, told: Concept) -> bool:
    """Whether the outcomes that are lost can be the ones that lack."""
    counts = arrivals.lost_positives(case)
    if counts is None:
        return False
    lost, lacking = counts
    noise = 3 * np.sqrt(max(told.positives, 1))
    return bool(lost > 0 and -lost < lacking < lost + noise)
