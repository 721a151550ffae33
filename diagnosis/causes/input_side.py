"""Why the input changed: faults, other callers, or other people."""

from dataclasses import dataclass, replace

import numpy as np

from diagnosis.case import Case
from diagnosis.causes import faults as finding
from diagnosis.causes.calibrated import calibrated
from diagnosis.causes.contrast import Contrast, contrast
from diagnosis.causes.crowd import Crowd
from diagnosis.causes.fault import Fault, Laid
from diagnosis.causes.faults import Faults
from diagnosis.causes.losses import expected
from diagnosis.causes.mix import Mix, mix
from diagnosis.causes.part import Part, refuted
from diagnosis.causes.points import Imputed, Point
from diagnosis.causes.prior import Prior, prior
from diagnosis.causes.scales import Scaled
from diagnosis.causes.shapes import Rounded
from diagnosis.causes.sides import Sides
from diagnosis.causes.words import figure, listed, percent, points
from diagnosis.finding import Candidate, Decides

# The expected loss may rise by this part of itself before it is harm.
HARM = 0.1
_SURE_HARM = 1.5
_EXPLAINS = 0.3
# A share of callers' rows below this is none.
_NONE = 0.05
_STRONG_FACTOR = 1.45
_LEAST_SHARE = 0.01
# Twice the log of the likelihood ratio from which other people are ruled out.
_AGAINST = 12.0
_UNSEEN = 0.2
_LEAST_SIZE = 0.02
_NEARLY = 0.4
_PRIOR_SURE = 3.5


@dataclass(frozen=True, slots=True, eq=False)
class InputSide:
    """What the input says; faults: the places of columns at fault.

    prior: how the prior changed if this is a label shift; fits_prior: whether the columns say the
    same; moved: whether the people changed.
    """

    part: Part
    faulty: frozenset[int]
    prior: Prior
    fits_prior: bool
    moved: bool
    base: Crowd
    later: Crowd


def input_side(case: Case, sides: Sides) -> InputSide:
    """Everything that rows without outcomes can tell of their columns."""
    reference = case.reference
    callers = mix(sides, reference.tolerances.share)
    part = _mix_part(sides, callers)
    base, later = callers.base, callers.later
    whole = contrast(base, later)
    if whole.is_still:
        change = prior(reference, base, later)
        return InputSide(
            part, frozenset(), change, fits_prior=True, moved=False, base=base, later=later
        )
    early, late = _halves(later)
    found = finding.find(reference, base, early, len(sides.names))
    tested = finding.again(found, base, late, len(sides.names))
    accepted, doubtful = _accepted(base, late, tested)
    laid_all = accepted[-1].crowd if accepted else base
    named = tuple(_named(case, sides, each, tested, later) for each in accepted)
    if doubtful:
        change = prior(reference, base, later)
        part += Part(open=(*named, *_covariate(case, base, late)), decides=_more_rows(case))
        return InputSide(
            part, frozenset(), change, fits_prior=False, moved=False, base=base, later=later
        )
    part += Part(holds=named)
    faulty = frozenset(column for each in accepted for column in each.fault.columns)
    if accepted and contrast(laid_all, late).is_quiet():
        change = prior(reference, base, later)
        part += Part(refuted=_given_up(case, sides, accepted))
        return InputSide(
            part, faulty, change, fits_prior=False, moved=False, base=base, later=later
        )
    rest = _people(case, sides, laid_all, late, found, accepted)
    return InputSide(
        part + rest.part, faulty | rest.faulty, rest.prior, rest.fits_prior, rest.moved, base, later
    )


def _halves(later: Crowd) -> tuple[Crowd, Crowd]:
    first = np.arange(len(later)) < len(later) // 2
    return later.of(first), later.of(~first)


def _mix_part(sides: Sides, callers: Mix) -> Part:
    if not callers.moved:
        return Part()
    name = sides.names[callers.caller]
    before, after = (float(side[callers.caller]) for side in (callers.before, callers.after))
    start = contrast(sides.base, sides.later).distance
    left = contrast(callers.base, callers.later).distance
    explains = max(1 - left / start, 0.0) if start > 0.01 else 1.0
    said = name or "callers without a key"
    because = f"{said} sends {percent(after)} of the rows, {percent(before)} before"
    if callers.new:
        because = f"{said} is new and sends {percent(after)} of the rows; the other callers send the people they always sent"
    return Part(
        holds=(
            Candidate(
                "traffic_mix", min(explains, 1.0), segment={"caller": name},
                parameters={"before": before, "after": after}, because=f"{because}.",
            ),
        )
    )  # fmt: skip


