"""Text as a terminal shows it."""

import textwrap

WIDTH = 80
"""Columns at most."""


def wrapped(text: str, indent: str = "", first: str | None = None) -> list[str]:
    """Lines of the text; indent: what each begins with, first: what the first does instead."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
