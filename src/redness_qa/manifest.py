"""The manifest of an index: what it was made of, and the fingerprints that prove it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from redness_qa.errors import IndexCorrupted, IndexForeign, IndexStale

FORMAT = "redness-qa index"
FORMAT_VERSION = 4

_MARKS = (FORMAT.encode(), b'"corpus_fingerprint"')
"""What tells our manifest from a file of the same name; two, so that one changed byte leaves one of them."""

REBUILD = "Build it again: redness-qa build --corpus FOLDER --index FOLDER"
"""The remedy for every index that cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made of, and the fingerprints that prove it is whole.

    Attributes:
        encoder: Name of the embedding model.
        weights_sha256: Fingerprint of its weights.
        dim: Length of a vector.
        chunking: Settings that cut the documents into passages.
        corpus_fingerprint: Fingerprint of the corpus folder.
        documents: SHA-256 of each source file by name.
        passages: Number of passages.
        rows: Number of vectors: one for each passage with its context, for each question form, and again for each
            passage alone.
        search: How the rows are searched, "flat" or "ivf" under "method", with what that one needs.
        background_mean: Mean best similarity of questions about other subjects.
        background_deviation: Standard deviation of the same.
        versions: Version of each library that had a part in it.
        files: SHA-256 of each data file by name.
        suggestions: Questions that are offered first, if the guide says which.
    """

    encoder: str
    weights_sha256: str
    dim: int
    chunking: Mapping[str, int]
    corpus_fingerprint: str
    documents: Mapping[str, str]
    passages: int
    rows: int
    search: Mapping[str, str | int]
    background_mean: float
    background_deviation: float
    versions: Mapping[str, str]
    files: Mapping[str, str]
    suggestions: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Write it out in its one canonical form, closed by a checksum of itself."""
        body = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}
        return _canonical({**body, "checksum": sha256_hex(_canonical(body))})

    @classmethod
    def from_bytes(cls, content: bytes, *, path: Path) -> Manifest:
        """Read and verify a manifest.

        Raises:
            IndexForeign: Not a manifest of this package.
            IndexStale: Of another version of the format.
            IndexCorrupted: Not byte for byte what was written.
        """
        if not any(mark in content for mark in _MARKS):
            raise IndexForeign(path, "This is not a manifest of a redness-qa index.", remedy=REBUILD)
        damaged = IndexCorrupted(path, "The manifest was changed after it was written.", remedy=REBUILD)
        try:
            record = json.loads(content)
            checksum = record.pop("checksum")
            is_whole = content == _canonical({**record, "checksum": checksum})
            is_signed = checksum == sha256_hex(_canonical(record))
        # A lone surrogate cannot be written out again, and JSON may nest deeper than Python reads.
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
            raise damaged from error
        if not is_whole or not is_signed or record.pop("format", None) != FORMAT:
            raise damaged
        if (version := record.pop("format_version", None)) != FORMAT_VERSION:
            reason = f"The index has format {version}, this program reads format {FORMAT_VERSION}."
            raise IndexStale(path, reason, remedy=REBUILD)
        if set(record) != {field.name for field in fields(cls)}:
            raise damaged
        return cls(**record | {"suggestions": tuple(record["suggestions"])})


def sha256_hex(content: bytes) -> str:
    """Fingerprint some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _canonical(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
