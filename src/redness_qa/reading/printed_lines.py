"""The printed lines of pages, and what is left of them without running heads and page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_PAGE_NUMBER = re.compile(r"(?:page\s*)?[-\u2013 ]*\d{1,4}[-\u2013 ]*(?:(?:of|/)\s*\d{1,4})?", re.IGNORECASE)
_EDGE_LINES = 3


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One printed line.

    Attributes:
        words: Its text, white space single.
        page: Page, from 0.
        x: Left edge, in points; 0 where unknown.
        y: Base line above the page's lower edge, in points; 0 where unknown.
        size: Height of the letters in points, of most of them.
        bold: Whether all letters are bold.
    """

    words: str
    page: int
    x: float
    y: float
    size: float
    bold: bool


def drop_running_lines(pages: Sequence[Sequence[PrintedLine]]) -> list[PrintedLine]:
    """Drop page numbers and what is repeated at the head or foot of the pages; give the other lines of all pages."""
    seen: Counter[tuple[str, str, float]] = Counter()
    for page in pages:
        seen.update(dict.fromkeys(_edges(page)).keys())
    needed = max(2, (sum(1 for page in pages if page) + 1) // 2)
    kept: list[PrintedLine] = []
    for page in pages:
        running = {key for key in _edges(page) if seen[key] >= needed}
        for place, line in enumerate(page):
            is_edge = place in (0, len(page) - 1)
            if is_edge and _PAGE_NUMBER.fullmatch(line.words) and len(page) > 1:
                continue
            if running.intersection(_keys(page, place)):
                continue
            kept.append(line)
    return kept


def _edges(page: Sequence[PrintedLine]) -> list[tuple[str, str, float]]:
    return [key for place in range(len(page)) for key in _keys(page, place)]


def _keys(page: Sequence[PrintedLine], place: int) -> list[tuple[str, str, float]]:
    """Name a line by its edge, words and letters; page numbers and dates in it count as the same."""
    line = page[place]
    words = re.sub(r"\d+", "#", line.words)
    keys: list[tuple[str, str, float]] = []
    if place < _EDGE_LINES:
        keys.append(("head", words, line.size))
    if place >= len(page) - _EDGE_LINES:
        keys.append(("foot", words, line.size))
    return keys
