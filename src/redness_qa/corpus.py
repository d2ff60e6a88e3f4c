"""Read a folder of source texts, and fingerprint it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from redness_qa.companions import COMPANIONS_FILE
from redness_qa.errors import CorpusError, CorpusErrors
from redness_qa.limits import LIMIT_FILES
from redness_qa.passages import Document
from redness_qa.reading import SUFFIXES, is_own_text, read_document
from redness_qa.reading.files import read_bytes
from redness_qa.suggestions import SUGGESTIONS_FILE

UNREADABLE_SUFFIXES = (
    ".doc",
    ".docm",
    ".epub",
    ".markdown",
    ".odt",
    ".pages",
    ".rst",
    ".rtf",
    ".tex",
    ".wpd",
    ".xhtml",
)
"""Suffixes of texts that we cannot read; left out in silence, their absence would go unseen."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The source texts of one folder.

    Attributes:
        folder: Where they were read.
        documents: The texts, by the number `order` of their front matter, then by name.
        fingerprint: What `corpus_fingerprint` gives for the folder.
    """

    folder: Path
    documents: tuple[Document, ...]
    fingerprint: str

    @classmethod
    def from_folder(cls, folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Corpus:
        """Read every text below a folder; hidden files, README files and files that are no texts are left out.

        Args:
            folder: The folder; folders inside it are read too.
            progress: Called after each file with the files read so far and the files in all.

        Raises:
            CorpusError: There is no such folder, it holds no text, or one text cannot be used.
            CorpusErrors: Several texts cannot be used; each is named.
        """
        files = _text_files(folder)
        documents: list[Document] = []
        errors: list[CorpusError] = []
        for done, (name, path) in enumerate(files, 1):
            try:
                documents.append(read_document(path, name=name))
            except CorpusError as error:
                errors.append(error)
            if progress is not None:
                progress(done, len(files))
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise CorpusErrors(folder, errors)
        documents.sort(key=lambda document: (_order(document, folder), document.name))
        return cls(folder=folder, documents=tuple(documents), fingerprint=corpus_fingerprint(folder))

    def extracted_texts(self) -> dict[str, str]:
        """Give the text of each document whose offsets do not count the characters of its own file, by name."""
        return {document.name: document.text for document in self.documents if not is_own_text(document.name)}


def _order(document: Document, folder: Path) -> float:
    """Give the place that the front matter asks for; a document that asks for none comes after those that do."""
    order = document.metadata.get("order")
    if order is None:
        return math.inf
    if not order.isascii() or not order.isdigit():
        raise CorpusError(
            folder / document.name, f"'order' is {order!r}; write a whole number such as 1, or leave it out"
        )
    return int(order)


def _text_files(folder: Path) -> list[tuple[str, Path]]:
    """List the texts below a folder with their names, by name."""
    if not folder.is_dir():
        reason = "is not a folder. Give the folder that holds the source texts."
        raise CorpusError(folder, reason if folder.exists() else f"does not exist, so it {reason}")
    try:
        paths = [path for path in folder.rglob("*") if path.is_file()]
    except OSError as error:
        reason = f"cannot be listed ({error.strerror or error}). Check that you may open it and the folders in it."
        raise CorpusError(folder, reason) from error
    named = sorted((path.relative_to(folder).as_posix(), path) for path in paths)
    files = [(name, path) for name, path in named if _is_text(name, path)]
    if not files:
        reason = f"holds no text. Put texts with one of these suffixes into it: {', '.join(SUFFIXES)}."
        raise CorpusError(folder, reason)
    return files


def _is_text(name: str, path: Path) -> bool:
    # "~$" begins the lock file that Word leaves beside an open document.
    if any(part.startswith((".", "~$")) for part in name.split("/")) or path.stem.lower() == "readme":
        return False
    return path.suffix.lower() in (*SUFFIXES, *UNREADABLE_SUFFIXES)


def corpus_fingerprint(folder: Path) -> str:
    """Fingerprint the files that an index is built from, without reading what they say.

    Returns:
        SHA-256 over the names and contents of the texts and of the lists beside them, in hexadecimal.

    Raises:
        CorpusError: There is no such folder, or it holds no text.
    """
    lists = [*LIMIT_FILES.values(), COMPANIONS_FILE, SUGGESTIONS_FILE]
    files = _text_files(folder) + [(name, folder / name) for name in lists if (folder / name).is_file()]
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(f"{name}\0{hashlib.sha256(read_bytes(path)).hexdigest()}\n".encode())
    return digest.hexdigest()
