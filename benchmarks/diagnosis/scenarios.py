"""The scenarios with one cause: severities are multiples of the tolerances."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.diagnosis import faults, populations
from benchmarks.diagnosis.draft import Change, When
from benchmarks.diagnosis.sizes import TOLERANCES, loss, movement
from benchmarks.diagnosis.truth import Truth
from benchmarks.diagnosis.world import (
    CALLERS,
    DEBT_RATIO,
    DEPENDENTS,
    HOUSES,
    INCOME,
    LATE_30,
    LATE_60,
    LATE_90,
    LINES,
    NAMES,
    UTILISATION,
    World,
)
from diagnosis.finding import Cause


@dataclass(frozen=True)
class Setting:
    """What a scenario is made of.

    severity: in multiples of the tolerance; onset, in hours of the stream; draw chooses between
    columns that would do alike.
    """

    world: World
    severity: float
    onset: float
    draw: np.random.Generator
    ramp: float = 0.0

    @property
    def when(self) -> When:
        """From the onset on, for all rows."""
        return When(self.onset, ramp=self.ramp)

    def one_of(self, *columns: int) -> int:
        """One of these columns, by the seed."""
        return int(self.draw.choice(columns))


@dataclass(frozen=True)
class Plan:
    """What happens to a stream, and the truth of it."""

    changes: tuple[Change, ...]
    truth: Truth
    callers: tuple[str, ...] = CALLERS


Scenario = Callable[[Setting], Plan]


def plan(
    setting: Setting, cause: Cause, *changes: Change, columns: tuple[int, ...] = (), **truth: object
) -> Plan:
    """A plan with one cause; at half a tolerance no page is due and nothing is to be done."""
    small = setting.severity < 1
    found = Truth(
        scenario="",
        severity=setting.severity,
        causes=(cause,),
        columns=tuple(NAMES[column] for column in columns),
        onset=setting.onset,
        actionable=True,
        # At the tolerance itself either is right.
        pages=False if small else None if setting.severity == 1 else True,
    )
    found = replace(found, **truth)  # type: ignore[arg-type]
    if small:
        found = replace(found, actionable=False, accepted=found.accepted | {"none"})
    return Plan(changes, found)


def none(setting: Setting) -> Plan:
    """Nothing but the season of the week."""
    return Plan((), Truth("", setting.severity, pages=False))


def model_swap(setting: Setting) -> Plan:
    shift = faults.exchange_for(setting.world, setting.severity)
    change = faults.exchanged(shift, setting.when)
    # Scores that the bundle does not give are wrong at any size.
    return plan(setting, "model_swap", change, effect={"shift": shift}, pages=None, actionable=None)


def unit(setting: Setting) -> Plan:
    """One factor for all rows, as small as the tolerance asks: of a column without round values."""
    factor = faults.factor_for(setting.world, DEBT_RATIO, setting.severity)
    change = faults.scaled(DEBT_RATIO, factor, setting.when)
    return plan(setting, "unit", change, columns=(DEBT_RATIO,), effect={"factor": factor})


def unit_share(setting: Setting) -> Plan:
    """A factor of 12 or 100, in as few rows as the tolerance asks."""
    column = setting.one_of(INCOME, UTILISATION)
    factor = 12.0 if column == INCOME else 100.0
    share = faults.scaled_share_for(setting.world, column, factor, setting.severity)
    change = faults.scaled(column, factor, replace(setting.when, share=share))
    effect = {"factor": factor, "share": share}
    return plan(setting, "unit", change, columns=(column,), effect=effect)


def missing(setting: Setting) -> Plan:
    column = setting.one_of(INCOME, DEPENDENTS)
    share = faults.share_for(setting.world, column, None, setting.severity)
    change = faults.lost(column, replace(setting.when, share=share))
    return plan(setting, "missing", change, columns=(column,), effect={"share": share})


def stuck(setting: Setting) -> Plan:
    column = setting.one_of(UTILISATION, LINES, INCOME)
    value = float(np.nanquantile(setting.world.people[:, column], 0.5, method="nearest"))
    share = faults.share_for(setting.world, column, value, setting.severity)
    change = faults.constant(column, value, replace(setting.when, share=share))
    effect = {"share": share, "value": value}
    return plan(setting, "stuck", change, columns=(column,), effect=effect)


def code(setting: Setting) -> Plan:
    share = faults.share_for(setting.world, LATE_90, faults.CODE, setting.severity)
    change = faults.coded(replace(setting.when, share=share))
    columns = (LATE_30, LATE_90, LATE_60)
    return plan(setting, "code", change, columns=columns, effect={"share": share})


def swapped_columns(setting: Setting) -> Plan:
    pairs = ((LATE_30, LATE_60), (LINES, HOUSES), (UTILISATION, DEBT_RATIO))
    one, other = pairs[int(setting.draw.integers(len(pairs)))]
    share = faults.swapped_share_for(setting.world, one, other, setting.severity)
    change = faults.swapped(one, other, replace(setting.when, share=share))
    return plan(setting, "swapped_columns", change, columns=(one, other), effect={"share": share})


def shuffled_column(setting: Setting) -> Plan:
    """By the score, for nothing else moves; of the real rows all of them move it 3 tolerances."""
    share = faults.shuffled_share_for(setting.world, setting.severity)
    change = faults.shuffled(UTILISATION, replace(setting.when, share=share))
    effect = {"share": share}
    return plan(setting, "shuffled_column", change, columns=(UTILISATION,), effect=effect)


def imputed(setting: Setting) -> Plan:
    """Some missing incomes come as the median."""
    incomes = setting.world.people[:, INCOME]
    value = float(np.nanmedian(incomes))
    share = min(1.0, setting.severity * TOLERANCES.atom / float(np.isnan(incomes).mean()))
    when = replace(setting.when, share=share)
    change = faults.constant(INCOME, value, when, only_missing=True)
    return plan(setting, "imputed", change, columns=(INCOME,), effect={"share": share})


def duplicates(setting: Setting) -> Plan:
    share = setting.severity * TOLERANCES.volume
    change = populations.sent_again(share, setting.when)
    return plan(setting, "duplicates", change, effect={"share": share})


def volume(setting: Setting, *, down: bool = False) -> Plan:
    factor = 1 + setting.severity * TOLERANCES.volume
    factor = 1 / factor if down else factor
    change = populations.volume(factor, setting.when)
    return plan(setting, "volume", change, effect={"factor": factor}, actionable=False)


def traffic_mix(setting: Setting) -> Plan:
    caller = CALLERS[int(setting.draw.integers(3))]
    gain = setting.severity * TOLERANCES.share
    changes = populations.more_of(caller, gain, setting.when)
    return plan(
        setting, "traffic_mix", *changes, segment={"caller": caller}, effect={"gain": gain},
        actionable=False,
    )  # fmt: skip


def covariate_harmless(setting: Setting) -> Plan:
    weights, strength = populations.harmless_for(setting.world, setting.severity)
    change = populations.people(weights, setting.when)
    effect = {"strength": strength}
    return plan(setting, "covariate_harmless", change, effect=effect, actionable=False)


def covariate_harmful(setting: Setting) -> Plan:
    """The loss to expect rises by so many times 10 per cent."""
    world = setting.world
    rise = 0.1 * setting.severity
    weights = populations.harmful_for(world, rise)
    moved = movement(world, world.people, world.scores, weights)
    near: frozenset[Cause] = frozenset({"covariate_harmless"} if rise < 0.25 else ())
    return plan(
        setting, "covariate_harmful", populations.people(weights, setting.when), accepted=near,
        effect={"loss_rise": rise, "moved": moved, "loss": float((weights * loss(world)).mean())},
        actionable=None if near else True, pages=None if setting.severity < 2 else True,
    )  # fmt: skip


def _odds(setting: Setting) -> float:
    return 1 + setting.severity * TOLERANCES.observed_over_expected


def label_shift(setting: Setting) -> Plan:
    factor = _odds(setting)
    changes = populations.prior(setting.world, factor, replace(setting.when, ramp=0))
    effect = {"odds": factor}
    return plan(setting, "label_shift", *changes, effect=effect, needs_outcomes=True)


def calibration(setting: Setting, *, down: bool = False) -> Plan:
    factor = 1 / _odds(setting) if down else _odds(setting)
    change = populations.odds(factor, setting.when)
    return plan(setting, "calibration", change, effect={"odds": factor}, needs_outcomes=True)


def concept_global(setting: Setting) -> Plan:
    """What makes the event likely changes, how many it happens to does not; by the AUC's fall."""
    strength = populations.relation_for(setting.world, setting.severity * TOLERANCES.auc)
    change = populations.relation(setting.world, strength, setting.when)
    effect = {"strength": strength}
    near: frozenset[Cause] = frozenset({"concept_segment"})
    return plan(
        setting, "concept_global", change, effect=effect, needs_outcomes=True, accepted=near
    )


