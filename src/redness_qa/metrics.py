"""Figures of ranked answers and of probabilities; pure functions, and the only module that imports scipy."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.stats import binomtest  # type: ignore[import-untyped]

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""

BINS = 10
"""Bins of equal width that probabilities are sorted into."""

_DRAWS = 2000
_SEED = 0


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


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure other than a share, with its 95 % interval.

    Attributes:
        value: The figure; not a number where no case was looked at.
        low: Lower end of the interval.
        high: Upper end of it.
        total: Cases looked at.
    """

    value: float
    low: float
    high: float
    total: int

    def __str__(self) -> str:
        """Such as `0.625 (0.458 to 0.768; 32)`."""
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}; {self.total})" if self.total else "no case"


_NOTHING = Estimate(math.nan, 0.0, 1.0, 0)


def reciprocal_rank(ranked: Sequence[bool]) -> float:
    """Give 1 over the rank of the first relevant result; 0 where none is. Its mean is called MRR.

    Args:
        ranked: Whether each result is relevant, best result first.
    """
    return next((1 / rank for rank, is_relevant in enumerate(ranked, start=1) if is_relevant), 0.0)


def average_precision(ranked: Sequence[bool]) -> float:
    """Give the mean, over the relevant results, of the precision up to each; 0 where none is. Its mean is called MAP.

    Args:
        ranked: Whether each result is relevant, best result first; all that are relevant must be among them.
    """
    ranks = [rank for rank, is_relevant in enumerate(ranked, start=1) if is_relevant]
    return sum(found / rank for found, rank in enumerate(ranks, start=1)) / len(ranks) if ranks else 0.0


def mean(values: Sequence[float]) -> Estimate:
    """Give the mean of figures from 0 to 1, one a question, with the interval of the normal distribution."""
    if not values:
        return _NOTHING
    n, centre = len(values), math.fsum(values) / len(values)
    if n == 1:
        return Estimate(centre, 0.0, 1.0, 1)
    variance = math.fsum((value - centre) ** 2 for value in values) / (n - 1)
    half = Z_95 * math.sqrt(variance / n)
    return Estimate(centre, max(0.0, centre - half), min(1.0, centre + half), n)


@dataclass(frozen=True, slots=True)
class Paired:
    """What two systems make of the same cases, compared by the exact test of McNemar.

    Attributes:
        only_first: Cases that have the property with the first system alone.
        only_second: Cases that have it with the second alone.
        p_value: Probability of a difference as large or larger if neither were better.
    """

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> Paired:
    """Compare two systems on the same cases by the two-sided exact test; 1 where they never differ.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12 (1947), 153-157; exact by the binomial distribution of the cases that differ.

    Raises:
        ValueError: The numbers of cases differ.
    """
    pairs = list(zip(first, second, strict=True))
    only_first, only_second = pairs.count((True, False)), pairs.count((False, True))
    differing = only_first + only_second
    return Paired(only_first, only_second, float(binomtest(only_first, differing).pvalue) if differing else 1.0)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> Estimate:
    """Give the probability that a positive case scores above a negative one, ties counting half.

    Also called the area under the ROC curve, the Mann-Whitney statistic or the concordance index. The interval is
    method 5 of R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic.
    Part 2", Statistics in Medicine 25 (2006), 559-573: the counterpart of Wilson's for shares.

    Args:
        positive: Scores of the cases that should score high.
        negative: Scores of the others; without either kind the value is not a number.
    """
    m, n = len(positive), len(negative)
    if not m or not n:
        return _NOTHING
    others = np.sort(np.asarray(negative, dtype=np.float64))
    wins = np.searchsorted(others, positive, side="left") + np.searchsorted(others, positive, side="right")
    area = float(wins.sum()) / (2 * m * n)
    # The variance is the same at an area and at its complement, and so is the interval, mirrored.
    return Estimate(area, _least_area(area, m, n), 1 - _least_area(1 - area, m, n), m + n)


