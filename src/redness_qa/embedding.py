"""Vectors for the rows of an index; those of texts that an earlier index has embedded are taken from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from redness_qa.encoder import Encoder
from redness_qa.errors import IndexFault
from redness_qa.index import Index, RowTexts, row_texts
from redness_qa.vectors import FloatMatrix, StoredMatrix

Reporter = Callable[[str, int, int], None]
"""Told how far a build is: the stage, the number of its items that are done, and of all."""


@dataclass(frozen=True)
class Known:
    """Vectors that are there already, and in which row that of each text stands."""

    vectors: StoredMatrix
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Earlier:
    """What an earlier index has embedded: texts of the guide, and questions, which some models embed otherwise."""

    documents: Known
    questions: Known

    @classmethod
    def none(cls) -> Earlier:
        """Know nothing."""
        nothing = Known(np.empty((0, 0), dtype=np.float32), {})
        return cls(nothing, nothing)

    @classmethod
    def of(cls, folder: Path, *, encoder: Encoder) -> Earlier:
        """Take the vectors of the index in a folder; none if it cannot be used or has those of another encoder."""
        try:
            index = Index.load(folder)
            made_with = index.manifest
            if (made_with.weights_sha256, made_with.dim, made_with.chunking.get("max_tokens")) != (
                encoder.weights_sha256,
                encoder.dim,
                encoder.max_tokens,
            ):
                return cls.none()
            texts = row_texts(index.passages, index.limits)
        except IndexFault:
            return cls.none()
        first_question = len(texts.passages)
        first_statement = first_question + len(texts.questions)
        documents = {text: row for row, text in enumerate(texts.statements, start=first_statement)}
        documents |= {text: row for row, text in enumerate(texts.passages)}
        questions = {text: row for row, text in enumerate(texts.questions, start=first_question)}
        return cls(Known(index.vectors, documents), Known(index.vectors, questions))


def embed(texts: RowTexts, *, encoder: Encoder, earlier: Earlier, tell: Reporter) -> FloatMatrix:
    """Embed each text once, in the order of the rows of an index, but for those whose vector is known."""
    first_question = len(texts.passages)
    first_statement = first_question + len(texts.questions)
    vectors = np.empty((first_statement + len(texts.statements), encoder.dim), dtype=np.float32)
    kept = _fill(
        vectors[:first_question],
        texts.passages,
        [earlier.documents],
        lambda new: encoder.encode_passages(new, progress=told(tell, "Embedding passages")),
    )
    kept += _fill(
        vectors[first_question:first_statement], texts.questions, [earlier.questions], encoder.encode_questions
    )
    here = Known(vectors, {text: row for row, text in enumerate(texts.passages)})
    kept += _fill(
        vectors[first_statement:],
        texts.statements,
        [earlier.documents, here],
        lambda new: encoder.encode_passages(new, progress=told(tell, "Embedding statements")),
    )
    if kept:
        tell("Vectors known before", kept, kept)
    return vectors


def _fill(
    rows: FloatMatrix, texts: Sequence[str], known: Sequence[Known], encode: Callable[[list[str]], FloatMatrix]
) -> int:
    """Write the vectors of texts into rows; tell how many the first of the known ones had."""
    is_new = np.ones(len(texts), dtype=bool)
    kept = []
    for each in known:
        found = [(row, each.rows[text]) for row, text in enumerate(texts) if is_new[row] and text in each.rows]
        if found:
            here, there = np.array(found).T
            rows[here] = each.vectors[there]
            is_new[here] = False
        kept.append(len(found))
    new = np.flatnonzero(is_new).tolist()
    places = {text: place for place, text in enumerate(dict.fromkeys(texts[row] for row in new))}
    if places:
        rows[new] = encode(list(places))[[places[texts[row]] for row in new]]
    return kept[0]


def told(tell: Reporter, stage: str) -> Callable[[int, int], None]:
    """Tell of one stage to whoever is told of all."""
    return lambda done, total: tell(stage, done, total)
