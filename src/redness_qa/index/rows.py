"""What is embedded for an index, and in which order its rows stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redness_qa.passages import Limit, Passage


@dataclass(frozen=True, slots=True)
class RowTexts:
    """What is embedded, in the order of the rows of an index.

    Attributes:
        passages: Each passage with its context, for search.
        questions: Question forms of the passages, each once, then those of the limits; embedded as questions.
        statements: Each passage alone. Passages of one section share their context, which lifts the similarity of
            any two of them above that of true paraphrases under other headings.
    """

    passages: list[str]
    questions: list[str]
    statements: list[str]


def row_texts(passages: Iterable[Passage], limits: Sequence[Limit]) -> RowTexts:
    """List what is embedded for an index of these passages and limits."""
    contexts: list[str] = []
    statements: list[str] = []
    forms: dict[str, None] = {}
    for passage in passages:
        contexts.append(f"{passage.context}: {passage.text}" if passage.context else passage.text)
        statements.append(passage.text)
        forms.update(dict.fromkeys(passage.questions))
    asked = (question for limit in limits for question in limit.questions)
    return RowTexts(passages=contexts, questions=[*forms, *asked], statements=statements)


def question_forms(passages: Iterable[Passage]) -> dict[str, list[int]]:
    """List each question form with the positions of the passages it leads to, in order of appearance."""
    forms: dict[str, list[int]] = {}
    for position, passage in enumerate(passages):
        for question in passage.questions:
            forms.setdefault(question, []).append(position)
    return forms
