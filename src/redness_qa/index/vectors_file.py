"""The vectors of an index as FAISS writes them in half precision, and mapped from that file without a copy."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redness_qa.index.library import faiss_library
from redness_qa.vectors import StoredMatrix

_HEAD = struct.Struct("<4siq")
"""Kind, dimension and number of rows, with which FAISS begins the file; the rows are its end."""

_KIND = b"IxSQ"


def write_vectors(path: Path, vectors: StoredMatrix) -> None:
    """Write unit rows, shape (n, dim), as a FAISS `IndexScalarQuantizer` of half precision, by inner product."""
    faiss = faiss_library()
    rows = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    rows.add(np.ascontiguousarray(vectors, dtype=np.float32))
    faiss.write_index(rows, str(path))


def map_vectors(path: Path, *, dim: int) -> NDArray[np.float16]:
    """Map the rows of a file that `write_vectors` wrote, shape (n, dim), read-only.

    Raises:
        ValueError: The file holds something else.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD.size)
    size = path.stat().st_size
    if len(head) == _HEAD.size:
        kind, wide, rows = _HEAD.unpack(head)
        offset = size - rows * dim * np.dtype(np.float16).itemsize
        if kind == _KIND and wide == dim and rows >= 0 and offset > _HEAD.size:
            if not rows:
                return np.empty((0, dim), dtype=np.float16)
            return np.memmap(path, dtype="<f2", mode="r", offset=offset, shape=(rows, dim)).view(np.ndarray)
    raise ValueError(f"{path.name} holds no FAISS index of rows of {dim} numbers in half precision")
