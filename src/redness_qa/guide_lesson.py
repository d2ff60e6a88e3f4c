"""What the reader of the guide is asked while it learns, and how far off its answers are.

Questions are drawn to the passages and question forms that state a labelled fact, and a head on the token states tells
which facts are asked for, what kind of question it is, and whether a message speaks of a warning sign.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from redness_qa.head import NO_FACT
from redness_qa.index import question_forms
from redness_qa.judgements import TAUGHT_SHARE, Judgements, by_label, text_key, wanted
from redness_qa.learning import Student, Wear
from redness_qa.messages import LabelledMessage
from redness_qa.passages import Limit, LimitKind, Passage
from redness_qa.question_judgements import QuestionJudgement, QuestionJudgements, judged
from redness_qa.questions import LabelledQuestion, QuestionRow, in_context
from redness_qa.triage import Urgency

KINDS = ("answerable", "partial", "unanswerable", "refer", "offtopic")
"""Kinds of questions that are learned."""

STATED = frozenset(("answerable", "partial"))
"""Kinds whose facts the guide states."""

_FORMS_EVERY = 120  # steps after which the forms are embedded anew
_TEMPERATURE = 0.05  # of the softmax over forms
_NULL = 0.3  # the similarity below which no form answers, before it is learned
_LIKELY = 0.15  # share of what a judgement gives to facts from which a fact counts as one that answers

LessonItem = LabelledQuestion | LabelledMessage | str
"""A question, a message, or a text made of a question, which a larger model has judged."""


@dataclass(frozen=True, slots=True)
class Form:
    """A text that leads to facts: a passage, or a question that its section answers."""

    text: str
    facts: frozenset[str]


def lessons_of(passages: Sequence[Passage], limits: Sequence[Limit]) -> tuple[list[Form], list[LabelledQuestion]]:
    """Take from an index what leads to facts, and the questions that its guide lists itself, labelled by where."""
    listed = question_forms(passages)
    facts = {
        question: frozenset(fact for position in positions for fact in passages[position].facts)
        for question, positions in listed.items()
    }
    forms = [Form(passage.text, frozenset(passage.facts)) for passage in passages]
    forms += [Form(question, facts[question]) for question in listed]
    asked = [LabelledQuestion(_listed_row(question), "answerable", facts[question]) for question in listed]
    kinds = {LimitKind.REFER: "refer", LimitKind.NOT_COVERED: "unanswerable"}
    asked += [
        LabelledQuestion(_listed_row(question), kinds[limit.kind], frozenset())
        for limit in limits
        for question in limit.questions
    ]
    return forms, asked


def _listed_row(question: str) -> QuestionRow:
    return QuestionRow(line=0, id="", question=question, previous=None)


def text_of(item: LessonItem) -> str:
    """Give the text of an item as it is read in use."""
    if isinstance(item, str):
        return item
    if isinstance(item, LabelledMessage):
        return item.message
    return in_context(item.row.question, item.row.previous)


class GuideStudent(Student):
    """The encoder with its head, and the similarity below which no form answers."""

    def __init__(self, folder: Path, outcome_count: int) -> None:
        super().__init__(folder, outcome_count)
        self.null = nn.Parameter(torch.tensor(_NULL))

    @torch.no_grad()
    def embed(self, texts: Sequence[str], batch: int = 64) -> Tensor:
        """Embed texts as unit rows, the short ones together."""
        self.eval()
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows = [Tensor()] * len(texts)
        for first in range(0, len(order), batch):
            places = order[first : first + batch]
            for place, row in zip(places, self([texts[place] for place in places])[2], strict=True):
                rows[place] = row
        self.train()
        return torch.stack(rows)


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of the head and where each section of them stands."""

    names: tuple[str, ...]
    urgency: slice
    signs: slice
    facts: slice
    kinds: slice

    @classmethod
    def of(cls, forms: Sequence[Form], signs: Sequence[str]) -> Outcomes:
        """Name what can be learned of the facts of forms and of signs."""
        facts = sorted({fact for form in forms for fact in form.facts})
        sections = [
            ["urgency:urgent", "urgency:emergency"],
            [f"sign:{name}" for name in signs],
            [f"fact:{name}" for name in (*facts, NO_FACT)],
            [f"kind:{name}" for name in KINDS],
        ]
        stops = list(itertools.accumulate(map(len, sections)))
        places = [slice(stop - len(section), stop) for section, stop in zip(sections, stops, strict=True)]
        return cls(tuple(itertools.chain(*sections)), *places)

    def within(self, section: slice) -> dict[str, int]:
        """Give the place of each outcome within its section, by its name there."""
        return {name.partition(":")[2]: place for place, name in enumerate(self.names[section])}


