"""The text of a draft: TOML, with a comment on each line that a person should look at."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contract.text import shown

_WIDTH = 98
_NOTE = 200


def value(of: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(of, bool):
        return "true" if of else "false"
    if isinstance(of, str):
        # TOML's escapes are JSON's, but that it wants DEL escaped, too.
        return json.dumps(of, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(of, Sequence):
        return _array([value(item) for item in of])
    return repr(of)


def assignment(name: str, of: Any, note: str = "") -> str:
    """A line with its note behind it, or several where an array is long."""
    line = f"{name} = {value(of)}"
    return f"{line}  # {shown(note, _NOTE)}" if note else line


def comments(*notes: str) -> Iterator[str]:
    """Sentences as lines of comments, whatever they quote."""
    for note in notes:
        text = shown(note, _NOTE)
        yield from textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="#   ")


def table(head: str, members: Mapping[str, Any], notes: Mapping[str, str] | None = None) -> str:
    """A table with notes on its members; the one on its head, by an empty name, stands above it."""
    notes = notes or {}
    lines = [assignment(name, of, notes.get(name, "")) for name, of in members.items()]
    return "\n".join([*comments(*filter(None, [notes.get("")])), head, *lines])


def _array(items: list[str]) -> str:
    line = f"[{', '.join(items)}]"
    if len(line) <= _WIDTH - 10:
        return line
    return "\n".join(["[", *(f"    {item}," for item in items), "]"])
