"""The question forms of what a guide does not answer, and which limit of each kind comes nearest to a question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from redness_qa.passages import Limit, LimitHit, LimitKind
from redness_qa.vectors import FloatMatrix

LIMIT_FORMS = 3
"""Question forms by whose mean a limit is chosen among those of its kind. With each listed form left out in turn, 132
of 308 referred ones find their own limit by the mean of the nearest three, 120 by the nearest alone."""


class LimitForms:
    """The limits of an index with the vectors of their question forms."""

    def __init__(self, limits: Sequence[Limit], vectors: FloatMatrix) -> None:
        """Take limits with at least one question form each.

        Args:
            limits: In the order of their forms.
            vectors: Unit rows, one for each form.

        Raises:
            ValueError: A limit has no form.
        """
        self._limits = limits
        self._vectors = vectors
        lengths = np.array([len(limit.questions) for limit in limits], dtype=np.int64)
        if not lengths.all():
            raise ValueError(f"limit {limits[int(np.argmin(lengths))].name!r} has no question form")
        self._starts = np.cumsum(lengths) - lengths
        places = np.arange(lengths.max(initial=0))
        # The forms of each limit side by side; where one has fewer, the row behind the last, which holds no number.
        self._side_by_side = np.where(
            places < lengths[:, np.newaxis], self._starts[:, np.newaxis] + places, len(vectors)
        )
        self._of_kind = {
            kind: np.array([place for place, limit in enumerate(limits) if limit.kind is kind])
            for kind in dict.fromkeys(limit.kind for limit in limits)
        }

    def nearest(self, question: FloatMatrix, *, bonus: NDArray[np.float64] | None) -> dict[LimitKind, LimitHit]:
        """Find for each kind the limit whose `LIMIT_FORMS` nearest forms come nearest on average.

        Args:
            question: One unit row, shape (1, dim), float32.
            bonus: What is added to the similarity of each form in choosing a limit of its kind.
        """
        if not self._limits:
            return {}
        scores = self._vectors @ question[0]
        chosen_by = np.append(scores if bonus is None else scores + bonus, np.nan)[self._side_by_side]
        means = np.nanmean(-np.sort(-chosen_by)[:, :LIMIT_FORMS], axis=1)  # what is no number is sorted to the end
        highest = np.maximum.reduceat(scores, self._starts)
        found = {}
        for kind, places in self._of_kind.items():
            best = places[int(np.argmax(means[places]))]
            found[kind] = LimitHit(self._limits[best], float(highest[places].max()))
        return found
