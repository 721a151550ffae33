"""The model card as a page: what a person should know before using the model."""

import asyncio
import base64
import hashlib
import html
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from anyio import to_thread

CARD = "model_card.md"
PICTURES = "card"
"""Path of the pictures, from the page's own."""

_RENDERER = Path(__file__).with_name("card_renderer.py")
# The trainer's own cards have six kilobytes, and take a fifth of a second.
_MAX_RENDERED = 2**16
_SECONDS = 5.0

_STYLE = """
:root {
  color-scheme: light dark;
  --line: light-dark(#ddd, #444);
  --shade: light-dark(#f6f6f4, #222);
}
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; }
main { max-width: 50rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
blockquote { margin: 1rem 0; padding: .2rem 1rem; border-left: 4px solid #c60; }
table { display: block; max-width: 100%; overflow-x: auto; border-collapse: collapse; }
th, td { padding: .3rem .7rem; border: 1px solid var(--line); text-align: left; }
td { font-variant-numeric: tabular-nums; }
th { background: var(--shade); }
code { background: var(--shade); padding: .1rem .3rem; }
pre { white-space: pre-wrap; }
img { max-width: 100%; height: auto; background: #fff; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body><main>
{body}</main></body>
</html>
"""

_PLAIN = """<p>This card cannot be shown as a page; this is its text.</p>
<pre>{text}</pre>
"""

PAGE_HEADERS = {
    # The card is text that a trainer wrote, from a volume: it brings no script along.
    "Content-Security-Policy": (
        f"default-src 'none'; img-src 'self'; style-src 'sha256-{_STYLE_HASH}';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


class Card:
    """The card of one bundle; its bytes are those that were checked when the bundle was loaded."""

    def __init__(self, version: str, markdown: bytes, pictures: Mapping[str, bytes]) -> None:
        self.markdown = markdown
        self.pictures = pictures
        """PNG files by name."""
        self._version = version
        self._page: bytes | None = None
        self._rendering = asyncio.Lock()

    @classmethod
    def of(cls, version: str, extras: Mapping[str, bytes]) -> "Card | None":
        """From a bundle's extra files; None where there is no card among them."""
        markdown = extras.get(CARD)
        if markdown is None:
            return None
        pictures = {name: content for name, content in extras.items() if name.endswith(".png")}
        return cls(version, markdown, pictures)

    async def page(self) -> bytes:
        """HTML in UTF-8, made for whoever asks first."""
        async with self._rendering:
            if self._page is None:
                self._page = await to_thread.run_sync(_page, self._version, self.markdown)
        return self._page


def _page(version: str, markdown: bytes) -> bytes:
    title = html.escape(f"Model card of {version}")
    body = _rendered(markdown) or _PLAIN.format(text=html.escape(markdown.decode(errors="replace")))
    return _PAGE.format(title=title, style=_STYLE, body=body).encode()


def _rendered(markdown: bytes) -> str | None:
    """The card's HTML; None where that cannot be made in its bounds.

    The card is whatever a bundle holds, and there are texts of some kilobytes that take a parser
    of Markdown minutes. A process can be told to end; a thread would hold up the requests.
    """
    if len(markdown) > _MAX_RENDERED:
        return None
    command = [sys.executable, "-I", str(_RENDERER), PICTURES]
    try:
        done = subprocess.run(  # noqa: S603 -- our own program
            command, input=markdown, capture_output=True, timeout=_SECONDS, env={}, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode()
