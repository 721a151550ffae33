"""The card's pictures."""

import io
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, PercentFormatter
from sklearn.metrics import precision_recall_curve, roc_curve

from contract.schema import DataSetSchema
from trainer.data import Data, Labels
from trainer.evaluation import Scores

MISSING = "missing.png"
# file name -> title
TITLES = {
    "roc.png": "ROC curve",
    "precision_recall.png": "Precision and recall",
    "calibration.png": "Calibration by tenths of the rows",
    "scores.png": "Distribution of scores by label",
    MISSING: "Missing values by column",
}

_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#888888"


def draw(
    schema: DataSetSchema, data: Data, held_out: Data, scores: Scores, report: dict[str, Any]
) -> dict[str, bytes]:
    """PNG files by name, from the held-out part and, for missing values, all of the data."""
    of_scores = draw_scores(held_out.labels, scores, report)
    return of_scores | _drawn({MISSING: lambda axes: _missing(axes, schema, data)})


def draw_scores(labels: Labels, scores: Scores, report: Mapping[str, Any]) -> dict[str, bytes]:
    """The pictures of the scores alone, of held-out rows, (n,)."""
    metrics, threshold = report["metrics"], report["threshold"]["value"]
    return _drawn(
        {
            "roc.png": lambda axes: _roc(axes, labels, scores, metrics),
            "precision_recall.png": lambda axes: _precision_recall(axes, labels, scores, metrics),
            "calibration.png": lambda axes: _calibration(axes, metrics),
            "scores.png": lambda axes: _scores(axes, labels, scores, threshold),
        }
    )


def _drawn(painters: Mapping[str, Callable[[Axes], None]]) -> dict[str, bytes]:
    return {name: _png(TITLES[name], paint) for name, paint in painters.items()}


def _png(title: str, paint: Callable[[Axes], None]) -> bytes:
    style = mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    with style, warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure = Figure(figsize=(6, 4.2), dpi=110, layout="constrained")
        axes = figure.subplots()
        paint(axes)
        axes.set_title(title)
        buffer = io.BytesIO()
        # Without the library's version and date: the same model gives the same picture.
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _roc(axes: Axes, labels: Labels, scores: Scores, metrics: dict[str, Any]) -> None:
    false_rate, true_rate, _ = roc_curve(labels, scores)
    axes.plot(false_rate, true_rate, color=_BLUE, label=f"AUC {metrics['auc']:.3f}")
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle=":", label="chance")
    counts = metrics["at_threshold"]
    _mark_threshold(
        axes,
        _share(counts["false_positives"], counts["true_negatives"]),
        _share(counts["true_positives"], counts["false_negatives"]),
    )
    axes.set(xlabel="share of label 0 above the threshold", ylabel="share of label 1 above it")
    axes.legend(loc="lower right", frameon=False)


def _precision_recall(axes: Axes, labels: Labels, scores: Scores, metrics: dict[str, Any]) -> None:
    precision, recall, _ = precision_recall_curve(labels, scores)
    base = float(labels.mean())
    label = f"average precision {metrics['average_precision']:.3f}"
    axes.plot(recall, precision, color=_BLUE, label=label)
    axes.axhline(base, color=_GREY, linestyle=":", label=f"share of label 1: {base:.3f}")
    counts = metrics["at_threshold"]
    _mark_threshold(
        axes,
        _share(counts["true_positives"], counts["false_negatives"]),
        _share(counts["true_positives"], counts["false_positives"]),
    )
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    axes.legend(frameon=False)


def _mark_threshold(axes: Axes, x: float, y: float) -> None:
    axes.plot([x], [y], color=_ORANGE, marker="o", linestyle="", label="at the threshold")


def _share(part: int, rest: int) -> float:
    return part / max(part + rest, 1)


def _calibration(axes: Axes, metrics: dict[str, Any]) -> None:
    tenths = metrics["calibration"]
    mean = [tenth["mean_score"] for tenth in tenths]
    share = [tenth["share_positive"] for tenth in tenths]
    bottom, top = min(*mean, *share) * 0.8, max(*mean, *share) * 1.25
    axes.plot([bottom, top], [bottom, top], color=_GREY, linestyle=":", label="perfect")
    axes.plot(mean, share, color=_BLUE, marker="o", label="a tenth of the rows each")
    axes.set(xlabel="mean score", ylabel="share of label 1", xlim=(bottom, top), ylim=(bottom, top))
    if bottom > 0:
        # Most tenths lie near zero, where they would hide each other.
        for axis, set_scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
            set_scale("log")
            axis.set_major_formatter(PercentFormatter(1, decimals=1))
            axis.set_minor_formatter(NullFormatter())
    axes.legend(frameon=False)


def _scores(axes: Axes, labels: Labels, scores: Scores, threshold: float) -> None:
    bins = np.linspace(0, 1, 26).tolist()
    for label, colour in ((0, _BLUE), (1, _ORANGE)):
        part = scores[labels == label]
        axes.hist(
            part,
            bins=bins,
            weights=np.full(len(part), 1 / max(len(part), 1)),
            histtype="step",
            linewidth=1.5,
            color=colour,
            label=f"label {label} ({len(part):,} rows)",
        )
    axes.axvline(threshold, color=_GREY, linestyle=":", label=f"threshold {threshold:.3f}")
    axes.set(xlabel="score", ylabel="share of the label's rows", yscale="log", xlim=(0, 1))
    axes.legend(frameon=False)


def _missing(axes: Axes, schema: DataSetSchema, data: Data) -> None:
    shares = np.isnan(data.features).mean(axis=0) * 100
    places = range(len(shares))
    axes.barh(places, shares, color=_BLUE, height=0.6)
    # No name of a column is a formula.
    axes.set_yticks(places, schema.names, fontsize=7, parse_math=False)
    axes.invert_yaxis()
    for place, share in zip(places, shares, strict=True):
        axes.text(share, place, f" {share:.1f} %", va="center", fontsize=8)
    axes.set(xlabel="per cent of all rows", xlim=(0, max(float(shares.max()) * 1.2, 1)))
