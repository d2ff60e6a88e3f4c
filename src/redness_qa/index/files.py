"""The folder of an index: its files, how they are proved whole, and how a new one takes the place of an old."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from redness_qa.errors import IndexCorrupted, IndexFault, IndexForeign, IndexMissing
from redness_qa.fingerprints import file_sha256
from redness_qa.manifest import REBUILD, Manifest

MANIFEST = "manifest.json"
PASSAGES = "passages.jsonl"
COLUMNS = "columns.safetensors"
LIMITS = "limits.jsonl"
TEXTS = "texts.jsonl"
VECTORS = "vectors.faiss"
DATA_FILES = (PASSAGES, COLUMNS, TEXTS, LIMITS, VECTORS)
"""The files that the manifest of every index names with their fingerprints."""

CELLS = "cells.faiss"
"""What a large index holds beside them; an index folder holds these, the manifest and no other file."""

PREVIOUS_SUFFIX = ".previous"
"""Where a save parks the old index for the instant in which it moves the new one into place."""

_ASIDE_INFIX = ".building-"
_ASIDE_LIFETIME_SECONDS = 3600
"""Age from which a folder written aside belongs to no save that still runs; writing a large one takes a minute."""


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, and move it into place when all is written; an older one serves until then.

    Raises:
        IndexForeign: Something else is there, or in the way; it is left as it is.
    """
    folder = folder.resolve()  # so that a link stays a link, and "." has a name
    _refuse_other_things(folder)
    _refuse_other_things(_previous(folder))
    recover(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}{_ASIDE_INFIX}", dir=folder.parent))
    try:
        aside.chmod(0o755)
        yield aside
        _move_into_place(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_lines(path: Path, lines: Iterable[bytes]) -> list[int]:
    """Write lines to a file; give the first byte of each, and at last the size."""
    offsets = [0]
    with path.open("wb") as file:
        for line in lines:
            file.write(line)
            offsets.append(offsets[-1] + len(line))
    return offsets


def seal(path: Path) -> str:
    """See to it that a file is on the disk, and fingerprint it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return file_sha256(path)


def standing(folder: Path) -> Path:
    """Find the folder that serves: the index itself, or what a killed save has parked.

    Raises:
        IndexMissing: There is nothing at that place.
        IndexForeign: There is something, but not an index of this package.
    """
    if not folder.exists() and _previous(folder).is_dir():
        folder = _previous(folder)
    if not folder.is_dir() or not any(folder.iterdir()):
        raise IndexMissing(folder, "There is no index here.", remedy=REBUILD)
    if not (folder / MANIFEST).is_file():
        raise IndexForeign(folder, f"The folder has no {MANIFEST}, so it is not an index.", remedy=REBUILD)
    return folder


def read(path: Path) -> bytes:
    """Read a file of an index.

    Raises:
        IndexCorrupted: It cannot be read.
    """
    with _faults_told(path):
        return path.read_bytes()


def verify(path: Path, sha256: str | None) -> None:
    """Refuse a file that is not byte for byte what was written.

    It is read block by block, not mapped, so that a large one does not fill the memory.

    Raises:
        IndexCorrupted: It was changed, cut off or removed.
    """
    with _faults_told(path):
        found = file_sha256(path)
    if found != sha256:
        raise IndexCorrupted(path, "The file was changed after it was written.", remedy=REBUILD)


def recover(folder: Path) -> None:
    """Finish what a killed save left half done: put the parked index back or clear it away, and what it wrote aside."""
    previous = _previous(folder)
    if previous.is_dir():
        if folder.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(folder)
    for aside in previous.parent.glob(f".{glob.escape(folder.name)}{_ASIDE_INFIX}*"):
        if time.time() - aside.stat().st_mtime > _ASIDE_LIFETIME_SECONDS:
            shutil.rmtree(aside, ignore_errors=True)


def _refuse_other_things(folder: Path) -> None:
    """Refuse to replace or remove anything but an index, whole or damaged, or an empty folder."""
    if not folder.exists():
        return
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else [folder.name]
    others = [name for name in names if name not in (MANIFEST, *DATA_FILES, CELLS)]
    try:
        if MANIFEST in names and not others:
            Manifest.from_bytes((folder / MANIFEST).read_bytes(), path=folder / MANIFEST)
    except IndexForeign:
        others = [MANIFEST]
    except (IndexFault, OSError):
        pass  # damaged or of an older format, but ours
    # Half a removed index has lost its manifest, perhaps; a new index folder never has.
    if not others and names and MANIFEST not in names and not folder.name.endswith(PREVIOUS_SUFFIX):
        others = names
    if others:
        raise IndexForeign(
            folder,
            f"There is something else than an index here ({', '.join(others[:3])}), and it is not overwritten.",
            remedy="Name another folder, or move that away.",
        )


@contextmanager
def _faults_told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise IndexCorrupted(path, "The file is gone.", remedy=REBUILD) from error
    except OSError as error:
        raise IndexCorrupted(path, f"The file cannot be read ({error.strerror}).", remedy=REBUILD) from error


def _previous(folder: Path) -> Path:
    folder = folder.resolve()
    return folder.with_name(folder.name + PREVIOUS_SUFFIX)


def _move_into_place(aside: Path, folder: Path) -> None:
    """Swap folders; whoever is killed between the two moves is repaired by `recover` and `standing`."""
    if folder.exists():
        folder.rename(_previous(folder))
    aside.rename(folder)
    shutil.rmtree(_previous(folder), ignore_errors=True)
