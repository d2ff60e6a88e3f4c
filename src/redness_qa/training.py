"""Labelled questions and messages to weights: fine-tunes the encoder, and learns what to make of its token states.

One encoder serves all; `guide_lesson.py` has what is asked of it. The linear layers of its blocks learn, and of what
they have learned the nearest change of low rank is kept, so that what is shipped stays small.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from redness_qa.errors import QuestionError
from redness_qa.guide_lesson import (
    KINDS,
    Form,
    GuideLesson,
    GuideStudent,
    LessonItem,
    Outcomes,
    text_of,
)
from redness_qa.judgements import Judgements
from redness_qa.learning import Learned, Schedule, dealt, descend
from redness_qa.messages import LabelledMessage, signs_of
from redness_qa.question_judgements import QuestionJudgements, judged
from redness_qa.questions import LabelledQuestion

RANK = 96
SCHEDULE = Schedule(epochs=3.0, batch=32, learning_rate=1.5e-4, seed=0)
_NULL_RATE = 1e-2


def train(
    folder: Path,
    *,
    forms: Sequence[Form],
    questions: Sequence[LabelledQuestion],
    messages: Sequence[LabelledMessage],
    judgements: Judgements,
    question_judgements: QuestionJudgements,
    unlabelled: Sequence[str],
    schedule: Schedule,
    start: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Learned:
    """Fine-tune a model.

    Args:
        folder: A sentence-transformers model of BERT's shape that pools by the mean.
        forms: What the index leads to facts.
        questions: Labelled with kind and facts; those of a kind that is not in `KINDS` are left out.
        messages: Labelled with urgency and sign.
        judgements: What a larger model makes of some of the messages.
        question_judgements: What a larger model makes of some of the questions and of all texts without a label.
        unlabelled: Texts made of questions.
        schedule: How long and how fast.
        start: Folder of weights that were learned of the same facts and signs, to go on from; the similarity below
            which no form answers is learned anew.
        progress: Told the number of steps done and the number of all.

    Raises:
        EncoderError: What to start from is missing, damaged or of other facts or signs.
        QuestionError: A text has neither label nor judgement, or a judgement is of another guide.
    """
    chance = random.Random(schedule.seed)  # noqa: S311
    torch.manual_seed(schedule.seed)
    questions = [question for question in questions if question.kind in KINDS]
    outcomes = Outcomes.of(forms, signs_of(messages))
    _check(question_judgements, outcomes, unlabelled)
    student = GuideStudent(folder, len(outcomes.names))
    before = student.linear_weights()
    if start is not None:
        student.go_on_from(start, outcomes.names)
    lesson = GuideLesson(
        student,
        outcomes,
        forms,
        questions,
        messages,
        judgements=judgements,
        question_judgements=question_judgements,
        chance=chance,
    )
    learn(
        student,
        [layer.weight.requires_grad_(True) for layer in student.linear_layers().values()],
        lesson,
        [*questions, *messages, *unlabelled],
        schedule=schedule,
        chance=chance,
        progress=progress,
    )
    return Learned.of(student.head, outcomes.names, student.changes_since(before, rank=RANK))


def learn(
    student: GuideStudent,
    learning: Sequence[Tensor],
    lesson: GuideLesson,
    items: Sequence[LessonItem],
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
        items: Questions, messages and texts.
        schedule: How long and how fast.
        chance: Deals the items.
        progress: Told the number of steps done and the number of all.
    """
    descend(
        student,
        learning,
        steps=int(schedule.epochs * len(items) / schedule.batch),
        learning_rate=schedule.learning_rate,
        deal=lambda: dealt(items, schedule.batch, chance, length=lambda item: len(text_of(item))),
        loss=lesson.loss,
        others=[{"params": [student.null], "lr": _NULL_RATE}],
        before=lesson.embed_forms_now_and_then,
        progress=progress,
    )


def _check(judgements: QuestionJudgements, outcomes: Outcomes, unlabelled: Sequence[str]) -> None:
    """Tell at once what is wrong with judgements, and not when a batch comes to it."""
    for text in unlabelled:
        judged(text, judgements)
    facts = {name for judgement in judgements.values() for name in judgement.facts}
    kinds = {name for judgement in judgements.values() for name in judgement.kinds}
    others = (facts - set(outcomes.within(outcomes.facts))) | (kinds - set(outcomes.within(outcomes.kinds)))
    if others:
        raise QuestionError(
            f"the judgements name {', '.join(sorted(others))}, which this guide does not state; run `redness-qa "
            f"judge-questions` with its index again"
        )
