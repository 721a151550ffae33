"""Names of columns in SQL, where those of the table make none."""

import re
import unicodedata
from collections.abc import Sequence

from contract.feature import MISSING_ENDING, is_column, snake_case
from contract.reserved import RESERVED_COLUMNS

_LONGEST = 48
# Words that PostgreSQL 18 takes for a column only in quotation marks (pg_get_keywords, R and T).
_KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast
    check collate collation column concurrently constraint create cross current_catalog
    current_date current_role current_schema current_time current_timestamp current_user default
    deferrable desc distinct do else end except false fetch for foreign freeze from full grant
    group having ilike in initially inner intersect into is isnull join lateral leading left
    like limit localtime localtimestamp natural not notnull null offset on only or order outer
    overlaps placing primary references returning right select session_user similar some
    symmetric system_user table tablesample then to trailing true union unique user using
    variadic verbose when where window with
    """.split()  # noqa: SIM905 -- eighty lines otherwise
)


def sql_names(names: Sequence[str]) -> dict[str, str]:
    """A name for each feature whose own makes no good column.

    It makes none, is reserved, is another's already, is a word of SQL's own, or has letters that a
    column cannot have.
    """
    taken: set[str] = set()
    given = {}
    for name in names:
        column = snake_case(name)
        if not name.isascii() or column in _KEYWORDS or not _is_free(column, taken):
            column = given[name] = _made(name, taken)
        taken.add(column)
    return given


def _made(name: str, taken: set[str]) -> str:
    spelled = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = spelled.encode("ascii", "ignore").decode()
    base = snake_case(plain) or re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    if not base or base[0].isdigit() or base in _KEYWORDS:
        base = f"column_{base}".rstrip("_")
    base = base[:_LONGEST].rstrip("_")
    number = 1
    while not _is_free(candidate := base if number == 1 else f"{base}_{number}", taken):
        number += 1
    return candidate


def _is_free(column: str, taken: set[str]) -> bool:
    others = {column, column + MISSING_ENDING, column.removesuffix(MISSING_ENDING)}
    return is_column(column) and column not in RESERVED_COLUMNS and not others & taken
