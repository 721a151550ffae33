"""Small cases with a known cause: borrowers of two callers, before and since an onset."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contract.feature import Feature
from contract.profile import Profile
from contract.schema import DataSetSchema
from diagnosis.case import Case
from diagnosis.finding import Moved, Onset
from diagnosis.hours import Hours
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Rows
from tests.gmsc import SCHEMA
from trainer.data import Data
from trainer.profile import profile_of

DAY = 24
FIRST = 1_000 * 168
ONSET = FIRST + 28 * DAY
AT = ONSET + 42 * DAY
DUE = 30 * DAY
NAMES = ("branch", "mobile")
INCOME, AGE, LINES, USE = range(4)
_ROWS = 6_000
COLUMNS = (
    Feature(
        name="income", kind="float", nullable=True, minimum=-1e9, maximum=1e9, description="x",
        example=1.0,
    ),
    Feature(
        name="age", kind="integer", nullable=False, minimum=0, maximum=130, description="x",
        example=30, missing_codes=(0,),
    ),
    Feature(
        name="lines", kind="integer", nullable=False, minimum=0, maximum=1000, description="x",
        example=3,
    ),
    Feature(
        name="use", kind="float", nullable=False, minimum=0, maximum=1e9, description="x",
        example=0.5,
    ),
)  # fmt: skip

Change = Callable[["Side"], "Side"]


@dataclass(frozen=True)
class Side:
    """Rows with what is known of them only here: the chance of the event of each."""

    rows: Rows
    chances: Floats
    draw: np.random.Generator

    def with_values(self, values: Floats) -> "Side":
        """With other values, scored again; the chances are those of the true ones."""
        return replace(self, rows=replace(self.rows, values=values, scores=scores_of(values)))

    def share(self, share: float) -> NDArray[np.bool_]:
        """Some rows, at random."""
        return self.draw.random(len(self.rows)) < share


def people(draw: np.random.Generator, count: int, lift: float = 0.0) -> Floats:
    """Borrowers whose columns go together; `lift` moves who comes."""
    wealth = draw.normal(lift, 1, count)
    age = np.clip(np.round(48 + 9 * wealth + 9 * draw.normal(size=count)), 18, 95)
    income = np.round(np.exp(8.5 + 0.5 * wealth + 0.25 * draw.normal(size=count)))
    income[draw.random(count) < 0.1 + 0.1 * (wealth < -0.5)] = np.nan
    lines = draw.poisson(np.exp(1.6 + 0.3 * wealth)).astype(np.float64)
    use = np.exp(-1.2 - 0.7 * wealth + 0.5 * draw.normal(size=count))
    return np.column_stack([income, age, lines, use])


def scores_of(values: Floats) -> Floats:
    """The served model's: what makes the event likely, as it stands in the columns."""
    income = np.where(np.isnan(values[:, INCOME]), 4_500, values[:, INCOME])
    z = -1.6 + 0.8 * np.log(np.maximum(values[:, USE], 1e-3) / 0.3)
    z = z - 0.03 * (values[:, AGE] - 48) - 0.4 * np.log(np.maximum(income, 1.0) / 5_000)
    found: Floats = 1 / (1 + np.exp(-np.clip(z - 0.05 * (values[:, LINES] - 5), -20, 20)))
    return found


def side(seed: int, first: int, end: int, count: int = _ROWS, lift: float = 0.0) -> Side:
    """Rows of these hours, as they are when nothing is wrong."""
    draw = np.random.default_rng(seed)
    values = people(draw, count, lift)
    times = np.sort(draw.uniform(first, end, count))
    scores = scores_of(values)
    nothing = np.full(count, np.nan)
    callers = (draw.random(count) < 0.35).astype(np.int64)
    return Side(
        Rows(values, scores, callers, times, nothing, nothing, times + DUE, NAMES), scores, draw
    )


def settled(made: Side) -> Rows:
    """The rows with outcomes drawn from their chances, after some ten days."""
    rows, draw = made.rows, made.draw
    outcomes = (draw.random(len(rows)) < made.chances).astype(np.float64)
    waits = 240 * np.exp(0.4 * draw.normal(size=len(rows)))
    return replace(rows, outcomes=outcomes, observed=rows.times + np.minimum(waits, DUE - 1))


def reference() -> Reference:
    """The held-out part: a profile, and its rows."""
    held_out = settled(side(9, FIRST - 500, FIRST))
    schema: DataSetSchema = replace(SCHEMA, features=COLUMNS)
    data = Data(held_out.values, held_out.outcomes.astype(np.int8), "made", is_sample=True)
    profile: Profile = profile_of(schema, data, held_out.scores)
    return Reference(
        "v1",
        COLUMNS,
        profile,
        0.2,
        sample=replace(held_out, names=("",), callers=held_out.callers * 0),
    )


REFERENCE = reference()


def case(
    change: Change = lambda made: made,
    seed: int = 1,
    *,
    outcomes: bool = False,
    lift: float = 0.0,
    moved: tuple[Moved, ...] = (),
) -> Case:
    """A case whose rows since the onset are changed; with outcomes, all are due by then."""
    end = AT - DUE if outcomes else AT
    before = side(seed, FIRST, ONSET)
    after = change(side(seed + 100, ONSET, end, lift=lift))
    none = before.rows.of(np.zeros(len(before.rows), dtype=np.bool_))
    due = (settled(before), settled(after)) if outcomes else (none, none)
    return Case(
        reference=REFERENCE, at=AT, onset=Onset(ONSET, ONSET - 6, ONSET + 6), moved=moved,
        before=before.rows, after=due[1] if outcomes else after.rows,
        due_before=due[0], due_after=due[1], rescored=(0, 2_000),
        volume_before=hours_of(before.rows, FIRST, ONSET),
        volume_after=hours_of(after.rows, ONSET, end),
    )  # fmt: skip


def hours_of(rows: Rows, first: int, end: int, factor: float = 1.0) -> Hours:
    """The counts of rows; at an even rate of 13 an hour, so that no side has more than another."""
    counts = np.zeros((end - first, len(rows.names)), dtype=np.int64)
    shares = np.bincount(rows.callers, minlength=len(rows.names)) / max(len(rows), 1)
    counts[:] = np.round(130 * factor * shares).astype(np.int64)
    return Hours(first, rows.names, counts, np.zeros((*counts.shape, 0), dtype=np.int64))
