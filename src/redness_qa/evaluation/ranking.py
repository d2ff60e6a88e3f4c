"""How well texts are ranked for a question: by an encoder's vectors, and by BM25; the only user of bm25s."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from redness_qa.encoder import Encoder
from redness_qa.errors import SettingsError
from redness_qa.evaluation.numbers import estimate_json, share_json
from redness_qa.evaluation.public_sets import Choice
from redness_qa.lexical import Bm25, word_counts
from redness_qa.metrics import Estimate, Share, auroc, average_precision, mean, reciprocal_rank
from redness_qa.retriever import WORDS_SHARE

BM25_METHOD = "lucene"
"""The form of BM25, with k1 = 1.5 and b = 0.75 and English function words left out: the defaults of bm25s."""

Scores = list[NDArray[np.float32]]
"""For each question one score a candidate, higher is better."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class RankingReport:
    """The figures of one way to rank.

    Questions that none of their texts answers count in `answerable` alone.

    Attributes:
        hit_at_1: Questions whose best text is right; of equal texts the one that stands first is taken.
        mrr: Mean reciprocal rank of the first right text.
        map: Mean average precision.
        answerable: AUROC, by the best score, of questions with a right text against those without.
    """

    hit_at_1: Share
    mrr: Estimate
    map: Estimate
    answerable: Estimate

    @classmethod
    def of(cls, choices: Sequence[Choice], scores: Scores) -> RankingReport:
        """Compute the figures of scored questions."""
        ranked = [
            [int(place) in choice.right for place in np.argsort(-row, kind="stable")]
            for choice, row in zip(choices, scores, strict=True)
            if choice.right
        ]
        best = [(bool(choice.right), float(row.max())) for choice, row in zip(choices, scores, strict=True)]
        return cls(
            hit_at_1=Share(sum(row[0] for row in ranked), len(ranked)),
            mrr=mean([reciprocal_rank(row) for row in ranked]),
            map=mean([average_precision(row) for row in ranked]),
            answerable=auroc([s for has_right, s in best if has_right], [s for has_right, s in best if not has_right]),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the figures as numbers."""
        return {
            "hit_at_1": share_json(self.hit_at_1),
            "mrr": estimate_json(self.mrr),
            "map": estimate_json(self.map),
            "answerable_auroc": estimate_json(self.answerable),
        }


def ranking_text(reports: dict[str, RankingReport]) -> str:
    """Give the figures of several ways to rank side by side, as lines of text."""
    rows = {
        "hit at 1": [str(each.hit_at_1) for each in reports.values()],
        "MRR": [str(each.mrr) for each in reports.values()],
        "MAP": [str(each.map) for each in reports.values()],
    }
    if any(each.answerable.total for each in reports.values()):
        rows["AUROC answerable"] = [str(each.answerable) for each in reports.values()]
    lines = [("", *reports), *((name, *cells) for name, cells in rows.items())]
    return "\n".join(f"{line[0]:<18} " + " ".join(f"{cell:<40}" for cell in line[1:]).rstrip() for line in lines)


def encoder_scores(encoder: Encoder, choices: Sequence[Choice], *, progress: Progress | None = None) -> Scores:
    """Score texts by cosine similarity to the question, as passages are found.

    Args:
        encoder: Of the index that is measured.
        choices: The questions with their texts; each text is embedded once.
        progress: Told the number of texts embedded and the number of all.
    """
    texts = _places(candidate for choice in choices for candidate in choice.candidates)
    passages = encoder.encode_passages(list(texts), progress=progress)
    questions = encoder.encode_questions([choice.question for choice in choices])
    return [
        passages[[texts[candidate] for candidate in choice.candidates]] @ questions[number]
        for number, choice in enumerate(choices)
    ]


def fused_scores(vectors: Scores, choices: Sequence[Choice]) -> Scores:
    """Add to the similarities what shared words count, as passages are found.

    Args:
        vectors: The similarities, as `encoder_scores` gives them.
        choices: The questions with their texts; frequencies of words are those among all texts of all questions.
    """
    texts = _places(candidate for choice in choices for candidate in choice.candidates)
    words = Bm25([word_counts(text) for text in texts])
    return [
        row
        + WORDS_SHARE
        * words.scores(choice.question)[[texts[candidate] for candidate in choice.candidates]].astype(np.float32)
        for row, choice in zip(vectors, choices, strict=True)
    ]


def bm25_scores(choices: Sequence[Choice], *, progress: Progress | None = None) -> Scores:
    """Score texts by BM25, with the frequencies of words over all texts of all questions.

    Args:
        choices: The questions with their texts.
        progress: Told the number of questions scored and the number of all.

    Raises:
        SettingsError: The package bm25s is not installed.
    """
    try:
        import bm25s  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise SettingsError(
            "the package bm25s, whose BM25 the figures are compared with, is not installed; "
            "install it with: pip install 'redness-qa[dev]'"
        ) from error
    texts = _places(candidate for choice in choices for candidate in choice.candidates)
    ranker = bm25s.BM25(method=BM25_METHOD)

    def words(asked: list[str]) -> list[list[str]]:
        found: list[list[str]] = bm25s.tokenize(asked, stopwords="en", return_ids=False, show_progress=False)
        return found

    ranker.index(words(list(texts)), show_progress=False)
    scores: Scores = []
    for done, (choice, asked) in enumerate(zip(choices, words([each.question for each in choices]), strict=True), 1):
        every = ranker.get_scores(asked) if asked else np.zeros(len(texts))  # a question may be of function words alone
        scores.append(np.asarray(every, dtype=np.float32)[[texts[candidate] for candidate in choice.candidates]])
        if progress is not None:
            progress(done, len(choices))
    return scores


def _places(texts: Iterable[str]) -> dict[str, int]:
    return {text: place for place, text in enumerate(dict.fromkeys(texts))}
