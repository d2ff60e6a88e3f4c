"""Read a PDF: lines with their place and letters, joined to paragraphs again."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

from redness_qa.errors import CorpusError
from redness_qa.passages import BlockKind
from redness_qa.reading.parsed import Parsed, title_from_headings
from redness_qa.reading.structure import BULLET, Part, find_blocks, is_label_line, write_lines

_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
)
_PAGE_NUMBER = re.compile(r"(?:page\s*)?[-\u2013 ]*\d{1,4}[-\u2013 ]*(?:(?:of|/)\s*\d{1,4})?", re.IGNORECASE)
_EDGE_LINES = 3
_ENDS_SENTENCE = re.compile(r"[.!?:][\"'\u201d\u2019)\]]*$")
_BOLD = re.compile(r"bold|black|heavy|demi|semib", re.IGNORECASE)
_HYPHENATED = re.compile(r"([^\W\d_]+)-$")
# Before a line's end these keep their hyphen when the rest of the text does not show the word.
_HYPHEN_PREFIXES = frozenset(
    [
        "after",
        "all",
        "anti",
        "broad",
        "co",
        "cold",
        "cross",
        "ex",
        "first",
        "follow",
        "fragrance",
        "full",
        "half",
        "high",
        "ill",
        "long",
        "low",
        "mid",
        "multi",
        "non",
        "oil",
        "one",
        "on",
        "over",
        "patch",
        "post",
        "pre",
        "re",
        "self",
        "semi",
        "short",
        "skin",
        "so",
        "sub",
        "sun",
        "two",
        "ultra",
        "up",
        "water",
        "well",
        "x",
    ]
)
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


@dataclass(frozen=True, slots=True)
class _PdfLine:
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


def read_pdf(content: bytes, path: Path) -> Parsed:
    """Find the blocks of a PDF.

    Raises:
        CorpusError: The file is damaged, locked with a password, or has no text layer.
    """
    pages, title = _read_pages(content, path)
    if not any(pages):
        reason = (
            f"has no text layer: its {len(pages)} pages hold pictures, or nothing. "
            "Run a text recognition (OCR) over it, and save the result as PDF or text."
        )
        raise CorpusError(path, reason)
    parts = _parts(_drop_running_lines(pages))
    has_headings = any(part.kind is BlockKind.HEADING for part in parts)
    text, lines = write_lines(parts)
    blocks = find_blocks(text, lines, find_headings=not has_headings)
    return Parsed(text=text, blocks=blocks, title=title_from_headings(text, blocks) or title)


def _read_pages(content: bytes, path: Path) -> tuple[list[list[_PdfLine]], str | None]:
    try:
        reader = PdfReader(io.BytesIO(content))
        # Many files are locked against changes only, and open with an empty password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise WrongPasswordError("it asks for a password")
        pages = [_page_lines(page, number) for number, page in enumerate(reader.pages)]
        title = str((reader.metadata and reader.metadata.title) or "").strip()
    except (FileNotDecryptedError, WrongPasswordError, DependencyError) as error:
        reason = f"is encrypted ({error}). Save a copy of it without a password."
        raise CorpusError(path, reason) from error
    except Exception as error:  # pypdf lets errors of a dozen kinds through for a damaged file
        reason = f"is damaged, or is no PDF ({type(error).__name__}: {error}). Save or print it as PDF again."
        raise CorpusError(path, reason) from error
    return pages, title or None


def _page_lines(page: Any, number: int) -> list[_PdfLine]:  # noqa: ANN401  # pypdf's page has no public protocol
    """Read the lines of one page with the place and the letters of each."""
    lines: list[_PdfLine] = []
    runs: list[tuple[str, float, float, float, bool]] = []

    def end_line() -> None:
        words = " ".join("".join(run[0] for run in runs).translate(_LIGATURES).split())
        if words:
            sizes: Counter[float] = Counter()
            for text, _, _, size, _ in runs:
                sizes[size] += len(text.strip())
            _, x, y, _, _ = next(run for run in runs if run[0].strip())
            bold = all(run[4] for run in runs if run[0].strip())
            lines.append(_PdfLine(words, number, x, y, sizes.most_common(1)[0][0], bold))
        runs.clear()

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:  # noqa: ANN401
        scale = abs(tm[3] * cm[3]) or abs(tm[1] * cm[2]) or 1.0
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        bold = bool(_BOLD.search(str((font or {}).get("/BaseFont", ""))))
        for place, piece in enumerate(text.split("\n")):
            if place:
                end_line()
            if piece:
                runs.append((piece, x, y, round(size * scale, 1), bold))

    page.extract_text(visitor_text=visit)
    end_line()
    return lines


def _drop_running_lines(pages: Sequence[Sequence[_PdfLine]]) -> list[_PdfLine]:
    """Drop page numbers and what is repeated at the head or foot of the pages."""
    seen: Counter[tuple[str, str, float]] = Counter()
    for page in pages:
        seen.update(dict.fromkeys(_edges(page)).keys())
    needed = max(2, (sum(1 for page in pages if page) + 1) // 2)
    kept: list[_PdfLine] = []
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


def _edges(page: Sequence[_PdfLine]) -> list[tuple[str, str, float]]:
    return [key for place in range(len(page)) for key in _keys(page, place)]


def _keys(page: Sequence[_PdfLine], place: int) -> list[tuple[str, str, float]]:
    """Name a line by its edge, words and letters; page numbers and dates in it count as the same."""
    line = page[place]
    words = re.sub(r"\d+", "#", line.words)
    keys: list[tuple[str, str, float]] = []
    if place < _EDGE_LINES:
        keys.append(("head", words, line.size))
    if place >= len(page) - _EDGE_LINES:
        keys.append(("foot", words, line.size))
    return keys


def _parts(lines: Sequence[_PdfLine]) -> list[Part]:
    """Join lines to paragraphs, and take large or bold ones for headings."""
    if not lines:
        return []
    letters: Counter[tuple[float, bool]] = Counter()
    for line in lines:
        letters[line.size, line.bold] += len(line.words)
    body_size, body_bold = letters.most_common(1)[0][0]
    right_edge = max(_right_edge(line) for line in lines)
    leading = _leading(lines, body_size)
    known = _Words(lines)
    groups: list[list[_PdfLine]] = []
    for line in lines:
        if groups and not _begins_part(groups[-1], line, leading=leading, right_edge=right_edge):
            groups[-1].append(line)
        else:
            groups.append([line])
    headings = [_is_heading(group, body_size, body_bold=body_bold) for group in groups]
    levels = _levels([group[0].size for group, found in zip(groups, headings, strict=True) if found])
    parts: list[Part] = []
    for number, (group, found) in enumerate(zip(groups, headings, strict=True)):
        if found:
            parts.append(Part(known.join(group), BlockKind.HEADING, 1 if number == 0 else levels[group[0].size]))
        else:
            parts.append(Part(known.join(group)))
    return parts


def _levels(sizes: Sequence[float]) -> dict[float, int]:
    """Rank headings by their letters; the first level is for one heading, the text's own."""
    outermost = 1 if sizes and sizes.count(max(sizes)) == 1 else 2
    return {size: min(rank, 6) for rank, size in enumerate(sorted(set(sizes), reverse=True), outermost)}


