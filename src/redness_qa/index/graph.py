"""The rows nearest to a question in a large index, by a graph of neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redness_qa.index.library import faiss_library
from redness_qa.vectors import FloatMatrix

FLAT_ROWS = 10_000
"""Rows up to which every row is compared: that is exact, and takes about as long as the graph (on one core 0.7 ms
against 0.6 for 10,000 rows of 384 numbers, 2.4 against 0.7 for 40,000)."""

FLAT: Mapping[str, str | int] = {"method": "flat"}

HNSW: Mapping[str, str | int] = {"method": "hnsw", "links": 32, "build_candidates": 100, "search_candidates": 256}
"""Links of a row on each level (twice as many on the lowest), rows looked at when a row is linked, and when a question
is asked. Malkov and Yashunin 2018 (https://arxiv.org/abs/1603.09320) call them M, efConstruction and ef."""


def search_settings(rows: int) -> Mapping[str, str | int]:
    """Choose how an index of so many rows is searched."""
    return FLAT if rows <= FLAT_ROWS else HNSW


class Graph:
    """Links between near rows (HNSW), with the rows themselves in eight bits a number.

    What it finds is scored anew on the exact vectors, so eight bits decide only what is looked at.
    """

    def __init__(self, linked: Any, *, candidates: int) -> None:  # noqa: ANN401 - faiss publishes no types
        self._linked = linked
        self._candidates = candidates

    @classmethod
    def build(cls, vectors: FloatMatrix, settings: Mapping[str, str | int]) -> Graph:
        """Link unit rows, shape (n, dim); the same rows give the same graph on one thread."""
        faiss = faiss_library()
        linked = faiss.IndexHNSWSQ(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, int(settings["links"]))
        linked.hnsw.efConstruction = int(settings["build_candidates"])
        linked.train(vectors)
        linked.add(vectors)
        return cls(linked, candidates=int(settings["search_candidates"]))

    def __len__(self) -> int:
        return int(self._linked.ntotal)

    def nearest(self, question: FloatMatrix, *, least: int) -> NDArray[np.int64]:
        """List rows that are near to a question, nearly always the nearest.

        Args:
            question: One unit row, shape (1, dim).
            least: Rows wanted at least; fewer come back if the graph is smaller.
        """
        faiss = faiss_library()
        wanted = min(max(self._candidates, least), len(self))
        _, rows = self._linked.search(question, wanted, params=faiss.SearchParametersHNSW(efSearch=wanted))
        found: NDArray[np.int64] = rows[0][rows[0] >= 0]
        return found

    def save(self, path: Path) -> None:
        """Write the graph to a file."""
        faiss = faiss_library()
        faiss.write_index(self._linked, str(path))

    @classmethod
    def load(cls, path: Path, settings: Mapping[str, str | int]) -> Graph:
        """Map a file that `save` wrote.

        Raises:
            RuntimeError: The file holds something else.
        """
        faiss = faiss_library()
        linked = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        if not isinstance(linked, faiss.IndexHNSWSQ):
            raise RuntimeError(f"{path.name} holds {type(linked).__name__}, no graph")
        return cls(linked, candidates=int(settings["search_candidates"]))
