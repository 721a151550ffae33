"""The model card of a derived version: what is otherwise than in the other one's, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.bundle import Bundle, link_of
from contract.link import IDENTITY, Link
from contract.metadata import PICKLES
from contract.schema import DataSetSchema
from trainer.card import composed, table

_PLAIN = "The probability is the sigmoid of the trees' sum, without a link between."
_LINKED = (
    "Between the trees' sum and the sigmoid lies a link: with the sum m the probability is"
    " 1 / (1 + exp(-({intercept!r} + {slope!r} m))). It keeps the order of the rows."
)
_NOTEBOOK = (
    "`{model}` is the other version's, and knows nothing of the link: in a notebook m is"
    " `model.decision_function(inputs)`."
)
_JUDGED = (
    "The figures and pictures below are of the {rows:,} held-out rows that the bundle of `{parent}`"
    " keeps, scored anew; link and threshold were not fitted to them."
)
_AGAIN = (
    "The version is a hash of the version it is derived from, the link, the threshold and the rows"
    " that they fit. `python -m trainer verify {version}` derives it again from `{parent}`, which"
    " must be there, and compares to the last bit; `python -m trainer verify {parent}` trains the"
    " trees again."
)


@dataclass(frozen=True, slots=True)
class _Named:
    version: str
    schema: DataSetSchema
    is_sample: bool


def derived_card(
    parent: Bundle,
    metadata: Mapping[str, Any],
    report: Mapping[str, Any],
    pictures: Mapping[str, str],
) -> str:
    """The card in Markdown; `metadata` are those of the derived version."""
    version = metadata["version"]
    return composed(
        _Named(version, parent.schema, parent.is_sample),
        report,
        metadata["preprocessing"],
        pictures,
        first={"Derived": _derived(parent, metadata, report["metrics"])},
        again=_AGAIN.format(version=version, parent=parent.version),
    )


def _derived(parent: Bundle, metadata: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    link, derivation = link_of(metadata), metadata["derivation"]
    rows = derivation["rows_sha256"]
    fitted = f"fit rows with the SHA-256 {rows}" if rows else "were chosen by hand"
    before, after = parent.metadata["threshold"]["value"], metadata["threshold"]["value"]
    changes = table(
        ["what", f"{parent.version}", "this version"],
        ["intercept", f"{parent.link.intercept!r}", f"{link.intercept!r}"],
        ["slope", f"{parent.link.slope!r}", f"{link.slope!r}"],
        ["threshold", f"{before!r}", f"{after!r}"],
    )
    return "\n\n".join(
        [
            f"The trees of `{parent.version}`, with another link over their sum or another"
            f" threshold. Why: {derivation['reason']}. Link and threshold {fitted}.",
            changes,
            _in_words(link),
            _JUDGED.format(rows=metrics["rows"], parent=parent.version),
        ]
    )


def _in_words(link: Link) -> str:
    if link == IDENTITY:
        return _PLAIN
    linked = _LINKED.format(intercept=link.intercept, slope=link.slope)
    return f"{linked} {_NOTEBOOK.format(model=PICKLES[1])}"
