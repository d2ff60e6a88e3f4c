"""Labelled questions and messages to weights: fine-tunes the encoder, and learns what to make of its token states.

One encoder serves all: questions are drawn to the passages and question forms that state a labelled fact, and a head on
its token states tells which facts are asked for, what kind of question it is, and whether a message speaks of a
warning sign. Only low-rank changes of its linear layers are learned (Hu et al., LoRA, 2021, arXiv:2106.09685), so what
is shipped stays small.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from redness_qa.head import NO_FACT
from redness_qa.index import question_forms
from redness_qa.judgements import Judgements, by_label, wanted
from redness_qa.learning import Learned, Schedule, Student, Wear, dealt, descend
from redness_qa.messages import LabelledMessage, signs_of
from redness_qa.passages import Limit, LimitKind, Passage
from redness_qa.questions import LabelledQuestion, QuestionRow, in_context
from redness_qa.triage import Urgency

KINDS = ("answerable", "partial", "unanswerable", "refer", "offtopic")
"""Kinds of questions that are learned."""

STATED = frozenset(("answerable", "partial"))
"""Kinds whose facts the guide states."""

RANK = 32
SCHEDULE = Schedule(epochs=9.0, batch=32, learning_rate=1e-3, seed=0)
_TEMPERATURE = 0.05  # of the softmax over forms
_FORMS_EVERY = 120  # steps after which the forms are embedded anew


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


class _LowRank(nn.Module):
    """A linear layer whose weights are fixed but for a change of low rank."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Parameter(torch.randn(RANK, linear.in_features) / math.sqrt(linear.in_features))
        self.up = nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, states: Tensor) -> Tensor:
        return functional.linear(states, self.linear.weight + self.up @ self.down, self.linear.bias)


class _Student(Student):
    """The encoder with its head, of which only changes of low rank learn."""

    def __init__(self, folder: Path, outcomes: int) -> None:
        super().__init__(folder, outcomes)
        self.changes: dict[str, _LowRank] = {}
        for name, linear in self.linear_layers().items():
            parent, _, attribute = name.rpartition(".")
            self.changes[name] = _LowRank(linear)
            setattr(self.encoder.get_submodule(parent), attribute, self.changes[name])
        self.null = nn.Parameter(torch.tensor(0.3))  # the similarity below which no form answers

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


def train(
    folder: Path,
    *,
    forms: Sequence[Form],
    questions: Sequence[LabelledQuestion],
    messages: Sequence[LabelledMessage],
    judgements: Judgements,
    schedule: Schedule,
    progress: Callable[[int, int], None] | None = None,
) -> Learned:
    """Fine-tune a model.

    Args:
        folder: A sentence-transformers model of BERT's shape that pools by the mean.
        forms: What the index leads to facts.
        questions: Labelled with kind and facts; those of a kind that is not in `KINDS` are left out.
        messages: Labelled with urgency and sign.
        judgements: What a larger model makes of some of the messages.
        schedule: How long and how fast.
        progress: Told the number of steps done and the number of all.
    """
    chance = random.Random(schedule.seed)  # noqa: S311
    torch.manual_seed(schedule.seed)
    questions = [question for question in questions if question.kind in KINDS]
    signs = signs_of(messages)
    outcomes = _Outcomes.of(forms, signs)
    student = _Student(folder, len(outcomes.names))
    lesson = _Lesson(student, outcomes, forms, questions, messages, judgements, chance)
    encoder = [parameter for change in student.changes.values() for parameter in (change.down, change.up)]
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder, "lr": schedule.learning_rate},
            {"params": student.head.parameters(), "lr": 3 * schedule.learning_rate},
            {"params": [student.null], "lr": 10 * schedule.learning_rate},
        ],
        weight_decay=0.01,
    )
    items: list[LabelledQuestion | LabelledMessage] = [*questions, *messages]
    student.train()

    def embed_forms_now_and_then(step: int) -> None:
        if step % _FORMS_EVERY == 0:
            lesson.embed_forms()

    descend(
        optimizer,
        steps=int(schedule.epochs * len(items) / schedule.batch),
        deal=lambda: dealt(items, schedule.batch, chance, length=lambda item: len(_text(item))),
        loss=lesson.loss,
        clipped=encoder,
        before=embed_forms_now_and_then,
        progress=progress,
    )
    return _learned(student, outcomes)


