"""Which columns of a file are read, and which are passed over."""

import re
from typing import NamedTuple

from contract import datasets
from contract.declaration import Declaration
from contract.text import shown
from trainer.columns import Column, columns_of
from trainer.errors import MAX_PROBLEMS, DataRefused

# How programs name the column that counts the rows: pandas, R, Spark, and people.
_INDEX = re.compile(
    r"unnamed: ?\d+(\.\d+)*|level_\d+|x(\.\d+)?|\.\.\.\d+|_c\d+|v1"
    r"|__index_level_\d+__|index|id|row|rowid|row_?number|#",
    re.IGNORECASE,
)


class Header(NamedTuple):
    """The columns in the order of the file."""

    read: list[tuple[int, int, Column]]
    """Place in the file, place among what is read, and the column; one may be read as two."""
    empty: list[int]
    """Places of columns without a name, which may hold nothing: delimiters at the ends of lines."""
    width: int
    """How many fields a line has."""


def header_of(place: str, names: list[str], declaration: Declaration) -> Header:
    """What to read of a file with these columns; raises DataRefused, which begins with `place`."""
    columns = columns_of(declaration)
    needed = [column.name for column in columns]
    known = {*needed, *declaration.source.ignore, *declaration.roles.values()}
    named = next((index for index, name in enumerate(names) if name), len(names))
    unread = {
        index
        for index, name in enumerate(names)
        if name not in known and (index < named or not name or is_counter(name))
    }
    strange = [
        name for index, name in enumerate(names) if name not in known and index not in unread
    ]
    title = declaration.schema.title
    problems = [
        *(f"the column {name} is missing" for name in dict.fromkeys(needed) if name not in names),
        *(f"the column {name!r} is not one of {title}'s" for name in strange),
        *(f"the column {name} is there twice" for name in set(needed) if names.count(name) > 1),
    ]
    if problems:
        delimiter = declaration.source.delimiter
        hint = f"; the delimiter must be {delimiter_in_words(delimiter)}" if len(names) < 2 else ""
        raise DataRefused(
            f"{place}: " + "; ".join(problems[:MAX_PROBLEMS]) + hint + _advice(declaration, strange)
        )
    return Header(
        read=[(names.index(column.name), index, column) for index, column in enumerate(columns)],
        empty=[index for index in unread if index > named and not names[index]],
        width=len(names),
    )


def is_counter(name: str) -> bool:
    """Whether a column of that name counts the rows, as programs write it."""
    return _INDEX.fullmatch(name) is not None


def delimiter_in_words(delimiter: str) -> str:
    """The delimiter as a sentence says it."""
    words = {",": "a comma", ";": "a semicolon", "\t": "a tabulator", "|": "a vertical bar"}
    return words.get(delimiter, repr(delimiter))


def _advice(declaration: Declaration, strange: list[str]) -> str:
    if not strange:
        return ""
    listed = ", ".join(map(repr, strange[:MAX_PROBLEMS]))
    advice = f"\nWhat to do: rename or drop what is not the data's: {shown(listed, 500)}."
    if declaration.schema.key not in datasets.BUILT_IN:
        advice += " Or declare it: as a feature, or under source.ignore."
    return advice
