"""How near a compiled encoder comes to the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from redness_qa.compiled import TIE, CompiledEncoder, Parity
from redness_qa.encoder import SentenceEncoder

PARITY_TEXTS = 200
"""Questions, and passages, that parity is measured on; drawn evenly from more."""


@dataclass(frozen=True)
class Reference:
    """What the original makes of the texts that parity is measured on.

    Attributes:
        questions: The questions.
        states: Token states of each.
        vectors: Unit rows, one a question.
        passages: Unit rows, one a passage.
    """

    questions: tuple[str, ...]
    states: tuple[NDArray[np.float32], ...]
    vectors: NDArray[np.float32]
    passages: NDArray[np.float32]

    @classmethod
    def of(cls, original: SentenceEncoder, questions: Sequence[str], passages: Sequence[str]) -> Reference:
        """Let the original read some of the questions and passages.

        Raises:
            ValueError: There is no question, or no passage.
        """
        if not questions or not passages:
            raise ValueError("parity is measured with at least one question and one passage")
        asked = drawn(questions)
        readings = original.read_all(asked)
        return cls(
            questions=asked,
            states=tuple(reading.tokens for reading in readings),
            vectors=np.concatenate([reading.vector for reading in readings]),
            passages=original.encode_passages(drawn(passages)),
        )

    def parity(self, encoder: CompiledEncoder) -> Parity:
        """Measure how near a compiled encoder comes; as when it answers, the passages are those of the original."""
        readings = encoder.read_all(self.questions)
        vectors = np.concatenate([reading.vector for reading in readings])
        cosines = (vectors * self.vectors).sum(axis=1)
        scores = self.vectors @ self.passages.T
        first = np.argmax(vectors @ self.passages.T, axis=1)
        lost = scores.max(axis=1) - scores[np.arange(len(first)), first]
        return Parity(
            least_cosine=float(cosines.min()),
            mean_cosine=float(cosines.mean()),
            least_state_cosine=min(
                _least_cosine(reading.tokens, states) for reading, states in zip(readings, self.states, strict=True)
            ),
            as_good_first=float((lost <= TIE).mean()),
            questions=len(self.questions),
            passages=len(self.passages),
        )


def _least_cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / lengths).min())


def drawn(texts: Sequence[str]) -> tuple[str, ...]:
    """Draw texts evenly from more than are needed, each once."""
    distinct = list(dict.fromkeys(texts))
    step = max(1.0, len(distinct) / PARITY_TEXTS)
    return tuple(distinct[int(number * step)] for number in range(min(len(distinct), PARITY_TEXTS)))
