"""Verdicts as a table for people."""

import statistics
from collections.abc import Callable, Iterable, Sequence

from benchmarks.diagnosis.judging import Naming, Verdict

COLUMNS = (
    "scenario", "severity", "runs", "crashed", "false pages", "found", "hours", "rows", "right",
    "half", "wrong", "open", "lost", "wrong beside", "ever wrong", "premature", "place",
    "action", "one incident",
)  # fmt: skip


def table(verdicts: Sequence[Verdict]) -> str:
    """Markdown; a row for each scenario and severity, in the order in which they come."""
    cells = list(dict.fromkeys((one.scenario, one.severity) for one in verdicts))
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for scenario, severity in cells:
        of_cell = [v for v in verdicts if (v.scenario, v.severity) == (scenario, severity)]
        lines.append("| " + " | ".join([scenario, f"{severity:g}", *_figures(of_cell)]) + " |")
    if len(cells) > 1:
        lines.append("| " + " | ".join(["**all**", "", *_figures(verdicts)]) + " |")
    return "\n".join(lines)


def costs(verdicts: Sequence[Verdict]) -> str:
    """What the rounds cost, in a sentence."""
    slowest = max(one.slowest for one in verdicts)
    peak = max(one.peak_mb for one in verdicts)
    mean = statistics.mean(one.seconds for one in verdicts)
    return (
        f"{mean:.1f} s of processor time a run, the slowest day {slowest:.2f} s,"
        f" at most {peak:,.0f} MB with the stream"
    )


def _figures(verdicts: Sequence[Verdict]) -> list[str]:
    found = [one for one in verdicts if one.found]
    return [
        str(len(verdicts)),
        str(sum(one.named == "crashed" for one in verdicts)),
        str(sum(one.false_pages for one in verdicts)),
        _share(verdicts, lambda one: one.found),
        _median(one.delay_hours for one in found),
        _median(one.delay_rows for one in found),
        *(_named(found, name) for name in ("right", "half", "wrong", "open", "lost")),
        _share(found, lambda one: one.beside),
        _share(found, lambda one: bool(one.wrongly)),
        _share(found, lambda one: one.premature),
        _share(found, lambda one: one.place),
        _share(verdicts, lambda one: one.actionable),
        _share(found, lambda one: one.incidents == 1),
    ]  # fmt: skip


def _named(verdicts: Sequence[Verdict], name: Naming) -> str:
    return _share(verdicts, lambda one: one.named == name)


def _share(verdicts: Sequence[Verdict], holds: Callable[[Verdict], bool | None]) -> str:
    judged = [held for held in map(holds, verdicts) if held is not None]
    return f"{sum(judged) / len(judged):.0%}" if judged else "-"


def _median(values: Iterable[float | None]) -> str:
    there = [value for value in values if value is not None]
    return f"{statistics.median(there):,.0f}" if there else "-"
