"""Printed lines joined to paragraphs again, and headings told from them, by the place and letters of each."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from redness_qa.passages import BlockKind
from redness_qa.reading.hyphenation import HYPHENATED, Vocabulary
from redness_qa.reading.printed_lines import PrintedLine
from redness_qa.reading.structure import BULLET, Part, is_label_line

_ENDS_SENTENCE = re.compile(r"[.!?:][\"'\u201d\u2019)\]]*$")
_NARROW = frozenset("iljftrI.,;:'!|()[]- ")
_WIDE = frozenset("mw@%")
_FULL = 0.97
"""How much of the widest line a full one takes, at least; our estimate of widths is not exact."""
_LONGEST_HEADING_WORDS = 16
_LARGER = 1.08
"""How much larger than the running text's letters those of a heading are, at least."""
_WIDEST_LEADING = 1.6
"""Most distance between two lines of one paragraph, in heights of a letter."""
_GAP = 1.3
"""How much more than the usual distance between two lines lies between two paragraphs, at least."""


def find_parts(lines: Sequence[PrintedLine]) -> list[Part]:
    """Join lines, in reading order, to paragraphs, and take large or bold ones for headings."""
    if not lines:
        return []
    letters: Counter[tuple[float, bool]] = Counter()
    for line in lines:
        letters[line.size, line.bold] += len(line.words)
    body_size, body_bold = letters.most_common(1)[0][0]
    right_edge = max(_right_edge(line) for line in lines)
    leading = _leading(lines, body_size)
    vocabulary = Vocabulary(line.words for line in lines)
    groups: list[list[PrintedLine]] = []
    for line in lines:
        if groups and not _begins_part(groups[-1], line, leading=leading, right_edge=right_edge):
            groups[-1].append(line)
        else:
            groups.append([line])
    headings = [_is_heading(group, body_size, body_bold=body_bold) for group in groups]
    levels = _levels([group[0].size for group, found in zip(groups, headings, strict=True) if found])
    parts: list[Part] = []
    for number, (group, found) in enumerate(zip(groups, headings, strict=True)):
        words = vocabulary.join(line.words for line in group)
        if found:
            parts.append(Part(words, BlockKind.HEADING, 1 if number == 0 else levels[group[0].size]))
        else:
            parts.append(Part(words))
    return parts


def _levels(sizes: Sequence[float]) -> dict[float, int]:
    """Rank headings by their letters; the first level is for one heading, the text's own."""
    outermost = 1 if sizes and sizes.count(max(sizes)) == 1 else 2
    return {size: min(rank, 6) for rank, size in enumerate(sorted(set(sizes), reverse=True), outermost)}


def _right_edge(line: PrintedLine, more: str = "") -> float:
    """Estimate where a line ends, from letters of usual widths."""
    letters = line.words + more
    ems = sum(0.28 if letter in _NARROW else 0.7 if letter in _WIDE or letter.isupper() else 0.5 for letter in letters)
    return line.x + ems * line.size


def _leading(lines: Sequence[PrintedLine], body_size: float) -> float:
    """Return the distance between two lines of one paragraph; 0 where places are unknown."""
    gaps = sorted(
        above.y - line.y
        for above, line in itertools.pairwise(lines)
        if above.page == line.page and above.size == line.size == body_size and 0 < above.y - line.y < 4 * body_size
    )
    # Short paragraphs make the gaps between paragraphs as frequent as those inside, but these are the smaller ones.
    return min(gaps[len(gaps) // 5], _WIDEST_LEADING * body_size) if gaps else 0.0


def _begins_part(group: Sequence[PrintedLine], line: PrintedLine, *, leading: float, right_edge: float) -> bool:
    above = group[-1]
    if BULLET.match(line.words) or above.size != line.size or above.bold != line.bold:
        return True
    breaks_sentence = not _ENDS_SENTENCE.search(above.words) and line.words[0].islower()
    if above.page != line.page:
        return not (breaks_sentence or HYPHENATED.search(above.words))
    gap = above.y - line.y
    if leading and (gap > _GAP * leading * line.size / max(above.size, 1.0) or gap < -leading):
        return not breaks_sentence or gap > 3 * leading
    if breaks_sentence:
        return False
    if above.words.endswith(":"):
        return True
    if _ENDS_SENTENCE.search(above.words) and is_label_line(group[0].words) and is_label_line(line.words):
        return True
    # A line to which the next word could have been added was ended on purpose.
    return _right_edge(above, f" {line.words.split(maxsplit=1)[0]}") < _FULL * right_edge


def _is_heading(group: Sequence[PrintedLine], body_size: float, *, body_bold: bool) -> bool:
    line = group[0]
    words = " ".join(part.words for part in group)
    if len(words.split()) > _LONGEST_HEADING_WORDS or words[-1] in ".,;:" or not any(c.isalpha() for c in words):
        return False
    return line.size >= _LARGER * body_size or (line.bold and not body_bold and line.size >= body_size)
