"""What happens to a model, and what a careful person would do about it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.retraining.world import Floats, World
from retraining.ladder.option import Verdict
from retraining.policy import Policy

BEFORE = World()


def _diagnosed(cause: str, action: str, *, columns: tuple[str, ...] = ()) -> dict[str, object]:
    """An incident's document, as far as a proposal reads it."""
    diagnosis = {
        "cause": cause,
        "columns": list(columns),
        "action": action,
        "undetermined": cause == "undetermined",
        "decides": None,
    }
    return {"incident_id": 1, "diagnosis": diagnosis}


def _as_sent(x: Floats) -> Floats:
    return x


def _in_other_units(x: Floats) -> Floats:
    other: Floats = x * np.array([12.0, 1.0, 1.0, 1.0])
    return other


def _columns_swapped(x: Floats) -> Floats:
    return x[:, [1, 0, 2, 3]]


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """The world afterwards, what of it is seen, and which verdicts are right.

    seen: the features that every model is given. refit_sees: those that the new model was fitted
    on, of those that it is given. coverage: share of the due outcomes that are known, the lack
    among the bads only where `selective`.
    """

    world: World
    right: frozenset[Verdict]
    incident: dict[str, object] | None = None
    seen: Callable[[Floats], Floats] = _as_sent
    refit_sees: Callable[[Floats], Floats] = _as_sent
    coverage: float = 1.0
    selective: bool = False
    rows: int = 16_000

    def is_right(self, verdict: Verdict, policy: Policy) -> bool:
        """Where errors have costs, another threshold does what a recalibration would do."""
        if policy.errors is not None and verdict == "threshold":
            verdict = "recalibrate"
        return verdict in self.right


def _right(*verdicts: Verdict) -> frozenset[Verdict]:
    return frozenset(verdicts)


SCENARIOS: dict[str, Scenario] = {
    "no_change": Scenario(BEFORE, _right("nothing"), rows=100_000),
    "prior_shift": Scenario(
        BEFORE.after(intercept=-1.4),
        _right("recalibrate"),
        _diagnosed("label_shift", "recalibrate"),
    ),
    "concept_drift": Scenario(
        BEFORE.after(weights=np.array([0.1, -0.7, 0.5, 1.2])),
        _right("refit"),
        _diagnosed("concept_global", "consider_retraining"),
    ),
    "harmless_shift": Scenario(
        BEFORE.after(centre=np.array([0.0, 0.8, 0.0, 1.0])),
        _right("nothing"),
        _diagnosed("covariate_harmless", "nothing"),
        rows=100_000,
    ),
    "harmful_shift": Scenario(
        BEFORE.after(centre=np.array([2.0, 0.0, 0.0, 0.0]), bend=-0.5),
        _right("recalibrate", "refit"),
        _diagnosed("covariate_harmful", "consider_retraining"),
    ),
    "pipeline_fault": Scenario(
        BEFORE,
        _right("fix_pipeline"),
        _diagnosed("unit", "fix_pipeline", columns=("x0",)),
        seen=_in_other_units,
    ),
    "bad_challenger": Scenario(
        BEFORE, _right("nothing"), refit_sees=_columns_swapped, rows=100_000
    ),
    "bad_challenger_prior_shift": Scenario(
        BEFORE.after(intercept=-1.4), _right("recalibrate"), refit_sees=_columns_swapped
    ),
    "too_few_bads": Scenario(BEFORE.after(intercept=-1.4), _right("wait"), rows=120),
    "doubled_delay": Scenario(
        BEFORE, _right("wait"), _diagnosed("outcome_delay", "wait"), coverage=0.6
    ),
    "selective_outcomes": Scenario(
        BEFORE,
        _right("wait"),
        _diagnosed("outcome_collection", "wait"),
        coverage=0.97,
        selective=True,
    ),
    "selective_unnoticed": Scenario(BEFORE, _right("wait"), coverage=0.9, selective=True),
}
"""`selective_unnoticed`: nobody diagnosed it, and only the coverage tells."""
