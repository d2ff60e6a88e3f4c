"""Find headings and list items in text without mark-up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from redness_qa.passages import Block, BlockKind

BULLET = re.compile(r"(?:[-*+\u2022‣◦·▪●\u2013\u2014]|\(?\d{1,2}[.)]|\(?[a-z][.)])[ \t]+(?=\S)")
"""The mark before a list item, with the spaces after it."""

_NUMBER = re.compile(r"(?:step\s+)?\(?\d{1,2}[.):]\s+(?=\S)", re.IGNORECASE)
_MARKED_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_RULE = re.compile(r"([-=_*~#·\u2022])(?:[ \t]*\1){2,}")
_LABEL_LINE = re.compile(r"(?=[^\W\d_]|[\"\u201c(])[^.:?!;]{1,60}:\s+(?=\S)")
_LONGEST_LABEL_WORDS = 6
_LONGEST_HEADING = 90
_LONGEST_HEADING_WORDS = 13
_SHORTEST_BODY = 60
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "do",
        "for",
        "from",
        "in",
        "is",
        "of",
        "on",
        "or",
        "the",
        "to",
        "vs",
        "with",
        "you",
        "your",
    ]
)


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, heading or list item as it stands in the text, before we know which of them it is.

    Attributes:
        start: First character in the text.
        end: One past the last character.
        after_gap: Whether an empty line stands above it.
        kind: What it is, where the format tells; else None.
        level: Level of a heading that the format tells.
    """

    start: int
    end: int
    after_gap: bool
    kind: BlockKind | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph, heading or list item of a format whose text we write ourselves.

    Attributes:
        text: Its words; runs of white space become one space.
        kind: What it is, where the format tells; else None.
        level: Level of a heading.
        depth: How many lists a list item is inside of, beyond its own.
    """

    text: str
    kind: BlockKind | None = None
    level: int = 0
    depth: int = 0


def write_lines(parts: Sequence[Part]) -> tuple[str, list[Line]]:
    """Join parts into one text, an empty line between each two."""
    pieces: list[str] = []
    lines: list[Line] = []
    offset = 0
    for part in parts:
        words = " ".join(part.text.split())
        if not words:
            continue
        start = offset + 2 * part.depth
        lines.append(Line(start, start + len(words), after_gap=True, kind=part.kind, level=part.level))
        pieces.append(" " * (2 * part.depth) + words)
        offset = start + len(words) + 2
    return "\n\n".join(pieces), lines


def find_blocks(text: str, lines: Sequence[Line], *, find_headings: bool) -> tuple[Block, ...]:
    """Decide what each line is.

    Args:
        text: The text that the lines' offsets count.
        lines: In reading order.
        find_headings: Whether lines may be taken for headings that the format does not tell to be.
    """
    finder = _Finder(text, [line for line in lines if not _RULE.fullmatch(text[line.start : line.end])])
    finder.find_marks(find_headings=find_headings)
    finder.find_label_lists()
    finder.find_short_lists(find_headings=find_headings)
    if find_headings:
        finder.find_headings()
    return finder.blocks()


class _Finder:
    """What is known so far about each line; a rule decides only what the rules before it left open."""

    def __init__(self, text: str, lines: Sequence[Line]) -> None:
        self._text = text
        self._lines = lines
        self._texts = [text[line.start : line.end] for line in lines]
        self._kinds = [line.kind for line in lines]
        self._levels = [line.level for line in lines]
        self._starts = [line.start for line in lines]

    def blocks(self) -> tuple[Block, ...]:
        return tuple(
            Block(kind or BlockKind.PARAGRAPH, start, line.end, level)
            for kind, start, line, level in zip(self._kinds, self._starts, self._lines, self._levels, strict=True)
            if start < line.end
        )

    def find_marks(self, *, find_headings: bool) -> None:
        """Take lines with a bullet or number for list items, and a number that stands alone for a heading's."""
        for number, words in enumerate(self._texts):
            if self._kinds[number] is not None:
                continue
            if marked := _MARKED_HEADING.match(words):
                self._set(number, BlockKind.HEADING, level=len(marked[1]), skip=marked.end())
            elif find_headings and _NUMBER.match(words) and self._is_numbered_heading(number):
                self._set(number, BlockKind.HEADING, level=2)
            elif bullet := BULLET.match(words):
                self._set(number, BlockKind.LIST_ITEM, skip=bullet.end())

    def _is_numbered_heading(self, number: int) -> bool:
        neighbours = [n for n in (number - 1, number + 1) if 0 <= n < len(self._lines)]
        if any(BULLET.match(self._texts[n]) or _NUMBER.match(self._texts[n]) for n in neighbours):
            return False
        return looks_like_heading(self._texts[number]) and self._is_body(number + 1)

    def find_label_lists(self) -> None:
        """Take runs of "Label: explanation" lines for lists, and a single one where a line leads to it."""
        number = 0
        while number < len(self._lines):
            end = number
            while end < len(self._lines) and self._kinds[end] is None and is_label_line(self._texts[end]):
                end += 1
            if end - number >= 2 or (end > number and self._leads_in(number - 1)):
                for item in range(number, end):
                    self._set(item, BlockKind.LIST_ITEM)
            number = max(end, number + 1)

    def find_short_lists(self, *, find_headings: bool) -> None:
        """Take short lines after a line that ends in a colon for its list, save a heading behind them."""
        for number in range(len(self._lines)):
            if not self._leads_in(number):
                continue
            end = number + 1
            while end < len(self._lines) and self._kinds[end] is None and self._is_short(end):
                end += 1
            items = list(range(number + 1, end))
            if find_headings and items and self._is_body(end) and self._ends_in_heading(items):
                items.pop()
            for item in items:
                self._set(item, BlockKind.LIST_ITEM)

    def _ends_in_heading(self, items: Sequence[int]) -> bool:
        last = items[-1]
        if not looks_like_heading(self._texts[last]):
            return False
        if len(items) == 1:
            return True
        if self._lines[last].after_gap and not any(self._lines[item].after_gap for item in items[1:-1]):
            return True
        if _is_title_case(self._texts[last]) and not all(_is_title_case(self._texts[item]) for item in items):
            return True
        longest = max(len(self._texts[item].split()) for item in items[:-1])
        return self._texts[last].endswith("?") or len(self._texts[last].split()) > max(longest, 2)

    def find_headings(self) -> None:
        """Take short lines without a final period for headings where longer text, or a further heading, follows."""
        for number in reversed(range(len(self._lines) - 1)):
            if self._kinds[number] is not None or not looks_like_heading(self._texts[number]):
                continue
            below = self._kinds[number + 1]
            if below is BlockKind.HEADING or below is BlockKind.LIST_ITEM or self._is_body(number + 1):
                self._set(number, BlockKind.HEADING, level=2)
        # A heading above everything else is the text's own; in a text without mark-up nothing else ranks them.
        if self._kinds and self._kinds[0] is BlockKind.HEADING and self._lines[0].kind is None:
            self._levels[0] = 1

    def _set(self, number: int, kind: BlockKind, *, level: int = 0, skip: int = 0) -> None:
        self._kinds[number] = kind
        self._levels[number] = level
        self._starts[number] = self._lines[number].start + skip

    def _leads_in(self, number: int) -> bool:
        is_text = number >= 0 and self._kinds[number] is not BlockKind.HEADING
        return is_text and self._texts[number].endswith(":")

    def _is_short(self, number: int) -> bool:
        words = self._texts[number]
        return len(words) <= _LONGEST_HEADING and len(words.split()) <= _LONGEST_HEADING_WORDS and words[-1] != ":"

    def _is_body(self, number: int) -> bool:
        if number >= len(self._lines) or self._kinds[number] not in (None, BlockKind.PARAGRAPH):
            return False
        words = self._texts[number]
        return len(words) >= _SHORTEST_BODY or (words[-1] in '.:!"\u201d)' and len(words.split()) >= 4)


def is_label_line(line: str) -> bool:
    """Tell whether a line begins with a label and a colon, such as "Swelling: some puffiness is common."."""
    label = _LABEL_LINE.match(line)
    return label is not None and len(label[0].split()) <= _LONGEST_LABEL_WORDS


def looks_like_heading(line: str) -> bool:
    """Tell whether a line could be a heading from its length, its beginning and its end."""
    if len(line) > _LONGEST_HEADING or len(line.split()) > _LONGEST_HEADING_WORDS:
        return False
    first = next((character for character in line if character.isalnum()), "")
    return bool(first) and not first.islower() and line[-1] not in '.!,;:…"\u201d'


def _is_title_case(line: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_]+", line) if word.lower() not in _SMALL_WORDS]
    return len(words) >= 2 and all(word[0].isupper() for word in words)
