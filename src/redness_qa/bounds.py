"""A question from outside within its bounds, the same for every door: page, HTTP API and tool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from redness_qa.answer import Answer
from redness_qa.errors import QuestionError, QuestionTooLong
from redness_qa.triage import Urgency

MAX_PREVIOUS = 8
"""Earlier questions that are read for warning signs."""

_READ_FOR_SIGNS = 5  # how many times the longest question is read for warning signs, so that work stays bounded


class Answering(Protocol):
    """Whatever answers one question; called from several threads at once."""

    def ask(
        self, question: str, *, previous: Sequence[str] = (), id: str | None = None, language: str = "en"
    ) -> Answer:
        """Answer a question, with the questions before it, oldest first, as context only."""


def is_visible(text: str) -> bool:
    """Tell whether there is anything to see in a text."""
    return any(character.isprintable() and not character.isspace() for character in text)


def answer_within(
    assistant: Answering, question: str, *, previous: Sequence[str], language: str, max_question_characters: int
) -> Answer:
    """Answer a question; a long message is still read for warning signs, and refused only if it is routine.

    Args:
        assistant: What answers.
        question: What was typed.
        previous: The questions before it, oldest first; the last few of those that are no longer than a question may
            be are read.
        language: Of the message and the disclaimer.
        max_question_characters: Longest routine question that is answered.

    Raises:
        QuestionError: There is nothing in it to read.
        QuestionTooLong: It is too long, and routine.
        Busy: Too many ask at once.
    """
    asked = question.strip()
    if not is_visible(asked):
        raise QuestionError("the question is empty; type one")
    before = [text.strip() for text in previous if text.strip() and len(text) <= max_question_characters]
    answer = assistant.ask(
        asked[: _READ_FOR_SIGNS * max_question_characters], previous=tuple(before[-MAX_PREVIOUS:]), language=language
    )
    if len(asked) > max_question_characters and answer.urgency is Urgency.ROUTINE:
        raise QuestionTooLong(max_question_characters)
    return answer
