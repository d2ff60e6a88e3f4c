"""Labelled questions and an assistant to a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redness_qa.answer import Answer, Status
from redness_qa.assistant import Assistant
from redness_qa.metrics import Share, hit_at
from redness_qa.questions import LabelledQuestion
from redness_qa.triage import Urgency

ANSWERABLE = "answerable"
URGENT = "urgent"
DECLINES = frozenset({Status.REFER, Status.NOT_COVERED, Status.OFF_TOPIC})
NOT_ANSWERABLE = frozenset({"unanswerable", "offtopic", "refer"})


_SHARES = (
    "hit_at_1",
    "hit_at_3",
    "first_quote_right",
    "any_quote_right",
    "answered_right",
    "wrong_answers",
    "wrong_declines",
    "warnings_seen",
    "false_alarms",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, what was retrieved for it, and what was answered.

    Attributes:
        question: The question with its labels.
        ranked: Facts stated by each of the best three hits, whatever was answered.
        answer: The answer.
    """

    question: LabelledQuestion
    ranked: tuple[tuple[str, ...], ...]
    answer: Answer

    @property
    def quotes_right_fact_first(self) -> bool:
        """The first quote shown states a labelled fact."""
        return hit_at(1, [quote.facts for quote in self.answer.quotes], self.question.facts)

    @property
    def quotes_right_fact(self) -> bool:
        """One of the quotes shown states a labelled fact."""
        return hit_at(len(self.answer.quotes), [quote.facts for quote in self.answer.quotes], self.question.facts)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one evaluation, each as a share with its 95 % interval.

    Attributes:
        hit_at_1: Answerable questions for which the best hit states a labelled fact, before any decision.
        hit_at_3: The same for one of the best three hits.
        first_quote_right: Answerable questions whose first quote shown states a labelled fact.
        any_quote_right: The same for any quote shown.
        answered_right: Of all answers given as `answered`, those whose first quote states a labelled fact.
        wrong_answers: Questions the guide does not answer that were given an answer as `answered`.
        wrong_declines: Answerable questions that got no quote as they were declined.
        warnings_seen: Urgent messages that were sent to a clinician or the emergency number.
        false_alarms: Other messages that were.
        by_kind: For each kind of question how often each status was given.
        hit_at_1_by_kind: `hit_at_1` for each kind that has labelled facts.
        outcomes: Every question with its answer.
    """

    hit_at_1: Share
    hit_at_3: Share
    first_quote_right: Share
    any_quote_right: Share
    answered_right: Share
    wrong_answers: Share
    wrong_declines: Share
    warnings_seen: Share
    false_alarms: Share
    by_kind: dict[str, dict[str, int]]
    hit_at_1_by_kind: dict[str, Share]
    outcomes: tuple[Outcome, ...]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Report:
        """Compute the figures of answered questions."""
        answerable = [each for each in outcomes if each.question.kind == ANSWERABLE]
        closed = [each for each in outcomes if each.question.kind in NOT_ANSWERABLE]
        urgent = [each for each in outcomes if each.question.kind == URGENT]
        calm = [each for each in outcomes if each.question.kind != URGENT]
        answered = [each for each in outcomes if each.answer.status is Status.ANSWERED]
        by_kind: dict[str, Counter[str]] = {}
        for each in outcomes:
            by_kind.setdefault(each.question.kind, Counter())[each.answer.status.value] += 1
        return cls(
            hit_at_1=_share(answerable, lambda each: hit_at(1, each.ranked, each.question.facts)),
            hit_at_3=_share(answerable, lambda each: hit_at(3, each.ranked, each.question.facts)),
            first_quote_right=_share(answerable, lambda each: each.quotes_right_fact_first),
            any_quote_right=_share(answerable, lambda each: each.quotes_right_fact),
            answered_right=_share(answered, lambda each: each.quotes_right_fact_first),
            wrong_answers=_share(closed, lambda each: each.answer.status is Status.ANSWERED),
            wrong_declines=_share(answerable, lambda each: each.answer.status in DECLINES),
            warnings_seen=_share(urgent, lambda each: each.answer.urgency is not Urgency.ROUTINE),
            false_alarms=_share(calm, lambda each: each.answer.urgency is not Urgency.ROUTINE),
            by_kind={kind: dict(counts) for kind, counts in sorted(by_kind.items())},
            hit_at_1_by_kind={
                kind: _share(
                    [each for each in outcomes if each.question.kind == kind],
                    lambda each: hit_at(1, each.ranked, each.question.facts),
                )
                for kind in sorted({each.question.kind for each in outcomes if each.question.facts})
            },
            outcomes=tuple(outcomes),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the figures as numbers, and every question with what it got."""
        return {
            **{name: _share_json(getattr(self, name)) for name in _SHARES},
            "by_kind": self.by_kind,
            "hit_at_1_by_kind": {kind: _share_json(share) for kind, share in self.hit_at_1_by_kind.items()},
            "questions": [
                {
                    "id": each.question.row.id,
                    "question": each.question.row.question,
                    "kind": each.question.kind,
                    "facts": sorted(each.question.facts),
                    "status": each.answer.status.value,
                    "urgency": each.answer.urgency.value,
                    "retrieved": [list(facts) for facts in each.ranked],
                    "quoted": [list(quote.facts) for quote in each.answer.quotes],
                }
                for each in self.outcomes
            ],
        }

    def to_text(self) -> str:
        """Give the figures as lines of text."""
        lines = [f"{name.replace('_', ' '):<18} {getattr(self, name)}" for name in _SHARES]
        lines += ["", "hit at 1 by kind"]
        lines += [f"  {kind:<16} {share}" for kind, share in self.hit_at_1_by_kind.items()]
        lines += ["", "status by kind"]
        for kind, counts in self.by_kind.items():
            lines.append(f"  {kind:<16} " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
        return "\n".join(lines)


def evaluate(
    assistant: Assistant,
    questions: Sequence[LabelledQuestion],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask every question and compare the answers with the labels."""
    outcomes = []
    for done, question in enumerate(questions, start=1):
        row = question.row
        evidence = assistant.find(row.question, previous=row.previous)
        answer = assistant.ask(row.question, previous=row.previous, id=row.id)
        outcomes.append(Outcome(question, tuple(hit.passage.facts for hit in evidence.hits), answer))
        if progress is not None:
            progress(done, len(questions))
    return Report.of(outcomes)


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> Share:
    return Share(sum(map(holds, outcomes)), len(outcomes))


def _share_json(share: Share) -> dict[str, Any]:
    low, high = share.interval
    value = share.value if share.total else None
    return {"value": value, "low": low, "high": high, "count": share.count, "total": share.total}
