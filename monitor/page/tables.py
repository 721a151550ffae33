"""The table behind each chart, as CSV."""

import csv
import io
from math import isnan

from monitor.page.figures import Cell, Table

# A spreadsheet takes a text that begins so for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(table: Table) -> str:
    """The table, UTF-8, with numbers as they are and CR LF at the end of a line (RFC 4180)."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([harmless(column.key) for column in table.columns])
    writer.writerows([[_written(cell) for cell in row] for row in table.rows])
    return file.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet executes: an apostrophe goes before what looks like a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _written(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and isnan(cell)):
        return ""
    return harmless(cell) if isinstance(cell, str) else repr(cell)
