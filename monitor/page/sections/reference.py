"""What a version's bundle says of its held-out part, and what to do where it says nothing."""

from typing import Any

from markupsafe import Markup

from monitor.page.facts import Facts
from monitor.page.records import Version
from monitor.page.words import count

LEAST = 1000
"""Predictions of the last 7 days from which on they are compared: with fewer, chance alone moves
most features by more than the eye can take for a change."""

DRAWN = 20
"""Predictions of a step from which on its percentiles and shares are drawn."""


def missing(facts: Facts) -> tuple[str | Markup, str | Markup] | None:
    """Why nothing can be compared, and what to do; None where it can."""
    version = facts.version
    if version is None:
        return (
            "Waits for the first prediction.",
            "Then a version is known, and what it was trained on.",
        )
    if version.profile is None or version.declaration is None:
        what = Markup(
            "Make it from the data at hand: <code>trainer profile {}</code>; the monitor takes it"
            " at its next round."
        ).format(version.name)
        return f"Version {version.name} has no profile of its training part to compare with.", what
    return None


def too_few(rows: int) -> str:
    """Why so many predictions of the last 7 days are not judged."""
    return f"Not judged yet: from {count(LEAST)} predictions in 7 days on; {count(rows)} so far."


def recent(facts: Facts) -> int:
    """Predictions of the last 7 days that are counted in cells."""
    return int(facts.counts.seen.counted[facts.window.last_days()].sum())


def mean_score(version: Version) -> float | None:
    """Mean score of the held-out rows, by the bundle's report."""
    tenths = _get(version.metadata, "metrics", "calibration")
    try:
        rows = sum(tenth["rows"] for tenth in tenths)
        return sum(tenth["rows"] * tenth["mean_score"] for tenth in tenths) / rows  # type: ignore[no-any-return]
    except (TypeError, KeyError, ZeroDivisionError):
        return None


def positive_share(version: Version) -> float | None:
    """Share of the held-out rows whose score reaches the threshold, by the bundle's report."""
    found = _get(version.metadata, "metrics", "at_threshold")
    try:
        positive = found["true_positives"] + found["false_positives"]
        return positive / (positive + found["false_negatives"] + found["true_negatives"])  # type: ignore[no-any-return]
    except (TypeError, KeyError, ZeroDivisionError):
        return None


def threshold(version: Version) -> float | None:
    """From which score on the prediction is 1."""
    found = _get(version.metadata, "threshold", "value")
    return found if isinstance(found, float) else None


def _get(document: dict[str, Any], *names: str) -> Any:
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
