"""Names of columns in SQL, where those of the table make none."""

import re
import unicodedata
from collections.abc import Sequence

from contract.feature import MISSING_ENDING, is_column, snake_case
from contract.reserved import RESERVED_COLUMNS

_LONGEST = 48


def sql_names(names: Sequence[str]) -> dict[str, str]:
    """A name for each feature whose own makes no column, is reserved, or is another's already."""
    taken: set[str] = set()
    given = {}
    for name in names:
        column = snake_case(name)
        if not _is_free(column, taken):
            column = given[name] = _made(name, taken)
        taken.add(column)
    return given


def _made(name: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = snake_case(plain) or re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    if not base or base[0].isdigit():
        base = f"column_{base}".rstrip("_")
    base = base[:_LONGEST].rstrip("_")
    number = 1
    while not _is_free(candidate := base if number == 1 else f"{base}_{number}", taken):
        number += 1
    return candidate


def _is_free(column: str, taken: set[str]) -> bool:
    others = {column, column + MISSING_ENDING, column.removesuffix(MISSING_ENDING)}
    return is_column(column) and column not in RESERVED_COLUMNS and not others & taken
