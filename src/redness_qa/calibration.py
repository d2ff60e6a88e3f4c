"""Fits the calibration on labelled questions; the only module that imports scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple

from sklearn.linear_model import LogisticRegression

from redness_qa.assistant import Assistant
from redness_qa.decision import Calibration, Features, Logistic
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelledQuestion


def fit_calibration(
    assistant: Assistant,
    questions: Sequence[LabelledQuestion],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Fit the probability that the first hit states a labelled fact.

    Logistic regression without regularisation to speak of (C = 10 on features in deviations).

    Args:
        assistant: Loaded on an index with limits.
        questions: Labelled against the facts that index states; those labelled urgent are left out,
            as they are never answered from it.
        progress: Told the number of questions done and the number of all.

    Raises:
        QuestionError: The first hit is right for all of the questions, or for none.
    """
    rows: list[tuple[float, ...]] = []
    right: list[bool] = []
    asked = [question for question in questions if question.kind != "urgent"]
    for done, question in enumerate(asked, start=1):
        evidence = assistant.find(question.row.question, previous=question.row.previous)
        rows.append(astuple(Features.of(evidence, assistant.index.manifest)))
        right.append(not question.facts.isdisjoint(evidence.hits[0].passage.facts))
        if progress is not None:
            progress(done, len(asked))
    if len(set(right)) < 2:
        raise QuestionError(
            f"the first hit is right for {sum(right)} of {len(asked)} questions; give some for which it is and some "
            f"for which it is not"
        )
    return Calibration(
        with_limits=_fit(rows, right),
        without_limits=_fit([(*row[:-1], 0.0) for row in rows], right),
    )


def _fit(rows: Sequence[tuple[float, ...]], right: Sequence[bool]) -> Logistic:
    model = LogisticRegression(C=10.0).fit(rows, right)
    return Logistic(round(float(model.intercept_[0]), 4), *(round(float(weight), 4) for weight in model.coef_[0]))
