from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from redness_qa.encoder import Reading
from redness_qa.errors import Busy
from redness_qa.sharing import BatchingEncoder, QueueingEncoder, shared
from redness_qa.testing import WordEncoder


class GatedEncoder(WordEncoder):
    """Reads when it is let, and notes what it was given together."""

    together = True

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
    until(lambda: len(encoder._waiting) >= texts)


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


class TurnsEncoder(WordEncoder):
    """Reads when it is let, and counts how many read at once."""

    together = False

    def __init__(self) -> None:
        super().__init__(dim=8)
        self.reading = self.most_reading = 0
        self.gate = threading.Event()
        self.guard = threading.Lock()

    def read(self, question: str) -> Reading:
        with self.guard:
            self.reading += 1
            self.most_reading = max(self.most_reading, self.reading)
        assert self.gate.wait(10)
        with self.guard:
            self.reading -= 1
        if question == "bad":
            raise ValueError("a bad text")
        return super().read(question)

    def read_all(self, texts: Sequence[str]) -> list[Reading]:
        return [self.read(text) for text in texts]


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, ten seconds at most."""
    last = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < last
        threading.Event().wait(0.001)


def test_an_encoder_is_shared_as_suits_it() -> None:
    assert isinstance(shared(GatedEncoder(), max_waiting=1), BatchingEncoder)
    assert isinstance(shared(TurnsEncoder(), max_waiting=1), QueueingEncoder)


def test_in_a_queue_so_many_read_at_once_and_each_gets_its_own() -> None:
    inner = TurnsEncoder()
    encoder = QueueingEncoder(inner, max_waiting=64, at_once=2)
    texts = [f"word{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        reads = [threads.submit(encoder.read, text) for text in texts]
        until(lambda: encoder._waiting == 6)
        inner.gate.set()
        readings = [read.result() for read in reads]

    assert inner.most_reading == 2
    for text, reading in zip(texts, readings, strict=True):
        np.testing.assert_array_equal(reading.vector, inner.encode_questions([text]))


def test_in_a_queue_the_next_is_refused_when_too_many_wait_and_later_served() -> None:
    inner = TurnsEncoder()
    encoder = QueueingEncoder(inner, max_waiting=1, at_once=1)
    with ThreadPoolExecutor(2) as threads:
        reads = [threads.submit(encoder.read, text) for text in ("first", "second")]
        until(lambda: encoder._waiting == 1)

        with pytest.raises(Busy, match="1 texts wait to be read already"):
            encoder.read("third")

        inner.gate.set()
        assert len([read.result() for read in reads]) == 2
    assert encoder.read("third").tokens.shape == (1, 8)


def test_in_a_queue_a_fault_frees_the_turn() -> None:
    inner = TurnsEncoder()
    inner.gate.set()
    encoder = QueueingEncoder(inner, max_waiting=1, at_once=1)

    with pytest.raises(ValueError, match="a bad text"):
        encoder.read("bad")

    assert encoder.read("good").tokens.shape == (1, 8)


@pytest.mark.parametrize("kind", [GatedEncoder, TurnsEncoder])
def test_it_stands_for_the_encoder_that_it_wraps(kind: type[GatedEncoder] | type[TurnsEncoder]) -> None:
    inner = kind()
    encoder = shared(inner, max_waiting=1)

    assert (encoder.name, encoder.weights_sha256, encoder.dim, encoder.max_tokens) == (
        inner.name,
        inner.weights_sha256,
        inner.dim,
        inner.max_tokens,
    )
    assert encoder.count_tokens("red skin") == 2
    np.testing.assert_array_equal(encoder.encode_questions(["red"]), inner.encode_questions(["red"]))
    np.testing.assert_array_equal(encoder.encode_passages(["red"]), inner.encode_passages(["red"]))


@pytest.mark.parametrize("numbers", [{"max_waiting": 0, "at_once": 1}, {"max_waiting": 1, "at_once": 0}])
def test_numbers_below_one_are_refused_of_a_queue(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        QueueingEncoder(TurnsEncoder(), **numbers)


@pytest.mark.parametrize("numbers", [{"max_waiting": 0}, {"max_waiting": 1, "max_batch": 0}])
def test_numbers_below_one_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        BatchingEncoder(GatedEncoder(), **numbers)
