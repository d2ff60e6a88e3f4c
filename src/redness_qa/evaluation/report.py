"""The figures of one evaluation, each with its 95 % interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redness_qa.answer import Status
from redness_qa.evaluation.certainty import Certainty
from redness_qa.evaluation.numbers import share_json
from redness_qa.evaluation.outcomes import DECLINES, NOT_ANSWERABLE, REFER, Fault, Outcome
from redness_qa.metrics import Share, hit_at

FACTS_IN_TEXT = 15
"""Facts that the text form lists, the worst of them; the other forms list all."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of outcomes that is reported.

    Attributes:
        name: Its name in JSON.
        meaning: What it is a share of, in a few words.
        applies: The outcomes that are looked at.
        holds: Those of them that are counted.
        is_paired: What is looked at follows from the question alone, so that two assistants can be compared on it.
    """

    name: str
    meaning: str
    applies: Callable[[Outcome], bool]
    holds: Callable[[Outcome], bool]
    is_paired: bool = True

    @property
    def title(self) -> str:
        """Its name as it is read."""
        return self.name.replace("_", " ")

    def of(self, outcomes: Sequence[Outcome]) -> Share:
        """Count the outcomes."""
        looked_at = [each for each in outcomes if self.applies(each)]
        return Share(sum(map(self.holds, looked_at)), len(looked_at))


FIGURES = (
    Figure(
        "hit_at_1",
        "answerable questions whose best hit states a labelled fact, whatever was decided",
        lambda each: each.is_answerable,
        lambda each: each.first_hit_right,
    ),
    Figure(
        "hit_at_3",
        "the same for one of the best three hits",
        lambda each: each.is_answerable,
        lambda each: hit_at(3, each.ranked, each.question.facts),
    ),
    Figure(
        "first_quote_right",
        "answerable questions whose first quote shown states a labelled fact",
        lambda each: each.is_answerable,
        lambda each: each.first_quote_right,
    ),
    Figure(
        "any_quote_right",
        "the same for any quote shown",
        lambda each: each.is_answerable,
        lambda each: each.any_quote_right,
    ),
    Figure(
        "answered_right",
        "answers given as answered whose first quote states a labelled fact",
        lambda each: each.answer.status is Status.ANSWERED,
        lambda each: each.first_quote_right,
        is_paired=False,
    ),
    Figure(
        "wrong_answers",
        "questions the guide does not answer that were given an answer as answered",
        lambda each: each.question.kind in NOT_ANSWERABLE,
        lambda each: each.answer.status is Status.ANSWERED,
    ),
    Figure(
        "wrong_declines",
        "answerable questions that were declined or referred",
        lambda each: each.is_answerable,
        lambda each: each.answer.status in DECLINES,
    ),
    Figure(
        "refer_recall",
        "questions that only a clinician may answer that were referred",
        lambda each: each.question.kind == REFER,
        lambda each: each.answer.status is Status.REFER,
    ),
    Figure(
        "warnings_seen",
        "urgent messages that were sent to a clinician or the emergency number",
        lambda each: each.is_urgent,
        lambda each: each.is_alarm,
    ),
    Figure(
        "false_alarms",
        "other messages that were",
        lambda each: not each.is_urgent,
        lambda each: each.is_alarm,
    ),
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well a group of questions with labelled facts is served.

    Attributes:
        first_quote_right: Those whose first quote shown states a labelled fact.
        hit_at_1: Those whose best hit does, whatever was decided.
    """

    first_quote_right: Share
    hit_at_1: Share

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Ranking:
        """Count the outcomes."""
        n = len(outcomes)
        return cls(
            first_quote_right=Share(sum(each.first_quote_right for each in outcomes), n),
            hit_at_1=Share(sum(each.first_hit_right for each in outcomes), n),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one evaluation.

    Attributes:
        shares: Each of `FIGURES` by its name.
        follow_ups: The same of the questions that have one before them.
        others: The same of the questions that have none.
        certainty: How far the probability that the first quote is right can be trusted.
        by_kind: For each kind of question how often each status was given.
        kinds: For each kind how well its questions with labelled facts are served.
        facts: For each fact how well the answerable questions labelled with it are served, the worst first and of
            equal ones that with more questions. A right answer may state another of the facts they are labelled with.
        outcomes: Every question with its answer.
    """

    shares: dict[str, Share]
    follow_ups: dict[str, Share]
    others: dict[str, Share]
    certainty: Certainty
    by_kind: dict[str, dict[str, int]]
    kinds: dict[str, Ranking]
    facts: dict[str, Ranking]
    outcomes: tuple[Outcome, ...]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Report:
        """Compute the figures of answered questions."""
        by_kind: dict[str, Counter[str]] = {}
        for each in outcomes:
            by_kind.setdefault(each.question.kind, Counter())[each.answer.status.value] += 1
        labelled = [each for each in outcomes if each.question.facts]
        return cls(
            shares=_shares(outcomes),
            follow_ups=_shares([each for each in outcomes if each.question.row.previous]),
            others=_shares([each for each in outcomes if not each.question.row.previous]),
            certainty=Certainty.of(outcomes),
            by_kind={kind: dict(counts) for kind, counts in sorted(by_kind.items())},
            kinds={
                kind: Ranking.of([each for each in labelled if each.question.kind == kind])
                for kind in sorted({each.question.kind for each in labelled})
            },
            facts=_facts([each for each in labelled if each.is_answerable]),
            outcomes=tuple(outcomes),
        )

    @property
    def errors(self) -> list[Outcome]:
        """The outcomes with something wrong, the gravest first and the most certain first of each sort."""
        faults = {fault: [each for each in self.outcomes if each.fault is fault] for fault in Fault}
        return [each for found in faults.values() for each in sorted(found, key=lambda each: -each.probability)]

    def to_json(self) -> dict[str, Any]:
        """Give the figures as numbers, and every question with what it got."""
        return {
            **_shares_json(self.shares),
            "follow_ups": _shares_json(self.follow_ups),
            "others": _shares_json(self.others),
            "certainty": self.certainty.to_json(),
            "by_kind": self.by_kind,
            "right_by_kind": {kind: _ranking_json(ranking) for kind, ranking in self.kinds.items()},
            "right_by_fact": {fact: _ranking_json(ranking) for fact, ranking in self.facts.items()},
            "questions": [_outcome_json(each) for each in self.outcomes],
        }

    def to_text(self) -> str:
        """Give the figures as lines of text."""
        lines = [f"{figure.title:<18} {self.shares[figure.name]}" for figure in FIGURES]
        lines += ["", f"{'':<18} {'follow-ups':<36} the rest"]
        lines += [
            f"{figure.title:<18} {self.follow_ups[figure.name]!s:<36} {self.others[figure.name]}" for figure in FIGURES
        ]
        lines += ["", self.certainty.to_text()]
        lines += ["", *_ranking_lines("by kind", self.kinds)]
        lines += ["", *_ranking_lines("by fact", dict(list(self.facts.items())[:FACTS_IN_TEXT]))]
        if len(self.facts) > FACTS_IN_TEXT:
            lines.append(f"  and {len(self.facts) - FACTS_IN_TEXT} facts that fare better; --json and --html list all")
        lines += ["", "status by kind"]
        for kind, counts in self.by_kind.items():
            lines.append(f"  {kind:<16} " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
        return "\n".join(lines)


def _shares(outcomes: Sequence[Outcome]) -> dict[str, Share]:
    return {figure.name: figure.of(outcomes) for figure in FIGURES}


def _facts(outcomes: Sequence[Outcome]) -> dict[str, Ranking]:
    labelled: dict[str, list[Outcome]] = {}
    for each in outcomes:
        for fact in each.question.facts:
            labelled.setdefault(fact, []).append(each)
    rankings = {fact: Ranking.of(labelled[fact]) for fact in sorted(labelled)}
    worst_first = sorted(
        rankings.items(), key=lambda item: (item[1].first_quote_right.value, -item[1].first_quote_right.total)
    )
    return dict(worst_first)


def _ranking_lines(title: str, rankings: dict[str, Ranking]) -> list[str]:
    head = f"{title:<18} {'first quote right':<36} hit at 1"
    return [
        head,
        *(f"  {name:<16} {each.first_quote_right!s:<36} {each.hit_at_1}" for name, each in rankings.items()),
    ]


def _shares_json(shares: dict[str, Share]) -> dict[str, Any]:
    return {name: share_json(share) for name, share in shares.items()}


def _ranking_json(ranking: Ranking) -> dict[str, Any]:
    return {"first_quote_right": share_json(ranking.first_quote_right), "hit_at_1": share_json(ranking.hit_at_1)}


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    row = outcome.question.row
    return {
        "id": row.id,
        "question": row.question,
        "previous": row.previous,
        "kind": outcome.question.kind,
        "facts": sorted(outcome.question.facts),
        "status": outcome.answer.status.value,
        "urgency": outcome.answer.urgency.value,
        "probability": outcome.probability,
        "retrieved": [list(facts) for facts in outcome.ranked],
        "quoted": [list(quote.facts) for quote in outcome.answer.quotes],
        "fault": outcome.fault.value if outcome.fault else None,
    }
