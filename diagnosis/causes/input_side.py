"""Why the input changed: faults, other callers, other people, or the season of the week."""

from dataclasses import dataclass, replace

import numpy as np

from diagnosis.case import Case
from diagnosis.causes import faults as finding
from diagnosis.causes.acceptance import AGAINST, accepted
from diagnosis.causes.contrast import Contrast, contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault_words import candidate
from diagnosis.causes.faults import Faults
from diagnosis.causes.mix import mix
from diagnosis.causes.mix_words import mix_part, season_part
from diagnosis.causes.part import Part, refuted
from diagnosis.causes.people import against_people_with, covariate
from diagnosis.causes.prior import Prior, prior
from diagnosis.causes.sides import Sides
from diagnosis.causes.words import listed
from diagnosis.finding import Candidate, Cause, Decides

_PRIOR_SURE = 3.5
_NEARLY = 0.4
# A column that moved in no known form is at fault only where that is plain to see.
_PLAIN = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class InputSide:
    """What the input says; faulty: the places of columns at fault.

    moved: whether other people came; prior: how the prior changed if it is a label shift, and
    fits_prior: whether the columns say the same. base, later: the rows with the callers' shares
    taken back.
    """

    part: Part
    prior: Prior
    base: Crowd
    later: Crowd
    faulty: frozenset[int] = frozenset()
    fits_prior: bool = False
    moved: bool = False


def input_side(case: Case, sides: Sides) -> InputSide:
    """Everything that rows without outcomes can tell of their columns."""
    callers = mix(sides, case.reference.tolerances.share)
    base, later = callers.base, callers.later
    empty = InputSide(mix_part(sides, callers), prior(case.reference, base, later), base, later)
    if contrast(base, later).is_still:
        return replace(empty, part=empty.part + season_part(case, sides, callers), fits_prior=True)
    early, late = _halves(later)
    found = finding.find(case.reference, base, early, len(sides.names))
    found = replace(found, found=tuple(finding.settled(each, base, later) for each in found.found))
    tested = finding.again(found, base, late, len(sides.names))
    held, doubtful = accepted(base, late, tested)
    named = tuple(
        candidate(case, each, late, sides.names, tested.explained_by(each)) for each in held
    )
    if doubtful:
        people = covariate(case, base, late)
        part = Part(open=(*named, *people), decides=more_rows(case))
        return replace(empty, part=empty.part + part)
    faulty = frozenset(column for each in held for column in each.fault.columns)
    part = empty.part + Part(holds=named)
    start = held[-1].crowd if held else base
    if held and contrast(start, late).is_quiet():
        part += Part(refuted=_no_people(named))
        return replace(empty, part=part, faulty=faulty)
    rest = _rest(case, sides, start, late, replace(found, found=found.found[len(held) :]))
    return replace(rest, part=part + rest.part, faulty=faulty | rest.faulty, base=base, later=later)


def _halves(later: Crowd) -> tuple[Crowd, Crowd]:
    """The earlier rows, that causes are fitted to, and the later ones, that they are tested on."""
    first = np.arange(len(later)) < len(later) // 2
    return later.of(first), later.of(~first)


def _no_people(named: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    names = listed(sorted({name for each in named for name in each.columns}))
    reason = f"People with such values of {names} differ in other columns too; these are as before."
    causes: tuple[Cause, ...] = ("covariate_harmful", "covariate_harmless", "label_shift")
    return tuple(Candidate(cause, 0.0, refuted_by=reason) for cause in causes)


def _rest(case: Case, sides: Sides, base: Crowd, late: Crowd, tried: Faults) -> InputSide:
    """What is left once faults are taken back: other people, or a fault without a known form."""
    reference = case.reference
    left = contrast(base, late)
    change = prior(reference, base, late)
    shifted = contrast(change.lay(base, reference), late)
    fits = shifted.is_quiet() and abs(change.log_odds) > _PRIOR_SURE * change.error
    found = InputSide(Part(), change, base, late)
    moved, people = left.moved(), covariate(case, base, late)
    if len(moved) <= 1 and not fits:
        part = _alone(case, sides, base, late, left)
        if part is not None:
            faulty = frozenset(moved) if part.holds else frozenset()
            return replace(found, part=part, faulty=faulty)
    why = f"With it taken back {tried.left.worst()}."
    off = tuple(refuted(candidate(case, each, late, sides.names, 0.0), why) for each in tried.found)
    shift = _label_shift(change, left, shifted)
    if fits:
        part = Part(open=(shift, *people), refuted=off)
        return replace(found, part=part, fits_prior=True, moved=True)
    unlike = refuted(shift, f"With the share of events taken back {shifted.worst()}.")
    told = Part(holds=people) if len(people) == 1 else Part(open=people, decides=more_rows(case))
    return replace(found, part=told + Part(refuted=(*off, unlike)), moved=True)


def _label_shift(change: Prior, left: Contrast, shifted: Contrast) -> Candidate:
    explains = 1 - shifted.distance / left.distance if left.distance > 0 else 0.0
    odds = float(np.exp(change.log_odds))
    return Candidate(
        "label_shift",
        min(max(explains, 0.0), 1.0),
        parameters={"odds": odds},
        because="All columns moved as they would if the odds of the event were"
        f" {odds:.2f} times what they were.",
    )


def _alone(case: Case, sides: Sides, base: Crowd, late: Crowd, left: Contrast) -> Part | None:
    """One column moved, or how two go together: a fault without a known form, or people."""
    moved = left.moved()
    against = against_people_with(base, late, moved[0]) if moved else 0.0
    if against < -AGAINST:
        return None
    column = moved[0] if moved else left.apart
    name = case.reference.features[column].name
    because = (
        f"{name} changed alone: people with such values differ in other columns too, and these are"
        " as before." if moved else f"{left.worst()}; each is as before for itself."
    )  # fmt: skip
    fault = Candidate("other_fault", 1.0, columns=(name,), because=because)
    near = tuple(
        candidate(case, each, late, sides.names, gone)
        for each, gone in finding.likely(case.reference, base, late, len(sides.names), left)
    )
    if against > AGAINST and not near and float(left.excess.max()) > _PLAIN:
        return Part(holds=(fault,))
    people = () if against > AGAINST else covariate(case, base, late)
    known = tuple(each for each in near if each.cause != "other_fault")
    return Part(open=(*known, fault, *people), decides=more_rows(case))


def more_rows(case: Case) -> Decides:
    """Twice the rows that there are since the onset, and about when."""
    rows = int(case.volume_after.rows.sum()) or len(case.after)
    hour = case.at + max(case.at - case.onset.hour, 1)
    said = f"About {rows:,} more rows decide: whether the other columns moved as well."
    return Decides(said, rows=rows, hour=hour)
