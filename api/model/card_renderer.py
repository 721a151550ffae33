"""A program of its own: a card in Markdown from its input as HTML to its output.

It is given a second of processor time and little memory, whatever the card is.
"""

import resource
import sys

from markdown_it import MarkdownIt
from markdown_it.token import Token

_CPU_SECONDS = 1
_MEMORY_BYTES = 2**28


def main() -> None:
    """Render the card; the argument is the path of its pictures, from the page's own."""
    _limit(resource.RLIMIT_CPU, _CPU_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":  # macOS does not take this one
        _limit(resource.RLIMIT_AS, _MEMORY_BYTES)
    sys.stdout.buffer.write(_render(sys.stdin.buffer.read(), sys.argv[1]).encode())


def _limit(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, most))


def _render(markdown: bytes, pictures: str) -> str:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown.decode(errors="replace"))
    for token in tokens:
        for part in token.children or ():
            _point_to_pictures(part, pictures)
    return str(parser.renderer.render(tokens, parser.options, {}))


def _point_to_pictures(token: Token, pictures: str) -> None:
    if token.type == "image":
        # From the page's path, so that it holds behind any prefix.
        token.attrSet("src", f"{pictures}/{token.attrGet('src')}")


if __name__ == "__main__":
    main()
