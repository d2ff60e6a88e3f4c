"""Files of questions: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from redness_qa.errors import QuestionError


class LabelSet(Enum):
    """Which pair of labels of a row is used: its value is the suffix of the two field names."""

    BASE = ""
    """`kind` and `facts`: what the facts F01 to F35 answer, or the only labels of a file."""

    ALL = "_all"
    """`kind_all` and `facts_all`: what the facts F and X together answer."""


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as a file states it.

    Attributes:
        line: Line in the file, counted from 1.
        id: Name of the row; the line number where it has none.
        question: What is asked.
        previous: The question before it in the same conversation, or None.
    """

    line: int
    id: str
    question: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with what a right answer looks like.

    Attributes:
        row: The question.
        kind: "answerable", "partial", "refer", "unanswerable", "offtopic" or "urgent".
        facts: Facts of which any one answers it; empty where none does.
    """

    row: QuestionRow
    kind: str
    facts: frozenset[str]


def in_context(question: str, previous: str | None) -> str:
    """Put a question behind the one before it, as it is read in training and in use."""
    return f"{previous} | {question}" if previous else question


def read_rows(path: Path) -> Iterator[tuple[QuestionRow | QuestionError, dict[str, Any]]]:
    """Read the rows of a file one by one; a bad row comes as its error and does not stop the rest.

    Yields:
        The question, or what is wrong with the row, and all fields of the row. Empty lines are left out.

    Raises:
        QuestionError: The file cannot be read as text at all.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{path} cannot be read ({error}); give a file of JSON objects, one a line") from error
    for line, content in enumerate(lines, start=1):
        if not content.strip():
            continue
        try:
            fields = json.loads(content)
        except (ValueError, RecursionError) as error:
            yield QuestionError(f"this is not JSON ({error}); write one JSON object a line", line=line), {}
            continue
        yield _row(fields, line=line), fields if isinstance(fields, dict) else {}


def read_labelled(path: Path, *, labels: LabelSet) -> list[LabelledQuestion]:
    """Read questions with their labels.

    Raises:
        QuestionError: A row is bad or has no such labels.
    """
    questions = []
    for row, fields in read_rows(path):
        if isinstance(row, QuestionError):
            raise row
        kind, facts = fields.get("kind" + labels.value), fields.get("facts" + labels.value)
        if not isinstance(kind, str) or not isinstance(facts, list):
            wanted = f"'kind{labels.value}' and 'facts{labels.value}'"
            raise QuestionError(f"the row has no labels {wanted}; choose other labels", line=row.line)
        questions.append(LabelledQuestion(row, kind, frozenset(map(str, facts))))
    if not questions:
        raise QuestionError(f"{path} holds no question; give a file with at least one")
    return questions


def _row(fields: object, *, line: int) -> QuestionRow | QuestionError:
    if not isinstance(fields, dict):
        return QuestionError('a row is an object such as {"question": "..."}', line=line)
    question, previous, name = fields.get("question"), fields.get("previous"), fields.get("id")
    if not isinstance(question, str) or not question.strip():
        return QuestionError(f"'question' must be a text that is not empty, not {question!r}", line=line)
    if previous is not None and not isinstance(previous, str):
        return QuestionError(f"'previous' must be a text or null, not {previous!r}", line=line)
    if name is None:
        name = line
    if not isinstance(name, str | int) or isinstance(name, bool):
        return QuestionError(f"'id' must be a text or a whole number, not {name!r}", line=line)
    return QuestionRow(line=line, id=str(name), question=question, previous=previous)
