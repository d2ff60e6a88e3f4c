"""Labelled questions and an assistant to figures: on our own questions, between two indexes, and on public sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redness_qa.assistant import Assistant
from redness_qa.evaluation.comparison import Comparison
from redness_qa.evaluation.outcomes import Outcome, ask_all
from redness_qa.evaluation.report import Report
from redness_qa.questions import LabelledQuestion

__all__ = ["Comparison", "Outcome", "Report", "evaluate"]


def evaluate(
    assistant: Assistant,
    questions: Sequence[LabelledQuestion],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask every question and compare the answers with the labels.

    Args:
        assistant: Loaded on the index that is measured.
        questions: With labels of any kind.
        progress: Told the number of questions done and the number of all.
    """
    return Report.of(ask_all(assistant, questions, progress=progress))
