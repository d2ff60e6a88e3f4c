"""Fits what turns evidence into decisions, on labelled questions; the only module that imports scikit-learn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from redness_qa.assistant import Assistant
from redness_qa.decision import FEATURES, Calibration, Features, Logistic
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelledQuestion

_RIGHT = {
    **dict.fromkeys(("similarity", "lead", "limit_lead", "expected", "stated", "answerable"), 1),
    **dict.fromkeys(("unanswerable", "referred", "elsewhere"), -1),
}
_REFER = {
    **dict.fromkeys(("refer", "refer_lead", "referred"), 1),
    **dict.fromkeys(("expected", "answerable", "unanswerable", "elsewhere"), -1),
}
_OFF_TOPIC = {
    "elsewhere": 1,
    **dict.fromkeys(("similarity", "stated", "answerable", "unanswerable", "refer", "referred"), -1),
}
"""Features of each model with the direction in which they may weigh: more evidence never lowers a probability."""

EXPECTED_SHARES = {"answerable": 0.57, "partial": 0.05, "unanswerable": 0.15, "refer": 0.15, "offtopic": 0.08}
"""Shares of the kinds of questions that are expected in use, in round numbers: those of the first three files of
training questions, with more for a clinician and about other subjects than their 5 % each. In ten parts, each fitted
without itself, 0.12 to 0.16 for a clinician decide alike, and from 0.20 on more is referred."""

MOST_WEIGHT = 4.0
"""No question counts more often than that: a few of a kind say little of it."""


def fit_calibration(
    assistant: Assistant,
    questions: Sequence[LabelledQuestion],
    *,
    has_limits: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Fit the probabilities that decide on a question's status.

    Logistic regression with light regularisation (C = 1 on features in deviations and log-odds). Questions of a kind
    count so much that each kind has its share of `EXPECTED_SHARES` (of those that are there), but none more than
    `MOST_WEIGHT` times.

    Args:
        assistant: Loaded on the index that is to be decided on.
        questions: Labelled against the facts that index states, of all kinds; those labelled urgent are left out, as
            they are never answered from it.
        has_limits: Use what the index knows of questions that its guide does not answer; False fits for one that
            knows nothing of the kind.
        progress: Told the number of questions done and the number of all.

    Raises:
        QuestionError: The first hit is right for all of the questions, or for none, or a kind is missing or unknown.
    """
    rows: list[Features] = []
    right: list[bool] = []
    helpful: list[bool] = []
    asked = [question for question in questions if question.kind != "urgent"]
    for done, question in enumerate(asked, start=1):
        evidence = assistant.find(question.row.question, previous=question.row.previous)
        rows.append(Features.of(evidence, assistant.index.manifest))
        states = [not question.facts.isdisjoint(hit.passage.facts) for hit in evidence.hits]
        right.append(states[0] and question.kind == "answerable")
        helpful.append(any(states))
        if progress is not None:
            progress(done, len(asked))
    if not has_limits:
        rows = [replace(row, limit_lead=0.0, refer=0.0, refer_lead=0.0) for row in rows]
    refer, off_topic = ([question.kind == kind for question in asked] for kind in ("refer", "offtopic"))
    weights = _row_weights([question.kind for question in asked])
    return Calibration(
        right=_fit(rows, right, weights, _RIGHT, "the first hit is right"),
        helpful=_fit(rows, helpful, weights, _RIGHT, "one of the hits is right"),
        refer=_fit(rows, refer, weights, _REFER, "only a clinician may answer"),
        off_topic=_fit(rows, off_topic, weights, _OFF_TOPIC, "the subject is another"),
    )


def _row_weights(kinds: Sequence[str]) -> NDArray[np.float64]:
    """Weigh the questions so that each kind there is has the share of all that is expected of it."""
    counts = Counter(kinds)
    if unknown := counts.keys() - EXPECTED_SHARES:
        raise QuestionError(f"{min(unknown)!r} is no kind of question; the kinds are {', '.join(EXPECTED_SHARES)}")
    expected = sum(EXPECTED_SHARES[kind] for kind in counts)
    each = {kind: EXPECTED_SHARES[kind] / expected * len(kinds) / count for kind, count in counts.items()}
    return np.array([min(MOST_WEIGHT, each[kind]) for kind in kinds])


def _fit(
    rows: Sequence[Features],
    holds: Sequence[bool],
    row_weights: NDArray[np.float64],
    directions: Mapping[str, int],
    what: str,
) -> Logistic:
    """Fit one model, without the features that never differ or that would weigh against their direction."""
    if len(set(holds)) < 2:
        raise QuestionError(
            f"{what} for {sum(holds)} of {len(holds)} questions; give some for which it is so and some for which not"
        )
    table = np.array([astuple(row) for row in rows])
    used = [name for name in directions if table[:, FEATURES.index(name)].std() > 0]
    while used:
        columns = table[:, [FEATURES.index(name) for name in used]]
        model = LogisticRegression(C=1.0, max_iter=1000).fit(columns, holds, sample_weight=row_weights)
        weights = {name: round(float(weight), 4) for name, weight in zip(used, model.coef_[0], strict=True)}
        worst = min(used, key=lambda name: directions[name] * weights[name])
        if directions[worst] * weights[worst] > 0:
            return Logistic(round(float(model.intercept_[0]), 4), weights)
        used.remove(worst)
    share = float(np.average(holds, weights=row_weights))
    return Logistic(round(math.log(share / (1 - share)), 4))
