"""Counts and latencies for Prometheus; numbers and fixed names only, never a text."""

from __future__ import annotations

from enum import Enum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from redness_qa.answer import Answer

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Door(Enum):
    """Where a question came in."""

    PAGE = "page"
    API = "api"
    MCP = "mcp"


class Feedback(Enum):
    """What a patient pressed below an answer."""

    HELPED = "helped"
    DID_NOT_HELP = "did_not_help"


class Counts:
    """What one running server has done since it was started."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ("door", "status", "urgency")
        self._answers = Counter("redness_qa_answers", "Questions answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "redness_qa_answer_seconds",
            "Seconds from question to answer.",
            ("status", "urgency"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._refusals = Counter("redness_qa_refusals", "Requests refused.", ("code",), registry=self._registry)
        self._faults = Counter("redness_qa_faults", "Questions without an answer.", ("door",), registry=self._registry)
        self._feedback = Counter("redness_qa_feedback", "Buttons pressed.", ("kind",), registry=self._registry)
        self._unstored = Counter(
            "redness_qa_unstored", "Questions that should have been kept and could not be.", registry=self._registry
        )
        self._at_work = Gauge("redness_qa_questions_at_work", "Questions being answered.", registry=self._registry)

    def began(self) -> None:
        """Count a question that is being answered."""
        self._at_work.inc()

    def ended(self) -> None:
        """Count it off, answered or not."""
        self._at_work.dec()

    def answered(self, answer: Answer, *, door: Door, seconds: float) -> None:
        """Count an answer and how long it took."""
        self._answers.labels(door.value, answer.status.value, answer.urgency.value).inc()
        self._seconds.labels(answer.status.value, answer.urgency.value).observe(seconds)

    def failed(self, door: Door) -> None:
        """Count a question that a fault left without an answer."""
        self._faults.labels(door.value).inc()

    def refused(self, code: str) -> None:
        """Count a refusal by its code."""
        self._refusals.labels(code).inc()

    def feedback(self, kind: Feedback) -> None:
        """Count a press of a button."""
        self._feedback.labels(kind.value).inc()

    def unstored(self) -> None:
        """Count a question that could not be kept."""
        self._unstored.inc()

    def exposition(self) -> bytes:
        """Write all counts in the text format of Prometheus."""
        return generate_latest(self._registry)
