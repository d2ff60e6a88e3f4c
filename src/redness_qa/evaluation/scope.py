"""How often everyday requests, which have nothing to do with skin, are declined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redness_qa.answer import Answer, Status
from redness_qa.evaluation.numbers import share_json
from redness_qa.evaluation.outcomes import DECLINES
from redness_qa.evaluation.public_sets import Request
from redness_qa.metrics import Share
from redness_qa.triage import Urgency


@dataclass(frozen=True, slots=True)
class ScopeReport:
    """The figures of requests none of which may be answered.

    Attributes:
        answered: Every request with its answer.
    """

    answered: tuple[tuple[Request, Answer], ...]

    @property
    def declined(self) -> Share:
        """Requests that got neither quotes nor an alarm."""
        return Share(sum(_outcome(answer) == "declined" for _, answer in self.answered), len(self.answered))

    @property
    def off_topic(self) -> Share:
        """Requests that were told that they are about another subject."""
        held = (answer.status is Status.OFF_TOPIC and _outcome(answer) == "declined" for _, answer in self.answered)
        return Share(sum(held), len(self.answered))

    @property
    def majority(self) -> Share:
        """The floor: the share of the most frequent right outcome, which here is the only one."""
        return Share(len(self.answered), len(self.answered))

    @property
    def errors(self) -> list[tuple[Request, Answer]]:
        """The requests that were not declined, sorted by what became of them."""
        wrong = [each for each in self.answered if _outcome(each[1]) != "declined"]
        return sorted(wrong, key=lambda each: (_outcome(each[1]), each[0].intent))

    @property
    def errors_by_outcome(self) -> dict[str, int]:
        """How many errors there are of each sort, the most frequent first."""
        return dict(Counter(_outcome(answer) for _, answer in self.errors).most_common())

    @property
    def errors_by_intent(self) -> dict[str, int]:
        """How many errors there are of each intent, the most frequent first."""
        return dict(Counter(request.intent for request, _ in self.errors).most_common())

    def to_json(self) -> dict[str, Any]:
        """Give the figures as numbers, and every error."""
        return {
            "declined": share_json(self.declined),
            "off_topic": share_json(self.off_topic),
            "majority": share_json(self.majority),
            "errors_by_outcome": self.errors_by_outcome,
            "errors_by_intent": self.errors_by_intent,
            "errors": [
                {"text": request.text, "intent": request.intent, "outcome": _outcome(answer)}
                for request, answer in self.errors
            ],
        }

    def to_text(self) -> str:
        """Give the figures and every error as lines of text."""
        lines = [
            f"{'declined':<18} {self.declined}",
            f"{'  as off topic':<18} {self.off_topic}",
            f"{'majority class':<18} {self.majority} (to decline is always right here)",
        ]
        for title, counts in (("errors", self.errors_by_outcome), ("errors by intent", self.errors_by_intent)):
            if counts:
                lines += ["", f"{title}: " + ", ".join(f"{name} {count}" for name, count in counts.items())]
        lines += ["", *(f"  {_outcome(answer):<14} {each.intent:<26} {each.text}" for each, answer in self.errors)]
        return "\n".join(lines).rstrip()


def evaluate_scope(
    ask: Callable[[str], Answer], requests: Sequence[Request], *, progress: Callable[[int, int], None] | None = None
) -> ScopeReport:
    """Ask every request.

    Args:
        ask: Answers a question, as `Assistant.ask` does.
        requests: None of which may be answered.
        progress: Told the number of requests done and the number of all.
    """
    answered = []
    for done, request in enumerate(requests, start=1):
        answered.append((request, ask(request.text)))
        if progress is not None:
            progress(done, len(requests))
    return ScopeReport(tuple(answered))


def _outcome(answer: Answer) -> str:
    """Name what became of a request: its urgency where it alarmed, "declined", or the status of its answer."""
    if answer.urgency is not Urgency.ROUTINE:
        return str(answer.urgency.value)
    return "declined" if answer.status in DECLINES else str(answer.status.value)
