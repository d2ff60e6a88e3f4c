"""A deterministic encoder without a model, for tests of this package and of code that uses it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from redness_qa.encoder import Progress, Reading
from redness_qa.vectors import FloatMatrix, unit_rows

_WORD = re.compile(r"\w+")


class WordEncoder:
    """Embeds a text as the sum of one fixed random direction a word, so that shared words make texts similar."""

    name = "word-encoder"
    weights_sha256 = hashlib.sha256(b"word-encoder").hexdigest()
    together = True

    def __init__(self, *, dim: int = 64, max_tokens: int = 128) -> None:
        self.dim = dim
        self.max_tokens = max_tokens

    def count_tokens(self, text: str) -> int:
        """Count the words of a text."""
        return len(_WORD.findall(text))

    def read(self, question: str) -> Reading:
        """Read one question, word by word and as a whole."""
        words = _WORD.findall(question.lower()) or [""]
        return Reading(
            tokens=np.stack([self._direction(word) for word in words]), vector=self.encode_questions([question])
        )

    def read_all(self, texts: Sequence[str]) -> list[Reading]:
        """Read several texts, in the order given."""
        return [self.read(text) for text in texts]

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """Embed questions: unit rows, shape (len(texts), dim), in the order given."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        return unit_rows([self._sum_of_words(text) for text in texts])

    def encode_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """Embed passages like questions, and tell once that all are done."""
        if progress is not None:
            progress(len(texts), len(texts))
        return self.encode_questions(texts)

    def _sum_of_words(self, text: str) -> FloatMatrix:
        # A text without words still gets a direction: that of the empty word.
        words = _WORD.findall(text.lower()) or [""]
        total: FloatMatrix = np.sum([self._direction(word) for word in words], axis=0, dtype=np.float32)
        return total

    def _direction(self, word: str) -> FloatMatrix:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        direction: FloatMatrix = np.random.default_rng(seed).standard_normal(self.dim).astype(np.float32)
        return direction
