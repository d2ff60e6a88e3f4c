"""Middle and tail of repeated timings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something takes, in milliseconds.

    Attributes:
        p50: Half of all took no longer.
        p95: Nineteen of twenty took no longer.
        count: How often it was timed.
    """

    p50: float
    p95: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Sum timings up.

        Raises:
            ValueError: There are none.
        """
        if not len(seconds):
            raise ValueError("there are no timings to sum up; time something first")
        p50, p95 = np.percentile(1000 * np.asarray(seconds), [50, 95])
        return cls(float(p50), float(p95), len(seconds))
