"""Build, load and search for corpora of growing size, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from redness_qa.benchmark.figures import Spread
from redness_qa.benchmark.processes import resident_mib
from redness_qa.benchmark.synthetic import SyntheticEncoder, write_corpus
from redness_qa.build import build_index
from redness_qa.index import Index
from redness_qa.vectors import FloatMatrix, StoredMatrix

K = 10
"""Passages looked for, and of which the share found is told."""

_BLOCK_ROWS = 100_000

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Growth:
    """What an index of one size costs.

    Attributes:
        passages: Passages in it.
        method: How it is searched.
        build_seconds: From reading the texts to the index in its place, all but the work of an embedding model.
        build_resident_mib: Most memory that the build held; None where the system does not tell.
        index_mib: Size of its folder.
        load_seconds: Until it can be searched, every byte verified.
        search: How long a search for the nearest ten takes.
        recall: Share of the ten nearest by exact search that it finds.
        resident_mib: Most memory of a process that loaded and searched it; None likewise.
    """

    passages: int
    method: str
    build_seconds: float
    build_resident_mib: float | None
    index_mib: float
    load_seconds: float
    search: Spread
    recall: float
    resident_mib: float | None


def measure_growth(
    sizes: Sequence[int],
    *,
    real: StoredMatrix,
    questions: FloatMatrix,
    folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Growth]:
    """Measure one size after the other.

    Args:
        sizes: Sentences of each corpus.
        real: Vectors of real texts, from which those of the passages are made up.
        questions: Vectors of real questions.
        folder: Where to put what is measured; it is removed afterwards.
        progress: Told how many sizes are done.
    """
    measured = []
    for done, size in enumerate(sizes, start=1):
        with tempfile.TemporaryDirectory(prefix="redness-qa-growth-", dir=folder) as name:
            corpus, index = Path(name) / "corpus", Path(name) / "index"
            write_corpus(corpus, size)
            seconds, build_resident = _alone(_build, corpus, index, np.asarray(real, dtype=np.float32))
            measured.append(_alone(_measure, index, questions, seconds, build_resident))
        if progress is not None:
            progress(done, len(sizes))
    return measured


def exact_nearest(rows: StoredMatrix, questions: FloatMatrix, *, k: int) -> list[set[int]]:
    """Find the k nearest rows of each question by comparing every row."""
    best = np.empty((len(questions), 0), dtype=np.float32)
    places = np.empty((len(questions), 0), dtype=np.int64)
    for first in range(0, len(rows), _BLOCK_ROWS):
        scores = questions @ rows[first : first + _BLOCK_ROWS].astype(np.float32, copy=False).T
        best = np.hstack([best, scores])
        places = np.hstack([places, np.broadcast_to(np.arange(first, first + scores.shape[1]), scores.shape)])
        kept = np.argsort(-best, axis=1, kind="stable")[:, :k]
        best, places = np.take_along_axis(best, kept, axis=1), np.take_along_axis(places, kept, axis=1)
    return [set(each) for each in places.tolist()]


def _alone(work: Callable[..., _Result], *arguments: object) -> _Result:
    """Do something in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _build(corpus: Path, index: Path, real: FloatMatrix) -> tuple[float, float | None]:
    encoder = SyntheticEncoder(real)
    started = time.perf_counter()
    build_index(corpus, index, encoder=encoder)
    return time.perf_counter() - started, resident_mib("self", most=True)


def _measure(folder: Path, questions: FloatMatrix, build_seconds: float, build_resident_mib: float | None) -> Growth:
    started = time.perf_counter()
    index = Index.load(folder)
    load_seconds = time.perf_counter() - started
    index.search(questions[:1], k=K)
    took, found = [], []
    for question in questions:
        started = time.perf_counter()
        (hits,) = index.search(question[np.newaxis], k=K)
        took.append(time.perf_counter() - started)
        found.append({hit.passage.id for hit in hits})
    resident = resident_mib("self", most=True)  # before exact search, which looks at every vector
    exact = exact_nearest(index.vectors[: len(index.passages)], questions, k=K)
    named = [{index.passages[place].id for place in places} for places in exact]
    return Growth(
        passages=len(index.passages),
        method=str(index.manifest.search["method"]),
        build_seconds=build_seconds,
        build_resident_mib=build_resident_mib,
        index_mib=sum(path.stat().st_size for path in folder.iterdir()) / 2**20,
        load_seconds=load_seconds,
        search=Spread.of(took),
        recall=float(np.mean([len(one & other) / len(other) for one, other in zip(found, named, strict=True)])),
        resident_mib=resident,
    )
