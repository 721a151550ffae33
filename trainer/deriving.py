"""Making a version of another's trees, with another link over their sum or another threshold.

Nothing is trained and no data is read: the derived version is judged on the held-out rows that the
other one's bundle keeps, scored anew.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sklearn.metrics import roc_auc_score

from contract import derivation, held_out
from contract.bundle import Bundle, scorer_of
from contract.bundle_files import Files
from contract.derivation import Change
from contract.held_out import HELD_OUT
from contract.link import Link
from contract.metadata import FORMAT, Metadata
from contract.profile import PROFILE
from contract.text import is_printable
from trainer.context import Context
from trainer.data import Data
from trainer.derived_card import derived_card
from trainer.errors import QualityRefused, TrainerError
from trainer.evaluation import Scores, evaluate, require_both_labels, score
from trainer.held_out import held_out_sample
from trainer.pipeline import CARD, publish
from trainer.profile import profile_of

_LONGEST_REASON = 500
# A link keeps the order of the scores, but for those that fall together in their last bits.
_AUC_LOST = 0.001


class Derived(NamedTuple):
    """A derived version, and the files of its bundle."""

    version: str
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class _Wish:
    """The arguments of `derive`, as they are described there."""

    link: Link | None
    threshold: float | None
    rows_sha256: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be derived; metadata: of the derived version, as far as they need no scores."""

    parent: Bundle
    files: Files
    change: Change
    metadata: dict[str, Any]


def derive(
    context: Context,
    parent: str,
    *,
    link: Link | None = None,
    threshold: float | None = None,
    rows_sha256: str | None = None,
    reason: str,
    with_card: bool = True,
) -> Derived:
    """Make the version that has the trees of `parent`; nothing is published.

    link: over the trees' sum, in place of the link of `parent`; threshold: a probability; each as
    there where it is None. rows_sha256: identity of the rows that they fit, None where a person
    chose them. with_card: whether to make card and pictures, which take most of the time. Raises
    TrainerError or BundleError.
    """
    plan = _plan(context, parent, _Wish(link, threshold, rows_sha256, reason))
    return Derived(plan.metadata["version"], _files(context, plan, with_card=with_card))


def publish_derived(
    context: Context,
    parent: str,
    *,
    link: Link | None = None,
    threshold: float | None = None,
    rows_sha256: str | None = None,
    reason: str,
) -> str:
    """`derive` and publish, unless it is there; never activated. The version."""
    store, progress = context.store, context.progress
    plan = _plan(context, parent, _Wish(link, threshold, rows_sha256, reason))
    version: str = plan.metadata["version"]
    if store.has(version):
        store.load(version)  # damaged, it must not pass for what was asked for
        progress.say(
            f"{version} is published already: {parent} with this link and this threshold",
            version=version,
        )
        return version
    with progress.step(f"derive from {parent}"):
        files = _files(context, plan, with_card=True)
    with progress.step("publish"):
        publish(store, version, files)
    return version


def _plan(context: Context, parent: str, wish: _Wish) -> _Plan:
    published = context.store.load(parent)
    _require_derivable(published)
    _require_reason(wish.reason)
    change = _change(published, wish)
    _, files = context.store.check(parent)
    metadata = derivation.metadata_of(published.metadata, change)
    return _Plan(published, files, change, metadata)


def _change(parent: Bundle, wish: _Wish) -> Change:
    link = parent.link if wish.link is None else wish.link
    threshold = parent.threshold if wish.threshold is None else wish.threshold
    try:
        link.check()
    except ValueError as error:
        raise TrainerError(f"{error}: nothing was derived from {parent.version}") from error
    if not 0 <= threshold <= 1:
        raise TrainerError(f"a threshold of {threshold:g} is no probability: between 0 and 1")
    if (link, threshold) == (parent.link, parent.threshold):
        raise TrainerError(
            f"{parent.version} has this link and this threshold: give another --intercept, --slope"
            " or --threshold"
        )
    how = (
        f"that of {parent.version}, from which this version is derived"
        if threshold == parent.threshold
        else f"chosen when this version was derived from {parent.version}: {wish.reason}"
    )
    return Change(link, threshold, how, wish.rows_sha256, wish.reason)


def _require_derivable(parent: Bundle) -> None:
    if parent.metadata["format"] != FORMAT or not parent.metadata.get("declaration"):
        raise TrainerError(
            f"{parent.version} was made by an earlier release, and lacks what a derived version"
            " has to say: train again with this one, and derive from what it makes"
        )


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > _LONGEST_REASON or not is_printable(reason):
        raise TrainerError(
            f"the reason must be one line of at most {_LONGEST_REASON} characters, and say why this"
            " version is wanted: it stays in its metadata"
        )


def _files(context: Context, plan: _Plan, *, with_card: bool) -> dict[str, bytes]:
    rows, before = _held_out(context, plan.parent.version)
    scores = score(scorer_of(plan.files, plan.change.link), rows.features)
    metrics = evaluate(rows, scores, plan.change.threshold)
    _require_order(rows, before, metrics["auc"])
    told = Metadata.model_validate({**plan.metadata, "metrics": metrics, "files": {}})
    report = {
        "data": told.data.model_dump(),
        "declaration": told.declaration,
        "metrics": metrics,
        "threshold": plan.metadata["threshold"],
    }
    extras = {
        PROFILE: profile_of(plan.parent.schema, rows, scores).to_json(),
        HELD_OUT: held_out_sample(rows, scores),
        **(_for_people(plan, report, rows, scores) if with_card else {}),
    }
    return derivation.encode(plan.files, plan.metadata, metrics=metrics, extras=extras)


def _for_people(
    plan: _Plan, report: dict[str, Any], rows: Data, scores: Scores
) -> dict[str, bytes]:
    """The card and its pictures."""
    from trainer.plots import MISSING, TITLES, draw_scores  # noqa: PLC0415 -- as in the pipeline

    # What is missing in the data the scores do not change.
    kept = {MISSING: plan.files[MISSING]} if MISSING in plan.files else {}
    pictures = {**draw_scores(rows.labels, scores, report), **kept}
    titles = {name: title for name, title in TITLES.items() if name in pictures}
    card = derived_card(plan.parent, plan.metadata, report, titles)
    return {CARD: card.encode(), **pictures}


def _held_out(context: Context, parent: str) -> tuple[Data, Scores]:
    """The held-out rows that a bundle keeps, and what it gives them."""
    found = held_out.read(context.store.path(parent), context.store.keys)
    if found is None:
        raise TrainerError(
            f"{parent} keeps no held-out rows on which a derived version could be judged: make"
            f" them of its data with `trainer profile {parent}`, and derive again"
        )
    rows = Data(found.values, found.labels, "held-out rows", is_sample=False)
    require_both_labels(rows, "kept")
    return rows, found.scores


def _require_order(rows: Data, before: Scores, auc: float) -> None:
    there = float(roc_auc_score(rows.labels, before))
    if auc < there - _AUC_LOST:
        raise QualityRefused(
            f"by this link so many scores fall together that the AUC on the held-out rows falls"
            f" from {there:.4f} to {auc:.4f}: nothing was published; look at intercept and slope"
        )
