"""What an assistant makes of labelled questions, one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from redness_qa.answer import Answer, Status
from redness_qa.assistant import Assistant
from redness_qa.metrics import hit_at
from redness_qa.questions import LabelledQuestion
from redness_qa.readings import Readings
from redness_qa.triage import Urgency

ANSWERABLE = "answerable"
URGENT = "urgent"
REFER = "refer"
DECLINES = frozenset({Status.REFER, Status.NOT_COVERED, Status.OFF_TOPIC})
NOT_ANSWERABLE = frozenset({"unanswerable", "offtopic", REFER})


class Fault(Enum):
    """What is wrong with an answer, the gravest first."""

    WARNING_MISSED = "warning missed"
    """An urgent message that was not sent to a clinician or the emergency number."""

    WRONG_ANSWER = "answered what the guide does not answer"
    """A question the guide does not answer, given an answer as `answered`."""

    WRONG_QUOTE = "answered with a wrong quote"
    """The first quote of an `answered` states no labelled fact."""

    NOT_REFERRED = "not referred"
    """A question that only a clinician may answer with another status than `refer`."""

    FALSE_ALARM = "false alarm"
    """Another message that was sent to a clinician or the emergency number."""

    DECLINED = "declined what the guide answers"
    """An answerable question without an answer or related guidance."""

    WRONG_GUIDANCE = "related guidance with a wrong first quote"
    """An answerable question as `partial` whose first quote states no labelled fact."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, what was retrieved for it, and what was answered.

    Attributes:
        question: The question with its labels.
        ranked: Facts stated by each of the best three hits, whatever was answered.
        answer: The answer.
        probability: Estimated probability that the first hit answers the question, whatever was answered.
    """

    question: LabelledQuestion
    ranked: tuple[tuple[str, ...], ...]
    answer: Answer
    probability: float

    @property
    def is_answerable(self) -> bool:
        """The guide answers the question."""
        return self.question.kind == ANSWERABLE

    @property
    def is_urgent(self) -> bool:
        """The message is labelled urgent."""
        return self.question.kind == URGENT

    @property
    def is_alarm(self) -> bool:
        """The message was sent to a clinician or the emergency number."""
        return self.answer.urgency is not Urgency.ROUTINE

    @property
    def first_hit_right(self) -> bool:
        """The best hit states a labelled fact."""
        return hit_at(1, self.ranked, self.question.facts)

    @property
    def first_quote_right(self) -> bool:
        """The first quote shown states a labelled fact."""
        return hit_at(1, [quote.facts for quote in self.answer.quotes], self.question.facts)

    @property
    def any_quote_right(self) -> bool:
        """One of the quotes shown states a labelled fact."""
        return hit_at(len(self.answer.quotes), [quote.facts for quote in self.answer.quotes], self.question.facts)

    @property
    def fault(self) -> Fault | None:
        """The gravest thing that is wrong with the answer; None where nothing is."""
        kind, status = self.question.kind, self.answer.status
        holds = {
            Fault.WARNING_MISSED: self.is_urgent and not self.is_alarm,
            Fault.WRONG_ANSWER: kind in NOT_ANSWERABLE and status is Status.ANSWERED,
            Fault.WRONG_QUOTE: status is Status.ANSWERED and not self.first_quote_right,
            Fault.NOT_REFERRED: kind == REFER and status is not Status.REFER,
            Fault.FALSE_ALARM: self.is_alarm and not self.is_urgent,
            Fault.DECLINED: self.is_answerable and status in DECLINES,
            Fault.WRONG_GUIDANCE: self.is_answerable and not self.first_quote_right,
        }
        return next((fault for fault in Fault if holds[fault]), None)


def ask_all(
    assistant: Assistant,
    questions: Sequence[LabelledQuestion],
    *,
    readings: Sequence[Readings] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Ask every question, after the one before it where it has one.

    Args:
        assistant: Loaded on the index that is measured.
        questions: With labels of any kind.
        readings: What was read of each question before, by an assistant with the same encoder and head.
        progress: Told the number of questions done and the number of all.
    """
    outcomes = []
    for done, question in enumerate(questions, start=1):
        row = question.row
        kept = readings[done - 1] if readings is not None else Readings()  # each text is read once for both
        evidence, decision = assistant.decide(row.question, previous=row.previous, readings=kept)
        answer = assistant.ask(row.question, previous=row.previous, id=row.id, readings=kept)
        ranked = tuple(hit.passage.facts for hit in evidence.hits)
        outcomes.append(Outcome(question, ranked, answer, decision.probability))
        if progress is not None:
            progress(done, len(questions))
    return outcomes
