"""The file of the lines that were refused: where, and which rule; nothing that stood there."""

import csv
import os
import sys
from pathlib import Path
from typing import NamedTuple, TextIO

COLUMNS = ("line", "field", "rule", "detail")


class Reject(NamedTuple):
    """A rule that a line breaks."""

    line: int
    field: str
    """Empty where it is the whole line."""
    rule: str
    detail: str


class Rejects:
    """Written aside, and in place of an earlier one only when all is done."""

    def __init__(self, path: Path | None) -> None:
        """`path`: None for standard output. Raises OSError where it cannot be written."""
        self._path = path
        self._aside = path.with_name(f".{path.name}.part") if path else None
        self._file: TextIO = (
            self._aside.open("w", encoding="utf-8", newline="") if self._aside else sys.stdout
        )
        self._writer = csv.writer(self._file, lineterminator="\n")
        self.lines = 0
        """Lines that were refused."""
        self._last = 0

    def add(self, reject: Reject) -> None:
        """Note a rule that a line breaks; the lines come in their order."""
        if not self.lines:
            self._writer.writerow(COLUMNS)
        self.lines += reject.line != self._last
        self._last = reject.line
        self._writer.writerow(reject)

    def publish(self) -> None:
        """Put it where it belongs; where no line was refused, an earlier one goes."""
        self._file.flush()
        if self._path is None or self._aside is None:
            return
        if self.lines:
            os.fsync(self._file.fileno())
            self._aside.replace(self._path)
        else:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave nothing aside."""
        if self._aside is not None:
            self._file.close()
            self._aside.unlink(missing_ok=True)
