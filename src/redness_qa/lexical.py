"""How alike texts are by their letters and words, without a model."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

K1, B = 1.5, 0.75
"""Of BM25: how fast a repeated word stops to count, and how much a long text is held to be long."""

_WORD = re.compile(r"[^\W_]+")
_GRAM = 3
_FUNCTION_WORD = re.compile(
    "a|an|and|are|as|at|be|but|by|can|could|did|do|does|for|from|had|has|have|he|her|his|how|i|if|in|into|is|"
    "it|its|me|my|of|on|or|our|she|should|so|than|that|the|their|them|then|there|these|they|this|those|to|"
    "was|we|were|what|when|where|which|who|whom|whose|why|will|with|would|you|your"
)


class Trigrams:
    """Compares a text with a list of texts by the groups of three letters in their words.

    Typing errors and endings change a few of the groups only. A group counts the more, the fewer of the texts have it
    (tf-idf), and the similarity is the cosine of what the two texts count.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [Counter(_grams(text)) for text in texts]
        found = Counter(gram for counts in counted for gram in counts)
        self._n = len(texts)
        self._rarity = {gram: math.log((self._n + 1) / (texts_with + 0.5)) for gram, texts_with in found.items()}
        rows: dict[str, list[int]] = defaultdict(list)
        weights: dict[str, list[float]] = defaultdict(list)
        for row, counts in enumerate(counted):
            for gram, weight in self._weights(counts).items():
                rows[gram].append(row)
                weights[gram].append(weight)
        self._postings = {gram: (np.array(rows[gram]), np.array(weights[gram])) for gram in rows}

    def similarities(self, text: str) -> NDArray[np.float64]:
        """Give the similarity to each of the texts, 0 to 1; 0 to all where no group is shared."""
        similarities = np.zeros(self._n)
        for gram, weight in self._weights(Counter(_grams(text))).items():
            rows, weights = self._postings[gram]
            similarities[rows] += weight * weights
        return similarities

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        """Weigh the groups that are known, so that their squares add up to 1."""
        weights = {
            gram: (1 + math.log(count)) * self._rarity[gram] for gram, count in counts.items() if gram in self._rarity
        }
        norm = math.sqrt(math.fsum(weight * weight for weight in weights.values()))
        return {gram: weight / norm for gram, weight in weights.items()} if norm else {}


class Bm25:
    """Scores texts by BM25, with the frequencies of words among these texts; function words and case do not count.

    Source: S. Robertson and H. Zaragoza, "The probabilistic relevance framework: BM25 and beyond", Foundations and
    Trends in Information Retrieval 3 (2009), 333-389; rarity of a word as Lucene has it, so that it is never negative.
    """

    def __init__(self, texts: Sequence[Counter[str]], *, words: Collection[str] | None = None) -> None:
        """Take the texts as `word_counts` gives them.

        Args:
            texts: The texts.
            words: Those that will be asked for, as `word_counts` gives them; None for all there are.
        """
        self._n = len(texts)
        rows: dict[str, list[int]] = defaultdict(list)
        counts: dict[str, list[int]] = defaultdict(list)
        for row, counted in enumerate(texts):
            for word in counted if words is None else words:
                if count := counted.get(word):
                    rows[word].append(row)
                    counts[word].append(count)
        self._postings = {word: (np.array(rows[word]), np.array(counts[word], dtype=np.float64)) for word in rows}
        lengths = np.array([counted.total() for counted in texts], dtype=np.float64)
        self._norms = K1 * (1 - B + B * lengths / max(1.0, float(lengths.mean()) if self._n else 1.0))

    def scores(self, question: str) -> NDArray[np.float64]:
        """Score each of the texts; 0 where no word is shared."""
        scores = np.zeros(self._n)
        for word in sorted(word_counts(question).keys() & self._postings.keys()):
            rows, counts = self._postings[word]
            rarity = math.log(1 + (self._n - len(rows) + 0.5) / (len(rows) + 0.5))
            scores[rows] += rarity * counts / (counts + self._norms[rows])
        return scores


def word_counts(text: str) -> Counter[str]:
    """Count the words of a text, without function words."""
    return Counter(_words(text))


def _words(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.casefold()) if not _FUNCTION_WORD.fullmatch(word)]


def _stem(word: str) -> str:
    """Take off a plural's s, and nothing else."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _grams(text: str) -> list[str]:
    padded = (f" {word} " for word in _WORD.findall(text.casefold()))
    return [word[first : first + _GRAM] for word in padded for first in range(len(word) - _GRAM + 1)]
