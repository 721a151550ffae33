"""The cells of a feature's column, from the text of a file to the JSON of a request.

What a text cannot be is a mistake of the file. What is out of range, or a level that nobody
declared, is sent as it is: the service is the judge of that.
"""

import json
import math
import re
from collections.abc import Callable, Sequence

from contract.declaration import Source
from contract.feature import Feature

NULL = "null"

_PLAIN = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,17})?", re.ASCII)
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)

Render = Callable[[str], str | None]
"""The JSON of a text; None where it is no such value."""


class WrongCell(Exception):
    """The text at `place` cannot be a value of the column; the message says what it must be."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def renderer(feature: Feature, words: Source) -> Render:
    """What makes JSON of a cell of the feature; `words`: how the declaration writes its table."""
    missing = frozenset({"", *words.missing})
    render: Render = _number if feature.is_numeric else json.dumps
    if feature.kind == "boolean":
        booleans = dict.fromkeys(words.true, "true") | dict.fromkeys(words.false, "false")
        render = booleans.get
    return lambda text: NULL if text in missing else render(text)


def rendered(feature: Feature, render: Render, cells: Sequence[str]) -> list[str]:
    """The column in JSON; raises WrongCell for the first one that cannot be."""
    # Most columns have far fewer values than rows.
    known = {text: render(text) for text in set(cells)}
    if None in known.values():
        place = next(at for at, text in enumerate(cells) if known[text] is None)
        raise WrongCell(place, _must_be(feature))
    return [known[text] or NULL for text in cells]


def _number(text: str) -> str | None:
    # Written again it would be the same double, and take four times as long.
    if _PLAIN.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return repr(value) if math.isfinite(value) else None


def _must_be(feature: Feature) -> str:
    if feature.kind == "boolean":
        return "must be one of the declared words for true and false, or missing"
    return "must be a number with a decimal point, or missing"