def _accepted(base: Crowd, late: Crowd, tested: Faults) -> tuple[tuple[Laid, ...], bool]:
    """The faults that hold on the later rows, and whether other people remain as well.

    All, where they take everything back; else those that nothing else can be.
    """
    if not tested.found:
        return (), False
    if tested.left.is_quiet() and tested.explains > _EXPLAINS:
        doubts = [
            not _is_strong(before, late, each.fault)
            and _against_people(before, late, each) < _AGAINST
            for before, each in zip(_starts(base, tested), tested.found, strict=True)
        ]
        return tested.found, any(doubts)
    # Something else moved as well. What no change of people can be is named all the same.
    strong = []
    for before, each in zip(_starts(base, tested), tested.found, strict=True):
        quiet = not set(each.fault.columns) & set(tested.left.moved())
        if not (
            _is_strong(before, late, each.fault) and quiet and each.shares.max() > _LEAST_SHARE
        ):
            break
        strong.append(each)
    return tuple(strong), False


def _starts(base: Crowd, tested: Faults) -> list[Crowd]:
    """The rows that each fault was laid upon."""
    return [base, *(each.crowd for each in tested.found[:-1])]


def _is_strong(base: Crowd, later: Crowd, fault: Fault) -> bool:
    """Whether no change of people looks like it."""
    if isinstance(fault, Scaled):
        return abs(np.log(abs(fault.factor))) > np.log(_STRONG_FACTOR)
    if isinstance(fault, Rounded):
        return True
    values = fault.values if isinstance(fault, Point) else ()
    if isinstance(fault, Imputed):
        values = (fault.value,)
    if not values:
        return False
    for column, value in zip(fault.columns, values, strict=True):
        before, after = (_frequency(crowd, column, value) for crowd in (base, later))
        if before > 0.003 and (np.isnan(value) or after < 3 * before + 0.005):
            return False
    return True


def _frequency(crowd: Crowd, column: int, value: float) -> float:
    held = crowd.values[:, column]
    return float((np.isnan(held) if np.isnan(value) else held == value).mean())


def _against_people(base: Crowd, later: Crowd, laid: Laid) -> float:
    """By how much the fault fits better than other people, as a likelihood ratio (2 log).

    People with such values in the fault's columns differ in the other columns as well: the rows of
    before are weighted to the later shares of one column, which leaves the others given it as they
    are, and chi-square is taken of the cells of the other columns and of all agreements.
    """
    if laid.fault.cause == "shuffled_column":
        return np.inf
    columns = laid.fault.columns
    own = contrast(laid.crowd, later).chi_square(columns)
    found = [_people_with(base, later, column) for column in columns]
    return min(np.inf if p is None else contrast(p, later).chi_square(columns) - own for p in found)


def _people_with(base: Crowd, later: Crowd, column: int) -> Crowd | None:
    """Rows of before, weighted to the later shares of a column's cells.

    None where there were too few such people.
    """
    one, two = base.column_shares(column), later.column_shares(column)
    if two[one == 0].sum() > _UNSEEN:
        return None
    ratio = np.where(one > 0, two / np.where(one > 0, one, 1.0), 0.0)
    people = base.weighted(
        base.weights * ratio[base.cells[:, column] - base.partition.starts[column]]
    )
    return people if people.size > _LEAST_SIZE * base.size else None


def _named(case: Case, sides: Sides, laid: Laid, tested: Faults, later: Crowd) -> Candidate:
    fault = laid.fault
    names = tuple(case.reference.features[column].name for column in fault.columns)
    shares = fault.shares(_start(tested, laid, sides), later, len(sides.names))
    caller, share = _where(sides, shares, later)
    parameters = {**fault.parameters, "rows": share}
    segment = None if caller is None else {"caller": sides.names[caller]}
    return Candidate(
        fault.cause, tested.explains if len(tested.found) == 1 else _own(tested, laid),
        columns=names, segment=segment, parameters=parameters,
        because=_because(fault, names, share, None if caller is None else sides.names[caller]),
    )  # fmt: skip


