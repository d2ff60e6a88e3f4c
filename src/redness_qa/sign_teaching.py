"""A larger model learns warning signs from labelled messages, and judges texts for the small readers to learn from."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from redness_qa.judgements import Judgement
from redness_qa.learning import Schedule, Student, Wear
from redness_qa.messages import LabelledMessage, signs_of
from redness_qa.sign_training import Lesson, calm_message, calm_texts, learn
from redness_qa.teaching import load_teacher, mean_scores, scores_of

SCHEDULE = Schedule(epochs=2.0, batch=32, learning_rate=5e-5, seed=0)
_TAUGHT_CALM = 5000  # questions of patients beside the messages


class SignTeacher:
    """A model that was fine-tuned on labelled messages."""

    def __init__(self, model: Student) -> None:
        self._model = model

    @classmethod
    def train(
        cls,
        folder: Path,
        *,
        messages: Sequence[Sequence[LabelledMessage]],
        calm: Sequence[str],
        schedule: Schedule,
        progress: Callable[[int, int], None] | None = None,
    ) -> SignTeacher:
        """Fine-tune a sentence-transformers model that pools by the mean; the arguments are those of `train_signs`.

        Raises:
            EncoderError: The folder holds no model, or one of another shape than BERT's.
        """
        chance = random.Random(schedule.seed)  # noqa: S311
        torch.manual_seed(schedule.seed)
        told = [message for file in messages for message in file]
        signs = signs_of(told)
        model, learning = load_teacher(Student, folder, 2 + len(signs))
        some = chance.sample(list(calm), min(_TAUGHT_CALM, len(calm)))
        learn(
            model,
            learning,
            Lesson(model, signs, Wear(chance, calm_texts(told, calm)), judgements={}),
            [*messages, list(map(calm_message, some))],
            schedule=schedule,
            chance=chance,
            progress=progress,
        )
        return cls(model)

    def judge(
        self,
        texts: Sequence[str],
        *,
        beside: Student | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[tuple[str, Judgement]]:
        """Judge texts, each once; they come back in another order, short ones first.

        Args:
            texts: Any texts.
            beside: A reader of signs; judgements are the mean of what both make of a text, in log-odds.
            progress: Told the number of texts that were judged and the number of all.
        """
        readings = [scores_of(self._model, texts, progress=progress)]
        if beside is not None:
            readings.append(scores_of(beside, texts))
        levels = [((text, scores[:2]) for text, scores in reading) for reading in readings]
        return [(text, Judgement(*mean.sigmoid().tolist())) for text, mean in mean_scores(levels)]
