"""Which passages of an index come nearest to a question: exactly, or by cells in a large index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from redness_qa.index.cells import Cells
from redness_qa.index.columns import Columns, Lists, Positions
from redness_qa.passages import Hit, Passage
from redness_qa.vectors import FloatMatrix, StoredMatrix, cosines, row_cosines

TEXT_SHARE = 0.4
"""Weight of a passage's text in its score, the rest being that of its nearest question form. Chosen on voices a and b
and on the listed questions themselves: with 0.5 or 0.4 as many are right first, and with 0.4 as many as 99 % of the
listed questions find their own passage first, with 0.5 only 97 %."""

ROUNDING = 1e-5
"""How far the score of one passage may differ between two ways of summing; scores this near are summed the same way."""


class PassageSearch:
    """The passages of an index with the vectors of their texts and question forms."""

    def __init__(
        self, passages: Sequence[Passage], columns: Columns, vectors: StoredMatrix, *, cells: Cells | None
    ) -> None:
        """Take passages with the rows that lead to them.

        Args:
            passages: What can be found; whoever searches has one at least.
            columns: Which rows are those of the question forms, and the passages that each leads to.
            vectors: Unit rows, one for each passage, then one for each question form.
            cells: Of these rows; None where every row is compared.
        """
        self._passages = passages
        self._columns = columns
        self._vectors = vectors
        self._cells = cells
        self._with_forms = np.array(list(columns.asked()), dtype=np.int64)

    def nearest(self, question: NDArray[np.float32], *, k: int, bonus: NDArray[np.float32] | None) -> list[Hit]:
        """Score passages, and keep the k best; equal ones in their own order.

        Args:
            question: A unit vector, shape (dim,), float32.
            k: Hits wanted; fewer come back if there are fewer passages.
            bonus: What is added to the score of each passage, shape (passages,).
        """
        places = self._candidates(question, bonus, k=min(k, len(self._passages)))
        scores = self._scores(question, places)
        if bonus is not None:
            scores += bonus[places]
        order = np.lexsort((places, -scores))[:k]
        return [
            Hit(self._passages[place], score, rank)
            for rank, (place, score) in enumerate(zip(places[order].tolist(), scores[order].tolist(), strict=True), 1)
        ]

    def nearest_row(self, question: FloatMatrix) -> float:
        """Tell the cosine similarity of the nearest row, a text or a question form.

        Args:
            question: One unit row, shape (1, dim), float32.
        """
        rows = self._vectors if self._cells is None else self._vectors[self._cells.nearest(question, least=1)]
        return float(cosines(rows, question[0]).max())

    def _candidates(self, question: NDArray[np.float32], bonus: NDArray[np.float32] | None, *, k: int) -> Positions:
        """Choose the passages among which the k best are, in ascending order."""
        if self._cells is not None and (places := self._in_cells(question, self._cells, k=k)) is not None:
            return places if bonus is None or not bonus.any() else np.union1d(places, _highest(bonus, k))
        near = cosines(self._vectors, question)
        scores = near[: len(self._passages)].copy()
        if len(self._with_forms):
            of_forms = near[self._columns.forms.values]
            best_form = np.maximum.reduceat(of_forms, self._columns.forms.starts[self._with_forms])
            scores[self._with_forms] = TEXT_SHARE * scores[self._with_forms] + (1 - TEXT_SHARE) * best_form
        if bonus is not None:
            scores += bonus
        # A product over the whole matrix may sum equal rows differently, so all that come near are scored again.
        least = np.partition(scores, -k)[-k] - 2 * ROUNDING
        return np.flatnonzero(scores >= least)

    def _in_cells(self, question: NDArray[np.float32], cells: Cells, *, k: int) -> Positions | None:
        """Find k passages or more behind the rows of cells; None if half of all rows would be looked at for them."""
        least = 2 * k
        while 2 * least <= len(self._vectors):
            rows = cells.nearest(question[np.newaxis], least=least)
            is_text = rows < len(self._passages)
            through_forms = self._columns.targets.chosen(rows[~is_text] - len(self._passages)).values
            places = np.unique(np.concatenate([rows[is_text], through_forms]))
            if len(places) >= k:
                return places
            least = 2 * max(least, len(rows))  # many rows lead to few passages
        return None

    def _scores(self, question: NDArray[np.float32], places: Positions) -> NDArray[np.float64]:
        """Score passages one by one, so that equal rows get equal scores wherever they stand."""
        scores = row_cosines(self._vectors[places], question)
        forms: Lists = self._columns.forms.chosen(places)
        asked = np.flatnonzero(np.diff(forms.starts))
        if len(asked):
            best_form = np.maximum.reduceat(row_cosines(self._vectors[forms.values], question), forms.starts[asked])
            scores[asked] = TEXT_SHARE * scores[asked] + (1 - TEXT_SHARE) * best_form
        return scores


def _highest(values: NDArray[np.float32], k: int) -> Positions:
    """Find the places of the k highest values; of equal ones the first."""
    least = np.partition(values, -k)[-k]
    above = np.flatnonzero(values > least)
    return np.concatenate([above, np.flatnonzero(values == least)[: k - len(above)]])
