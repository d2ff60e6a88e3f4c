"""Read a PDF: its lines with the place and letters of each, and the blocks found from these."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

from redness_qa.errors import CorpusError
from redness_qa.passages import BlockKind
from redness_qa.reading.paragraphs import find_parts
from redness_qa.reading.parsed import Parsed, title_from_headings
from redness_qa.reading.printed_lines import PrintedLine, drop_running_lines
from redness_qa.reading.structure import find_blocks, write_lines

_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
)
_BOLD = re.compile(r"bold|black|heavy|demi|semib", re.IGNORECASE)


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
    parts = find_parts(drop_running_lines(pages))
    has_headings = any(part.kind is BlockKind.HEADING for part in parts)
    text, lines = write_lines(parts)
    blocks = find_blocks(text, lines, find_headings=not has_headings)
    return Parsed(text=text, blocks=blocks, title=title_from_headings(text, blocks) or title)


def _read_pages(content: bytes, path: Path) -> tuple[list[list[PrintedLine]], str | None]:
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


def _page_lines(page: Any, number: int) -> list[PrintedLine]:  # noqa: ANN401  # pypdf's page has no public protocol
    """Read the lines of one page with the place and the letters of each."""
    lines: list[PrintedLine] = []
    runs: list[tuple[str, float, float, float, bool]] = []

    def end_line() -> None:
        words = " ".join("".join(run[0] for run in runs).translate(_LIGATURES).split())
        if words:
            sizes: Counter[float] = Counter()
            for text, _, _, size, _ in runs:
                sizes[size] += len(text.strip())
            _, x, y, _, _ = next(run for run in runs if run[0].strip())
            bold = all(run[4] for run in runs if run[0].strip())
            lines.append(PrintedLine(words, number, x, y, sizes.most_common(1)[0][0], bold))
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
