"""Which values of the target are the event, as a draft declares them."""

import math
from dataclasses import dataclass

import numpy as np

from contract.feature import MAX_TEXT
from contract.text import is_printable, shown
from trainer.cells import number
from trainer.data import Labels as Marks
from trainer.draft.survey import ColumnSurvey
from trainer.draft.wishes import Wishes
from trainer.errors import NotDeclared

_MOST_OTHERS = 50


@dataclass(frozen=True, slots=True)
class Labels:
    """The values of the target that are there, as TOML's values."""

    positive: tuple[str | float, ...]
    negative: tuple[str | float, ...]
    decimal: str

    def of(self, texts: tuple[str, ...]) -> Marks:
        """1 for each text that is the event."""
        return np.array([self._value(text) in self.positive for text in texts], dtype=np.int8)

    def _value(self, text: str) -> str | float:
        found = number(text, self.decimal)
        return text if math.isnan(found) or isinstance(self.positive[0], str) else found


def labels_of(
    column: ColumnSurvey, wishes: Wishes, markers: tuple[str, ...], decimal: str
) -> Labels:
    """The labels that are wished for, in a column that holds nothing else; raises NotDeclared."""
    if column.counts is None:
        raise NotDeclared(f"{column.name} holds too many different values for a target")
    named = {*wishes.positive, *wishes.negative}
    if absent := [text for text in wishes.positive if text not in column.counts]:
        raise NotDeclared(
            f"no row has {column.name} = {_listed(absent)}; it holds {_listed(list(column.counts))}"
        )
    others = {text: count for text, count in column.counts.items() if text not in named}
    for text in markers:
        if count := others.get(text):
            raise NotDeclared(
                f"{column.name} is {shown(text) or 'empty'!r} in {count:,} rows: leave out the rows"
                " whose outcome is not known yet, or name that value with --negative"
            )
    if others and wishes.negative:
        raise NotDeclared(
            f"{column.name} also holds {_listed(list(others))}: name them with --positive or"
            " --negative, or leave out their rows"
        )
    negative = list(wishes.negative) or sorted(others)
    _require(column, negative)
    texts = [*wishes.positive, *negative]
    numbers = [number(text, decimal) for text in texts]
    # As numbers only where all are: then 1.0 is 1, too.
    if not any(map(math.isnan, numbers)) and all(map(math.isfinite, numbers)):
        split = len(wishes.positive)
        positive, rest = numbers[:split], sorted({*numbers[split:]} - {*numbers[:split]})
        if not rest:
            raise NotDeclared(f"all values of {column.name} are the number {positive[0]:g}")
        return Labels(
            tuple(map(_short, dict.fromkeys(positive))), tuple(map(_short, rest)), decimal
        )
    return Labels(tuple(dict.fromkeys(wishes.positive)), tuple(dict.fromkeys(negative)), decimal)


def _require(column: ColumnSurvey, negative: list[str]) -> None:
    if not negative:
        raise NotDeclared(f"all rows have the same {column.name}: a model needs both labels")
    if len(negative) > _MOST_OTHERS:
        raise NotDeclared(
            f"{column.name} holds {len(negative):,} other values: is it the target? Then name the"
            " negative ones with --negative"
        )
    if bad := [text for text in negative if not (text and len(text) <= MAX_TEXT)]:
        raise NotDeclared(
            f"{column.name} holds {_listed(bad)}, which cannot be declared as a label"
        )
    if not all(map(is_printable, negative)):
        raise NotDeclared(f"{column.name} holds values that cannot be printed: mend them")


def _short(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - 5:,} more" if len(texts) > 5 else ""
    return ", ".join(f'"{shown(text, 40)}"' for text in texts[:5]) + more