def _text(item: LabelledQuestion | LabelledMessage) -> str:
    if isinstance(item, LabelledMessage):
        return item.message
    return in_context(item.row.question, item.row.previous)


@dataclass(frozen=True)
class _Outcomes:
    """The outcomes of the head and where each section of them stands."""

    names: tuple[str, ...]
    urgency: slice
    signs: slice
    facts: slice
    kinds: slice

    @classmethod
    def of(cls, forms: Sequence[Form], signs: Sequence[str]) -> _Outcomes:
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


class _Lesson:
    """What the student is asked, and how far off its answers are."""

    def __init__(
        self,
        student: _Student,
        outcomes: _Outcomes,
        forms: Sequence[Form],
        questions: Sequence[LabelledQuestion],
        messages: Sequence[LabelledMessage],
        judgements: Judgements,
        chance: random.Random,
    ) -> None:
        self._student, self._outcomes, self._judgements = student, outcomes, judgements
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

    def embed_forms(self) -> None:
        """Embed the forms with the student as it is now."""
        self._forms = self._student.embed(self._texts)

    def loss(self, batch: Sequence[LabelledQuestion | LabelledMessage]) -> Tensor:
        """Say how far off the student is on a batch."""
        texts, levels, signs, kinds, asked = [], [], [], [], []
        for place, item in enumerate(batch):
            text = _text(item)
            if isinstance(item, LabelledQuestion):
                levels.append(by_label(Urgency.ROUTINE))  # the larger model alarms on questions
                signs.append(-1)
                kinds.append(self._kinds[item.kind])
                asked.append((place, self._row(item.facts if item.kind in STATED else ()), item.kind))
            else:
                text = self._wear.joined(text)
                levels.append(wanted(item, self._judgements))
                signs.append(self._signs.get(item.sort, -1))
                kinds.append(-1)
            texts.append(self._wear.worn(text))
        states, mask, vectors = self._student(texts)
        scores = self._student.head(states, mask, vectors)
        loss = functional.binary_cross_entropy_with_logits(scores[:, self._outcomes.urgency], torch.tensor(levels))
        for labels, section in ((signs, self._outcomes.signs), (kinds, self._outcomes.kinds)):
            if max(labels) >= 0:
                named = torch.tensor(labels)
                loss = loss + 0.5 * functional.cross_entropy(scores[:, section], named, ignore_index=-1)
        if asked:
            places, facts, kinds_asked = zip(*asked, strict=True)
            stated = torch.stack(facts)
            loss = loss + self._retrieval_loss(vectors[list(places)], stated)
            loss = loss + self._fact_loss(scores[list(places), self._outcomes.facts], stated, kinds_asked)
        return loss

    def _fact_loss(self, scores: Tensor, facts: Tensor, kinds: Sequence[str]) -> Tensor:
        """Cross-entropy with all labelled facts alike, or with "none"; a partial answer is half of each."""
        halves = torch.tensor([[0.5 if kind == "partial" else 0.0] for kind in kinds])
        none = torch.where(facts.any(1, keepdim=True), halves, 1.0)
        shares = facts.clone()
        shares[:, self._facts[NO_FACT]] = 0
        shares = shares / shares.sum(1, keepdim=True).clamp(min=1) * (1 - none)
        shares[:, self._facts[NO_FACT]] += 1 - shares.sum(1)
        return functional.cross_entropy(scores, shares)

    def _retrieval_loss(self, vectors: Tensor, facts: Tensor) -> Tensor:
        """Cross-entropy over all forms and "none of them"; whatever states a labelled fact is right."""
        right = (facts @ self._states.T) > 0
        similarities = torch.cat([vectors @ self._forms.T, self._student.null.expand(len(vectors), 1)], 1)
        right = torch.cat([right, ~right.any(1, keepdim=True)], 1)
        scores = similarities / _TEMPERATURE
        return (torch.logsumexp(scores, 1) - torch.logsumexp(scores.masked_fill(~right, -1e4), 1)).mean()

    def _row(self, facts: Sequence[str] | frozenset[str]) -> Tensor:
        row = torch.zeros(len(self._facts))
        row[[self._facts[fact] for fact in facts if fact in self._facts]] = 1
        return row


def _learned(student: _Student, outcomes: _Outcomes) -> Learned:
    changes = {
        name: (change.down.detach().numpy(), change.up.detach().numpy()) for name, change in student.changes.items()
    }
    return Learned.of(student.head, outcomes.names, changes)
