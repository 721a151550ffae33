"""The scenarios that no catalogue of single causes holds: what a diagnosis must be honest about.

Their sizes are those of life, and a severity does not change them.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.diagnosis import faults, populations
from benchmarks.diagnosis.draft import Change, Draft, Mask, When
from benchmarks.diagnosis.scenarios import Plan, Scenario, Setting
from benchmarks.diagnosis.sizes import tilted
from benchmarks.diagnosis.truth import Truth
from benchmarks.diagnosis.world import (
    AGE,
    CALLERS,
    DEBT_RATIO,
    INCOME,
    LINES,
    NAMES,
    UTILISATION,
)
from diagnosis.finding import Cause

_DAY = 24.0
_NEW = "partner"


def _plan(
    setting: Setting,
    causes: tuple[Cause, ...],
    *changes: Change,
    columns: tuple[int, ...] = (),
    callers: tuple[str, ...] = CALLERS,
    **truth: Any,
) -> Plan:
    """A plan whose page is due, and on which somebody must act, unless it says something else."""
    given: Mapping[str, Any] = {"actionable": True, "pages": True, **truth}
    names = tuple(NAMES[column] for column in columns)
    found = Truth("", setting.severity, causes, columns=names, onset=setting.onset, **given)
    return Plan(changes, found, callers)


def _when(setting: Setting, **parts: Any) -> When:
    return replace(setting.when, **parts)


def unit_gross(setting: Setting) -> Plan:
    """Income a year in place of income a month, for all rows."""
    return _plan(setting, ("unit",), faults.scaled(INCOME, 12, setting.when), columns=(INCOME,))


def unit_30(setting: Setting) -> Plan:
    """The same in three rows of ten: a roll-out."""
    change = faults.scaled(INCOME, 12, _when(setting, share=0.3))
    return _plan(setting, ("unit",), change, columns=(INCOME,))


def missing_30(setting: Setting) -> Plan:
    change = faults.lost(INCOME, _when(setting, share=0.3))
    return _plan(setting, ("missing",), change, columns=(INCOME,))


def stuck_30(setting: Setting) -> Plan:
    change = faults.constant(UTILISATION, 0.0, _when(setting, share=0.3))
    return _plan(setting, ("stuck",), change, columns=(UTILISATION,))


def swapped_30(setting: Setting) -> Plan:
    change = faults.swapped(UTILISATION, DEBT_RATIO, _when(setting, share=0.3))
    return _plan(setting, ("swapped_columns",), change, columns=(UTILISATION, DEBT_RATIO))


def shuffled_30(setting: Setting) -> Plan:
    """Of a roll-out only the rank agreement tells: the score moves by less than its tolerance."""
    change = faults.shuffled(UTILISATION, _when(setting, share=0.3))
    return _plan(setting, ("shuffled_column",), change, columns=(UTILISATION,), pages=None)


def unit_one_caller(setting: Setting) -> Plan:
    change = faults.scaled(DEBT_RATIO, 100, _when(setting, caller="mobile"))
    segment = {"caller": "mobile"}
    return _plan(setting, ("unit",), change, columns=(DEBT_RATIO,), segment=segment)


def missing_one_caller(setting: Setting) -> Plan:
    change = faults.lost(INCOME, _when(setting, caller="broker", share=0.7))
    segment = {"caller": "broker"}
    return _plan(setting, ("missing",), change, columns=(INCOME,), segment=segment)


def unit_and_calibration(setting: Setting) -> Plan:
    changes = faults.scaled(INCOME, 12, setting.when), populations.odds(1.8, setting.when)
    return _plan(setting, ("unit", "calibration"), *changes, columns=(INCOME,), needs_outcomes=True)


def missing_and_unit(setting: Setting) -> Plan:
    changes = faults.lost(INCOME, _when(setting, share=0.3)), faults.scaled(DEBT_RATIO, 10, setting.when)  # fmt: skip # noqa: E501
    return _plan(setting, ("unit", "missing"), *changes, columns=(INCOME, DEBT_RATIO))


def slip_and_missing(setting: Setting) -> Plan:
    """Decimal points that slip in some rows of a column, and values of it that are missing."""
    slipped = faults.scaled(INCOME, 0.1, _when(setting, share=0.2))
    changes = slipped, faults.lost(INCOME, _when(setting, share=0.15))
    return _plan(setting, ("unit", "missing"), *changes, columns=(INCOME,))


def stuck_and_mix(setting: Setting) -> Plan:
    changes = populations.more_of("broker", 0.15, setting.when)
    stuck = faults.constant(LINES, 8, _when(setting, share=0.5))
    return _plan(setting, ("stuck", "traffic_mix"), *changes, stuck, columns=(LINES,))


def harmful_and_calibration(setting: Setting) -> Plan:
    riskier = populations.people(populations.harmful_for(setting.world, 0.4), setting.when)
    changes = riskier, populations.odds(1.8, setting.when)
    accepted: frozenset[Cause] = frozenset({"label_shift", "concept_global"})
    causes: tuple[Cause, ...] = ("covariate_harmful", "calibration")
    return _plan(setting, causes, *changes, needs_outcomes=True, accepted=accepted)


def volume_and_missing(setting: Setting) -> Plan:
    changes = populations.volume(2, setting.when), faults.lost(INCOME, _when(setting, share=0.3))
    return _plan(setting, ("missing", "volume"), *changes, columns=(INCOME,))


def missing_ramp(setting: Setting) -> Plan:
    change = faults.lost(INCOME, _when(setting, share=0.4, ramp=20 * _DAY))
    return _plan(setting, ("missing",), change, columns=(INCOME,))


def unit_ramp(setting: Setting) -> Plan:
    change = faults.scaled(INCOME, 12, _when(setting, ramp=20 * _DAY))
    return _plan(setting, ("unit",), change, columns=(INCOME,))


def harmless_ramp(setting: Setting) -> Plan:
    weights, _ = populations.harmless_for(setting.world, 4)
    change = populations.people(weights, _when(setting, ramp=20 * _DAY))
    return _plan(setting, ("covariate_harmless",), change, actionable=False)


def calibration_ramp(setting: Setting) -> Plan:
    change = populations.odds(1.8, _when(setting, ramp=20 * _DAY))
    return _plan(setting, ("calibration",), change, needs_outcomes=True)


def unit_heals(setting: Setting) -> Plan:
    end = setting.onset + 3 * _DAY
    change = faults.scaled(INCOME, 12, _when(setting, end=end))
    return _plan(setting, ("unit",), change, columns=(INCOME,), end=end)


def missing_heals(setting: Setting) -> Plan:
    end = setting.onset + 5 * _DAY
    change = faults.lost(INCOME, _when(setting, end=end, share=0.5))
    return _plan(setting, ("missing",), change, columns=(INCOME,), end=end)


def spike(setting: Setting) -> Plan:
    """A day with three times the rows, of the same kind."""
    end = setting.onset + _DAY
    change = populations.volume(3, _when(setting, end=end))
    return _plan(setting, ("volume",), change, actionable=False, end=end)


def campaign(setting: Setting) -> Plan:
    """A day with twice the rows, of younger people."""
    end = setting.onset + _DAY
    younger = tilted(-setting.world.standing[:, AGE], 0.5)
    changes = populations.volume(2, _when(setting, end=end)), populations.people(younger, _when(setting, end=end))  # fmt: skip # noqa: E501
    causes: tuple[Cause, ...] = ("volume", "covariate_harmless")
    accepted: frozenset[Cause] = frozenset({"covariate_harmful"})
    return _plan(setting, causes, *changes, actionable=None, end=end, accepted=accepted)


def retries(setting: Setting) -> Plan:
    """One caller sends each request up to three times, for two days."""
    end = setting.onset + 2 * _DAY
    when = _when(setting, end=end, caller="mobile")
    changes = populations.sent_again(0.9, when), populations.sent_again(0.5, when)
    return _plan(setting, ("duplicates",), *changes, segment={"caller": "mobile"}, end=end)


def new_caller(setting: Setting) -> Plan:
    """A fourth caller with other, younger people, a fifth of what the others send."""
    when = _when(setting, caller=_NEW)
    world = setting.world
    weights = tilted(world.standing[:, LINES] - 0.6 * world.standing[:, AGE], 0.6)
    changes = populations.volume(0.2, when), populations.people(weights, when)
    accepted: frozenset[Cause] = frozenset({"volume", "covariate_harmless"})
    return _plan(
        setting, ("traffic_mix",), *changes, callers=(*CALLERS, _NEW), accepted=accepted,
        segment={"caller": _NEW}, actionable=False,
    )  # fmt: skip


def decimal_slips(setting: Setting) -> Plan:
    """In a tenth of the rows the decimal point of income is one place too far."""
    change = faults.scaled(INCOME, 10, _when(setting, share=0.1))
    return _plan(setting, ("unit",), change, columns=(INCOME,))


def imputed_median(setting: Setting) -> Plan:
    """All missing incomes come as the median."""
    value = float(np.nanmedian(setting.world.people[:, INCOME]))
    change = faults.constant(INCOME, value, setting.when, only_missing=True)
    return _plan(setting, ("imputed",), change, columns=(INCOME,))


def selective_outcomes(setting: Setting) -> Plan:
    """Most of one caller's bad outcomes are no longer reported."""
    change = populations.unheard(0.7, _when(setting, caller="mobile"), only=1.0)
    segment = {"caller": "mobile"}
    return _plan(setting, ("outcome_collection",), change, segment=segment, needs_outcomes=True)


