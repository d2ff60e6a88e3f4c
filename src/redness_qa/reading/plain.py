"""Read plain text: paragraphs on single lines or wrapped ones, headings and lists without mark-up."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from redness_qa.reading.parsed import Parsed
from redness_qa.reading.structure import BULLET, Line, find_blocks

_LONGEST_WRAPPED_LINE = 120
_SHORTEST_WRAPPED_LINE = 40
_ENDS_SENTENCE = re.compile(r"[.!?:][\"'\u201d\u2019)\]]*$")


@dataclass(frozen=True, slots=True)
class _FileLine:
    start: int
    words: str
    after_gap: bool


def read_plain(text: str) -> Parsed:
    """Find the blocks of a plain text."""
    return Parsed(text=text, blocks=find_blocks(text, _join_wrapped(text, _file_lines(text)), find_headings=True))


def _file_lines(text: str) -> list[_FileLine]:
    lines: list[_FileLine] = []
    offset = 0
    after_gap = True
    for content in text.split("\n"):
        unmarked = content.lstrip("\ufeff \t\v\f\u00a0")
        words = unmarked.strip()
        if words:
            lines.append(_FileLine(offset + content.index(words), words, after_gap))
        after_gap = not words
        offset += len(content) + 1
    return lines


def _join_wrapped(text: str, file_lines: list[_FileLine]) -> list[Line]:
    """Join the lines of each paragraph where the text is wrapped by hand; else each line is a paragraph."""
    width = _wrap_width(file_lines)
    lines: list[Line] = []
    above: _FileLine | None = None
    for line in file_lines:
        end = line.start + len(line.words)
        if width and above is not None and _goes_on(above, line, width):
            lines[-1] = Line(lines[-1].start, end, lines[-1].after_gap)
        else:
            lines.append(Line(line.start, end, line.after_gap))
        above = line
    return lines


def _wrap_width(lines: list[_FileLine]) -> int:
    """Return the longest wrapped line's length, or 0 where no sentence goes over a line's end."""
    is_wrapped = any(
        len(above.words) >= _SHORTEST_WRAPPED_LINE and _breaks_sentence(above, line)
        for above, line in itertools.pairwise(lines)
    )
    lengths = [len(line.words) for line in lines if len(line.words) <= _LONGEST_WRAPPED_LINE]
    return max(lengths, default=0) if is_wrapped else 0


def _breaks_sentence(above: _FileLine, line: _FileLine) -> bool:
    if line.after_gap or BULLET.match(line.words) or len(above.words) > _LONGEST_WRAPPED_LINE:
        return False
    return not _ENDS_SENTENCE.search(above.words) and line.words[0].islower()


def _goes_on(above: _FileLine, line: _FileLine, width: int) -> bool:
    if line.after_gap or BULLET.match(line.words) or len(above.words) > _LONGEST_WRAPPED_LINE:
        return False
    # Whoever wraps at a width breaks a line only where the next word does not fit.
    first_word = line.words.split(maxsplit=1)[0]
    return _breaks_sentence(above, line) or len(above.words) + 1 + len(first_word) > width
