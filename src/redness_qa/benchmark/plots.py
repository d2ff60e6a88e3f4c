"""Growth as a picture: curves on logarithmic axes, as one SVG file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from redness_qa.benchmark.growth import Growth

_WIDTH, _HEIGHT = 260, 180
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 30, 40, 44
_COLUMNS = 3
_LEAST = 1e-4
"""Where a figure that is not known, or 0, is drawn."""

_STYLE = """
svg { color: #222; background: #fff; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { color: #ddd; background: #181818; } }
text { fill: currentColor; }
.title { font-weight: 600; }
.grid { stroke: currentColor; stroke-opacity: 0.18; fill: none; }
.line { stroke: #1f6fb2; stroke-width: 2; fill: none; }
.dot { fill: #1f6fb2; }
.ivf { fill: #c2571a; }
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot of the picture."""

    title: str
    value: Callable[[Growth], float | None]


PANELS = (
    Panel("search p50, ms", lambda growth: growth.search.p50),
    Panel("search p95, ms", lambda growth: growth.search.p95),
    Panel("build without embedding, s", lambda growth: growth.build_seconds),
    Panel("load with verification, s", lambda growth: growth.load_seconds),
    Panel("index on disk, MiB", lambda growth: growth.index_mib),
    Panel("resident when searched, MiB", lambda growth: growth.resident_mib),
)


def growth_picture(growth: Sequence[Growth], *, origin: str) -> str:
    """Draw each figure against the number of passages; blue dots are exact search, orange ones cells.

    Args:
        growth: At least one size, in ascending order.
        origin: What it was measured on, in a line.
    """
    across, down = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    rows = math.ceil(len(PANELS) / _COLUMNS)
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_COLUMNS * across} {rows * down + 24}",
            "role": "img",
            "aria-label": "What an index costs, by number of passages",
        },
    )
    SubElement(svg, "style").text = _STYLE
    for number, panel in enumerate(PANELS):
        row, column = divmod(number, _COLUMNS)
        group = SubElement(svg, "g", {"transform": f"translate({column * across + _LEFT} {row * down + _TOP})"})
        _draw(group, panel, growth)
    _text(svg, 12, rows * down + 12, f"{origin}; blue: every row compared, orange: cells (IVF)", anchor="start")
    return tostring(svg, encoding="unicode") + "\n"


def _draw(group: Element, panel: Panel, growth: Sequence[Growth]) -> None:
    values = [max(panel.value(each) or 0.0, _LEAST) for each in growth]
    sizes = [float(each.passages) for each in growth]
    horizontal, vertical = _decades(sizes), _decades(values)
    _text(group, 0, -10, panel.title, anchor="start", kind="title")
    for decade in range(horizontal[0], horizontal[1] + 1):
        x = _place(10.0**decade, horizontal, _WIDTH)
        SubElement(group, "path", {"class": "grid", "d": f"M{x:.1f} 0V{_HEIGHT}"})
        _text(group, x, _HEIGHT + 16, _short(decade), anchor="middle")
    for decade in range(vertical[0], vertical[1] + 1):
        y = _HEIGHT - _place(10.0**decade, vertical, _HEIGHT)
        SubElement(group, "path", {"class": "grid", "d": f"M0 {y:.1f}H{_WIDTH}"})
        _text(group, -8, y + 4, _short(decade), anchor="end")
    _text(group, _WIDTH / 2, _HEIGHT + 34, "passages", anchor="middle")
    points = [
        (_place(size, horizontal, _WIDTH), _HEIGHT - _place(value, vertical, _HEIGHT))
        for size, value in zip(sizes, values, strict=True)
    ]
    SubElement(group, "polyline", {"class": "line", "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points)})
    for (x, y), each, value in zip(points, growth, values, strict=True):
        dot = SubElement(group, "circle", {"class": f"dot {each.method}", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "4"})
        SubElement(dot, "title").text = f"{each.passages:,} passages: {value:.4g}"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Give the powers of ten around values, at least one apart."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _place(value: float, decades: tuple[int, int], length: int) -> float:
    low, high = decades
    return length * (math.log10(value) - low) / (high - low)


def _short(decade: int) -> str:
    number = 10.0**decade
    return f"{number:,.0f}" if decade >= 0 else f"{number:.{-decade}f}"


def _text(parent: Element, x: float, y: float, text: str, *, anchor: str, kind: str = "label") -> None:
    place = {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    SubElement(parent, "text", place).text = text
