"""Small streams, made anew each time and always the same."""

import csv
import gzip
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.gmsc import SCHEMA

START = datetime(2026, 1, 5, tzinfo=UTC)
CLIENTS = ("branch", "mobile")
HEADER = (
    *("event_time", "client", "reference"),
    *SCHEMA.names,
    *("outcome", "outcome_time"),
)

Row = dict[str, str]


def rows(count: int, days: float = 3, seed: int = 1, clients: Sequence[str] = CLIENTS) -> list[Row]:
    """In the order of their events; of some no outcome comes."""
    chosen = random.Random(seed)
    events = sorted(chosen.random() * days for _ in range(count))
    return [_row(chosen, number, event, clients) for number, event in enumerate(events)]


def _row(chosen: random.Random, number: int, event: float, clients: Sequence[str]) -> Row:
    known = chosen.random() < 0.9
    return {
        "event_time": text(START + timedelta(days=event)),
        "client": chosen.choice(clients),
        "reference": f"case-{number}",
        **{name: str(value) for name, value in SCHEMA.example.items()},
        "age": str(chosen.randint(20, 90)),
        "DebtRatio": repr(chosen.random()),
        "MonthlyIncome": chosen.choice(("NA", "", "5000", "6200.5")),
        "outcome": str(int(chosen.random() < 0.2)),
        "outcome_time": text(START + timedelta(days=event + chosen.random() * 2)) if known else "",
    }


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write(path: Path, content: Iterable[Mapping[str, str]], header: Sequence[str] = HEADER) -> Path:
    """As a CSV, packed where the name says so."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(content)
    return path
