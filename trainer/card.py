"""The model card: what a person should know before using the model."""

from typing import Any

from contract.bundle import Provenance
from trainer.evaluation import Threshold
from trainer.sample import SOURCE


def model_card(
    provenance: Provenance, report: dict[str, Any], threshold: Threshold, plots: dict[str, str]
) -> str:
    """The card in Markdown; `plots` gives the title of each file."""
    schema, metrics, data = provenance.schema, report["metrics"], report["data"]
    sections = [
        f"# {schema.title}: {provenance.version}",
        _warning(provenance),
        "## What it is\n\n"
        f"Gradient-boosted trees that give the probability of `{schema.target.name}`:"
        f" {schema.target.description}. Made to exercise a prediction service, not to decide about"
        " credit: nothing here was examined for fairness, stability over time or legal use.",
        "## Data\n\n"
        f"{data['rows']:,} rows of {data['source']}, {data['positives']:,} of them positive;"
        f" {data['training_rows']:,} for training, {data['held_out_rows']:,} held out by a hash of"
        " the features, so that rows with the same features are in the same part.",
        "## Inputs\n\n" + _inputs(provenance),
        "## How good it is, on the held-out rows\n\n" + _metrics(metrics),
        "## Threshold\n\n"
        f"The prediction is 1 from {threshold.value:.4f} on: {threshold.reason}.\n\n"
        + _confusion(metrics["at_threshold"]),
        "## Calibration\n\n" + _calibration(metrics["calibration"]),
        "## Pictures\n\n" + "\n\n".join(f"![{title}]({name})" for name, title in plots.items()),
        "## Limits\n\n"
        "Correlations in one lender's records of about 2010, not causes. The data has no dates: how"
        " the model ages cannot be seen from it. Values beyond the tails seen in training are drawn"
        " in to the tails' edges.",
        "## Again\n\n"
        "The version is a hash of data, declaration, settings and library versions: the same four"
        " give the same model, to the last bit. `python -m trainer verify` trains again and"
        " compares.",
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _warning(provenance: Provenance) -> str:
    if not provenance.is_sample:
        return ""
    return f"> **Trained on the {SOURCE}: made-up rows. Its answers mean nothing.**"


def _inputs(provenance: Provenance) -> str:
    rows = [
        f"| {feature.name} | {feature.allowed} | {feature.description} ({feature.unit}) |"
        for feature in provenance.schema.features
    ]
    return "\n".join(["| feature | value | meaning |", "|---|---|---|", *rows])


def _metrics(metrics: dict[str, Any]) -> str:
    return "\n".join(
        [
            "| metric | value |",
            "|---|---|",
            f"| rows (positive) | {metrics['rows']:,} ({metrics['positives']:,}) |",
            f"| AUC | {metrics['auc']:.4f} |",
            f"| average precision | {metrics['average_precision']:.4f} |",
            f"| Brier score | {metrics['brier']:.4f} |",
        ]
    )


def _confusion(counts: dict[str, int]) -> str:
    return "\n".join(
        [
            "| | predicted 1 | predicted 0 |",
            "|---|---|---|",
            f"| was 1 | {counts['true_positives']:,} | {counts['false_negatives']:,} |",
            f"| was 0 | {counts['false_positives']:,} | {counts['true_negatives']:,} |",
        ]
    )


def _calibration(tenths: list[dict[str, float]]) -> str:
    rows = [
        f"| {number} | {tenth['mean_score']:.4f} | {tenth['share_positive']:.4f} |"
        for number, tenth in enumerate(tenths, 1)
    ]
    head = ["| tenth of the rows, by score | mean score | share positive |", "|---|---|---|"]
    return "\n".join([*head, *rows])
