"""Outcomes of an evaluation, made by hand, that several test modules count."""

from __future__ import annotations

from typing import Any

import pytest

from redness_qa.answer import Answer, Quote, Status
from redness_qa.evaluation import Outcome
from redness_qa.passages import Source
from redness_qa.questions import LabelledQuestion, QuestionRow
from redness_qa.triage import Urgency


def about(value: float) -> Any:  # noqa: ANN401 - it stands for a number within a record
    """Equal a number but for rounding, where a record is compared as a whole."""
    return pytest.approx(value)


def labelled(
    name: str, kind: str, *facts: str, question: str = "asked", previous: str | None = None
) -> LabelledQuestion:
    return LabelledQuestion(QuestionRow(1, name, question, previous), kind, frozenset(facts))


def outcome(
    question: LabelledQuestion,
    status: Status,
    *,
    probability: float = 0.5,
    retrieved: tuple[str, ...] = (),
    quoted: tuple[str, ...] = (),
    text: str = "A.",
    urgency: Urgency = Urgency.ROUTINE,
) -> Outcome:
    """Make an outcome in which each hit and each quote states the one fact given."""
    quotes = tuple(Quote(text, "a.md", "A", 0, len(text), (fact,), (Source("A", "B"),)) for fact in quoted)
    answer = Answer(question.row.id, "asked", status, urgency, quotes, "message", "disclaimer")
    return Outcome(question, tuple((fact,) for fact in retrieved), answer, probability)


OUTCOMES = (
    # right at once
    outcome(
        labelled("1", "answerable", "F1", "F2"),
        Status.ANSWERED,
        probability=0.9,
        retrieved=("F2", "F3"),
        quoted=("F2", "F3"),
    ),
    # right in second place
    outcome(
        labelled("2", "answerable", "F1", previous="asked before"),
        Status.ANSWERED,
        probability=0.8,
        retrieved=("F9", "F1"),
        quoted=("F9", "F1"),
    ),
    # retrieved third, but not shown
    outcome(
        labelled("3", "answerable", "F1"),
        Status.PARTIAL,
        probability=0.2,
        retrieved=("F8", "F9", "F1"),
        quoted=("F8",),
    ),
    # found, but declined
    outcome(labelled("4", "answerable", "F1"), Status.NOT_COVERED, probability=0.3, retrieved=("F1",)),
    # found, but taken for a warning
    outcome(
        labelled("5", "answerable", "F1"),
        Status.REFER,
        probability=0.6,
        retrieved=("F1",),
        quoted=("F1",),
        urgency=Urgency.CONTACT_CLINIC,
    ),
    outcome(labelled("6", "partial", "F5"), Status.ANSWERED, probability=0.7, retrieved=("F5",), quoted=("F5",)),
    outcome(labelled("7", "unanswerable"), Status.ANSWERED, probability=0.95, retrieved=("F1",), quoted=("F1",)),
    outcome(labelled("8", "offtopic"), Status.OFF_TOPIC, probability=0.05, retrieved=("F1",)),
    outcome(
        labelled("9", "refer", previous="asked before"),
        Status.PARTIAL,
        probability=0.3,
        retrieved=("F1",),
        quoted=("F1",),
    ),
    outcome(
        labelled("10", "urgent", "F7"), Status.REFER, probability=0.99, retrieved=("F7",), urgency=Urgency.EMERGENCY
    ),
    outcome(labelled("11", "urgent"), Status.ANSWERED, probability=0.99, retrieved=("F7",), quoted=("F7",)),
)

SECOND = (
    OUTCOMES[0],
    # now right
    outcome(
        labelled("2", "answerable", "F1", previous="asked before"),
        Status.ANSWERED,
        retrieved=("F1", "F9"),
        quoted=("F1",),
    ),
    OUTCOMES[2],
    # now shown
    outcome(labelled("4", "answerable", "F1"), Status.ANSWERED, retrieved=("F1",), quoted=("F1",)),
    # now wrong
    outcome(labelled("5", "answerable", "F1"), Status.PARTIAL, retrieved=("F8", "F1"), quoted=("F8",)),
    *OUTCOMES[5:],
)
"""The same questions, asked of another assistant."""
