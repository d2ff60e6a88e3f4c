"""Figures of ranked answers; pure functions on ranks, ids and counts."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases with its 95 % interval.

    Attributes:
        count: Cases that have the property.
        total: Cases looked at.
    """

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share, 0 to 1; not a number where no case was looked at."""
        return self.count / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson score interval at 95 %; (0, 1) where no case was looked at.

        Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
        inference", Journal of the American Statistical Association 22 (1927), 209-212.
        """
        if not self.total:
            return 0.0, 1.0
        n, z2 = self.total, Z_95**2
        centre = (self.value + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 / (1 + z2 / n) * math.sqrt(self.value * (1 - self.value) / n + z2 / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        """Such as `62.5 % (45.8 to 76.8; 20 of 32)`."""
        if not self.total:
            return "no case"
        low, high = self.interval
        return f"{100 * self.value:.1f} % ({100 * low:.1f} to {100 * high:.1f}; {self.count} of {self.total})"


def hit_at(k: int, ranked: Sequence[Collection[str]], relevant: Collection[str]) -> bool:
    """Tell whether one of the first k results states a relevant fact; also called success at k.

    Args:
        k: Results looked at, at least 1.
        ranked: The facts each result states, best result first.
        relevant: The facts that answer the question; with none of them nothing is a hit.
    """
    wanted = set(relevant)
    return any(wanted.intersection(facts) for facts in ranked[:k])
