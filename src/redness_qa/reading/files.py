"""Read a file's bytes and decode them, or say in plain words why that fails."""

from __future__ import annotations

from pathlib import Path

from redness_qa.errors import CorpusError

MAX_FILE_BYTES = 20_000_000
"""Largest file that is read; a text of this size is a book shelf, so more is a mistake."""

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Raises:
        CorpusError: The file cannot be read, is empty, or is larger than `MAX_FILE_BYTES`.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            reason = f"has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read. Split it into smaller texts."
            raise CorpusError(path, reason)
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error}). Check that it exists and that you may open it."
        raise CorpusError(path, reason) from error
    if not content:
        raise CorpusError(path, "is empty. Put a text into it, or take it out of the folder.")
    return content


def decode(content: bytes, path: Path, *, encoding: str = "utf-8") -> str:
    r"""Decode bytes strictly, with line ends as `\n`.

    Raises:
        CorpusError: The bytes are not text in this encoding, or hold NUL characters.
    """
    if content.startswith(_UTF16_MARKS):
        raise CorpusError(path, "is UTF-16 text. Save it again with the encoding UTF-8.")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = (
            f"is not {encoding.upper()} text: byte 0x{content[error.start]:02X} at offset {error.start} "
            "does not fit. Save it again with the encoding UTF-8."
        )
        raise CorpusError(path, reason, line=line) from error
    if "\x00" in text:
        offset = text.index("\x00")
        line = text.count("\n", 0, offset) + 1
        reason = f"holds a NUL character at offset {offset}, so it is no plain text. Save it again as UTF-8 text."
        raise CorpusError(path, reason, line=line)
    return text.replace("\r\n", "\n").replace("\r", "\n")
