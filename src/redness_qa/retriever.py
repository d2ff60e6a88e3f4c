"""Question to evidence: the passages nearest to it, none twice, and the nearest limit of the guide."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from redness_qa.encoder import Encoder
from redness_qa.errors import IndexStale
from redness_qa.index import Index
from redness_qa.lexical import Bm25, Trigrams, word_counts
from redness_qa.manifest import REBUILD
from redness_qa.passages import Hit, LimitHit, LimitKind, Passage
from redness_qa.readings import Outlook
from redness_qa.vectors import FloatMatrix

SAME_STATEMENT = 0.82
SAME_STATEMENT_WITH_FIGURES = 0.72
"""Cosine similarities from which two passages make one statement; the lower one where both give the same figures.

A fact that is lost weighs more than one that is told twice. Both were chosen on the half of
tests/data/same_statement.tsv that is marked so; the tests hold what they reach on the other half.
"""

_NUMBER_WORDS = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
}
_FIGURE = re.compile(
    rf"\d+(?:[.,]\d+)?|\b(?:{'|'.join(_NUMBER_WORDS)})\b(?! of\b)|\b(?:minute|hour|day|week|month|year)(?=s?\b)"
)
_NEGATION = re.compile(
    r"\b(?:no(?! longer\b)|not|nor|neither|none|nothing|never|without|avoid|cannot)\b|n['\u2019]t\b|\w-free\b",
    re.IGNORECASE,
)
_CANDIDATES_PER_HIT = 4
"""Candidates looked at for each hit wanted; more are fetched when too many say the same."""

OUTLOOK_SHARE = 0.075
"""What a passage gains for each factor e by which the head finds its facts likelier than `UNLIKELY`.

Chosen on tune-s.jsonl: 344, 346, 346 and 346 of 360 best hits are right with 0.05, 0.075, 0.1 and 0.15; with the
weights before it was 342, 345, 344 and 343.
"""

WORDS_SHARE = 0.05
"""What a passage gains for each point of BM25 of its text and question forms.