def _right_edge(line: _PdfLine, more: str = "") -> float:
    """Estimate where a line ends, from letters of usual widths."""
    letters = line.words + more
    ems = sum(0.28 if letter in _NARROW else 0.7 if letter in _WIDE or letter.isupper() else 0.5 for letter in letters)
    return line.x + ems * line.size


def _leading(lines: Sequence[_PdfLine], body_size: float) -> float:
    """Return the distance between two lines of one paragraph; 0 where places are unknown."""
    gaps = sorted(
        above.y - line.y
        for above, line in itertools.pairwise(lines)
        if above.page == line.page and above.size == line.size == body_size and 0 < above.y - line.y < 4 * body_size
    )
    # Short paragraphs make the gaps between paragraphs as frequent as those inside, but these are the smaller ones.
    return min(gaps[len(gaps) // 5], _WIDEST_LEADING * body_size) if gaps else 0.0


def _begins_part(group: Sequence[_PdfLine], line: _PdfLine, *, leading: float, right_edge: float) -> bool:
    above = group[-1]
    if BULLET.match(line.words) or above.size != line.size or above.bold != line.bold:
        return True
    breaks_sentence = not _ENDS_SENTENCE.search(above.words) and line.words[0].islower()
    if above.page != line.page:
        return not (breaks_sentence or _HYPHENATED.search(above.words))
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


def _is_heading(group: Sequence[_PdfLine], body_size: float, *, body_bold: bool) -> bool:
    line = group[0]
    words = " ".join(part.words for part in group)
    if len(words.split()) > _LONGEST_HEADING_WORDS or words[-1] in ".,;:" or not any(c.isalpha() for c in words):
        return False
    return line.size >= _LARGER * body_size or (line.bold and not body_bold and line.size >= body_size)


class _Words:
    """The words of a text, to tell a hyphen that a line's end brought from one that belongs to its word."""

    def __init__(self, lines: Sequence[_PdfLine]) -> None:
        self._known = {word for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.words.lower())}

    def join(self, group: Sequence[_PdfLine]) -> str:
        """Join the lines of one paragraph."""
        words = ""
        for line in group:
            if words.endswith("\u00ad"):
                words = words[:-1] + line.words
            elif (match := _HYPHENATED.search(words)) and line.words[0].islower():
                words = (words if self._keeps_hyphen(match[1], line.words) else words[:-1]) + line.words
            else:
                words = f"{words} {line.words}".lstrip()
        return words.replace("\u00ad", "")

    def _keeps_hyphen(self, left: str, following: str) -> bool:
        right = re.match(r"[^\W\d_]*", following)
        left, rest = left.lower(), right[0].lower() if right else ""
        if f"{left}{rest}" in self._known:
            return False
        return f"{left}-{rest}" in self._known or left in _HYPHEN_PREFIXES
