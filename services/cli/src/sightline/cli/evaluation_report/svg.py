"""Plots as SVG text: axes, lines, bands, bars. All text is escaped."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

Points = Sequence[tuple[float, float]]

LEFT, RIGHT, TOP, BOTTOM = 68, 40, 16, 52
_LETTER = 6.3


@dataclass(frozen=True)
class Scale:
    """An axis: its ends, its ticks with what is written at them, its name."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    name: str
    is_log: bool = False

    def at(self, value: float) -> float:
        """Give the place of a value, 0..1 between the ends; what is beyond them is put at them."""
        low, high, value = self.low, self.high, min(max(value, min(self.low, self.high)), max(self.low, self.high))
        if self.is_log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)


@dataclass
class Plot:
    """A plot that is drawn on; `text` gives it. Sizes are those of the SVG's own pixels."""

    x: Scale
    y: Scale
    title: str
    width: int = 680
    height: int = 360
    parts: list[str] = field(default_factory=list)

    def line(self, points: Points, style: str) -> None:
        """Draw a line; `style` is a class of the page's style sheet."""
        if points:
            self.parts.append(f'<polyline class="{style}" points="{self._path(points)}"/>')

    def band(self, upper: Points, lower: Points, style: str) -> None:
        """Fill what is between two lines with the same values of x."""
        if upper:
            self.parts.append(f'<polygon class="{style}" points="{self._path([*upper, *reversed(lower)])}"/>')

    def dot(self, x: float, y: float, style: str, said: str) -> None:
        """Draw a dot that tells about itself."""
        across, down = self._place(x, y)
        self.parts.append(
            f'<circle class="{style}" cx="{across:.1f}" cy="{down:.1f}" r="4"><title>{escape(said)}</title></circle>'
        )

    def whisker(self, x: float, low: float, high: float, style: str) -> None:
        """Draw an interval upwards."""
        (across, bottom), (_, top) = self._place(x, low), self._place(x, high)
        self.parts.append(f'<path class="{style}" d="M{across:.1f} {bottom:.1f}V{top:.1f}"/>')

    def bar(self, left: float, right: float, value: float, style: str) -> None:
        """Fill from the bottom to a value."""
        (begin, top), (end, bottom) = self._place(left, value), self._place(right, self.y.low)
        self.parts.append(
            f'<rect class="{style}" x="{begin:.1f}" y="{top:.1f}" width="{end - begin:.1f}" '
            f'height="{max(0.0, bottom - top):.1f}"/>'
        )

    def mark(self, x: float, said: str, row: int = 0, *, is_left: bool = False) -> None:
        """Draw an upright line with a word at it, to its right if there is room and nothing else is said."""
        across, top = self._place(x, self.y.high)
        bottom = self._place(x, self.y.low)[1]
        is_left = is_left or across + _LETTER * len(said) > self.width
        anchor, shift = ("end", -5) if is_left else ("start", 5)
        self.parts.append(
            f'<path class="mark" d="M{across:.1f} {top:.1f}V{bottom:.1f}"/><text class="said" x="{across + shift:.1f}" '
            f'y="{top + 12 + 15 * row:.1f}" text-anchor="{anchor}">{escape(said)}</text>'
        )

    def text(self) -> str:
        """Give the whole plot."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(self.title)}">'
            f"{''.join(self._frame())}{''.join(self.parts)}</svg>"
        )

    def _frame(self) -> Iterable[str]:
        bottom, right = self.height - BOTTOM, self.width - RIGHT
        for value, said in self.y.ticks:
            down = self._place(self.x.low, value)[1]
            yield f'<path class="grid" d="M{LEFT} {down:.1f}H{right}"/>'
            yield f'<text class="tick" x="{LEFT - 8}" y="{down + 4:.1f}" text-anchor="end">{escape(said)}</text>'
        for value, said in self.x.ticks:
            across = self._place(value, self.y.low)[0]
            yield f'<path class="grid" d="M{across:.1f} {TOP}V{bottom}"/>'
            yield f'<text class="tick" x="{across:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(said)}</text>'
        middle = (LEFT + right) / 2
        foot = self.height - 10
        yield f'<text class="axis" x="{middle}" y="{foot}" text-anchor="middle">{escape(self.x.name)}</text>'
        yield (
            f'<text class="axis" transform="translate(15 {(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y.name)}</text>"
        )

    def _place(self, x: float, y: float) -> tuple[float, float]:
        across = LEFT + self.x.at(x) * (self.width - LEFT - RIGHT)
        return across, self.height - BOTTOM - self.y.at(y) * (self.height - TOP - BOTTOM)

    def _path(self, points: Points) -> str:
        return " ".join(f"{across:.1f},{down:.1f}" for across, down in (self._place(x, y) for x, y in points))


def log_scale(low: float, high: float, name: str, said: Callable[[float], str]) -> Scale:
    """Give an axis by decades, one at least; `low` may be the larger one, and then the axis falls."""
    last = math.ceil(math.log10(max(low, high)) - 1e-9)
    # Downwards where both are one number: there is no rate above 100 %.
    first = min(math.floor(math.log10(min(low, high)) + 1e-9), last - 1)
    ends = (10.0**first, 10.0**last)
    ticks = [(10.0**power, said(10.0**power)) for power in range(first, last + 1)]
    return Scale(*(ends if low <= high else ends[::-1]), ticks, name, is_log=True)


def linear_scale(low: float, high: float, step: float, name: str, said: Callable[[float], str]) -> Scale:
    """Give an axis with evenly spread ticks."""
    first = math.ceil(low / step - 1e-9)
    ticks = [(place * step, said(place * step)) for place in range(first, math.floor(high / step + 1e-9) + 1)]
    return Scale(low, high, ticks, name)
