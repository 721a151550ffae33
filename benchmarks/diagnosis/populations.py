"""Changes of who comes, of what happens to them, and of what is heard of that."""

import numpy as np

from benchmarks.diagnosis.draft import Change, Draft, Mask, When, usual_rows
from benchmarks.diagnosis.faults import shifted
from benchmarks.diagnosis.sizes import loss, movement, solved, tilted
from benchmarks.diagnosis.world import (
    AGE,
    HOUSES,
    INCOME,
    LATE_30,
    LINES,
    SHARES,
    UTILISATION,
    Floats,
    World,
)


def people(weights: Floats, when: When) -> Change:
    """Other people of pool B, as likely as their weights; the event is as likely for each."""
    return Change("people", when, lambda draft, mask: draft.redraw(mask, weights))


def odds(factor: float, when: When, *, below_age: float = np.inf) -> Change:
    """The odds of the event at the same x, for all or for those below an age."""

    def apply(draft: Draft, mask: Mask) -> None:
        hit = mask & (draft.world.people[draft.people, AGE] < below_age)
        draft.chances[hit] = shifted(draft.chances[hit], np.log(factor))

    return Change("law", when, apply)


def relation(world: World, strength: float, when: When) -> Change:
    """What makes the event likely changes, how many it happens to does not."""
    move = strength * _direction(world)
    base = world.chances.mean()
    back = solved(lambda by: float(shifted(world.chances, move + by).mean()), base, -3, 3)

    def apply(draft: Draft, mask: Mask) -> None:
        hit = draft.people[mask]
        draft.chances[mask] = shifted(draft.chances[mask], move[hit] + back)

    return Change("law", when, apply)


def _direction(world: World) -> Floats:
    """Those who owe least become worse and those who owe most better, by age the other way."""
    standing = world.standing
    raw = -standing[:, UTILISATION] + 0.7 * standing[:, AGE] + 0.5 * standing[:, HOUSES]
    found: Floats = (raw - raw.mean()) / raw.std()
    return found


def relation_for(world: World, fall: float) -> float:
    """How strong `relation` must be for the AUC of the served model to fall by so much."""
    move = _direction(world)
    before = _auc(world.scores, world.chances)
    return solved(
        lambda by: before - _auc(world.scores, shifted(world.chances, by * move)), fall, 0, 4
    )


def _auc(scores: Floats, chances: Floats) -> float:
    """The area under the ROC curve to expect, of rows with these chances of the event."""
    order = np.argsort(scores)
    p = chances[order]
    below = np.cumsum(1 - p) - (1 - p) / 2
    return float((p * below).sum() / (p.sum() * (1 - p).sum()))


def harmless_for(world: World, wanted: float) -> tuple[Floats, float]:
    """Weights that move a column as wanted while the loss to expect stays; and their strength."""
    direction = 0.8 * world.standing[:, LINES] + 0.6 * world.standing[:, INCOME]
    risk = np.log(world.chances / (1 - world.chances))
    risk = (risk - risk.mean()) / risk.std()
    losses = loss(world)

    def balanced(strength: float) -> Floats:
        def rise(by: float) -> float:
            weights = tilted(strength * direction + by * risk, 1)
            return float((weights * losses).mean())

        by = solved(rise, losses.mean(), -3, 3)
        return tilted(strength * direction + by * risk, 1)

    def size(strength: float) -> float:
        return movement(world, world.people, world.scores, balanced(strength))

    strength = solved(size, wanted, 0, 1.5)
    return balanced(strength), strength


def harmful_for(world: World, rise: float) -> Floats:
    """Weights of riskier people, under whom the loss to expect is by this share higher."""
    late = (world.people[:, LATE_30] > 0).astype(float)
    direction = 0.8 * world.standing[:, UTILISATION] + 0.35 * late - 0.4 * world.standing[:, AGE]
    losses = loss(world)

    def size(strength: float) -> float:
        return float((tilted(direction, strength) * losses).mean() / losses.mean() - 1)

    return tilted(direction, solved(size, rise, 0, 3))


def prior(world: World, factor: float, when: When) -> list[Change]:
    """Label shift: the prior odds are multiplied, and P(x|y) stays."""
    base = float(world.chances.mean())
    after = base * factor / (1 - base + base * factor)
    p = world.chances
    weights = after / base * p + (1 - after) / (1 - base) * (1 - p)
    one = When(**{**vars(when), "share": 1.0, "ramp": 0.0})
    if when != one:
        raise ValueError("a label shift is a step that befalls all rows")
    return [people(weights, when), odds(factor, when)]


def more_of(caller: str, gain: float, when: When) -> list[Change]:
    """A caller's share rises by `gain`, and the rows an hour stay."""
    names = ("branch", "mobile", "broker")
    own = SHARES[names.index(caller)]
    up, down = (own + gain) / own, (1 - own - gain) / (1 - own)
    return [
        Change(
            "volume", When(**{**vars(when), "caller": name}), factor=up if name == caller else down
        )
        for name in names
    ]


def volume(factor: float, when: When) -> Change:
    """More rows, or fewer, of the same kind."""
    return Change("volume", when, factor=factor)


def sent_again(share: float, when: When) -> Change:
    """Requests that are sent again within two minutes."""

    def apply(draft: Draft, mask: Mask) -> None:
        again = np.flatnonzero(mask & (draft.draw.random(len(draft)) < share))
        count = len(draft)
        draft.take(np.concatenate([np.arange(count), again]))
        draft.times[count:] += draft.draw.uniform(0.2, 120, len(again)) / 3600

    return Change("sent", when, apply)


def unheard(share: float, when: When, *, only: float | None = None) -> Change:
    """Outcomes that would be observed from the onset on are lost: of all, or of one kind."""

    def apply(draft: Draft, mask: Mask) -> None:
        of_kind = np.ones(len(draft), bool) if only is None else draft.outcomes == only
        draft.lost |= mask & of_kind & (draft.draw.random(len(draft)) < share)

    return Change("outcomes", when, apply, by_outcome=True)


def later(factor: float, when: When, *, only: float | None = None) -> Change:
    """Outcomes of the rows from the onset on take longer, or less long."""

    def apply(draft: Draft, mask: Mask) -> None:
        hit = mask if only is None else mask & (draft.outcomes == only)
        draft.delays[hit] *= factor

    return Change("outcomes", when, apply)


def share_of(caller: str) -> float:
    """A caller's usual share of the rows of a week."""
    return float(usual_rows(1, 168)[:, ("branch", "mobile", "broker").index(caller)].sum() / 168)
