"""The model card: what a person should know before using the model."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from contract import datasets
from contract.feature import Feature
from contract.held_out import HELD_OUT
from contract.provenance import Provenance, installed_libraries
from contract.schema import DataSetSchema
from trainer.sample import SOURCE

_SHOWN_LEVELS = 8
_PURPOSE = (
    "Made to exercise a prediction service: its requests, its log, its bundles. Not made to decide"
    " about credit, and not fit for it: nothing here was examined for fairness, for stability over"
    " time or for the law."
)
_PURPOSE_OF_ANY = (
    "Nothing here was examined for fairness, for stability over time or for the law: whoever"
    " decides by it has to do that first."
)
_LIMITS = (
    "Correlations in one lender's records of about 2010, not causes. The data has no dates: how the"
    " model ages cannot be seen from it. Values beyond the tails seen in training count as the"
    " tails' edges."
)
_LIMITS_OF_ANY = (
    "Correlations in the rows that it was trained on, not causes. Values beyond the tails seen in"
    " training count as the tails' edges, and a level that the training part does not hold counts"
    " as missing."
)
_PARTS = {
    "hash": (
        "A hash of its features decides in which part a row is, so that rows with the same"
        " features stay together, and new rows never move old ones."
    ),
    "time": (
        "The latest rows by {event_time} are held out, as in life: the model is judged on rows that"
        " came after all that it learnt from. Rows of one time stay together."
    ),
    "group": (
        "A hash of {group} decides in which part a row is: all rows of one are in the same part,"
        " and new ones never move old ones."
    ),
}
_ROWS = (
    "The bundle itself holds rows: `{name}` is a sample of the held-out ones, with their labels and"
    " scores, and `profile.json` counts {counted}. Keep the bundle as you keep the data."
)
_ROLES = {
    "reference": "the case's own key",
    "event_time": "when the case was to be decided",
    "outcome_time": "when its outcome was known",
    "outcome_due": "how long after the event the outcome is known at the latest",
    "outcome_due_column": "when the outcome is known at the latest",
    "group": "what the rows of one group share",
}
_AGAIN = (
    "The version is a hash of data, declaration, settings and library versions: the same four give"
    " the same model, to the last bit, on the same kind of processor."
    " `python -m trainer verify {version}` trains again from the same data and compares."
)


class Named(Protocol):
    """What a card is of."""

    @property
    def version(self) -> str:
        """Its id."""
        ...

    @property
    def schema(self) -> DataSetSchema:
        """The declaration of what it takes."""
        ...

    @property
    def is_sample(self) -> bool:
        """Whether its trees were fitted to made-up rows."""
        ...


def model_card(
    provenance: Provenance,
    report: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    pictures: Mapping[str, str],
) -> str:
    """The card in Markdown; `pictures` gives the title of each file."""
    again = _again(provenance)
    return composed(provenance, report, preprocessing, pictures, first={}, again=again)


def composed(
    of: Named,
    report: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    pictures: Mapping[str, str],
    *,
    first: Mapping[str, str],
    again: str,
) -> str:
    """`model_card` with sections of one's own before the others; again: how to make it again."""
    schema, metrics = of.schema, report["metrics"]
    sections = {
        **first,
        "What it is for": _what(schema),
        "Data": _data(report["data"], metrics["rows"], report["declaration"]),
        "Declaration": _declaration(schema, report["declaration"]),
        "Inputs": _inputs(schema),
        "Preprocessing": _preprocessing(preprocessing),
        "How good it is, on the held-out rows": _metrics(metrics),
        "Threshold": _threshold(
            report["threshold"], metrics["at_threshold"], report["declaration"]["costs"]
        ),
        "Calibration": _calibration(metrics["calibration"]),
        "Pictures": "\n\n".join(f"![{title}]({name})" for name, title in pictures.items()),
        "Limits": _LIMITS if schema.key in datasets.BUILT_IN else _LIMITS_OF_ANY,
        "Again": again,
    }
    head = [f"# {schema.title}: {of.version}", *_warning(of)]
    body = [f"## {title}\n\n{text}" for title, text in sections.items()]
    return "\n\n".join([*head, *body]) + "\n"


def _warning(of: Named) -> list[str]:
    if not of.is_sample:
        return []
    return [f"> **Trained on the {SOURCE}: made-up rows. Its answers mean nothing.**"]


def _what(schema: DataSetSchema) -> str:
    target = schema.target
    purpose = _PURPOSE if schema.key in datasets.BUILT_IN else _PURPOSE_OF_ANY
    return (
        f"Gradient-boosted trees that give the probability of `{target.name}`:"
        f" {target.description}.\n\n{purpose}"
    )


