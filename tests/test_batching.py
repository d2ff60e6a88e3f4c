from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from redness_qa.batching import BatchingEncoder
from redness_qa.encoder import Reading
from redness_qa.errors import Busy
from redness_qa.testing import WordEncoder


class GatedEncoder(WordEncoder):
    """Reads when it is let, and notes what it was given together."""

    def __init__(self) -> None:
        super().__init__(dim=8)
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.has_begun = threading.Event()

    def read_all(self, texts: Sequence[str]) -> list[Reading]:
        self.batches.append(list(texts))
        self.has_begun.set()
        assert self.gate.wait(10)
        if "bad" in texts:
            raise ValueError("a bad text")
        return [self.read(text) for text in texts]


def waiting(encoder: BatchingEncoder, texts: int) -> None:
    """Wait until so many texts wait."""
    while len(encoder._waiting) < texts:
        threading.Event().wait(0.001)


def test_a_text_alone_is_read_alone_and_at_once() -> None:
    inner = GatedEncoder()
    inner.gate.set()

    reading = BatchingEncoder(inner, max_waiting=1).read("red skin")

    assert inner.batches == [["red skin"]]
    np.testing.assert_array_equal(reading.vector, inner.read("red skin").vector)


def test_what_comes_while_one_is_read_is_read_together_and_goes_back_to_whom_it_belongs() -> None:
    inner = GatedEncoder()
    encoder = BatchingEncoder(inner, max_waiting=100, max_batch=4)
    texts = [f"text number{number}" for number in range(10)]
    with ThreadPoolExecutor(11) as threads:
        first = threads.submit(encoder.read, "first")
        assert inner.has_begun.wait(10)
        others = [threads.submit(encoder.read, text) for text in texts]
        waiting(encoder, 10)
        inner.gate.set()
        readings = [other.result() for other in others]
        first.result()

    assert sorted(map(len, inner.batches)) == [1, 2, 4, 4]
    assert inner.batches[0] == ["first"]
    assert sorted(text for batch in inner.batches[1:] for text in batch) == sorted(texts)
    for text, reading in zip(texts, readings, strict=True):
        np.testing.assert_array_equal(reading.vector, inner.read(text).vector)


def test_when_too_many_wait_the_next_is_refused_and_later_served() -> None:
    inner = GatedEncoder()
    encoder = BatchingEncoder(inner, max_waiting=2)
    with ThreadPoolExecutor(3) as threads:
        reads = [threads.submit(encoder.read, "first")]
        assert inner.has_begun.wait(10)
        reads += [threads.submit(encoder.read, text) for text in ("second", "third")]
        waiting(encoder, 2)

        with pytest.raises(Busy, match="2 texts wait to be read already"):
            encoder.read("fourth")

        inner.gate.set()
        assert len([read.result() for read in reads]) == 3
    encoder.read("fourth")
    assert inner.batches[-1] == ["fourth"]


def test_a_fault_reaches_those_it_belongs_to_and_the_next_are_served() -> None:
    inner = GatedEncoder()
    encoder = BatchingEncoder(inner, max_waiting=10)
    inner.gate.set()

    with pytest.raises(ValueError, match="a bad text"):
        encoder.read("bad")

    np.testing.assert_array_equal(encoder.read("good").vector, inner.read("good").vector)


def test_many_threads_each_get_their_own() -> None:
    inner = GatedEncoder()
    inner.gate.set()
    encoder = BatchingEncoder(inner, max_waiting=64)
    texts = [f"word{number} and word{number * 7}" for number in range(400)]
    with ThreadPoolExecutor(16) as threads:
        readings = list(threads.map(encoder.read, texts))

    for text, reading in zip(texts, readings, strict=True):
        np.testing.assert_array_equal(reading.vector, inner.read(text).vector)
    assert sum(map(len, inner.batches)) == 400


def test_it_stands_for_the_encoder_that_it_wraps() -> None:
    inner = GatedEncoder()
    encoder = BatchingEncoder(inner, max_waiting=1)

    assert (encoder.name, encoder.weights_sha256, encoder.dim, encoder.max_tokens) == (
        inner.name,
        inner.weights_sha256,
        inner.dim,
        inner.max_tokens,
    )
    assert encoder.count_tokens("red skin") == 2
    np.testing.assert_array_equal(encoder.encode_questions(["red"]), inner.encode_questions(["red"]))
    np.testing.assert_array_equal(encoder.encode_passages(["red"]), inner.encode_passages(["red"]))


@pytest.mark.parametrize("numbers", [{"max_waiting": 0}, {"max_waiting": 1, "max_batch": 0}])
def test_numbers_below_one_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        BatchingEncoder(GatedEncoder(), **numbers)
