"""The model card: what a person should know before using the model."""

from collections.abc import Mapping
from typing import Any

from contract.provenance import Provenance, installed_libraries
from contract.schema import DataSetSchema
from trainer.sample import SOURCE

_PURPOSE = (
    "Made to exercise a prediction service: its requests, its log, its bundles. Not made to decide"
    " about credit, and not fit for it: nothing here was examined for fairness, for stability over"
    " time or for the law."
)
_LIMITS = (
    "Correlations in one lender's records of about 2010, not causes. The data has no dates: how the"
    " model ages cannot be seen from it. Values beyond the tails seen in training count as the"
    " tails' edges."
)
_AGAIN = (
    "The version is a hash of data, declaration, settings and library versions: the same four give"
    " the same model, to the last bit, on the same kind of processor."
    " `python -m trainer verify {version}` trains again from the same data and compares."
)


def model_card(
    provenance: Provenance,
    report: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    pictures: Mapping[str, str],
) -> str:
    """The card in Markdown; `pictures` gives the title of each file."""
    schema, metrics = provenance.schema, report["metrics"]
    sections = {
        "What it is for": _what(schema),
        "Data": _data(report["data"], metrics),
        "Inputs": _inputs(schema),
        "Preprocessing": _preprocessing(preprocessing),
        "How good it is, on the held-out rows": _metrics(metrics),
        "Threshold": _threshold(report["threshold"], metrics["at_threshold"]),
        "Calibration": _calibration(metrics["calibration"]),
        "Pictures": "\n\n".join(f"![{title}]({name})" for name, title in pictures.items()),
        "Limits": _LIMITS,
        "Again": _again(provenance),
    }
    head = [f"# {schema.title}: {provenance.version}", *_warning(provenance)]
    body = [f"## {title}\n\n{text}" for title, text in sections.items()]
    return "\n\n".join([*head, *body]) + "\n"


def _warning(provenance: Provenance) -> list[str]:
    if not provenance.is_sample:
        return []
    return [f"> **Trained on the {SOURCE}: made-up rows. Its answers mean nothing.**"]


def _what(schema: DataSetSchema) -> str:
    target = schema.target
    return (
        f"Gradient-boosted trees that give the probability of `{target.name}`:"
        f" {target.description}.\n\n{_PURPOSE}"
    )


def _data(data: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    parts = _table(
        ["part", "rows", "positive"],
        ["all", f"{data['rows']:,}", f"{data['positives']:,}"],
        ["training", f"{data['training_rows']:,}", f"{data['training_positives']:,}"],
        ["held out", f"{metrics['rows']:,}", f"{metrics['positives']:,}"],
    )
    return (
        f"From {data['source']}. A hash of its features decides in which part a row is, so that"
        f" rows with the same features stay together, and new rows never move old ones.\n\n{parts}"
    )


def _inputs(schema: DataSetSchema) -> str:
    rows = [
        [item.name, item.allowed, f"{item.description} ({item.unit})"] for item in schema.features
    ]
    return _table(["feature", "value", "meaning"], *rows)


def _preprocessing(described: Mapping[str, Any]) -> str:
    codes = "; ".join(
        f"{name} {', '.join(f'{code:g}' for code in values)}"
        for name, values in described["missing_codes"].items()
    )
    ratios = " ".join(
        f"{item['ratio']} is a ratio only where {item['of']} is above {item['above']:g}; elsewhere"
        f" the model gets it as {item['otherwise']}."
        for item in described["ratios"]
    )
    rows = [
        [name, *("none" if edge is None else f"{edge:,.10g}" for edge in edges)]
        for name, edges in described["tails"].items()
    ]
    return (
        f"Codes that mean missing: {codes or 'none'}. {ratios} Missing values stay missing: the"
        f" trees learn which way they go. The outermost {described['tail']:.1%} of the training"
        " values on either side are drawn in to these edges:\n\n"
        + _table(["input of the model", "from", "to"], *rows)
    )


def _metrics(metrics: Mapping[str, Any]) -> str:
    names = {"auc": "AUC", "average_precision": "average precision", "brier": "Brier score"}
    rows = [[title, f"{metrics[name]:.4f}"] for name, title in names.items()]
    return _table(["metric", "value"], *rows)


def _threshold(threshold: Mapping[str, Any], counts: Mapping[str, int]) -> str:
    was_1 = ["was 1", f"{counts['true_positives']:,}", f"{counts['false_negatives']:,}"]
    was_0 = ["was 0", f"{counts['false_positives']:,}", f"{counts['true_negatives']:,}"]
    return (
        f"The prediction is 1 from {threshold['value']:.4f} on: {threshold['reason']}.\n\n"
        + _table(["", "predicted 1", "predicted 0"], was_1, was_0)
    )


def _calibration(tenths: list[dict[str, float]]) -> str:
    rows = [
        [str(number), f"{tenth['mean_score']:.4f}", f"{tenth['share_positive']:.4f}"]
        for number, tenth in enumerate(tenths, 1)
    ]
    return _table(["tenth of the rows, by score", "mean score", "share positive"], *rows)


def _again(provenance: Provenance) -> str:
    settings = {**provenance.settings}
    rows = [
        ["data, SHA-256 of its values", provenance.data_sha256],
        *([name, str(value)] for name, value in settings.pop("parameters", {}).items()),
        *([name, str(value)] for name, value in settings.items()),
        *([name, version] for name, version in installed_libraries().items()),
    ]
    table = _table(["ingredient", "value"], *rows)
    return f"{_AGAIN.format(version=provenance.version)}\n\n{table}"


def _table(head: list[str], *rows: list[str]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
