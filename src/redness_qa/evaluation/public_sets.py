"""Reads public sets of questions in the forms that the training data has: JSON Lines or JSON, plain or gzip."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from redness_qa.errors import QuestionError

SEED = 0
"""Of the questions drawn for a limit."""

_GZIP = b"\x1f\x8b"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with texts to rank.

    Attributes:
        question: What is asked.
        candidates: At least one text, in the order of the set.
        right: Places of those that answer it; empty where none does.
    """

    question: str
    candidates: tuple[str, ...]
    right: frozenset[int]


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked of another assistant; nothing of it is about skin.

    Attributes:
        text: What was asked.
        intent: What its set calls it.
    """

    text: str
    intent: str


def read_squad2(path: Path) -> list[Choice]:
    """Read SQuAD 2.0 cut into sentences: `question`, `sentences` of its paragraph, and `pos`, the places of the right.

    Raises:
        QuestionError: The file cannot be read, or a row has another form.
    """
    return _read(path, lambda row: _choice(row["question"], row["sentences"], row["pos"]))


def read_selqa(path: Path) -> list[Choice]:
    """Read SelQA: `question`, `candidates`, and `answers`, the places of the right.

    Raises:
        QuestionError: The file cannot be read, or a row has another form.
    """
    return _read(path, lambda row: _choice(row["question"], row["candidates"], row["answers"]))


def read_medquad(path: Path) -> list[Choice]:
    """Read MedQuAD: `question`, `focus`, `type`, `answer`; the candidates are the answers of the same focus.

    Right are the answers to the question's type, the others near misses. Questions are left out whose focus is empty
    or has one type only, as there is nothing to choose.

    Raises:
        QuestionError: The file cannot be read, or a row has another form.
    """
    rows = _read(path, lambda row: tuple(_text(row[name]) for name in ("question", "focus", "type", "answer")))
    answers: dict[str, dict[str, set[str]]] = {}
    for _, focus, kind, answer in rows:
        answers.setdefault(focus, {}).setdefault(answer, set()).add(kind)
    choices = []
    for question, focus, kind, _ in rows:
        candidates = answers[focus] if focus else {}
        right = frozenset(place for place, kinds in enumerate(candidates.values()) if kind in kinds)
        if len(right) < len(candidates):
            choices.append(Choice(question, tuple(candidates), right))
    return choices


def read_clinc(path: Path) -> list[Request]:
    """Read CLINC150: one JSON object of lists of [text, intent]; all lists are read.

    Raises:
        QuestionError: The file cannot be read or has another form.
    """
    try:
        parts = json.loads(_content(path))
        return [Request(_text(text), _text(intent)) for part in parts.values() for text, intent in part]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise QuestionError(
            f"{path} is no set of requests ({error}); give an object of lists of [text, intent]"
        ) from error


def drawn(cases: list[T], limit: int | None) -> list[T]:
    """Draw some of the cases, in their order and always the same ones; all where there is no limit."""
    if limit is None or limit >= len(cases):
        return cases
    return [cases[place] for place in sorted(random.Random(SEED).sample(range(len(cases)), limit))]  # noqa: S311


def _read(path: Path, read: Callable[[dict[str, Any]], T]) -> list[T]:
    rows = [_row(content, read, place=f"{path}, line {line}") for line, content in _lines(path)]
    if not rows:
        raise QuestionError(f"{path} holds no question; give a file with at least one")
    return rows


def _row(content: str, read: Callable[[dict[str, Any]], T], *, place: str) -> T:
    try:
        return read(json.loads(content))
    except KeyError as error:
        raise QuestionError(f"{place}: the row has no {error}; give the set in its own form") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise QuestionError(f"{place}: {error}; give the set in its own form") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for line, content in enumerate(_content(path).split("\n"), start=1):
        if content.strip():
            yield line, content


def _content(path: Path) -> str:
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise QuestionError(f"{path} cannot be read ({error}); give a public set, plain or gzip") from error


def _choice(question: object, candidates: object, right: object) -> Choice:
    if not isinstance(candidates, list) or not candidates:
        raise TypeError(f"the texts to rank must be a list of at least one, not {candidates!r}")
    if not isinstance(right, list) or not all(isinstance(each, int) and 0 <= each < len(candidates) for each in right):
        raise TypeError(f"the right ones must be places from 0 to {len(candidates) - 1}, not {right!r}")
    return Choice(_text(question), tuple(map(_text, candidates)), frozenset(right))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} must be a text")
    return value