def rejected_unheard(setting: Setting) -> Plan:
    """Who gets a high score is refused, and no outcome of these is ever heard."""

    def apply(draft: Draft, mask: Mask) -> None:
        draft.lost |= mask & (draft.scores >= draft.world.reference.threshold)

    change = Change("outcomes", setting.when, apply)
    return _plan(setting, ("outcome_collection",), change, needs_outcomes=True, pages=None)


def early_positives(setting: Setting) -> Plan:
    """Bad outcomes arrive in a third of the time, good ones as ever; nothing else changes."""
    change = populations.later(0.33, setting.when, only=1.0)
    accepted: frozenset[Cause] = frozenset({"none"})
    return _plan(
        setting, ("outcome_delay",), change, accepted=accepted, actionable=None, pages=None,
        needs_outcomes=True,
    )  # fmt: skip


MIXED: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        unit_gross, unit_30, missing_30, stuck_30, swapped_30, shuffled_30, unit_one_caller,
        missing_one_caller, unit_and_calibration, missing_and_unit, slip_and_missing, stuck_and_mix,
        harmful_and_calibration, volume_and_missing, missing_ramp, unit_ramp, harmless_ramp,
        calibration_ramp, unit_heals, missing_heals, spike, campaign, retries, new_caller,
        decimal_slips, imputed_median, selective_outcomes, rejected_unheard, early_positives,
    )
}  # fmt: skip
COMPOUNDS = frozenset(
    {"unit_and_calibration", "missing_and_unit", "slip_and_missing", "stuck_and_mix",
     "harmful_and_calibration", "volume_and_missing"}
)  # fmt: skip