def _data(data: Mapping[str, Any], scored: int, declaration: Mapping[str, Any]) -> str:
    held_out = [data[name] - data[f"training_{name}"] for name in ("rows", "positives")]
    parts = table(
        ["part", "rows", "positive"],
        ["all", f"{data['rows']:,}", f"{data['positives']:,}"],
        ["training", f"{data['training_rows']:,}", f"{data['training_positives']:,}"],
        ["held out", *(f"{count:,}" for count in held_out)],
    )
    # A derived version counts the rows that the other one keeps.
    counted = "all of them" if scored == held_out[0] else "those of this sample"
    rows = _ROWS.format(name=HELD_OUT, counted=counted)
    how = _PARTS[declaration["split"]].format(**declaration)
    return f"From {data['source']}. {how}\n\n{parts}\n\n{rows}"


def _declaration(schema: DataSetSchema, declaration: Mapping[str, Any]) -> str:
    """The target's values, and the columns that are no inputs."""
    rows = [
        [f"{schema.target.name} is 1", _values(declaration["positive"])],
        [f"{schema.target.name} is 0", _values(declaration["negative"])],
        *([what, str(declaration[role])] for role, what in _ROLES.items() if declaration[role]),
    ]
    return table(["what", "value or column"], *rows)


def _values(values: Sequence[object]) -> str:
    return " or ".join(f"`{value}`" for value in values)


def _inputs(schema: DataSetSchema) -> str:
    return table(
        ["feature", "value", "meaning"],
        *([item.name, _allowed(item), _meaning(item)] for item in schema.features),
    )


def _allowed(feature: Feature) -> str:
    if feature.unknown == "refuse":
        return feature.allowed
    known = ", ".join(f'"{level}"' for level in feature.levels[:_SHOWN_LEVELS])
    more = len(feature.levels) - _SHOWN_LEVELS
    rest = f" and {more} more" if more > 0 else ""
    return f"{feature.allowed}; known are {known}{rest}, another counts as missing"


def _meaning(feature: Feature) -> str:
    return f"{feature.description} ({feature.unit})" if feature.unit else feature.description


def _preprocessing(described: Mapping[str, Any]) -> str:
    codes = "; ".join(
        f"{name} {', '.join(f'{code:g}' for code in values)}"
        for name, values in described["missing_codes"].items()
    )
    unseen = "; ".join(
        name + " " + ", ".join(f'"{level}"' for level in values)
        for name, values in described["unseen_levels"].items()
    )
    levels = f" Levels that no training row has, and so count as missing: {unseen}."
    left_out = f"Codes that mean missing: {codes or 'none'}.{levels if unseen else ''}"
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
        f"{left_out} {ratios} Missing values stay missing: the"
        f" trees learn which way they go. The outermost {described['tail']:.1%} of the training"
        " values on either side are drawn in to these edges:\n\n"
        + table(["input of the model", "from", "to"], *rows)
    )


def _metrics(metrics: Mapping[str, Any]) -> str:
    names = {"auc": "AUC", "average_precision": "average precision", "brier": "Brier score"}
    rows = [[title, f"{metrics[name]:.4f}"] for name, title in names.items()]
    return table(["metric", "value"], *rows)


def _threshold(
    threshold: Mapping[str, Any], counts: Mapping[str, int], costs: Mapping[str, float] | None
) -> str:
    was_1 = ["was 1", f"{counts['true_positives']:,}", f"{counts['false_negatives']:,}"]
    was_0 = ["was 0", f"{counts['false_positives']:,}", f"{counts['true_negatives']:,}"]
    cost = ""
    if costs is not None:
        errors = ("false_positive", "false_negative")
        total = sum(costs[error] * counts[f"{error}s"] for error in errors)
        cost = f" By these costs the held-out rows cost {total:,.6g}."
    return (
        f"The prediction is 1 from {threshold['value']:.4f} on: {threshold['reason']}.{cost}"
        " On the held-out rows:\n\n" + table(["", "predicted 1", "predicted 0"], was_1, was_0)
    )


def _calibration(tenths: list[dict[str, float]]) -> str:
    rows = [
        [str(number), f"{tenth['mean_score']:.4f}", f"{tenth['share_positive']:.4f}"]
        for number, tenth in enumerate(tenths, 1)
    ]
    return table(["tenth of the rows, by score", "mean score", "share positive"], *rows)


def _again(provenance: Provenance) -> str:
    settings = {**provenance.settings}
    rows = [
        ["data, SHA-256 of its values", provenance.data_sha256],
        *([name, str(value)] for name, value in settings.pop("parameters", {}).items()),
        *([name, str(value)] for name, value in settings.items()),
        *([name, version] for name, version in installed_libraries().items()),
    ]
    ingredients = table(["ingredient", "value"], *rows)
    return f"{_AGAIN.format(version=provenance.version)}\n\n{ingredients}"


def table(head: list[str], *rows: list[str]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """A text that neither ends its cell nor marks anything up in it."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