Chosen on tune-s.jsonl, where it lifts the best hits that are right from 322 to 334 of 360, and on half of a sample of
SQuAD 2.0, from 77 to 91 of 120; on the other half it lifts them from 93 to 106 of 158.
"""

WORDS_CANDIDATES = 20
"""Passages nearest to a question among which words are compared; more of them gain no more."""

_COUNTED = 10_000
"""Passages whose words are kept counted."""

LETTERS_SHARE = 0.3
"""What being spelt alike counts beside the cosine similarity, where one of the limits of a kind is chosen. With each
listed form left out in turn, 153 of 308 referred ones find their own limit with it, 132 without it."""

UNLIKELY = 1e-4
"""Probability of its facts up to which a passage gains nothing."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the index holds for one question.

    Attributes:
        hits: Passages, best first; no two make the same statement.
        runner_up_score: Score of the best passage that answers other questions than the first hit; 0 without one.
        nearest_row: Cosine similarity of the nearest text or question form that leads to a passage.
        limits: For each kind of limit that the index has the one that comes nearest to the question.
        outlook: What the head makes of the question, if one was learned for this guide.
    """

    hits: tuple[Hit, ...]
    runner_up_score: float
    nearest_row: float
    limits: Mapping[LimitKind, LimitHit]
    outlook: Outlook | None

    @property
    def limit_score(self) -> float:
        """Cosine similarity of the nearest question form of any limit; 0 in an index without limits."""
        return max((hit.score for hit in self.limits.values()), default=0.0)


class Retriever:
    """Pairs an index with the encoder that made it."""

    def __init__(self, encoder: Encoder, index: Index, *, words_share: float = WORDS_SHARE) -> None:
        """Refuse an encoder other than the one the index was built with.

        Args:
            encoder: What reads questions.
            index: What is searched.
            words_share: What a point of BM25 counts beside similarity.

        Raises:
            IndexStale: Name, weights or dimension differ.
        """
        made_with = index.manifest
        for what, built, loaded in (
            ("dimension", made_with.dim, encoder.dim),
            ("weights", made_with.weights_sha256, encoder.weights_sha256),
        ):
            if built != loaded:
                raise IndexStale(
                    made_with.encoder,
                    f"The index was built with {what} {built}, the model {encoder.name!r} has {loaded}.",
                    remedy=REBUILD,
                )
        self.encoder = encoder
        self.index = index
        self._words_share = words_share
        # Of passages only: nothing of a question is kept.
        self._counted = lru_cache(_COUNTED)(_word_counts)

    def find(
        self, question: str, *, k: int, vector: FloatMatrix | None = None, outlook: Outlook | None = None
    ) -> Evidence:
        """Find what the index holds for a question.

        Args:
            question: As asked; any text.
            k: Hits wanted; fewer come back if the index holds fewer statements.
            vector: The question as the encoder embeds it, shape (1, dim), where that is known already.
            outlook: What the head makes of it; passages that state the facts it expects are preferred.

        Raises:
            ValueError: k is below 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        if vector is None:
            vector = self.encoder.encode_questions([question])
        wanted = _CANDIDATES_PER_HIT * k
        while True:
            candidates = self._candidates(question, vector, outlook, k=wanted)
            hits = self._distinct(candidates, k=k)
            if len(hits) >= k or len(candidates) < wanted:
                break
            wanted *= 2
        others = (hit.score for hit in hits[1:] if answers_another(hit.passage, hits[0].passage))
        limits = self.index.nearest_limits(vector, bonus=LETTERS_SHARE * self._limit_letters.similarities(question))
        return Evidence(tuple(hits[:k]), next(others, 0.0), self.index.nearest_row(vector), limits, outlook)

    def _candidates(self, question: str, vector: FloatMatrix, outlook: Outlook | None, *, k: int) -> list[Hit]:
        """Find at least k passages, best first: the nearest, with what shared words and expected facts add."""
        bonus = self._bonus(outlook) if outlook is not None else None
        near = self.index.search(vector, k=max(k, WORDS_CANDIDATES), bonus=bonus)[0]
        texts = [self._counted(hit.passage) for hit in near]
        shared = Bm25(texts, words=word_counts(question)).scores(question).tolist()
        scores = [hit.score + self._words_share * more for hit, more in zip(near, shared, strict=True)]
        order = sorted(range(len(near)), key=lambda place: -scores[place])
        return [replace(near[place], score=scores[place], rank=rank) for rank, place in enumerate(order, start=1)]

    @cached_property
    def _limit_letters(self) -> Trigrams:
        return Trigrams(self.index.limit_questions)

    def _bonus(self, outlook: Outlook) -> FloatMatrix:
        """Tell what each passage gains by the facts it states, shape (1, passages)."""
        facts, places = self._stated
        expected = np.array([outlook.facts.get(fact, 0.0) for fact in self.index.facts])
        likely = np.bincount(places, weights=expected[facts], minlength=len(self.index.passages))
        bonus = OUTLOOK_SHARE * np.log(np.maximum(likely, UNLIKELY) / UNLIKELY)
        return bonus.astype(np.float32)[None]

    @cached_property
    def _stated(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pair the number of each fact with the place of each passage that states it."""
        places = [np.empty(0, dtype=np.int64), *self.index.facts.values()]
        facts = np.repeat(np.arange(len(places)) - 1, [len(each) for each in places])
        return facts, np.concatenate(places)

    def _distinct(self, candidates: list[Hit], *, k: int) -> list[Hit]:
        """Keep of those that say the same only the first: k, and so many that one of them answers other questions."""
        kept: list[Hit] = []
        has_other = False
        for hit in candidates:
            if not any(self._same_statement(hit.passage, other.passage) for other in kept):
                kept.append(replace(hit, rank=len(kept) + 1))
                has_other = has_other or (len(kept) > 1 and answers_another(hit.passage, kept[0].passage))
                if len(kept) >= k and has_other:
                    break
        return kept

    def _same_statement(self, one: Passage, other: Passage) -> bool:
        if one.document == other.document and one.start < other.end and other.start < one.end:
            return True
        # Whoever wrote the labels knew better than any vector.
        if one.facts and other.facts and not set(one.facts) & set(other.facts):
            return False
        # Figures and negations carry meaning that hardly moves a vector: "24 hours" is near "48 hours".
        figures = _figures(one.text)
        if figures != _figures(other.text) or _is_negated(one.text) != _is_negated(other.text):
            return False
        least = SAME_STATEMENT_WITH_FIGURES if figures else SAME_STATEMENT
        return self.index.statement_similarity(one, other) >= least


def _word_counts(passage: Passage) -> Counter[str]:
    return word_counts(" ".join((passage.context, passage.text, *passage.questions)))


def answers_another(one: Passage, other: Passage) -> bool:
    """Tell whether two passages share no fact and no question form, so that neither answers what leads to the other."""
    return set(one.facts).isdisjoint(other.facts) and set(one.questions).isdisjoint(other.questions)


def _figures(text: str) -> frozenset[str]:
    """List numbers and units of time, the numbers in digits and the units in the singular."""
    return frozenset(_NUMBER_WORDS.get(found, found) for found in _FIGURE.findall(text.lower()))


def _is_negated(text: str) -> bool:
    return _NEGATION.search(text) is not None
