"""Texts that nobody wrote, made of labelled ones for a larger model to judge and a small one to learn from.

A text with words changed, or with parts of another, may mean something else: its label is not kept. Changing words
is after the data augmentation of Jiao et al., TinyBERT, 2020, arXiv:1909.10351, here by the small model's word vectors.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors import safe_open

from redness_qa.errors import QuestionError
from redness_qa.judgements import UNLABELLED
from redness_qa.messages import LabelledMessage
from redness_qa.triage import Urgency

RECOMBINED_TEXTS = 12_000
"""Texts put together from parts of messages."""

SUBSTITUTED_TIMES = 4
"""How often words of each message are changed."""

SUBSTITUTED_TIMES_OF_QUESTIONS = 4
"""How often words of each question are changed."""

Neighbours = Mapping[str, Sequence[str]]
"""Similar words by word, nearest first."""

_PART = re.compile(r"(?<=[.!?;])\s+|,\s+|\s+(?=(?:but|and|then|so|because|cos|coz)\b)", re.IGNORECASE)
_LEAST_PART = 12  # characters, below which a part says nothing by itself
_WORD = re.compile(r"[a-z]{3,}", re.IGNORECASE)
_CHANGED_SHARE = 0.2  # of the words of a text that have similar ones; one at least
_NEIGHBOURS = 12
_ROWS = 1000  # words compared with all others at once


def augmented(messages: Sequence[LabelledMessage], *, folder: Path) -> list[LabelledMessage]:
    """Make the texts that are judged, and learned from, beside labelled messages: the same ones for the same messages.

    Args:
        messages: Two or more.
        folder: The small model, as `word_neighbours` takes it.

    Raises:
        QuestionError: There are fewer than two messages.
    """
    neighbours = word_neighbours(folder, _words_of(message.message for message in messages))
    return [*recombined(messages, count=RECOMBINED_TEXTS), *substituted(messages, neighbours, times=SUBSTITUTED_TIMES)]


def augmented_questions(questions: Iterable[str], *, folder: Path) -> list[str]:
    """Make the texts that are judged, and learned from, beside questions: the same ones for the same questions.

    Args:
        questions: Each behind the one before it, as it is read in use; taken once.
        folder: The small model, as `word_neighbours` takes it.
    """
    asked = list(dict.fromkeys(questions))
    neighbours = word_neighbours(folder, _words_of(asked))
    made = (
        text
        for question in asked
        for text in _with_words_changed(question, neighbours, times=SUBSTITUTED_TIMES_OF_QUESTIONS)
    )
    return list(dict.fromkeys(made))


def recombined(messages: Sequence[LabelledMessage], *, count: int, seed: int = 0) -> list[LabelledMessage]:
    """Put texts together from parts of two messages each: the same ones for the same messages, in whatever order.

    Raises:
        QuestionError: There are fewer than two messages.
    """
    if len(messages) < 2:
        raise QuestionError(
            f"texts are put together from two messages or more, not {len(messages)}; give more messages"
        )
    chance = random.Random(seed)  # noqa: S311
    parts = [parts_of(text) for text in sorted(message.message for message in messages)]
    made = []
    for number in range(count):
        one, other = chance.sample(parts, 2)
        chosen = chance.sample(one, min(len(one), chance.choice((1, 2))))
        chosen += chance.sample(other, min(len(other), chance.choice((1, 2))))
        chance.shuffle(chosen)
        made.append(_unlabelled(f"recombined {number}", chance.choice((". ", ", ", " ")).join(chosen)))
    return made


def parts_of(text: str) -> list[str]:
    """Cut a message at the ends of sentences and between clauses; what would say nothing stays with what is before."""
    parts: list[str] = []
    for part in _PART.split(text):
        if parts and len(part) < _LEAST_PART:
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return [part.strip(" .,;") or part for part in parts]


def substituted(messages: Sequence[LabelledMessage], neighbours: Neighbours, *, times: int) -> list[LabelledMessage]:
    """Change words of each message several times; one without a word that has a neighbour is left out."""
    return [
        _unlabelled(f"{message.id} substituted {number}", text)
        for message in messages
        for number, text in enumerate(_with_words_changed(message.message, neighbours, times=times))
    ]


def _with_words_changed(text: str, neighbours: Neighbours, *, times: int) -> Iterator[str]:
    """Change words of a text for similar ones: the same for the same text, whatever stands beside it."""
    places = [word.span() for word in _WORD.finditer(text) if word[0].lower() in neighbours]
    for number in range(times if places else 0):
        chance = random.Random(f"{number} {text}")  # noqa: S311
        changed = text
        for start, end in sorted(chance.sample(places, max(1, round(_CHANGED_SHARE * len(places)))), reverse=True):
            changed = changed[:start] + chance.choice(neighbours[changed[start:end].lower()]) + changed[end:]
        yield changed


def word_neighbours(folder: Path, words: Collection[str]) -> dict[str, list[str]]:
    """Find for each word that a model knows whole the words with the nearest vectors, nearest first.

    Args:
        folder: A sentence-transformers model with word pieces of BERT's kind.
        words: In small letters; those that it does not know whole are left out.
    """
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    rows = {word: row for word, row in vocabulary.items() if _WORD.fullmatch(word)}
    with safe_open(folder / "model.safetensors", framework="numpy") as tensors:
        (name,) = (name for name in tensors.keys() if name.endswith("word_embeddings.weight"))  # noqa: SIM118
        # In double precision: judgements are found by their texts, which must come out the same on every machine.
        vectors = tensors.get_tensor(name)[list(rows.values())].astype(np.float64)
    vectors -= vectors.mean(axis=0)  # what all words share tells nothing (Mu and Viswanath, 2018, arXiv:1702.01417)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = list(rows)
    places = [place for place, name in enumerate(names) if name in words]
    found = {}
    for first in range(0, len(places), _ROWS):
        of_rows = places[first : first + _ROWS]
        similarities = vectors[of_rows] @ vectors.T
        for place, row in zip(of_rows, similarities, strict=True):
            row[place] = -np.inf  # itself
            found[names[place]] = [names[other] for other in np.argsort(-row)[:_NEIGHBOURS]]
    return found


def _words_of(texts: Iterable[str]) -> set[str]:
    return {word.lower() for text in texts for word in _WORD.findall(text)}


def _unlabelled(id: str, text: str) -> LabelledMessage:
    return LabelledMessage(id, text, Urgency.ROUTINE, UNLABELLED)
