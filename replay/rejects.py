"""The file of what the service refused: which row, which field, why; nothing that stood there."""

import csv
from collections.abc import Iterable
from pathlib import Path

from replay.journal import Reject

COLUMNS = ("row", "kind", "field", "detail")


def write(path: Path, rejects: Iterable[Reject]) -> None:
    """Put them into a file, in place of an earlier one; raises OSError."""
    aside = path.with_name(f".{path.name}.part")
    with aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rejects)
    aside.replace(path)
