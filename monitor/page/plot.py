"""SVG that keeps its text size at any width, needs no script and no style attribute.

The outer svg has no viewBox: x is in per cent, y in pixels, so that text and dots are never
stretched. Only paths lie in an inner svg that is (preserveAspectRatio="none", strokes by
vector-effect). Texts are escaped here: what comes out is safe to put into a page.
"""

from collections.abc import Callable, Iterable
from html import escape
from typing import Literal, Self

from markupsafe import Markup

Anchor = Literal["start", "middle", "end"]
Span = tuple[float, float]

# A label closer to an edge than this, in per cent, is set from the edge.
NEAR_START = 6
NEAR_END = 94

_SILENT = 'aria-hidden="true"'


def num(value: float) -> str:
    """With one decimal at most: a tenth of a pixel is not seen."""
    return f"{value:.1f}".removesuffix(".0")


class Plot:
    """One chart: `x` and `y` are the spans of its axes, in the units of the data.

    `label` is what it says to those who cannot see it. Every method but `px`, `py` and `svg`
    draws something and returns the plot.
    """

    def __init__(
        self, x: Span, y: Span, height: int, label: str, *, top: int = 16, bottom: int = 20
    ) -> None:
        self.x, self.y, self.h, self.label, self.top, self.bottom = x, y, height, label, top, bottom
        self.back: list[str] = []
        self.paths: list[str] = []
        self.front: list[str] = []

    def px(self, value: float) -> float:
        """Where `value` lies from left to right, in per cent."""
        return 100 * (value - self.x[0]) / (self.x[1] - self.x[0])

    def py(self, value: float) -> float:
        """Where `value` lies from the top, in pixels."""
        share = (value - self.y[0]) / (self.y[1] - self.y[0])
        return self.top + (self.h - self.top - self.bottom) * (1 - share)

    def rect(
        self, x0: float, x1: float, y0: float, y1: float, cls: str, *, front: bool = False
    ) -> Self:
        """A filled area, at least a hair wide and high."""
        left, right = self.px(x0), self.px(x1)
        upper, lower = sorted((self.py(y0), self.py(y1)))
        (self.front if front else self.back).append(
            f'<rect class="{cls}" x="{num(left)}%" y="{num(upper)}"'
            f' width="{num(max(right - left, 0.1))}%" height="{num(max(lower - upper, 0.6))}"/>'
        )
        return self

    def hline(
        self, value: float, cls: str = "tick", x0: float | None = None, x1: float | None = None
    ) -> Self:
        """A horizontal line at `value`, from one edge to the other unless told."""
        left = 0 if x0 is None else self.px(x0)
        right = 100 if x1 is None else self.px(x1)
        height = num(self.py(value))
        self.back.append(
            f'<line class="{cls}" x1="{num(left)}%" x2="{num(right)}%"'
            f' y1="{height}" y2="{height}"/>'
        )
        return self

    def vline(
        self,
        value: float,
        cls: str = "event",
        label: str | None = None,
        anchor: Anchor = "start",
        dy: float = 11,
    ) -> Self:
        """A vertical line at `value`, with its label beside it."""
        at = num(self.px(value))
        self.back.append(
            f'<line class="{cls}" x1="{at}%" x2="{at}%"'
            f' y1="{self.top - 2}" y2="{self.h - self.bottom}"/>'
        )
        if label:
            self.text(value, None, label, anchor, "on", px=dy, dx=4 if anchor == "start" else -4)
        return self

    def yticks(
        self,
        values: Iterable[float],
        fmt: Callable[[float], str],
        *,
        base: bool = True,
        side: Literal["start", "end"] = "start",
    ) -> Self:
        """Lines at `values`, each but the lowest with its label above it."""
        for value in values:
            lowest = base and value == self.y[0]
            self.hline(value, "base" if lowest else "tick")
            if not lowest:
                at = self.x[0] if side == "start" else self.x[1]
                self.text(at, value, fmt(value), side, dy=-3)
        return self

    def xticks(self, ticks: Iterable[tuple[float, str] | tuple[float, str, str]]) -> Self:
        """Marks below the plot: where, label, and a class (wide2, wide3: dropped when narrow)."""
        foot = self.h - self.bottom
        for tick in ticks:
            value, label, cls = tick if len(tick) == 3 else (*tick, "")
            at = self.px(value)
            anchor: Anchor = "start" if at < NEAR_START else "end" if at > 95 else "middle"
            self.front.append(
                f'<line class="{f"base {cls}".strip()}" x1="{num(at)}%" x2="{num(at)}%"'
                f' y1="{foot}" y2="{foot + 4}"/>'
            )
            self.text(value, None, label, anchor, cls, px=foot + 16)
        return self

    def line(self, points: Iterable[tuple[float, float | None]], cls: str = "live1") -> Self:
        """A line through the points; None breaks it. A point between two breaks is a dot."""
        drawn = [*points, (0.0, None)]
        steps = []
        pen = False
        for at, (x, value) in enumerate(drawn[:-1]):
            if value is None:
                pen = False
                continue
            if pen or drawn[at + 1][1] is not None:
                # To a thousandth of the width, and a tenth of a pixel.
                steps.append(f"{'L' if pen else 'M'}{10 * self.px(x):.0f} {self.py(value):.1f}")
                pen = True
            else:
                self._lone(x, value, cls)
        if steps:
            self.paths.append(f'<path class="{cls}" d="{"".join(steps)}"/>')
        return self

    def interval(self, x: float, mid: float, half: float, cls: str = "", r: float = 2.75) -> Self:
        """An estimate and its interval, cut at the plot's edges."""
        at = num(self.px(x))
        low, high = self.py(max(mid - half, self.y[0])), self.py(min(mid + half, self.y[1]))
        middle = self.py(min(max(mid, self.y[0]), self.y[1]))
        self.front.append(
            f'<line class="{f"ci {cls}".strip()}" x1="{at}%" x2="{at}%"'
            f' y1="{num(high)}" y2="{num(low)}"/>'
            f'<circle class="{f"dot {cls}".strip()}" cx="{at}%" cy="{num(middle)}" r="{r:g}"/>'
        )
        return self

    def text(
        self,
        x: float,
        y: float | None,
        text: str,
        anchor: Anchor = "start",
        cls: str = "",
        *,
        dx: float = 0,
        dy: float = 0,
        px: float | None = None,
    ) -> Self:
        """A text at a value of y, or `px` pixels from the top."""
        if px is None:
            px = self.py(self.y[0] if y is None else y) + dy
        attributes = f' class="{cls}"' if cls else ""
        attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
        attributes += f' dx="{dx:g}"' if dx else ""
        self.front.append(
            f'<text x="{num(self.px(x))}%" y="{num(px)}"{attributes}>{escape(text)}</text>'
        )
        return self

    def pending(self, x0: float, x1: float, label: str, where: float | None = None) -> Self:
        """A hatched part of the plot: what is not due, or not there yet."""
        self.rect(x0, x1, self.y[0], self.y[1], "pending")
        if label:
            middle = (self.top + self.h - self.bottom) / 2 + 4
            at = (x0 + x1) / 2
            self.text(at, None, label, "middle", "halo", px=middle if where is None else where)
        return self

    def svg(self) -> Markup:
        """The chart."""
        inner = (
            f'<svg width="100%" height="{self.h}" viewBox="0 0 1000 {self.h}"'
            f' preserveAspectRatio="none">{"".join(self.paths)}</svg>'
            if self.paths
            else ""
        )
        name = f'role="img" aria-label="{escape(self.label)}"' if self.label else _SILENT
        # Every text that is in it was escaped when it was put there.
        return Markup(  # noqa: S704
            f'<svg class="chart" width="100%" height="{self.h}" {name}>'
            f"{''.join(self.back)}{inner}{''.join(self.front)}</svg>"
        )

    def _lone(self, x: float, value: float, cls: str) -> None:
        # Nothing could be seen of a line through one point.
        self.front.append(
            f'<circle class="lone {cls}" cx="{num(self.px(x))}%" cy="{num(self.py(value))}" r="2"/>'
        )
