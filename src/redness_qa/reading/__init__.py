"""Read one source text of any supported format into a document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from redness_qa.errors import CorpusError
from redness_qa.passages import Document, Source
from redness_qa.reading.files import MAX_FILE_BYTES, decode, read_bytes
from redness_qa.reading.parsed import Parsed, title_from_headings

__all__ = ["MAX_FILE_BYTES", "SUFFIXES", "read_document"]


# The libraries of a format are loaded when the first text of it is read: whoever only asks needs none of them.


def _markdown(content: bytes, path: Path) -> Parsed:
    from redness_qa.reading.markdown import read_markdown

    return read_markdown(decode(content, path), path)


def _plain(content: bytes, path: Path) -> Parsed:
    from redness_qa.reading.plain import read_plain

    return read_plain(decode(content, path))


def _html(content: bytes, path: Path) -> Parsed:
    from redness_qa.reading.html import read_html

    return read_html(content, path)


def _pdf(content: bytes, path: Path) -> Parsed:
    from redness_qa.reading.pdf import read_pdf

    return read_pdf(content, path)


def _docx(content: bytes, path: Path) -> Parsed:
    from redness_qa.reading.docx import read_docx

    return read_docx(content, path)


_READERS: Mapping[str, Callable[[bytes, Path], Parsed]] = {
    ".md": _markdown,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".pdf": _pdf,
    ".docx": _docx,
}

SUFFIXES = tuple(_READERS)
"""Suffixes of the files that can be read, in lower case."""


def is_own_text(name: str) -> bool:
    """Tell whether a file of that name is text itself, so that offsets count the characters of the file."""
    return Path(name).suffix.lower() in (".md", ".txt")


def read_document(path: Path, *, name: str) -> Document:
    """Read one file.

    Args:
        path: The file; its suffix tells the format.
        name: What the document is called from here on, mostly its path below the corpus folder.

    Raises:
        CorpusError: The file is of an unsupported format, cannot be read, is damaged, or holds no text.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        reason = f"has the suffix '{path.suffix}', which cannot be read. Save it as one of {', '.join(SUFFIXES)}."
        raise CorpusError(path, reason)
    content = read_bytes(path)
    parsed = reader(content, path)
    if not parsed.blocks:
        raise CorpusError(path, "holds no text. Put a text into it, or take it out of the folder.")
    title = parsed.title or title_from_headings(parsed.text, parsed.blocks) or path.stem
    return Document(
        name=name,
        title=title,
        language=parsed.language,
        text=parsed.text,
        blocks=parsed.blocks,
        footnotes=parsed.footnotes,
        source=Source(title=title, publisher=parsed.publisher, url=parsed.url),
        sha256=hashlib.sha256(content).hexdigest(),
        metadata=parsed.metadata,
    )