def concept_segment(setting: Setting, *, below: float = 32) -> Plan:
    factor = _odds(setting)
    change = populations.odds(factor, setting.when, below_age=below)
    return plan(
        setting, "concept_segment", change, columns=(1,), segment={"age": f"< {below:g}"},
        effect={"odds": factor}, needs_outcomes=True,
    )  # fmt: skip


def outcome_collection(setting: Setting, *, only: float | None = None) -> Plan:
    """One caller's outcomes are lost, so many that the coverage of all falls by the tolerance."""
    caller = "mobile"
    share = min(1.0, setting.severity * TOLERANCES.coverage / populations.share_of(caller))
    if only is not None:
        share = min(1.0, 0.2 * setting.severity)
    change = populations.unheard(share, replace(setting.when, caller=caller), only=only)
    return plan(
        setting, "outcome_collection", change, segment={"caller": caller}, effect={"lost": share},
        needs_outcomes=True,
    )  # fmt: skip


def outcome_delay(setting: Setting) -> Plan:
    factor = 1 + setting.severity * TOLERANCES.delay
    change = populations.later(factor, setting.when)
    near: frozenset[Cause] = frozenset({"outcome_collection"} if factor > 1.5 else ())
    effect = {"factor": factor}
    return plan(
        setting, "outcome_delay", change, effect=effect, accepted=near, needs_outcomes=True,
        actionable=None,
    )  # fmt: skip


