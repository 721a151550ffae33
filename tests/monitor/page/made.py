"""Facts of a made-up service, without a database: what the sections are tested by, as text."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import numpy as np

from contract.cell_layout import Layout
from contract.schema import DataSetSchema
from db.rollup import bins
from monitor.page.counts import Counts, Seen
from monitor.page.facts import Facts
from monitor.page.figures import Section
from monitor.page.filters import Filters
from monitor.page.reading import Choice
from monitor.page.records import Activation, Process, Refusals, Round, Version
from monitor.page.window import Window
from tests.monitor.page import story

AS_OF = datetime(2026, 7, 2, tzinfo=UTC)
NAME = story.VERSION
METADATA = {
    "threshold": {"value": 0.15},
    "metrics": {
        "calibration": [
            {"rows": 10, "mean_score": 0.02, "share_positive": 0.01},
            {"rows": 30, "mean_score": 0.10, "share_positive": 0.1},
        ],
        "at_threshold": {
            "true_positives": 4,
            "false_positives": 6,
            "false_negatives": 10,
            "true_negatives": 80,
        },
    },
}


def version(**changes: Any) -> Version:
    known: dict[str, Any] = {
        "name": NAME,
        "data_source": "a file",
        "is_sample": False,
        "metadata": METADATA,
        "declaration": story.declaration(),
        "profile": story.profile(),
    }
    return Version(**known | changes)


def activation(name: str = NAME, days_ago: float = 100, **changes: Any) -> Activation:
    known: dict[str, Any] = {
        "process_id": "p1",
        "at": AS_OF - timedelta(days=days_ago),
        "instance": "host-a",
        "version": name,
        "previous": None,
        "reason": "start",
    }
    return Activation(**known | changes)


def process(**changes: Any) -> Process:
    known: dict[str, Any] = {
        "process_id": "p1",
        "instance": "host-a",
        "state": "running",
        "counted_at": AS_OF,
        "waiting": 0,
        "quarantined": 0,
    }
    return Process(**known | changes)


def refusals(window: Window, *last: int, suppressed: int = 0, **changes: Any) -> Refusals:
    """Those of the last steps; `suppressed` beside in the last."""
    steps = len(window.steps)
    known: dict[str, Any] = {
        "stored": tuple([0] * (steps - len(last)) + list(last)),
        "suppressed": (*[0] * (steps - 1), suppressed),
        "rules": (),
    }
    return Refusals(**known | changes)


class Made:
    """Facts of `last` before AS_OF, of one version; each day of `daily` predictions by a caller.

    `moved` names the feature whose rows all lie a cell on, since `moved_days` ago.
    """

    def __init__(self, query: dict[str, str] | None = None, *, as_of: datetime = AS_OF) -> None:
        self.filters = Filters.parse(query or {})
        self.window = Window.of(self.filters, self.filters.as_of or as_of)
        self.by_caller: dict[str, list[int]] = {}
        self.moved: str | None = None
        self.changes: dict[str, Any] = {}
        self.version: Version | None = version()

    def traffic(self, caller: str, *values: int) -> "Made":
        """By grain, the last ones of the window."""
        self.by_caller[caller] = [0] * (self.window.grains - len(values)) + list(values)
        return self

    def steady(self, caller: str = "branch", each: int = 500) -> "Made":
        """As many in every grain."""
        return self.traffic(caller, *[each] * self.window.grains)

    def where(self, **changes: Any) -> "Made":
        """Other facts."""
        self.changes |= changes
        return self

    def facts(self) -> Facts:
        known: dict[str, Any] = {
            "filters": self.filters,
            "window": self.window,
            "now": AS_OF + timedelta(seconds=5),
            "round": Round(AS_OF, AS_OF, 0),
            "choices": self._choices(),
            "version": self.version,
            "layout": self._layout(),
            "counts": self._counts(),
            "refusals": refusals(self.window),
            "processes": (process(),),
            "activations": (activation(),),
            "busy_hours": tuple(AS_OF - timedelta(hours=at) for at in range(24 * 28, 0, -1)),
        }
        return Facts(**known | self.changes)

    def _layout(self) -> Layout | None:
        if self.version is None or self.version.profile is None:
            return None
        return Layout.of(self.version.profile)

    def _choices(self) -> tuple[Choice, ...]:
        first, last = date(2026, 1, 1), self.window.end.date()
        return tuple(
            Choice(NAME, caller, "/predict", first, last, sum(values), sum(values))
            for caller, values in self.by_caller.items()
            if sum(values)
        )

    def _counts(self) -> Counts:
        callers = tuple(sorted(caller for caller, values in self.by_caller.items() if sum(values)))
        grains = self.window.grains
        by_caller = np.array(
            [self.by_caller[caller] for caller in callers], dtype=np.int64
        ).reshape(len(callers), grains)
        totals = by_caller.sum(axis=0)
        lags = np.zeros((grains, len(bins.LAGS) + 1), dtype=np.int64)
        lags[:, 2] = totals
        versions = (NAME,) if totals.sum() else ()
        by_version = totals[None, :] if versions else np.zeros((0, grains), dtype=np.int64)
        return Counts(callers, by_caller, versions, by_version, lags, 0, self._seen(totals))

    def _seen(self, totals: Any) -> Seen:
        layout = self._layout()
        cells = np.zeros((len(totals), layout.size if layout else 0), dtype=np.int64)
        if layout:
            assert self.version is not None
            assert self.version.profile is not None
            teller = story.Teller(np.random.default_rng(5), self.version.profile)
            for at, many in enumerate(totals.tolist()):
                cells[at] = teller.cells(many, self.moved)
        counted = totals.copy() if layout else np.zeros_like(totals)
        return Seen(totals, totals // 10, 0.08 * totals, counted, cells)


def said(section: Section) -> str:
    """All its sentences as one text, without tags."""
    parts = [*section.lead, *(section.waits or ()), *section.notes]
    return unescape(re.sub("<[^>]+>", "", " ".join(map(str, parts))))


def small(*features: str) -> DataSetSchema:
    """The declaration with some of its features."""
    whole = story.declaration()
    kept = tuple(each for each in whole.features if each.name in features)
    return DataSetSchema(whole.key, whole.version, whole.title, kept, whole.target)
