"""What was found: incidents, and the diagnoses that they carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Cause = Literal[
    "none",
    "model_swap",
    "unit",
    "missing",
    "stuck",
    "code",
    "swapped_columns",
    "shuffled_column",
    "imputed",
    "duplicates",
    "volume",
    "traffic_mix",
    "covariate_harmless",
    "covariate_harmful",
    "label_shift",
    "calibration",
    "concept_global",
    "concept_segment",
    "outcome_collection",
    "outcome_delay",
    "season",
    "other_fault",
    "undetermined",
]
Action = Literal["fix_pipeline", "wait", "recalibrate", "consider_retraining", "nothing"]
Reading = Literal["share", "rate", "ratio", "auc", "score", "hours", "rows"]


@dataclass(frozen=True, slots=True)
class Onset:
    """The hour of the change, and the interval that holds it with 95 per cent confidence."""

    hour: int
    low: int
    high: int

    def later(self, hours: int) -> "Onset":
        """The same so many hours later."""
        return Onset(self.hour + hours, self.low + hours, self.high + hours)


@dataclass(frozen=True, slots=True)
class Moved:
    """One quantity that left its tolerance.

    stream: a stable name, as `MonthlyIncome = missing`, `age < 32`, `score < 0.08`, `rows`,
    `observed/expected`, `observed/expected, age < 32`, `caller mobile`, `coverage`, `delay`.
    """

    stream: str
    before: float
    after: float
    reading: Reading
    column: str | None = None
    caller: str | None = None
    log_evidence: float = 0.0
    """Natural logarithm of the e-detector's value, which the threshold is compared with."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause that was tried.

    explains: the share of the movement that is gone when the cause is taken back, on rows that it
    was not fitted on; from 0 to 1. refuted_by: what speaks against it, a sentence; None while it
    holds. parameters: what was fitted, as `{"factor": 12.0, "rows": 0.3}`.
    """

    cause: Cause
    explains: float
    refuted_by: str | None = None
    columns: tuple[str, ...] = ()
    segment: Mapping[str, str] | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    because: str = ""
    """Why it holds, a sentence with its figures."""


@dataclass(frozen=True, slots=True)
class Decides:
    """The observation that would tell the remaining causes apart."""

    observation: str
    rows: int | None = None
    outcomes: int | None = None
    """Further outcomes that are due and known."""
    hour: int | None = None
    """About when, at the present rate; None where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the change costs a decision, in the declared costs or in log loss.

    expected: the loss before and after by the scores alone, true if P(y|x) is unchanged; measured:
    the same on due cases, with their number.
    """

    unit: str
    expected: tuple[float, float] | None = None
    measured: tuple[float, float] | None = None
    cases: int = 0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is concluded at an hour; a later one is added, and none is changed."""

    at: int
    cause: Cause
    candidates: tuple[Candidate, ...]
    actionable: bool
    action: Action
    columns: tuple[str, ...] = ()
    segment: Mapping[str, str] | None = None
    """As `{"caller": "mobile"}` or `{"age": "< 32"}`."""
    secondary: tuple[Candidate, ...] = ()
    """Further causes that hold beside the first, in a compound."""
    decides: Decides | None = None
    cost: Cost | None = None
    notes: tuple[str, ...] = ()
    """Events at the onset, and what a careful reader should doubt: sentences."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """Figures behind the sentences, of plain JSON types and finite."""

    @property
    def undetermined(self) -> bool:
        """Whether the data cannot tell."""
        return self.cause == "undetermined"


Ending = Literal["back", "accepted", "superseded"]


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident begins: what moved, since when."""

    number: int
    at: int
    onset: Onset
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Extended:
    """More of the same incident moved, or its onset is known better; the whole of it again."""

    number: int
    at: int
    onset: Onset
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis that says something other than the one before."""

    number: int
    at: int
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class Ended:
    """Things are back, the change is accepted as the new state, or another incident holds it."""

    number: int
    at: int
    ending: Ending
    reason: str


Happening = Opened | Extended | Diagnosed | Ended
