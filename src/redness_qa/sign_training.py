"""Labelled messages to the weights of a second reader of warning signs, which learns nothing else.

All linear layers of the encoder learn, and what they have learned is then kept as a change of low rank, so that what is
shipped stays small.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from redness_qa.judgements import Judgements, by_label, wanted
from redness_qa.learning import Learned, Schedule, Student, Wear, dealt, descend
from redness_qa.messages import LabelledMessage, signs_of
from redness_qa.triage import Urgency

RANK = 96
SCHEDULE = Schedule(epochs=2.0, batch=32, learning_rate=1.2e-4, seed=0)
_SIGN_SHARE = 0.5  # what naming the sign weighs beside seeing that there is one
_CALM = "question"  # sort of a question of a patient

Couple = tuple[LabelledMessage, ...]
"""Messages that are read in one batch: two, or the last of an odd number."""


def train_signs(
    folder: Path,
    *,
    messages: Sequence[Sequence[LabelledMessage]],
    calm: Sequence[str],
    judgements: Judgements,
    unlabelled: Sequence[LabelledMessage],
    schedule: Schedule,
    start: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Learned:
    """Fine-tune a model for warning signs alone.

    Args:
        folder: A sentence-transformers model of BERT's shape that pools by the mean.
        messages: Files of messages labelled with urgency and sign, in their order: the first is read together with
            the second, the third with the fourth, as files of pairs hold two messages of like words.
        calm: Questions of patients, none of which tells of a warning sign.
        judgements: What a larger model makes of some of the messages and of all texts without a label.
        unlabelled: Texts made of messages.
        schedule: How long and how fast.
        start: Folder of weights that were learned of the same signs, to go on from.
        progress: Told the number of steps done and the number of all.

    Raises:
        EncoderError: What to start from is missing, damaged or of other signs.
        QuestionError: A text has neither label nor judgement.
    """
    for text in unlabelled:
        wanted(text, judgements)  # told at once, and not when a batch comes to it
    chance = random.Random(schedule.seed)  # noqa: S311
    torch.manual_seed(schedule.seed)
    told = [message for file in messages for message in file]
    signs = signs_of(told)
    outcomes = ("urgency:urgent", "urgency:emergency", *(f"sign:{name}" for name in signs))
    student = Student(folder, len(outcomes))
    before = student.linear_weights()
    if start is not None:
        student.go_on_from(start, outcomes)
    learn(
        student,
        [layer.weight.requires_grad_(True) for layer in student.linear_layers().values()],
        Lesson(student, signs, Wear(chance, calm_texts(told, calm)), judgements=judgements),
        [*messages, list(map(calm_message, calm)), unlabelled],
        schedule=schedule,
        chance=chance,
        progress=progress,
    )
    return Learned.of(student.head, outcomes, student.changes_since(before, rank=RANK))


def learn(
    student: Student,
    learning: Sequence[Tensor],
    lesson: Lesson,
    messages: Sequence[Sequence[LabelledMessage]],
    *,
    schedule: Schedule,
    chance: random.Random,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Change some weights of a student, and those of its head, so that its answers come nearer to what is wanted.

    Args:
        student: The model.
        learning: The weights of its encoder that learn.
        lesson: What it is asked.
        messages: Files of messages, read two by two.
        schedule: How long and how fast.
        chance: Deals the messages.
        progress: Told the number of steps done and the number of all.
    """
    items = [couple for file in messages for couple in couples(file)]
    descend(
        student,
        learning,
        steps=int(schedule.epochs * len(items) * 2 / schedule.batch),
        learning_rate=schedule.learning_rate,
        deal=lambda: dealt(items, schedule.batch // 2, chance, length=_length),
        loss=lambda batch: lesson.loss([message for couple in batch for message in couple]),
        progress=progress,
    )


def couples(messages: Sequence[LabelledMessage]) -> list[Couple]:
    """Take messages two by two, in their order."""
    return [tuple(messages[first : first + 2]) for first in range(0, len(messages), 2)]


class Lesson:
    """What the student is asked, and how far off its answers are."""

    def __init__(self, student: Student, signs: Iterable[str], wear: Wear, *, judgements: Judgements) -> None:
        self._student, self._wear, self._judgements = student, wear, judgements
        self._signs: Mapping[str, int] = {name: place for place, name in enumerate(signs)}

    def loss(self, batch: Sequence[LabelledMessage]) -> Tensor:
        """Say how far off the student is on a batch."""
        texts = [self._wear.worn(self._wear.joined(message.message)) for message in batch]
        levels = torch.tensor([self._wanted(message) for message in batch])
        scores = self._student.head(*self._student(texts))
        loss = functional.binary_cross_entropy_with_logits(scores[:, :2], levels)
        if any(message.sort in self._signs for message in batch):
            named = torch.tensor([self._signs.get(message.sort, -1) for message in batch])
            loss = loss + _SIGN_SHARE * functional.cross_entropy(scores[:, 2:], named, ignore_index=-1)
        return loss

    def _wanted(self, message: LabelledMessage) -> tuple[float, float]:
        """Tell what shall be made of a message; a question has its label alone, as the larger model alarms on those."""
        return by_label(message.urgency) if message.sort == _CALM else wanted(message, self._judgements)


def calm_texts(messages: Iterable[LabelledMessage], calm: Sequence[str]) -> list[str]:
    """List the calm texts that may stand beside a message."""
    return [*calm, *(message.message for message in messages if message.urgency is Urgency.ROUTINE)]


def calm_message(question: str) -> LabelledMessage:
    """Take a question of a patient as a message that tells of no sign."""
    return LabelledMessage(question, question, Urgency.ROUTINE, _CALM)


def _length(couple: Couple) -> int:
    return sum(len(message.message) for message in couple)