def _start(tested: Faults, laid: Laid, sides: Sides) -> Crowd:
    at = [each is laid for each in tested.found].index(True)
    return tested.found[at - 1].crowd if at else sides.base


def _own(tested: Faults, laid: Laid) -> float:
    """The share of the whole movement that one of several faults takes back."""
    before = tested.before.distance
    for each in tested.found:
        if each is laid:
            return min(max((before - each.distance) / max(tested.before.distance, 1e-12), 0.0), 1.0)
        before = each.distance
    return 0.0


def _where(sides: Sides, shares: np.ndarray, later: Crowd) -> tuple[int | None, float]:
    """The one caller that is hit, or none where several are; and the share of the rows hit."""
    counts = np.bincount(later.callers, minlength=len(sides.names))
    came = counts >= 100
    hit = came & (shares > np.maximum(_NONE * shares.max(), 0.25 * shares.max()))
    if came.sum() > 1 and hit.sum() == 1:
        caller = int(np.argmax(hit))
        return caller, float(shares[caller])
    share = float((shares * counts).sum() / max(counts.sum(), 1))
    return None, share


def _because(fault: Fault, names: tuple[str, ...], share: float, caller: str | None) -> str:
    where = "" if caller is None else f" from {caller}"
    rows = "all rows" if share > 0.97 else f"{percent(share)} of the rows"
    name = listed(names)
    value = fault.parameters.get("value")
    match fault.cause:
        case "unit" if "factor" in fault.parameters:
            did = f"is {figure(fault.parameters['factor'])} times what it was"
        case "unit":
            did = f"is {figure(fault.parameters['offset'])} more than it was"
        case "missing":
            did = "is missing where it was there"
        case "imputed":
            did = f"is {figure(value or 0.0)} where it was missing"
        case "stuck" | "code":
            did = f"is {figure(value or 0.0)}, whatever the case"
        case "swapped_columns":
            return f"{name} have changed places in {rows}{where}; with that taken back every column is as before."
        case "shuffled_column":
            did = "belongs to another case: its values are as before, and no longer go together with the other columns"
        case _:
            shown = ", ".join(f"{key} {figure(number)}" for key, number in fault.parameters.items())
            did = (
                f"comes in another form ({shown})"
                if shown
                else "no longer goes together with the other columns"
            )
    return f"{name}{where} {did} in {rows}; the other columns are as before."


