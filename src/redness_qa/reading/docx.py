"""Read a Word document (DOCX)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.table import Table

from redness_qa.errors import CorpusError
from redness_qa.passages import BlockKind
from redness_qa.reading.parsed import Parsed, title_from_headings
from redness_qa.reading.structure import Part, find_blocks, looks_like_heading, write_lines

MAX_UNPACKED_BYTES = 200_000_000
"""Largest sum of the unpacked parts; a small file can unpack to more than a machine holds."""

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_HEADING_STYLE = re.compile(r"heading (\d)", re.IGNORECASE)
_REMEDY = "Open it in a word processor and save it again as DOCX."


def read_docx(content: bytes, path: Path) -> Parsed:
    """Find the blocks of a Word document.

    Raises:
        CorpusError: The file is damaged, locked with a password, or unpacks to too much.
    """
    _check_archive(content, path)
    try:
        document = docx.Document(io.BytesIO(content))
        parts = list(_parts(document))
        title = (document.core_properties.title or "").strip()
    except Exception as error:  # python-docx and lxml let errors of a dozen kinds through for a damaged file
        reason = f"is damaged ({type(error).__name__}: {error}). {_REMEDY}"
        raise CorpusError(path, reason) from error
    has_headings = any(part.kind is BlockKind.HEADING for part in parts)
    text, lines = write_lines(parts)
    blocks = find_blocks(text, lines, find_headings=not has_headings)
    return Parsed(text=text, blocks=blocks, title=title_from_headings(text, blocks) or title or None)


def _check_archive(content: bytes, path: Path) -> None:
    if content.startswith(_OLD_OR_LOCKED):
        reason = "is locked with a password, or is of the old Word format. Save it as DOCX without a password."
        raise CorpusError(path, reason)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise CorpusError(path, f"is damaged, or is no Word document ({error}). {_REMEDY}") from error
    if size > MAX_UNPACKED_BYTES:
        reason = f"unpacks to {size:,} bytes; at most {MAX_UNPACKED_BYTES:,} are read. Take pictures out, or split it."
        raise CorpusError(path, reason)


# python-docx publishes no types; Any says so.
def _parts(document: Any) -> Iterator[Part]:  # noqa: ANN401
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            yield from _rows(item)
        else:
            yield from _paragraph(item)


def _rows(table: Any) -> Iterator[Part]:  # noqa: ANN401
    for number, row in enumerate(table.rows):
        # A merged cell comes once for every column that it spans.
        cells = list(dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells))
        words = " | ".join(cell for cell in cells if cell)
        is_head = number == 0 and len(cells) > 1 and len(table.rows) > 1 and not any(c.endswith(".") for c in cells)
        if words and not is_head:
            yield Part(words, BlockKind.LIST_ITEM)


def _paragraph(paragraph: Any) -> Iterator[Part]:  # noqa: ANN401
    style = str(getattr(paragraph.style, "name", None) or "")
    level = _heading_level(paragraph, style)
    depth = _list_depth(paragraph, style)
    kind = BlockKind.HEADING if level else BlockKind.LIST_ITEM if depth is not None else None
    words = [line for line in paragraph.text.split("\n") if line.strip()]
    if kind is BlockKind.HEADING:
        words = [" ".join(words)]
    for line in words:
        yield Part(line, kind, level, depth or 0)


def _heading_level(paragraph: Any, style: str) -> int:  # noqa: ANN401
    """Return 1 to 6 for a heading by its style, its outline level or its bold letters, else 0."""
    if match := _HEADING_STYLE.match(style):
        return min(max(int(match[1]), 1), 6)
    if style == "Title":
        return 1
    properties = paragraph._p.pPr
    outline = properties.find(qn("w:outlineLvl")) if properties is not None else None
    if outline is not None and int(outline.get(qn("w:val"), "9")) < 9:
        return min(int(outline.get(qn("w:val"))) + 1, 6)
    runs = [run for run in paragraph.runs if run.text.strip()]
    if runs and all(run.bold for run in runs) and looks_like_heading(paragraph.text.strip()):
        return 2
    return 0


def _list_depth(paragraph: Any, style: str) -> int | None:  # noqa: ANN401
    """Return how deep a list item lies, 0 for the outermost list, or None outside of lists."""
    properties = paragraph._p.pPr
    numbering = properties.numPr if properties is not None else None
    if numbering is not None and numbering.ilvl is not None:
        return int(numbering.ilvl.val)
    if style.startswith("List") and not style.startswith("List Continue"):
        return int(style[-1]) - 1 if style[-1:].isdigit() else 0
    return 0 if numbering is not None else None
