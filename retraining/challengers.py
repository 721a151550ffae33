"""The rungs of a case: what they are, fixed once, and how they answer the rows that judge them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from contract.bundle import Bundle
from contract.bundle_errors import BundleError
from contract.link import Link
from contract.store import ModelStore
from retraining.groups import groups
from retraining.ladder import fitting
from retraining.ladder.answers import Answers, answers_of
from retraining.ladder.comparison import Candidate
from retraining.ladder.evaluation import Judged, Served
from retraining.ladder.fitting import CannotFit
from retraining.ladder.option import Rung
from retraining.policy import Policy
from retraining.row_sets import Parts
from retraining.rows import Mask, Rows
from retraining.workshop import Workshop
from trainer.errors import QualityRefused


@dataclass(frozen=True, slots=True)
class Challenger:
    """A rung. link and threshold: None where trees and all are those of another version."""

    rung: Rung
    link: Link | None
    threshold: float | None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Challengers:
    """A case's rungs from its first estimate on: its later looks judge the same on more rows.

    number: of all sets that were estimated, from 1 on; alpha: what they may spend together. cut: as
    `Parts.cut`. troubles: why a rung is not among them, a sentence by its name.
    """

    number: int
    alpha: float
    cut: int
    rungs: tuple[Challenger, ...]
    troubles: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """As a record holds it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Challengers":
        """What `document` made."""
        rungs = tuple(_read(each) for each in document["rungs"])
        return cls(
            *(document["number"], document["alpha"], document["cut"]), rungs, document["troubles"]
        )

    def of_rung(self, rung: Rung) -> Challenger:
        """The one of that rung."""
        return next(each for each in self.rungs if each.rung == rung)


def served_by(model: Bundle) -> Served:
    """How a model makes an answer of its trees' sum."""
    return Served(model.link, model.threshold)


def judged(model: Bundle, rows: Rows, part: Mask) -> Judged:
    """Some of the rows, as the ladder takes them."""
    return Judged(
        margins=model.scorer.margins(rows.features[part], threads=0),
        labels=rows.labels[part],
        cases=rows.cases[part],
        segments=groups(model.schema, rows, part),
    )


def fitted(
    champion: Bundle, rows: Rows, parts: Parts, policy: Policy, workshop: Workshop
) -> tuple[tuple[Challenger, ...], dict[str, str]]:
    """Each rung that the rows allow, and why not the others.

    A recalibration keeps the threshold, which is a probability. Raises TrainerError, BundleError.
    """
    served, fit = served_by(champion), judged(champion, rows, parts.unseen)
    found: list[Challenger] = []
    troubles: dict[str, str] = {}

    def threshold() -> Challenger:
        value = fitting.fitted_threshold(fit, served, policy.errors)
        return Challenger("threshold", served.link, value)

    def intercept() -> Challenger:
        return Challenger("intercept", fitting.fitted_intercept(fit, served), served.threshold)

    def slope() -> Challenger:
        return Challenger("slope", fitting.fitted_slope(fit), served.threshold)

    def refit() -> Challenger:
        version = workshop.refit(champion, rows, parts.fit)
        return Challenger("refit", None, None, version)

    for name, make in (
        *(("threshold", threshold), ("intercept", intercept), ("slope", slope)),
        ("refit", refit),
    ):
        try:
            found.append(make())
        except (CannotFit, QualityRefused) as error:
            troubles[name] = str(error)
    return tuple(found), troubles


def candidates(
    chosen: Challengers, rows: Rows, part: Mask, evaluation: Judged, store: ModelStore
) -> tuple[tuple[Candidate, ...], dict[str, str]]:
    """How each answers the rows of the evaluation, and which of them cannot any more."""
    found: list[Candidate] = []
    lost: dict[str, str] = {}
    for each in chosen.rungs:
        if each.link is not None and each.threshold is not None:
            answers = answers_of(evaluation.margins, each.link, each.threshold)
            found.append(Candidate(each.rung, answers, each.link))
            continue
        assert each.version is not None
        try:
            answers = answers_by(store.load(each.version), rows, part)
        except BundleError as error:
            lost[each.rung] = f"It cannot be loaded any more: {error}."
        else:
            found.append(Candidate(each.rung, answers, None))
    return tuple(found), lost


def answers_by(model: Bundle, rows: Rows, part: Mask) -> Answers:
    """What a model says of some of the rows."""
    return Answers(model.scorer.score(rows.features[part], threads=0), model.threshold)


def _read(document: Mapping[str, Any]) -> Challenger:
    link = document["link"]
    return Challenger(
        cast("Rung", document["rung"]),
        None if link is None else Link(**link),
        document["threshold"],
        document["version"],
    )
