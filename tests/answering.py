"""A quick assistant for tests of the server: one canned answer, an emergency, and a fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redness_qa.answer import Answer, Quote, Status
from redness_qa.passages import Source
from redness_qa.triage import Urgency

QUOTED = "For most people the redness is gone within 24 to 48 hours."
REVIEW = Source("Redness after microneedling", "A Journal", "https://example.org/review")


@dataclass
class Canned:
    """Answers every question alike; "breathe" is an emergency, "fault" a fault that repeats the question."""

    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    quoted: str = QUOTED
    source: Source = REVIEW

    def ask(
        self, question: str, *, previous: Sequence[str] = (), id: str | None = None, language: str = "en"
    ) -> Answer:
        self.before()
        self.asked.append((question, tuple(previous)))
        if "fault" in question:
            raise RuntimeError(question)
        urgent = any("breathe" in text for text in (question, *previous))
        quote = Quote(
            text=self.quoted,
            document="guide.md",
            section="How long it lasts",
            start=0,
            end=len(self.quoted),
            facts=("F12",),
            sources=(self.source,),
        )
        return Answer(
            id=id or "canned",
            question=question,
            status=Status.REFER if urgent else Status.ANSWERED,
            urgency=Urgency.EMERGENCY if urgent else Urgency.ROUTINE,
            quotes=(quote,),
            message="Call your emergency number now." if urgent else "Here is what the guide says.",
            disclaimer="This guide gives general information.",
        )
