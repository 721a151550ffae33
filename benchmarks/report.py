"""What comes out: a table for people, a result file, a picture."""

import json
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.rounds import CEILING, Table

RESULTS = Path(__file__).parent / "results"


def table_text(table: Table) -> str:
    """Medians of the rounds, Markdown; "times" is against the ceiling's median."""
    counts = sorted({count for count, _ in table.measured})
    names = list(dict.fromkeys(name for _, name in table.measured))
    lines = ["| connections | server | requests/s | spread | of the ceiling | p50 ms | p99 ms |"]
    lines.append("|---|---|---|---|---|---|---|")
    for count in counts:
        for name in names:
            ratios = table.ratios(count, name)
            p50, p99 = table.p50(count, name), table.p99(count, name)
            lines.append(
                f"| {count} | {name} | {table.rate(count, name):,.0f}"
                f" | {table.spread(count, name):.0%} | {statistics.median(ratios):.2f}"
                f" ({ratios[0]:.2f} to {ratios[-1]:.2f})"
                f" | {p50:.2f} ({p50 / table.p50(count, CEILING):.1f} times)"
                f" | {p99:.2f} ({p99 / table.p99(count, CEILING):.1f} times) |"
            )
    return "\n".join(lines)


def table_data(table: Table) -> dict[str, Any]:
    """Every figure of every round."""
    return {
        "rounds": [
            {"connections": count, "server": name, "runs": [item.as_dict() for item in runs]}
            for (count, name), runs in table.measured.items()
        ],
        "noise": [{"others": item.others, "stolen": item.stolen} for item in table.noise],
        "warnings": table.warnings(),
    }


def write(name: str, figures: Mapping[str, Any]) -> Path:
    """Write the result file; it is dated and says on what it was measured."""
    moment = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{moment:%Y-%m-%dT%H%M%SZ}-{name}.json"
    document = {"measured_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "machine": describe(), **figures}
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def draw(curves: Mapping[str, Sequence[tuple[int, float]]], path: Path) -> None:
    """The picture: requests a second against connections."""
    from matplotlib.figure import Figure  # noqa: PLC0415 -- slow to import, not always needed

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("connections")
    axes.set_ylabel("requests a second")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
