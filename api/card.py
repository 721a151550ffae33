"""The model card as a page: what a person should know before using the model."""

import base64
import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

CARD = "model_card.md"
PICTURES = "card"
"""Path of the pictures, from the page's own."""

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

PAGE_HEADERS = {
    # The card is text that a trainer wrote, from a volume: it brings no script along.
    "Content-Security-Policy": (
        f"default-src 'none'; img-src 'self'; style-src 'sha256-{_STYLE_HASH}';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


@dataclass(frozen=True, slots=True)
class Card:
    """The card of one bundle; its bytes are those that were checked when the bundle was loaded."""

    markdown: bytes
    page: bytes
    """HTML in UTF-8."""
    pictures: Mapping[str, bytes]
    """PNG files by name."""

    @classmethod
    def of(cls, version: str, extras: Mapping[str, bytes]) -> "Card | None":
        """From a bundle's extra files; None where there is no card among them."""
        markdown = extras.get(CARD)
        if markdown is None:
            return None
        pictures = {name: content for name, content in extras.items() if name.endswith(".png")}
        return cls(markdown, _page(version, markdown), pictures)


def _page(version: str, markdown: bytes) -> bytes:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown.decode(errors="replace"))
    for token in tokens:
        for part in token.children or ():
            _point_to_pictures(part)
    body = parser.renderer.render(tokens, parser.options, {})
    title = html.escape(f"Model card of {version}")
    return _PAGE.format(title=title, style=_STYLE, body=body).encode()


def _point_to_pictures(token: Token) -> None:
    if token.type == "image":
        # From the page's path, so that it holds behind any prefix.
        token.attrSet("src", f"{PICTURES}/{token.attrGet('src')}")
