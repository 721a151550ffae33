"""Text that may reach a console, a page, the log or Postgres: printable, and of bounded length."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
"""Form of a plain name: of a version, or of a file in it."""

_SHOWN = 100
_REPLACEMENT = "\ufffd"


def is_printable(text: str) -> bool:
    """Whether the text has no control, format or lone surrogate character and no line break."""
    return text.isprintable() or all(map(_is_harmless, text))


def is_name(text: str) -> bool:
    """Whether the text is a plain name."""
    return re.fullmatch(NAME, text) is not None


def shown(text: str, most: int = _SHOWN) -> str:
    """What was found, as a message may quote it, whatever it holds."""
    kept = "".join(letter if _is_harmless(letter) else _REPLACEMENT for letter in text[:most])
    return kept + ("..." if len(text) > most else "")


def lines_shown(text: str) -> str:
    """A message of several lines for a console, with nothing in them that would steer it."""
    lines = text.split("\n")
    return "\n".join(line if is_printable(line) else shown(line, len(line)) for line in lines)


def _is_harmless(letter: str) -> bool:
    # A space that does not break is a space: file names have them.
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def _printable(text: str) -> str:
    if not is_printable(text):
        raise ValueError("holds characters that cannot be printed")
    return text


Line = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_printable)]
"""A line for people."""

Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
"""A plain name: it leads out of no directory and is the same to every console and file system."""
