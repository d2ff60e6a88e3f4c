"""How far the probability that the first quote is right can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redness_qa.evaluation.numbers import estimate_json, share_json
from redness_qa.evaluation.outcomes import NOT_ANSWERABLE, Outcome
from redness_qa.metrics import (
    CoveragePoint,
    Estimate,
    ReliabilityBin,
    auroc,
    calibration_error_by_chance,
    expected_calibration_error,
    precision_by_coverage,
    reliability,
)

SHARES_SHOWN = tuple(number / 10 for number in range(1, 11))
"""Shares of the most certain questions whose precision is listed."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """What the probability says and what comes of it.

    Messages labelled urgent are left out, as they are never answered from what was retrieved. A first hit is right
    where it states a labelled fact of an answerable question, as in `redness-qa calibrate`.

    Attributes:
        calibration_error: Expected calibration error over ten bins of equal width.
        by_chance: What it stays below in 95 of 100 cases where the probabilities are exactly right.
        bins: The cases of each bin.
        curve: Precision among the most certain questions, at every coverage.
        answerable: AUROC of answerable questions against those the guide does not answer; `partial` is neither.
    """

    calibration_error: Estimate
    by_chance: float
    bins: tuple[ReliabilityBin, ...]
    curve: tuple[CoveragePoint, ...]
    answerable: Estimate

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Certainty:
        """Compute the figures of answered questions."""
        asked = [each for each in outcomes if not each.is_urgent]
        probabilities = [each.probability for each in asked]
        right = [each.is_answerable and each.first_hit_right for each in asked]
        return cls(
            calibration_error=expected_calibration_error(probabilities, right),
            by_chance=calibration_error_by_chance(probabilities),
            bins=tuple(reliability(probabilities, right)),
            curve=tuple(precision_by_coverage(probabilities, right)),
            answerable=auroc(
                [each.probability for each in asked if each.is_answerable],
                [each.probability for each in asked if each.question.kind in NOT_ANSWERABLE],
            ),
        )

    @property
    def most_certain(self) -> list[CoveragePoint]:
        """The points of the curve at a tenth of the questions, two tenths and on; or next above, where equals part."""
        return [next(point for point in self.curve if point.coverage >= share) for share in SHARES_SHOWN if self.curve]

    def to_json(self) -> dict[str, Any]:
        """Give the figures as numbers."""
        return {
            "answerable_auroc": estimate_json(self.answerable),
            "expected_calibration_error": estimate_json(self.calibration_error),
            "calibration_error_by_chance": None if math.isnan(self.by_chance) else self.by_chance,
            "bins": [
                {
                    "low": each.low,
                    "high": each.high,
                    "mean_probability": each.mean_probability,
                    "right": share_json(each.right),
                }
                for each in self.bins
            ],
            "curve": [
                {"coverage": each.coverage, "threshold": each.threshold, "precision": share_json(each.precision)}
                for each in self.curve
            ],
        }

    def to_text(self) -> str:
        """Give the figures as lines of text."""
        return "\n".join(
            [
                "probability that the first quote is right",
                f"  AUROC of answerable or not   {self.answerable}",
                f"  expected calibration error   {self.calibration_error}"
                + (f"; by chance up to {self.by_chance:.3f}" if self.bins else ""),
                "",
                "  stated            mean    right",
                *(
                    f"  {each.low:.1f} to {each.high:.1f}        {each.mean_probability:.3f}   {each.right}"
                    for each in self.bins
                ),
                "",
                "  most certain      from    right",
                *(
                    f"  {100 * each.coverage:5.1f} %           {each.threshold:.3f}   {each.precision}"
                    for each in self.most_certain
                ),
            ]
        )
