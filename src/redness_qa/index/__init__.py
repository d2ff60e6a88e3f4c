"""Passages and their vectors on disk and in memory, and what is nearest to a question."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from redness_qa.errors import IndexStale
from redness_qa.index.cells import FLAT, FLAT_ROWS, Cells, search_settings
from redness_qa.index.columns import Columns, Positions
from redness_qa.index.files import (
    CELLS,
    COLUMNS,
    DATA_FILES,
    LIMITS,
    MANIFEST,
    PASSAGES,
    TEXTS,
    VECTORS,
    read,
    seal,
    standing,
    verify,
    write_lines,
    written_aside,
)
from redness_qa.index.limit_forms import LimitForms
from redness_qa.index.records import MISFIT, StoredPassages, json_line, limit_lines, passage_lines, read_limits
from redness_qa.index.rows import RowTexts, question_forms, row_texts
from redness_qa.index.search import PassageSearch
from redness_qa.index.vectors_file import map_vectors, write_vectors
from redness_qa.manifest import REBUILD, Manifest, sha256_hex
from redness_qa.passages import Hit, Limit, LimitHit, LimitKind, Passage
from redness_qa.vectors import FloatMatrix, StoredMatrix, check_unit_rows, rounded

__all__ = [
    "CELLS",
    "COLUMNS",
    "DATA_FILES",
    "FLAT_ROWS",
    "LIMITS",
    "MANIFEST",
    "PASSAGES",
    "TEXTS",
    "VECTORS",
    "Index",
    "RowTexts",
    "question_forms",
    "row_texts",
    "search_settings",
]


class Index:
    """Passages and their vectors in one order, and search among them: exact, or by cells in a large index."""

    def __init__(
        self,
        passages: Sequence[Passage],
        limits: Sequence[Limit],
        vectors: StoredMatrix,
        manifest: Manifest,
        *,
        columns: Columns | None = None,
        cells: Cells | None = None,
    ) -> None:
        """Pair passages and limits with their vectors.

        Args:
            passages: What can be quoted.
            limits: What the guide does not answer on purpose.
            vectors: Unit rows, shape (manifest.rows, manifest.dim), of all the texts that `row_texts` lists.
            manifest: What they were made of; it says how they are searched.
            columns: What search needs of the passages, as it was stored, with vectors as they were stored. If left out,
                it is made anew, and the vectors are rounded as they will be stored.
            cells: Of the searched rows, as it was stored; made anew if left out and the manifest names one.
        """
        if columns is None:
            check_unit_rows(vectors, dim=manifest.dim)
            vectors = rounded(vectors)
            columns = Columns.of(passages)
        asked = [(limit, question) for limit in limits for question in limit.questions]
        rows = 2 * len(passages) + len(columns.targets) + len(asked)
        if not rows == len(vectors) == manifest.rows or len(passages) != manifest.passages:
            raise ValueError(
                f"{len(passages)} passages with {len(limits)} limits need {rows} rows; there are {len(vectors)} "
                f"vectors, and the manifest counts {manifest.passages} passages and {manifest.rows} rows"
            )
        self.passages = passages
        self.limits = tuple(limits)
        self.manifest = manifest
        self.vectors = vectors
        self._columns = columns
        searched = vectors[: len(passages) + len(columns.targets)]
        self._statements = vectors[rows - len(passages) :]
        self.limit_questions = tuple(question for _, question in asked)
        of_limits = np.asarray(vectors[len(searched) : rows - len(passages)], dtype=np.float32)
        self._limit_forms = LimitForms(self.limits, of_limits)
        if cells is None and manifest.search != FLAT:
            cells = Cells.build(np.asarray(searched, dtype=np.float32), manifest.search)
        self._cells = cells
        self._passage_search = PassageSearch(passages, columns, searched, cells=cells)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the manifest, which names every other file by its own."""
        return sha256_hex(self.manifest.to_bytes())

    @property
    def facts(self) -> Mapping[str, Positions]:
        """The positions of the passages that state each fact, in ascending order."""
        return self._columns.facts

    def passage(self, id: str) -> Passage:
        """Give the passage of an id.

        Raises:
            KeyError: There is none.
        """
        return self.passages[self._position(id)]

    def with_texts(self, texts: Collection[str]) -> list[Passage]:
        """Give the passages of which one of the texts is the whole, in their own order."""
        places = sorted({int(place) for text in texts for place in self._columns.texts.find(text)})
        return [found for found in map(self.passages.__getitem__, places) if found.text in texts]

    def stating(self, fact: str) -> list[Passage]:
        """Give the passages that state a fact, in their own order."""
        return [self.passages[place] for place in self.facts.get(fact, np.empty(0, dtype=np.int64)).tolist()]

    def asked_passages(self) -> Iterator[Passage]:
        """Give the passages that have question forms, in their own order."""
        return map(self.passages.__getitem__, self._columns.asked())

    def statement_similarity(self, one: Passage, other: Passage) -> float:
        """Give the cosine similarity of what two passages say, whatever headings they stand under."""
        both = self._statements[[self._position(one.id), self._position(other.id)]].astype(np.float32)
        return float(both[0] @ both[1])

    def check_corpus(self, folder: Path, *, fingerprint: str) -> None:
        """Refuse to go on if the corpus is no longer as it was when the index was built.

        Raises:
            IndexStale: The fingerprint of the corpus differs.
        """
        if fingerprint != self.manifest.corpus_fingerprint:
            raise IndexStale(folder, "The source texts were changed after the index was built.", remedy=REBUILD)

    def search(self, questions: FloatMatrix, *, k: int, bonus: FloatMatrix | None = None) -> list[list[Hit]]:
        """Find the passages nearest to each question, best first; equal ones in their own order.

        A passage scores the cosine similarity of its text, or where patients' question forms lead
        to it the mean of that and of the nearest form, weighted by `search.TEXT_SHARE`. Every passage is scored, or
        in an index with cells those behind the rows that the cells give.

        Args:
            questions: Unit rows, shape (n, dim), float32.
            k: Hits wanted per question; fewer come back if the index is smaller.
            bonus: What is added to the score of each passage, shape (n, passages); the k passages with the highest
                are scored in any case.

        Raises:
            ValueError: k is below 1, or dim differs from the index.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        check_unit_rows(questions, dim=self.manifest.dim)
        if not self.passages:
            return [[] for _ in questions]
        bonuses: Iterable[NDArray[np.float32] | None] = [None] * len(questions) if bonus is None else bonus
        return [
            self._passage_search.nearest(question, k=k, bonus=added)
            for question, added in zip(questions, bonuses, strict=True)
        ]

    def nearest_row(self, question: FloatMatrix) -> float:
        """Tell the cosine similarity of the nearest row that leads to a passage, a text or a question form.

        Args:
            question: One unit row, shape (1, dim), float32.
        """
        return self._passage_search.nearest_row(question)

    def nearest_limits(
        self, question: FloatMatrix, *, bonus: NDArray[np.float64] | None = None
    ) -> dict[LimitKind, LimitHit]:
        """Find for each kind of limit the one that comes nearest, as `LimitForms.nearest` does.

        Args:
            question: One unit row, shape (1, dim), float32.
            bonus: What is added to the similarity of each of `limit_questions` in choosing a limit of its kind.

        Returns:
            Nothing for a kind of which the index has no limits.
        """
        return self._limit_forms.nearest(question, bonus=bonus)

    def save(self, folder: Path, *, texts: Mapping[str, str]) -> None:
        """Write the index aside, then move it into place; an older one serves until that instant.

        Args:
            folder: Where the index shall be; its parent must be writable.
            texts: Text of each document whose offsets do not count the characters of its own file
                (HTML, PDF, DOCX), by name.

        Raises:
            IndexForeign: Something else is there, or in the way; it is left as it is.
        """
        with written_aside(folder) as aside:
            offsets = write_lines(aside / PASSAGES, passage_lines(self.passages))
            (aside / COLUMNS).write_bytes(self._columns.to_bytes(offsets=np.array(offsets, dtype=np.int64)))
            write_lines(aside / TEXTS, (json_line({"document": name, "text": texts[name]}) for name in sorted(texts)))
            write_lines(aside / LIMITS, limit_lines(self.limits))
            write_vectors(aside / VECTORS, self.vectors)
            if self._cells is not None:
                self._cells.save(aside / CELLS)
            files = {path.name: seal(path) for path in sorted(aside.iterdir())}
            self.manifest = replace(self.manifest, files=files)
            (aside / MANIFEST).write_bytes(self.manifest.to_bytes())
            seal(aside / MANIFEST)

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Load an index, and verify that every byte of it is as it was written.

        Passages stay on disk, mapped, until a search wants them, and so do the vectors of an index with cells.

        Raises:
            IndexMissing: There is nothing at that place.
            IndexForeign: There is something, but not an index of this package.
            IndexCorrupted: A file was changed, cut off or removed.
            IndexStale: The index has another format.
        """
        folder = standing(folder)
        manifest = Manifest.from_bytes(read(folder / MANIFEST), path=folder / MANIFEST)
        for name in (*DATA_FILES, *([CELLS] if manifest.search != FLAT else [])):
            verify(folder / name, manifest.files.get(name))
        try:
            columns, offsets = Columns.read(folder / COLUMNS)
            stored = map_vectors(folder / VECTORS, dim=manifest.dim)
            return cls(
                StoredPassages(folder / PASSAGES, offsets),
                read_limits(read(folder / LIMITS)),
                # Where every row is compared with each question, all are wanted as numbers to compute with.
                stored.astype(np.float32) if manifest.search == FLAT else stored,
                manifest,
                columns=columns,
                cells=Cells.load(folder / CELLS, manifest.search) if manifest.search != FLAT else None,
            )
        except (ValueError, TypeError, KeyError, RuntimeError, EOFError, SafetensorError) as error:
            raise IndexStale(folder, MISFIT.format(reason=error), remedy=REBUILD) from error

    def _position(self, id: str) -> int:
        for place in self._columns.ids.find(id).tolist():
            if self.passages[place].id == id:
                return int(place)
        raise KeyError(id)
