"""Reads what several threads want read at the same time, and lets no more of them wait than can be served."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from redness_qa.encoder import Encoder, Progress, Reading
from redness_qa.errors import Busy
from redness_qa.threads import processors
from redness_qa.vectors import FloatMatrix

MAX_BATCH = 16
"""Texts that are read together at most; more gain little, and a short one would wait for too many others."""


class ReadsMany(Encoder, Protocol):
    """An encoder that reads several texts.

    Attributes:
        together: Whether they may be read in one step, which is faster then.
    """

    together: bool

    def read_all(self, texts: Sequence[str]) -> list[Reading]:
        """Read several texts, token by token and as a whole, in the order given."""


def shared(encoder: ReadsMany, *, max_waiting: int) -> BatchingEncoder | QueueingEncoder:
    """Wrap an encoder for many threads at once, as suits it.

    Args:
        encoder: What reads.
        max_waiting: Texts that may wait to be read, at least 1.

    Raises:
        ValueError: The number is below 1.
    """
    if encoder.together:
        return BatchingEncoder(encoder, max_waiting=max_waiting)
    # Each model leaves one processor to the other model and to everything else that answering takes.
    return QueueingEncoder(encoder, max_waiting=max_waiting, at_once=max(1, processors() - 1))


class _SharedEncoder:
    """What stands for an encoder, and limits how many wait for it."""

    def __init__(self, encoder: ReadsMany, *, max_waiting: int) -> None:
        self._encoder = encoder
        self._max_waiting = max_waiting
        self.name = encoder.name
        self.weights_sha256 = encoder.weights_sha256
        self.dim = encoder.dim
        self.max_tokens = encoder.max_tokens

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, without the model's own markers."""
        return self._encoder.count_tokens(text)

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """Embed questions: unit rows, shape (len(texts), dim), in the order given."""
        return self._encoder.encode_questions(texts)

    def encode_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """Embed passages: unit rows, shape (len(texts), dim), in the order given."""
        return self._encoder.encode_passages(texts, progress=progress)

    def _refuse_beyond(self, waiting: int) -> None:
        """Refuse one more while so many wait.

        Raises:
            Busy: That are too many.
        """
        if waiting >= self._max_waiting:
            raise Busy(f"{self._max_waiting} texts wait to be read already; ask again a little later")


class QueueingEncoder(_SharedEncoder):
    """An encoder for many threads at once, each of which reads its own text when one of a few turns is free."""

    def __init__(self, encoder: ReadsMany, *, max_waiting: int, at_once: int) -> None:
        """Wrap an encoder.

        Args:
            encoder: What reads; by several threads at a time.
            max_waiting: Texts that may wait to be read, at least 1.
            at_once: Texts that are read at the same time, at least 1.

        Raises:
            ValueError: A number is below 1.
        """
        if max_waiting < 1 or at_once < 1:
            raise ValueError(f"max_waiting and at_once must be at least 1, not {max_waiting} and {at_once}")
        super().__init__(encoder, max_waiting=max_waiting)
        self._waiting = 0
        self._guard = threading.Lock()
        self._turns = threading.Semaphore(at_once)

    def read(self, question: str) -> Reading:
        """Read one question, token by token and as a whole.

        Raises:
            Busy: Too many wait already.
        """
        if not self._turns.acquire(blocking=False):
            with self._guard:
                self._refuse_beyond(self._waiting)
                self._waiting += 1
            try:
                self._turns.acquire()
            finally:
                with self._guard:
                    self._waiting -= 1
        try:
            return self._encoder.read(question)
        finally:
            self._turns.release()


class BatchingEncoder(_SharedEncoder):
    """An encoder for many threads at once.

    Whoever comes while nothing is read reads at once, so that a single text never waits for company. What comes in the
    meantime is read together by the next thread in turn; no thread of its own is needed.
    """

    def __init__(self, encoder: ReadsMany, *, max_waiting: int, max_batch: int = MAX_BATCH) -> None:
        """Wrap an encoder.

        Args:
            encoder: What reads; by one thread at a time.
            max_waiting: Texts that may wait to be read, at least 1.
            max_batch: Texts that are read together, at least 1.

        Raises:
            ValueError: A number is below 1.
        """
        if max_waiting < 1 or max_batch < 1:
            raise ValueError(f"max_waiting and max_batch must be at least 1, not {max_waiting} and {max_batch}")
        super().__init__(encoder, max_waiting=max_waiting)
        self._max_batch = max_batch
        self._waiting: list[_Request] = []
        self._list_guard = threading.Lock()
        self._turn = threading.Lock()

    def read(self, question: str) -> Reading:
        """Read one question, token by token and as a whole, together with those of other threads.

        Raises:
            Busy: Too many wait already.
        """
        request = _Request(question)
        with self._list_guard:
            self._refuse_beyond(len(self._waiting))
            self._waiting.append(request)
        while not request.is_done:
            with self._turn:
                if not request.is_done:
                    self._read_next()
        return request.result()

    def _read_next(self) -> None:
        """Read those that wait longest; a fault is theirs, and nobody else's."""
        with self._list_guard:
            batch = self._waiting[: self._max_batch]
            del self._waiting[: self._max_batch]
        try:
            readings = self._encoder.read_all([request.text for request in batch])
        except BaseException as error:
            for request in batch:
                request.fail(error)
            if not isinstance(error, Exception):  # this thread is told to stop
                raise
            return
        for request, reading in zip(batch, readings, strict=True):
            request.finish(reading)


class _Request:
    """A text that a thread waits for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._reading: Reading | None = None
        self._error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self._reading is not None or self._error is not None

    def finish(self, reading: Reading) -> None:
        self._reading = reading

    def fail(self, error: BaseException) -> None:
        self._error = error

    def result(self) -> Reading:
        if self._reading is None:
            raise self._error or RuntimeError("the text was not read")
        return self._reading