def _least_area(area: float, m: int, n: int) -> float:
    """Find the smallest true area that an area found lies within 1.96 standard errors of."""
    mean_size = (m + n) / 2 - 1

    def excess(true: float) -> float:
        spread = 1 + mean_size * ((1 - true) / (2 - true) + true / (1 + true))
        return area - true - Z_95 * math.sqrt(true * (1 - true) * spread / (m * n))

    return float(brentq(excess, 0.0, min(area, 1 - 1e-12))) if area else 0.0


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The cases whose probability lies in one bin.

    Attributes:
        low: Least probability of the bin.
        high: The probability that the next bin begins with; 1 belongs to the last bin.
        mean_probability: Mean probability of its cases.
        right: Share of them that were right.
    """

    low: float
    high: float
    mean_probability: float
    right: Share


def reliability(probabilities: Sequence[float], right: Sequence[bool]) -> list[ReliabilityBin]:
    """Sort cases into ten bins of equal width by their probability of being right; empty bins are left out."""
    cases: dict[int, list[tuple[float, bool]]] = {}
    for probability, is_right in zip(probabilities, right, strict=True):
        cases.setdefault(min(int(probability * BINS), BINS - 1), []).append((probability, is_right))
    return [
        ReliabilityBin(
            low=number / BINS,
            high=(number + 1) / BINS,
            mean_probability=math.fsum(probability for probability, _ in cases[number]) / len(cases[number]),
            right=Share(sum(is_right for _, is_right in cases[number]), len(cases[number])),
        )
        for number in sorted(cases)
    ]


def expected_calibration_error(probabilities: Sequence[float], right: Sequence[bool]) -> Estimate:
    """Give the mean distance between probability and share right over ten bins of equal width, weighted by their cases.

    The interval is from the 2.5 % to the 97.5 % quantile over 2,000 draws of as many cases with replacement, seed 0.
    Chance alone makes this figure larger than 0, in the draws more so: read it beside `calibration_error_by_chance`.

    Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI 2015.
    """
    if not probabilities:
        return _NOTHING
    stated, found = np.asarray(probabilities, dtype=np.float64), np.asarray(right, dtype=np.float64)
    n = len(stated)
    random = np.random.default_rng(_SEED)
    draws = (random.integers(n, size=n) for _ in range(_DRAWS))
    low, high = np.quantile([_calibration_error(stated[draw], found[draw]) for draw in draws], [0.025, 0.975])
    return Estimate(_calibration_error(stated, found), float(low), float(high), n)


def calibration_error_by_chance(probabilities: Sequence[float]) -> float:
    """Give what the expected calibration error stays below in 95 of 100 cases where every probability is exactly right.

    From 2,000 draws, seed 0, as in J. Broecker and L. A. Smith, "Increasing the reliability of reliability diagrams",
    Weather and Forecasting 22 (2007), 651-661. Not a number without a case.
    """
    if not probabilities:
        return math.nan
    stated = np.asarray(probabilities, dtype=np.float64)
    random = np.random.default_rng(_SEED)
    draws = ((random.random(len(stated)) < stated).astype(np.float64) for _ in range(_DRAWS))
    errors = [_calibration_error(stated, drawn) for drawn in draws]
    return float(np.quantile(errors, 0.95))


def _calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(bins, weights=probabilities - right)).sum()) / len(right)


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """The precision among the most certain cases.

    Attributes:
        coverage: Share of all cases that are among them.
        threshold: The least probability of them.
        precision: Share of them that were right.
    """

    coverage: float
    threshold: float
    precision: Share


def precision_by_coverage(probabilities: Sequence[float], right: Sequence[bool]) -> list[CoveragePoint]:
    """Give the precision at every coverage that a threshold can reach, the most certain cases first.

    Equal probabilities come in together, as no threshold parts them. Also called the risk-coverage curve, upside down.
    """
    cases = sorted(zip(probabilities, right, strict=True), key=lambda case: case[0], reverse=True)
    points, count = [], 0
    for total, (probability, is_right) in enumerate(cases, start=1):
        count += is_right
        if total == len(cases) or cases[total][0] < probability:
            points.append(CoveragePoint(total / len(cases), probability, Share(count, total)))
    return points
