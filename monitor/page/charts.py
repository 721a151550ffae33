"""Charts that stand in a line of a table: intervals, their axis, and bars; and the plot itself."""

from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup

from monitor.page.plot import NEAR_END, NEAR_START, Anchor, Plot, num

__all__ = ["Mark", "Plot", "axis", "bar", "num", "strip"]

Mark = tuple[float | None, float, float | None, str]
"""Low, middle and high of an interval (no low: a dot alone), and its class."""


def strip(
    lo: float,
    hi: float,
    marks: Sequence[Mark],
    label: str,
    *,
    zero: float | None = None,
    height: int = 30,
    ticks: Iterable[float] = (),
) -> Markup:
    """One row of a table of intervals; all rows share `lo` and `hi`."""
    plot = Plot((lo, hi), (0, 1), height, label, top=0, bottom=0)
    for tick in ticks:
        plot.vline(tick, "tick")
    if zero is not None:
        plot.vline(zero, "base")
    for index, (low, middle, high, cls) in enumerate(marks):
        y = num(height / 2 + (0 if len(marks) == 1 else -5 if index == 0 else 5))
        if low is not None and high is not None:
            plot.front.append(
                f'<line class="{f"ci {cls}".strip()}" x1="{num(plot.px(low))}%"'
                f' x2="{num(plot.px(high))}%" y1="{y}" y2="{y}"/>'
            )
        plot.front.append(
            f'<circle class="{f"dot {cls}".strip()}" cx="{num(plot.px(middle))}%" cy="{y}" r="4"/>'
        )
    return plot.svg()


def axis(lo: float, hi: float, ticks: Iterable[float], fmt: Callable[[float], str]) -> Markup:
    """The labels above a column of strips."""
    plot = Plot((lo, hi), (0, 1), 18, "", top=0, bottom=0)
    for tick in ticks:
        at = plot.px(tick)
        anchor: Anchor = "start" if at < NEAR_START else "end" if at > NEAR_END else "middle"
        plot.text(tick, None, fmt(tick), anchor, px=14)
    return plot.svg()


def bar(share: float, label: str, cls: str = "fill", height: int = 14) -> Markup:
    """A share of a whole, as a bar."""
    plot = Plot((0, 1), (0, 1), height, label, top=0, bottom=0)
    plot.rect(0, 1, 0, 1, "fill-ref")
    if share > 0:
        plot.rect(0, share, 0, 1, cls)
    return plot.svg()
