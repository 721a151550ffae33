"""One look at a case: what is known as of a time, what each action would win, what is proposed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from contract import held_out
from contract.store import ModelStore
from retraining import challengers, counts, row_sets
from retraining.case_facts import Maturity
from retraining.challengers import Challengers, served_by
from retraining.ladder import spending
from retraining.ladder.answers import Answers, answers_of
from retraining.ladder.deciding import decide, ruled_out
from retraining.ladder.estimating import estimate
from retraining.ladder.evaluation import Judged
from retraining.ladder.option import Option, Proposal
from retraining.ladder.standing import Standing, share_left
from retraining.row_sets import Parts
from retraining.rows import Rows
from retraining.scene import Scene
from retraining.workshop import Workshop


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What was found. lost: why a rung of the set cannot be judged any more, by its name.

    challenger: the version that a promotion would make active; None where nothing is to change.
    """

    parts: Parts
    maturity: Maturity
    a_day: float
    proposal: Proposal
    chosen: Challengers | None = None
    lost: dict[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    challenger: str | None = None


def look(
    scene: Scene, rows: Rows, next_due: datetime | None, store: ModelStore, workshop: Workshop
) -> Look:
    """Decide by the rows; raises TrainerError, BundleError."""
    chosen, since = scene.chosen, scene.bounds.since
    if chosen is None:
        cut = row_sets.cut_of(rows, scene.policy.evidence.evaluation_share, scene.bounds)
    else:
        cut = chosen.cut
    parts = row_sets.parts(rows, since if cut is None else cut, scene.bounds)
    maturity = counts.maturity(rows, parts, next_due)
    a_day = counts.cases_per_day(rows, parts)
    settled = ruled_out(
        scene.trigger,
        maturity,
        scene.policy,
        as_of=scene.question.as_of,
        cases_per_day=a_day or None,
    )
    if settled is not None or not parts.evaluation.any():
        # Nothing is trained where nothing could be proposed by it.
        proposal = settled or _decided(scene, maturity, a_day)
        return Look(parts, maturity, a_day, proposal, chosen)
    if chosen is None:
        chosen = _new(scene, rows, parts, workshop)
    evaluation = challengers.judged(scene.champion, rows, parts.evaluation)
    found, lost = challengers.candidates(chosen, rows, parts.evaluation, evaluation, store)
    options = estimate(
        evaluation,
        served_by(scene.champion),
        found,
        scene.policy,
        alpha=chosen.alpha,
        cases_per_day=a_day,
        anchor=_anchor(scene, rows, parts),
    )
    proposal = _decided(scene, maturity, a_day, options, _standing(scene, evaluation, store))
    found_now = Look(parts, maturity, a_day, proposal, chosen, lost, options)
    return replace(found_now, challenger=_challenger(scene, rows, found_now, workshop))


def _decided(
    scene: Scene,
    maturity: Maturity,
    a_day: float,
    options: Sequence[Option] = (),
    standing: Standing | None = None,
) -> Proposal:
    return decide(
        scene.trigger,
        maturity,
        options,
        scene.policy,
        as_of=scene.question.as_of,
        cases_per_day=a_day or None,
        standing=standing,
    )


def _new(scene: Scene, rows: Rows, parts: Parts, workshop: Workshop) -> Challengers:
    rungs, troubles = challengers.fitted(scene.champion, rows, parts, scene.policy, workshop)
    alpha = spending.share(scene.policy.evidence.alpha, scene.number)
    return Challengers(scene.number, alpha, parts.cut, rungs, troubles)


def _anchor(scene: Scene, rows: Rows, parts: Parts) -> Answers | None:
    if scene.anchor is None:
        return None
    return challengers.answers_by(scene.anchor, rows, parts.evaluation)


def _standing(scene: Scene, evaluation: Judged, store: ModelStore) -> Standing | None:
    """The champion's loss now and when it was made; None where its held-out rows do not say."""
    champion, errors = scene.champion, scene.policy.errors
    kept = held_out.read(store.path(champion.version), store.keys)
    if kept is None:
        return None
    served = served_by(champion)
    answers = answers_of(evaluation.margins, served.link, served.threshold)
    now = share_left(answers, evaluation.labels, errors)
    then = share_left(Answers(kept.scores, champion.threshold), kept.labels, errors)
    return None if now is None or then is None else Standing(now, then)


def _challenger(scene: Scene, rows: Rows, found: Look, workshop: Workshop) -> str | None:
    """The version that is proposed, which is there then."""
    proposal, unseen = found.proposal, found.parts.unseen
    if proposal.rung is None or proposal.rung == "nothing" or found.chosen is None:
        return None
    rung = found.chosen.of_rung(proposal.rung)
    if rung.link is None or rung.threshold is None:
        return rung.version
    rows_sha256 = row_sets.digest(scene.question.schema, rows, unseen)
    reason = f"retraining: {rung.rung}, fitted on {int(unseen.sum()):,} due rows"
    return workshop.derived(scene.champion, rung.link, rung.threshold, rows_sha256, reason)