def season(setting: Setting) -> Plan:
    """At the weekend other people come, each week anew."""
    weights, strength = populations.harmless_for(setting.world, setting.severity)
    change = populations.people(weights, replace(setting.when, weekend=True))
    near: frozenset[Cause] = frozenset({"covariate_harmless", "none"})
    effect = {"strength": strength}
    return plan(
        setting, "season", change, effect=effect, accepted=near, actionable=False, pages=None
    )


def other_fault(setting: Setting) -> Plan:
    """Incomes come rounded to thousands, a fault that no cause describes."""
    step = 1000.0
    values = setting.world.people.copy()
    values[:, INCOME] = np.round(values[:, INCOME] / step) * step
    whole = movement(setting.world, values, setting.world.scores)
    share = min(1.0, setting.severity / whole)
    change = faults.rounded(INCOME, step, replace(setting.when, share=share))
    return plan(setting, "other_fault", change, columns=(INCOME,), effect={"share": share})


SINGLE: dict[str, Scenario] = {
    "none": none,
    "model_swap": model_swap,
    "unit": unit,
    "unit_share": unit_share,
    "missing": missing,
    "stuck": stuck,
    "code": code,
    "swapped_columns": swapped_columns,
    "shuffled_column": shuffled_column,
    "imputed": imputed,
    "duplicates": duplicates,
    "volume": volume,
    "volume_down": partial(volume, down=True),
    "traffic_mix": traffic_mix,
    "covariate_harmless": covariate_harmless,
    "covariate_harmful": covariate_harmful,
    "label_shift": label_shift,
    "calibration": calibration,
    "calibration_down": partial(calibration, down=True),
    "concept_global": concept_global,
    "concept_segment": concept_segment,
    "outcome_collection": outcome_collection,
    "outcome_delay": outcome_delay,
    "season": season,
    "other_fault": other_fault,
}
