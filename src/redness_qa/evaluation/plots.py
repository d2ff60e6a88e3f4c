"""Plots as SVG elements for a page: shares against shares, both from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from redness_qa.metrics import CoveragePoint, ReliabilityBin

_SIDE = 320
_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 16, 16, 48
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_POINTS_DRAWN = 200
"""A finer curve would look the same."""


@dataclass(frozen=True, slots=True)
class Series:
    """A named line of a plot.

    Attributes:
        name: What it is of, for the legend.
        points: Place on either axis, and the ends of the interval of the second.
    """

    name: str
    points: Sequence[tuple[float, float, float, float]]

    @classmethod
    def of_curve(cls, name: str, curve: Sequence[CoveragePoint]) -> Series:
        """Draw precision against coverage; of a long curve evenly spaced points and the last."""
        step = max(1, len(curve) // _POINTS_DRAWN)
        kept = [*curve[:-1:step], *curve[-1:]]
        return cls(name, [(each.coverage, each.precision.value, *each.precision.interval) for each in kept])

    @classmethod
    def of_bins(cls, name: str, bins: Sequence[ReliabilityBin]) -> Series:
        """Draw the share right against the mean probability of each bin."""
        return cls(name, [(each.mean_probability, each.right.value, *each.right.interval) for each in bins])


def precision_plot(series: Sequence[Series]) -> Element:
    """Draw precision against coverage, each line in a band that is its 95 % interval."""
    svg = _axes("Precision by coverage", "share of questions, the most certain first", "precision")
    for number, each in enumerate(series):
        forth = [(x, low) for x, _, low, _ in each.points]
        back = [(x, high) for x, _, _, high in reversed(each.points)]
        SubElement(svg, "polygon", {"class": f"band s{number}", "points": _path([*forth, *back])})
        SubElement(svg, "polyline", {"class": f"line s{number}", "points": _path([p[:2] for p in each.points])})
    _legend(svg, [each.name for each in series], bottom=True)
    return svg


def reliability_plot(series: Sequence[Series]) -> Element:
    """Draw the share right against the stated probability, each point with its 95 % interval, beside the diagonal."""
    svg = _axes("Reliability", "mean probability stated", "share right")
    SubElement(svg, "polyline", {"class": "ideal", "points": _path([(0.0, 0.0), (1.0, 1.0)])})
    for number, each in enumerate(series):
        for x, y, low, high in each.points:
            SubElement(svg, "polyline", {"class": f"line s{number}", "points": _path([(x, low), (x, high)])})
            place = _place(x, y)
            SubElement(svg, "circle", {"class": f"dot s{number}", "cx": place[0], "cy": place[1], "r": "4"})
    _legend(svg, [each.name for each in series], bottom=False)
    return svg


def _axes(title: str, across: str, up: str) -> Element:
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM
    svg = Element("svg", {"viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": title})
    SubElement(svg, "title").text = title
    for tick in _TICKS:
        SubElement(svg, "polyline", {"class": "grid", "points": _path([(tick, 0.0), (tick, 1.0)])})
        SubElement(svg, "polyline", {"class": "grid", "points": _path([(0.0, tick), (1.0, tick)])})
        x, _ = _place(tick, 0.0)
        _text(svg, x, str(_TOP + _SIDE + 16), f"{tick:.1f}", anchor="middle")
        _, y = _place(0.0, tick)
        _text(svg, str(_LEFT - 8), y, f"{tick:.1f}", anchor="end")
    middle_x, middle_y = _LEFT + _SIDE / 2, _TOP + _SIDE / 2
    _text(svg, f"{middle_x:g}", str(height - 8), across, anchor="middle")
    label = _text(svg, "14", f"{middle_y:g}", up, anchor="middle")
    label.set("transform", f"rotate(-90 14 {middle_y:g})")
    return svg


def _legend(svg: Element, names: Sequence[str], *, bottom: bool) -> None:
    if len(names) < 2:
        return
    for number, name in enumerate(names):
        y = _TOP + (_SIDE - 12 - 18 * (len(names) - 1 - number) if bottom else 18 + 18 * number)
        SubElement(svg, "circle", {"class": f"dot s{number}", "cx": str(_LEFT + 14), "cy": str(y - 4), "r": "4"})
        _text(svg, str(_LEFT + 26), str(y), name, anchor="start")


def _text(svg: Element, x: str, y: str, text: str, *, anchor: str) -> Element:
    label = SubElement(svg, "text", {"x": x, "y": y, "text-anchor": anchor})
    label.text = text
    return label


def _place(x: float, y: float) -> tuple[str, str]:
    return f"{_LEFT + _SIDE * x:.1f}", f"{_TOP + _SIDE * (1 - y):.1f}"


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(",".join(_place(x, y)) for x, y in points)
