"""Made-up texts, and vectors for them that lie as those of real texts do, for corpora too large to embed here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from redness_qa.encoder import Progress, Reading
from redness_qa.vectors import FloatMatrix, unit_rows

SENTENCES_A_FILE = 1000

_OPENINGS = ("After the treatment", "On the first evening", "In dry air", "At the clinic", "During the second week")
_SUBJECTS = ("the skin of the cheek", "a thin layer of gel", "the fine redness", "a warm feeling", "the treated area")
_VERBS = ("calms down", "stays a little pink", "feels tight", "needs rest", "looks even", "turns pale")
_ENDINGS = ("within the day", "before the morning", "while it heals", "in most people", "and then fades")

_OWN_SHARE, _OTHER_SHARE, _CHANCE_SHARE = 0.8, 0.6, 0.4
"""How much of a made-up vector comes from one real vector, at most from a second one, and from chance. The tenth
nearest of 100,000 then has a similarity of about 0.75 to a question made the same way."""

_CHANCE_ROWS = 4096


def write_corpus(folder: Path, sentences: int) -> None:
    """Write text files with so many sentences, no two alike, each a paragraph."""
    folder.mkdir(parents=True)
    for first in range(0, sentences, SENTENCES_A_FILE):
        lines = [_sentence(number) for number in range(first, min(first + SENTENCES_A_FILE, sentences))]
        (folder / f"notes-{first // SENTENCES_A_FILE:05}.txt").write_text("\n\n".join(lines) + "\n", encoding="utf-8")


def _sentence(number: int) -> str:
    parts = []
    rest = number
    for words in (_OPENINGS, _SUBJECTS, _VERBS, _ENDINGS):
        rest, place = divmod(rest, len(words))
        parts.append(words[place])
    opening, subject, verb, ending = parts
    return f"{opening}, {subject} {verb} {ending}, as note {number} says."


class SyntheticEncoder:
    """Gives each text a mixture of two real vectors and chance, chosen by its letters; a million take seconds."""

    name = "synthetic"
    weights_sha256 = hashlib.sha256(b"synthetic").hexdigest()
    max_tokens = 254

    def __init__(self, real: FloatMatrix) -> None:
        """Mix such vectors.

        Args:
            real: Vectors of real texts, shape (n, dim).
        """
        self.dim = real.shape[1]
        self._real = real
        chance = np.random.default_rng(0).standard_normal((_CHANCE_ROWS, self.dim))
        self._chance = unit_rows(chance)

    def count_tokens(self, text: str) -> int:
        """Count the words of a text."""
        return len(text.split())

    def read(self, question: str) -> Reading:
        """Read one question as a single token."""
        vector = self.encode_questions([question])
        return Reading(tokens=vector, vector=vector)

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """Make up a vector for each text: unit rows, shape (len(texts), dim)."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        return np.concatenate(list(self._blocks(texts)))

    def encode_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """Make up a vector for each text, and tell once that all are done."""
        if progress is not None:
            progress(len(texts), len(texts))
        return self.encode_questions(texts)

    def _blocks(self, texts: Sequence[str]) -> Iterator[FloatMatrix]:
        for first in range(0, len(texts), _CHANCE_ROWS):
            block = texts[first : first + _CHANCE_ROWS]
            digests = b"".join(hashlib.blake2b(text.encode(), digest_size=20).digest() for text in block)
            numbers = np.frombuffer(digests, dtype=np.uint32).reshape(len(block), 5).astype(np.int64)
            share = (_OTHER_SHARE * numbers[:, 2] / 2**32).astype(np.float32)[:, np.newaxis]
            own, other = (self._real[numbers[:, column] % len(self._real)] for column in (0, 1))
            # Two of the chance rows in either order and sign are more than there are texts.
            noise = self._chance[numbers[:, 3] % _CHANCE_ROWS] - self._chance[numbers[:, 4] % _CHANCE_ROWS]
            yield unit_rows(_OWN_SHARE * own + share * other + _CHANCE_SHARE / np.sqrt(2) * noise)
