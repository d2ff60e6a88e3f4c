"""A larger model learns what questions ask for, and judges questions for the small reader to learn from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch

from redness_qa.guide_lesson import KINDS, Form, GuideLesson, GuideStudent, Outcomes
from redness_qa.learning import Schedule
from redness_qa.question_judgements import QuestionJudgement
from redness_qa.questions import LabelledQuestion
from redness_qa.teaching import load_teacher, scores_of
from redness_qa.training import learn

SCHEDULE = Schedule(epochs=3.0, batch=32, learning_rate=5e-5, seed=0)


class QuestionTeacher:
    """A model that was fine-tuned on labelled questions."""

    def __init__(self, model: GuideStudent, outcomes: Outcomes) -> None:
        self._model, self._outcomes = model, outcomes

    @classmethod
    def train(
        cls,
        folder: Path,
        *,
        forms: Sequence[Form],
        questions: Sequence[LabelledQuestion],
        schedule: Schedule,
        progress: Callable[[int, int], None] | None = None,
    ) -> QuestionTeacher:
        """Fine-tune a sentence-transformers model that pools by the mean; the arguments are those of `training.train`.

        Raises:
            EncoderError: The folder holds no model, or one of another shape than BERT's.
        """
        chance = random.Random(schedule.seed)  # noqa: S311
        torch.manual_seed(schedule.seed)
        questions = [question for question in questions if question.kind in KINDS]
        outcomes = Outcomes.of(forms, signs=[])
        model, learning = load_teacher(GuideStudent, folder, len(outcomes.names))
        lesson = GuideLesson(
            model, outcomes, forms, questions, [], judgements={}, question_judgements={}, chance=chance
        )
        learn(model, learning, lesson, questions, schedule=schedule, chance=chance, progress=progress)
        return cls(model, outcomes)

    def judge(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> list[tuple[str, QuestionJudgement]]:
        """Judge texts, each once; they come back in another order, short ones first."""
        facts, kinds = self._outcomes.facts, self._outcomes.kinds
        fact_names, kind_names = self._outcomes.within(facts), self._outcomes.within(kinds)
        return [
            (text, QuestionJudgement(_likely(fact_names, scores[facts]), _likely(kind_names, scores[kinds])))
            for text, scores in scores_of(self._model, texts, progress=progress)
        ]


def _likely(names: Iterable[str], scores: torch.Tensor) -> dict[str, float]:
    return dict(zip(names, scores.softmax(0).tolist(), strict=True))
