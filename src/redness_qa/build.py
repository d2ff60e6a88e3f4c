"""The write path: corpus to passages to vectors to index."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path

import numpy as np

from redness_qa.chunking import ChunkingSettings, chunk
from redness_qa.companions import COMPANIONS_FILE, read_companies, with_companions
from redness_qa.corpus import Corpus
from redness_qa.embedding import Earlier, Reporter, embed, told
from redness_qa.encoder import Encoder
from redness_qa.errors import CorpusError
from redness_qa.index import Index, row_texts, search_settings
from redness_qa.limits import read_limits
from redness_qa.manifest import Manifest
from redness_qa.passages import Passage
from redness_qa.suggestions import read_suggestions

LIBRARIES = ("sentence-transformers", "torch", "faiss-cpu", "numpy", "syntok", "redness-qa")
"""Libraries whose versions the manifest records, as they had a part in the index."""


def build_index(
    corpus_folder: Path,
    index_folder: Path,
    *,
    encoder: Encoder,
    report: Reporter | None = None,
    keep_vectors: bool = True,
) -> Index:
    """Build the index of a corpus folder and move it into place.

    Killed at any moment, it leaves the index that was there before in use. What that one has embedded with the same
    weights is not embedded again.

    Args:
        corpus_folder: Folder of source texts, with or without refer.yaml and not-covered.yaml.
        index_folder: Where the index shall be.
        encoder: The embedding model.
        report: Told how far the build is.
        keep_vectors: Take vectors from the index that is there; otherwise every text is embedded.

    Raises:
        CorpusError: A source text cannot be used, or none of them holds a sentence to quote.
    """
    tell = report or (lambda stage, done, total: None)
    corpus = Corpus.from_folder(corpus_folder, progress=told(tell, "Reading texts"))
    settings = ChunkingSettings(max_tokens=encoder.max_tokens)
    passages: list[Passage] = []
    for number, document in enumerate(corpus.documents, start=1):
        passages += chunk(document, settings=settings, count_tokens=encoder.count_tokens)
        tell("Cutting passages", number, len(corpus.documents))
    if not passages:
        raise CorpusError(corpus_folder, "no text here holds a sentence that can be quoted; add one")
    companies = read_companies(corpus_folder)
    passages = with_companions(passages, companies, path=corpus_folder / COMPANIONS_FILE)
    limits = read_limits(corpus_folder)
    earlier = Earlier.of(index_folder, encoder=encoder) if keep_vectors else Earlier.none()
    vectors = embed(row_texts(passages, limits), encoder=encoder, earlier=earlier, tell=tell)
    manifest = Manifest(
        encoder=encoder.name,
        weights_sha256=encoder.weights_sha256,
        dim=encoder.dim,
        chunking=asdict(settings),
        corpus_fingerprint=corpus.fingerprint,
        documents={document.name: document.sha256 for document in corpus.documents},
        passages=len(passages),
        rows=len(vectors),
        search=search_settings(len(vectors) - len(passages)),
        background_mean=0.0,
        background_deviation=1.0,
        versions={name: importlib.metadata.version(name) for name in LIBRARIES},
        files={},
        suggestions=read_suggestions(corpus_folder, passages),
    )
    index = Index(passages, limits, vectors, manifest)
    index.manifest = _with_background(index, encoder=encoder)
    index.save(index_folder, texts=corpus.extracted_texts())
    return index


def _with_background(index: Index, *, encoder: Encoder) -> Manifest:
    """Measure how high questions about other subjects score in this index at best.

    Models and corpora differ in where their scores lie; telling a score in standard deviations
    above this background makes one calibration serve them all.
    """
    questions = resources.files("redness_qa").joinpath("background.txt").read_text(encoding="utf-8").splitlines()
    best = [hits[0].score for hits in index.search(encoder.encode_questions(questions), k=1)]
    return replace(index.manifest, background_mean=float(np.mean(best)), background_deviation=float(np.std(best)))
