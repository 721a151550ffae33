"""Evidently and NannyML on the same streams, each in an environment of its own.

They alarm on columns and metrics, and neither names a cause. What an alarm is taken for is fixed
here, before any run, and is as kind to them as can be: a family of causes, right where the truth is
in it. A page is an alarm of the same thing on two days that follow one another, and an incident
lasts until a day without an alarm.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.diagnosis.draft import START
from benchmarks.diagnosis.memory import MemoryEvidence
from benchmarks.diagnosis.world import NAMES
from benchmarks.peers.environments import interpreter
from diagnosis.evidence import Evidence
from diagnosis.finding import (
    Action,
    Candidate,
    Cause,
    Diagnosed,
    Diagnosis,
    Ended,
    Happening,
    Moved,
    Onset,
    Opened,
)
from diagnosis.hours import Hours
from diagnosis.reference import Reference

RIVALS = frozenset({"evidently", "nannyml"})
HERE = Path(__file__).parent
_FAULTS: tuple[Cause, ...] = (
    "unit", "missing", "stuck", "code", "imputed", "shuffled_column", "swapped_columns",
    "other_fault",
)  # fmt: skip
_POPULATION: tuple[Cause, ...] = (
    "covariate_harmless", "covariate_harmful", "traffic_mix", "season", "label_shift",
)  # fmt: skip
MAPPING = """
| alarms | taken for | action |
|---|---|---|
| the share of missing values of one column, nothing else | missing, imputed | due |
| one or two columns, whatever else | any fault of the input | due |
| three columns and more | covariate shift, traffic mix, season, label shift; or a code | none |
| the score alone | model swap, shuffled column, harmful covariate shift | due |
| target or performance, no column | calibration, concept drift, label shift, outcomes | due |
"""


@dataclass(frozen=True)
class Alarms:
    """What a rival alarms on, on one day."""

    drifted: frozenset[str]
    missing: frozenset[str]
    score: bool
    labels: bool

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it names."""
        return self.drifted | self.missing

    @property
    def all(self) -> frozenset[str]:
        """Everything, by name."""
        more = {name for name in ("score", "labels") if getattr(self, name)}
        return frozenset(f"{c} drifts" for c in self.drifted) | {
            *(f"{c} is missing" for c in self.missing), *more,
        }  # fmt: skip


def family(alarms: Alarms) -> tuple[tuple[Cause, ...], bool]:
    """The causes that alarms are taken for, and whether somebody must act."""
    if len(alarms.columns) >= 3:
        return (*_POPULATION, "code"), False
    if alarms.columns and not alarms.drifted and not alarms.score:
        return ("missing", "imputed"), True
    if alarms.columns:
        return _FAULTS, True
    if alarms.labels:
        return (
            "calibration", "concept_global", "concept_segment", "label_shift",
            "outcome_collection",
        ), True  # fmt: skip
    return ("model_swap", "shuffled_column", "covariate_harmful"), True


def incidents(days: Sequence[Alarms]) -> Iterator[Happening]:
    """What happens, by alarms of each day."""
    number, held, before = 0, None, Alarms(frozenset(), frozenset(), score=False, labels=False)
    for day, alarms in enumerate(days):
        at = START + 24 * (day + 1)
        fresh = (alarms.all & before.all) - (frozenset() if held is None else held.all)
        before = alarms
        if held is not None and (fresh or not alarms.all):
            yield Ended(number, at, "superseded" if fresh else "back", "by its alarms")
            held = None
        if fresh:
            number, held = number + 1, alarms
            moved = tuple(Moved(name, 0.0, 1.0, "share") for name in sorted(alarms.all))
            yield Opened(number, at, Onset(at - 48, at - 48, at), moved)
            yield Diagnosed(number, at, _diagnosis(at, held))


def _diagnosis(at: int, alarms: Alarms) -> Diagnosis:
    causes, actionable = family(alarms)
    action: Action = "fix_pipeline" if actionable else "nothing"
    return Diagnosis(
        at, causes[0], tuple(Candidate(cause, 1.0) for cause in causes), actionable, action,
        columns=tuple(sorted(alarms.columns)), facts={"family": True},
    )  # fmt: skip


def asked(
    name: str, reference: Reference, hours: Hours, evidence: Evidence
) -> tuple[list[Happening], float, float]:
    """What a rival says of a stream; with the seconds that it took, and its peak in megabytes."""
    if not isinstance(evidence, MemoryEvidence):
        raise TypeError("rivals look at rows: a stream of counts alone is nothing to them")
    sample, stream = reference.sample, evidence.stream
    assert sample is not None
    with tempfile.TemporaryDirectory(prefix="rival-") as directory:
        np.savez(
            Path(directory) / "rows.npz",
            reference=sample.values, reference_scores=sample.scores,
            reference_outcomes=sample.outcomes, values=stream.values, scores=stream.scores,
            days=((stream.times - START) // 24).astype(int),
            due=((stream.due - START) // 24).astype(int),
            outcomes=np.where(stream.observed < stream.due, stream.outcomes, np.nan),
        )  # fmt: skip
        wanted = {"names": NAMES, "days": len(hours.rows) // 24, "threshold": reference.threshold}
        (Path(directory) / "wanted.json").write_text(json.dumps(wanted))
        command = [interpreter(name), str(HERE / f"{name}_days.py"), directory]
        subprocess.run(command, check=True, capture_output=True, cwd=directory)
        said = json.loads((Path(directory) / "said.json").read_text())
    days = [
        Alarms(frozenset(d["drifted"]), frozenset(d["missing"]), d["score"], d["labels"])
        for d in said["days"]
    ]
    return list(incidents(days)), said["seconds"], said["peak_mb"]