class GuideLesson:
    """What a student is asked, and how far off its answers are."""

    def __init__(
        self,
        student: GuideStudent,
        outcomes: Outcomes,
        forms: Sequence[Form],
        questions: Sequence[LabelledQuestion],
        messages: Sequence[LabelledMessage],
        *,
        judgements: Judgements,
        question_judgements: QuestionJudgements,
        chance: random.Random,
    ) -> None:
        self._student, self._outcomes = student, outcomes
        self._judgements, self._question_judgements = judgements, question_judgements
        self._texts = [form.text for form in forms]
        self._signs = outcomes.within(outcomes.signs)
        self._facts = outcomes.within(outcomes.facts)
        self._kinds = outcomes.within(outcomes.kinds)
        self._states = torch.stack([self._row(form.facts) for form in forms])
        self._wear = Wear(
            chance,
            [
                *(question.row.question for question in questions),
                *(message.message for message in messages if message.urgency is Urgency.ROUTINE),
            ],
        )
        self._forms = Tensor()

    def embed_forms_now_and_then(self, step: int) -> None:
        """Embed the forms with the student as it is now, before some of the steps."""
        if step % _FORMS_EVERY == 0:
            self._forms = self._student.embed(self._texts)

    def loss(self, batch: Sequence[LessonItem]) -> Tensor:
        """Say how far off the student is on a batch."""
        texts = [
            self._wear.worn(self._wear.joined(text_of(item)) if isinstance(item, LabelledMessage) else text_of(item))
            for item in batch
        ]
        states, mask, vectors = self._student(texts)
        scores = self._student.head(states, mask, vectors)
        loss = torch.zeros(())
        told = [(place, item) for place, item in enumerate(batch) if not isinstance(item, str)]
        if told:
            places = [place for place, _ in told]
            loss = loss + self._sign_loss(scores[places], [item for _, item in told])
        asked = [(place, item) for place, item in enumerate(batch) if not isinstance(item, LabelledMessage)]
        if asked:
            places = [place for place, _ in asked]
            loss = loss + self._question_loss(scores[places], vectors[places], [item for _, item in asked])
        return loss

    def _sign_loss(self, scores: Tensor, items: Sequence[LabelledQuestion | LabelledMessage]) -> Tensor:
        """Cross-entropy of the urgency and, of messages that tell of a sign, half of that of the sign."""
        levels = [
            # Questions by label alone: the larger model alarms on them.
            by_label(Urgency.ROUTINE) if isinstance(item, LabelledQuestion) else wanted(item, self._judgements)
            for item in items
        ]
        loss = functional.binary_cross_entropy_with_logits(scores[:, self._outcomes.urgency], torch.tensor(levels))
        signs = [self._signs.get(item.sort, -1) if isinstance(item, LabelledMessage) else -1 for item in items]
        if max(signs) >= 0:
            named = torch.tensor(signs)
            loss = loss + 0.5 * functional.cross_entropy(scores[:, self._outcomes.signs], named, ignore_index=-1)
        return loss

    def _question_loss(self, scores: Tensor, vectors: Tensor, items: Sequence[LabelledQuestion | str]) -> Tensor:
        """Cross-entropy of the forms, of the facts and, by half, of the kinds."""
        facts = torch.stack([self._wanted_facts(item) for item in items])
        kinds = torch.stack([self._wanted_kinds(item) for item in items])
        right = torch.stack([self._right_facts(item) for item in items])
        return (
            self._retrieval_loss(vectors, right)
            + functional.cross_entropy(scores[:, self._outcomes.facts], facts)
            + 0.5 * functional.cross_entropy(scores[:, self._outcomes.kinds], kinds)
        )

    def _retrieval_loss(self, vectors: Tensor, facts: Tensor) -> Tensor:
        """Cross-entropy over all forms and "none of them"; whatever states a right fact is right."""
        right = (facts @ self._states.T) > 0
        similarities = torch.cat([vectors @ self._forms.T, self._student.null.expand(len(vectors), 1)], 1)
        right = torch.cat([right, ~right.any(1, keepdim=True)], 1)
        scores = similarities / _TEMPERATURE
        return (torch.logsumexp(scores, 1) - torch.logsumexp(scores.masked_fill(~right, -1e4), 1)).mean()

    def _right_facts(self, item: LabelledQuestion | str) -> Tensor:
        """Mark the facts that answer: those of the label or, of a text without one, those that are judged likely.

        These are none where "none" is likelier than all of them together, and otherwise the likeliest and each that
        has a share of at least `_LIKELY` of what is given to facts.
        """
        if isinstance(item, LabelledQuestion):
            return self._row(item.facts if item.kind in STATED else ())
        likely = judged(item, self._question_judgements).facts
        stated = {name: share for name, share in likely.items() if name != NO_FACT}
        if sum(stated.values()) <= likely.get(NO_FACT, 0.0):
            return self._row(())
        least = min(_LIKELY * sum(stated.values()), max(stated.values()))
        return self._row([name for name, share in stated.items() if share >= least])

    def _wanted_facts(self, item: LabelledQuestion | str) -> Tensor:
        """Share 1 among the labelled facts alike, or give it to "none"; a partial answer is half of each."""
        if isinstance(item, str):
            return self._shares(judged(item, self._question_judgements).facts, self._facts)
        labelled = self._row(item.facts if item.kind in STATED else ())
        none = (0.5 if item.kind == "partial" else 0.0) if labelled.any() else 1.0
        labelled = labelled / labelled.sum().clamp(min=1) * (1 - none)
        labelled[self._facts[NO_FACT]] = none
        judgement = self._judgement(item)
        return labelled if judgement is None else _taught(labelled, self._shares(judgement.facts, self._facts))

    def _wanted_kinds(self, item: LabelledQuestion | str) -> Tensor:
        if isinstance(item, str):
            return self._shares(judged(item, self._question_judgements).kinds, self._kinds)
        labelled = self._shares({item.kind: 1.0}, self._kinds)
        judgement = self._judgement(item)
        return labelled if judgement is None else _taught(labelled, self._shares(judgement.kinds, self._kinds))

    def _judgement(self, item: LabelledQuestion) -> QuestionJudgement | None:
        return self._question_judgements.get(text_key(text_of(item)))

    def _row(self, facts: Sequence[str] | frozenset[str]) -> Tensor:
        return self._shares({fact: 1.0 for fact in facts if fact in self._facts and fact != NO_FACT}, self._facts)

    @staticmethod
    def _shares(likely: Mapping[str, float], places: Mapping[str, int]) -> Tensor:
        row = torch.zeros(len(places))
        for name, share in likely.items():
            row[places[name]] = share
        return row


def _taught(labelled: Tensor, judged: Tensor) -> Tensor:
    return labelled + TAUGHT_SHARE * (judged - labelled)
