"""Many askers at once, over HTTP."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from redness_qa.benchmark.figures import Spread

_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What so many askers got, each asking again as soon as it had its answer.

    Attributes:
        askers: How many asked at once.
        per_second: Answers in one second.
        took: How long an answer took; None if there was none.
        refused: How many requests were answered with each other status; 0 stands for a connection that broke.
        repeated: Questions that were asked more than once since the list began.
    """

    askers: int
    per_second: float
    took: Spread | None
    refused: Mapping[int, int]
    repeated: int


class Questions:
    """Questions for several askers, each in its turn; the list starts over only when all were asked."""

    def __init__(self, questions: Sequence[str]) -> None:
        self._questions = questions
        self._turns: Iterator[int] = itertools.count()
        self._lock = threading.Lock()
        self.asked = 0

    def next(self) -> str:
        """Give the next question."""
        with self._lock:
            self.asked = next(self._turns) + 1
            return self._questions[(self.asked - 1) % len(self._questions)]

    @property
    def repeated(self) -> int:
        """How many questions were given again."""
        return max(0, self.asked - len(self._questions))


def ask_at_once(url: str, questions: Questions, *, askers: int, seconds: float) -> Load:
    """Let so many askers ask for a while, each on a connection of its own that stays open.

    Args:
        url: Where to post `{"question": ...}`, such as http://127.0.0.1:7860/api/ask.
        questions: What they ask.
        askers: How many.
        seconds: How long; who waits for an answer then still gets it.
    """
    took: list[float] = []
    refused: Counter[int] = Counter()
    started = time.perf_counter()
    until = started + seconds
    threads = [
        threading.Thread(target=_ask_until, args=(url, questions, until, took, refused), daemon=True)
        for _ in range(askers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed = time.perf_counter() - started
    return Load(
        askers=askers,
        per_second=len(took) / passed,
        took=Spread.of(took) if took else None,
        refused=dict(sorted(refused.items())),
        repeated=questions.repeated,
    )


def _ask_until(url: str, questions: Questions, until: float, took: list[float], refused: Counter[int]) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
    try:
        while time.perf_counter() < until:
            body = json.dumps({"question": questions.next()})
            started = time.perf_counter()
            try:
                connection.request("POST", address.path, body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                refused[0] += 1
                continue
            if response.status == http.client.OK:
                took.append(time.perf_counter() - started)
            else:
                refused[response.status] += 1
    finally:
        connection.close()
