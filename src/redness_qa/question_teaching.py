"""A larger model learns what questions ask for, and judges questions for the small reader to learn from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from redness_qa.errors import EncoderError
from redness_qa.guide_lesson import KINDS, Form, GuideLesson, GuideStudent, Outcomes
from redness_qa.learning import Schedule
from redness_qa.question_judgements import QuestionJudgement
from redness_qa.questions import LabelledQuestion
from redness_qa.teaching import load_small, load_teacher, mean_scores, scores_of
from redness_qa.training import learn

SCHEDULE = Schedule(epochs=3.0, batch=32, learning_rate=5e-5, seed=0)


@dataclass(frozen=True, slots=True)
class SmallReader:
    """A first reader that has learned already.

    Attributes:
        model: The encoder with its head.
        outcomes: Names of the rows of the head.
    """

    model: GuideStudent
    outcomes: tuple[str, ...]

    @classmethod
    def load(cls, folder: Path, *, forms: Sequence[Form]) -> SmallReader:
        """Load it for the guide of some forms.

        Raises:
            EncoderError: The folder holds no weights, or such as have not learned of a fact that the forms state.
        """
        model, outcomes = load_small(GuideStudent, folder)
        if missing := set(_asked(Outcomes.of(forms, signs=[]))) - set(outcomes):
            raise EncoderError(f"{folder} has not learned of {', '.join(sorted(missing))}; judge without it")
        return cls(model, outcomes)


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
        self,
        texts: Sequence[str],
        *,
        beside: SmallReader | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[tuple[str, QuestionJudgement]]:
        """Judge texts, each once; they come back in another order, short ones first.

        Args:
            texts: Each question behind the one before it.
            beside: A reader of the same facts; judgements are the mean of what both make of a text, in logarithms.
            progress: Told the number of texts that were judged and the number of all.
        """
        outcomes = self._outcomes
        names = _asked(outcomes)
        readings = [_scores(self._model, outcomes.names, names, texts, progress=progress)]
        if beside is not None:
            readings.append(_scores(beside.model, beside.outcomes, names, texts))
        facts = outcomes.within(outcomes.facts)
        kinds = outcomes.within(outcomes.kinds)
        judged = []
        # A softmax takes no notice of what is added to all scores of a section, by either model.
        for text, scores in mean_scores(readings):
            likely = QuestionJudgement(_likely(facts, scores[: len(facts)]), _likely(kinds, scores[len(facts) :]))
            judged.append((text, likely))
        return judged


def _asked(outcomes: Outcomes) -> list[str]:
    """Name what a question is judged for: facts, then kinds."""
    return [*outcomes.names[outcomes.facts], *outcomes.names[outcomes.kinds]]


def _scores(
    model: GuideStudent,
    known: Sequence[str],
    names: Sequence[str],
    texts: Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[str, torch.Tensor]]:
    """Give the scores of some of the outcomes that a model knows, in the order of their names."""
    places = [known.index(name) for name in names]
    for text, scores in scores_of(model, texts, progress=progress):
        yield text, scores[places]


def _likely(names: Iterable[str], scores: torch.Tensor) -> dict[str, float]:
    return dict(zip(names, scores.softmax(0).tolist(), strict=True))
