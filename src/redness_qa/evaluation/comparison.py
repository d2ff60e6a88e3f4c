"""Two reports on the same questions, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redness_qa.evaluation.numbers import share_json
from redness_qa.evaluation.outcomes import Outcome
from redness_qa.evaluation.report import FIGURES, Figure, Report
from redness_qa.metrics import Paired, Share, mcnemar


@dataclass(frozen=True, slots=True)
class ComparedShare:
    """One figure of both reports.

    Attributes:
        figure: What is counted.
        first: The share in the first report.
        second: The share in the second report.
        paired: The test of their difference; None where the two count different questions.
    """

    figure: Figure
    first: Share
    second: Share
    paired: Paired | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two assistants make of the same questions.

    The tests stand one by one and are not corrected for their number.

    Attributes:
        first: The report on the first.
        second: The report on the second.
        shares: Every figure of both.
    """

    first: Report
    second: Report
    shares: tuple[ComparedShare, ...]

    @classmethod
    def of(cls, first: Report, second: Report) -> Comparison:
        """Compare two reports.

        Raises:
            ValueError: They are not on the same questions in the same order.
        """
        if [each.question for each in first.outcomes] != [each.question for each in second.outcomes]:
            raise ValueError("the reports are on different questions; ask both assistants the same ones in one order")
        return cls(
            first=first,
            second=second,
            shares=tuple(
                ComparedShare(
                    figure,
                    first.shares[figure.name],
                    second.shares[figure.name],
                    _paired(figure, first.outcomes, second.outcomes),
                )
                for figure in FIGURES
            ),
        )

    def to_json(self) -> list[dict[str, Any]]:
        """Give the figures as numbers, one record for each."""
        return [
            {
                "figure": each.figure.name,
                "first": share_json(each.first),
                "second": share_json(each.second),
                "only_first": each.paired.only_first if each.paired else None,
                "only_second": each.paired.only_second if each.paired else None,
                "p_value": each.paired.p_value if each.paired else None,
            }
            for each in self.shares
        ]

    def to_text(self) -> str:
        """Give the figures as lines of text."""
        lines = [f"{'':<18} {'first':<36} {'second':<36} only first, only second, p (exact McNemar)"]
        lines += [
            f"{each.figure.title:<18} {each.first!s:<36} {each.second!s:<36} {paired_text(each.paired)}"
            for each in self.shares
        ]
        one, other = self.first.certainty, self.second.certainty
        lines.append(f"{'AUROC':<18} {one.answerable!s:<36} {other.answerable}")
        lines.append(f"{'calibration error':<18} {one.calibration_error!s:<36} {other.calibration_error}")
        return "\n".join(lines)


def paired_text(paired: Paired | None) -> str:
    """Write a test of paired shares, such as `3, 9, p = 0.146`."""
    if paired is None:
        return "not paired"
    p = f"p = {paired.p_value:.3f}" if paired.p_value >= 0.001 else "p < 0.001"
    return f"{paired.only_first}, {paired.only_second}, {p}"


def _paired(figure: Figure, first: Sequence[Outcome], second: Sequence[Outcome]) -> Paired | None:
    if not figure.is_paired:
        return None
    return mcnemar(
        [figure.holds(each) for each in first if figure.applies(each)],
        [figure.holds(each) for each in second if figure.applies(each)],
    )