def _given_up(case: Case, sides: Sides, accepted: tuple[Laid, ...]) -> tuple[Candidate, ...]:
    names = listed([case.reference.features[c].name for c in accepted[0].fault.columns])
    reason = (
        f"People with such values of {names} differ in other columns too, and these are as before."
    )
    del sides
    return (
        Candidate("covariate_harmful", 0.0, refuted_by=reason),
        Candidate("covariate_harmless", 0.0, refuted_by=reason),
        Candidate("label_shift", 0.0, refuted_by=reason),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    part: Part
    faulty: frozenset[int]
    prior: Prior
    fits_prior: bool
    moved: bool


def _people(
    case: Case, sides: Sides, base: Crowd, late: Crowd, found: Faults, accepted: tuple[Laid, ...]
) -> _People:
    """What is left once faults are taken back: other people, or a fault without a form."""
    reference = case.reference
    left = contrast(base, late)
    change = prior(reference, base, late)
    shifted = contrast(change.lay(base, reference), late)
    fits = shifted.is_quiet() and abs(change.log_odds) > _PRIOR_SURE * change.error
    people = _covariate(case, base, late)
    tried = tuple(
        refuted(_named(case, sides, each, found, late), f"With it taken back {found.left.worst()}.")
        for each in found.found
        if each.fault not in [held.fault for held in accepted]
    )
    explains = max(1 - shifted.distance / left.distance, 0.0) if left.distance > 0 else 0.0
    label = Candidate(
        "label_shift", min(explains, 1.0), parameters={"odds": float(np.exp(change.log_odds))},
        because=f"All columns moved as they would if the odds of the event were {np.exp(change.log_odds):.2f} times what they were.",
    )  # fmt: skip
    moved = left.moved()
    if not moved:
        return _People(
            _apart(case, left, tried), frozenset(), change, fits_prior=False, moved=False
        )
    if len(moved) == 1 and not fits:
        alone = _alone(case, base, late, moved, people, tried)
        if alone is not None:
            return _People(alone, frozenset(moved), change, fits_prior=False, moved=False)
    if fits:
        return _People(
            Part(open=(label, *people), refuted=tried),
            frozenset(),
            change,
            fits_prior=True,
            moved=True,
        )
    unlike = refuted(
        label,
        f"If it were a label shift, {shifted.worst()}."
        if False
        else f"With the share of events taken back {shifted.worst()}.",
    )
    if len(people) == 1:
        return _People(
            Part(holds=people, refuted=(*tried, unlike)),
            frozenset(),
            change,
            fits_prior=False,
            moved=True,
        )
    return _People(
        Part(open=people, refuted=(*tried, unlike)),
        frozenset(),
        change,
        fits_prior=False,
        moved=True,
    )


def _alone(
    case: Case,
    base: Crowd,
    late: Crowd,
    moved: tuple[int, ...],
    people: tuple[Candidate, ...],
    tried: tuple[Candidate, ...],
) -> Part | None:
    """A fault without a known form, where one column moved alone."""
    column = moved[0]
    name = case.reference.features[column].name
    candidate = Candidate(
        "other_fault", 1.0, columns=(name,),
        because=f"{name} changed alone; people with such values differ in other columns too, and these are as before.",
    )  # fmt: skip
    weighted = _people_with(base, late, column)
    against = np.inf
    if weighted is not None:
        own = contrast(base, late).chi_square((column,))
        against = contrast(weighted, late).chi_square((column,)) - own
    near = tuple(each for each in tried if each.explains > _NEARLY and name in each.columns)
    if against < -_AGAINST:
        return None
    if against > _AGAINST and not near:
        return Part(holds=(candidate,), refuted=tried)
    still = tuple(replace(each, refuted_by=None) for each in near)
    others = () if against > _AGAINST else people
    gone = tuple(each for each in tried if each not in near)
    return Part(open=(*still, candidate, *others), refuted=gone, decides=_more_rows(case))


def _apart(case: Case, left: Contrast, tried: tuple[Candidate, ...]) -> Part:
    """Columns that go together in another way than before, and each as before for itself."""
    pairs = np.maximum(left.pair_excess, left.pair_excess.T)
    column = int(np.argmax(pairs.max(0)))
    name = case.reference.features[column].name
    because = f"{left.worst()}, and each is as before for itself.".capitalize()
    likely = [
        Candidate(cause, 0.5, columns=(name,) if cause != "covariate_harmless" else (), because=because)
        for cause in ("shuffled_column", "other_fault", "covariate_harmless")
    ]  # fmt: skip
    return Part(open=tuple(likely), refuted=tried, decides=_more_rows(case))


def _more_rows(case: Case) -> Decides:
    """Twice the rows that there are since the onset, and about when."""
    rows = int(case.volume_after.rows.sum()) or len(case.after)
    hour = case.at + max(case.at - case.onset.hour, 1)
    return Decides(
        f"About {rows:,} more rows decide: whether the other columns move as well.", rows, hour=hour
    )


def _covariate(case: Case, base: Crowd, late: Crowd) -> tuple[Candidate, ...]:
    """Harmless or harmful by the loss to expect; both where it cannot be told."""
    before, after = (expected(case.reference, crowd) for crowd in (base, late))
    rise = after[0] / before[0] - 1 if before[0] > 0 else 0.0
    error = float(np.hypot(before[1], after[1])) / max(before[0], 1e-9)
    said = (
        f"People changed; the loss to expect of a case is {before[0]:.3f} before and"
        f" {after[0]:.3f} since, {points(rise).replace(' points', '%')}, if P(y|x) is unchanged."
    )
    parameters = {"loss_before": before[0], "loss_after": after[0]}
    harmless, harmful = (
        Candidate(cause, 1.0, because=said, parameters=parameters)
        for cause in ("covariate_harmless", "covariate_harmful")
    )
    if rise > HARM + _SURE_HARM * error:
        return (harmful,)
    if rise < HARM - _SURE_HARM * error:
        return (harmless,)
    return (harmful, harmless)


def by_risk(case: Case, crowd: Crowd) -> float:
    """The rate of events that the scores expect."""
    p = calibrated(case.reference, crowd.scores)
    return float((p * crowd.weights).sum() / max(float(crowd.weights.sum()), 1e-300))
