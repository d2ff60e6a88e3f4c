"""A larger model learns warning signs from labelled messages, and judges texts for the small reader to learn from.

The small model learns from the larger one's probabilities, on more texts than have labels (Hinton, Vinyals and Dean,
2015, arXiv:1503.02531).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from redness_qa.errors import EncoderError
from redness_qa.judgements import Judgement
from redness_qa.learning import Schedule, Student, Wear
from redness_qa.messages import LabelledMessage, signs_of
from redness_qa.sign_training import Lesson, calm_message, calm_texts, learn

SCHEDULE = Schedule(epochs=2.0, batch=32, learning_rate=5e-5, seed=0)
_FROZEN = 4  # lowest blocks, which learn nothing: they read letters and words
_TAUGHT_CALM = 5000  # questions of patients beside the messages
_BATCH = 64  # texts judged at once


class Teacher:
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
    ) -> Teacher:
        """Fine-tune a sentence-transformers model that pools by the mean; the arguments are those of `train_signs`.

        Raises:
            EncoderError: The folder holds no model, or one of another shape than BERT's.
        """
        chance = random.Random(schedule.seed)  # noqa: S311
        torch.manual_seed(schedule.seed)
        told = [message for file in messages for message in file]
        signs = signs_of(told)
        try:
            model = Student(folder, 2 + len(signs))
            blocks = model.encoder.encoder.layer
        except (OSError, ValueError, AttributeError) as error:
            raise EncoderError(
                f"{folder} holds no model that could learn ({error}); give the folder of a sentence-transformers model "
                f"of the shape of BERT or MPNet"
            ) from error
        some = chance.sample(list(calm), min(_TAUGHT_CALM, len(calm)))
        learn(
            model,
            [weights.requires_grad_(True) for block in blocks[_FROZEN:] for weights in block.parameters()],
            Lesson(model, signs, Wear(chance, calm_texts(told, calm)), judgements={}),
            [*messages, list(map(calm_message, some))],
            schedule=schedule,
            chance=chance,
            progress=progress,
        )
        return cls(model)

    @torch.no_grad()
    def judge(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> list[tuple[str, Judgement]]:
        """Judge texts, each once; they come back in another order, short ones first."""
        self._model.eval()
        ordered = sorted(dict.fromkeys(texts), key=len)
        judged: list[tuple[str, Judgement]] = []
        for first in range(0, len(ordered), _BATCH):
            batch = ordered[first : first + _BATCH]
            likely = self._model.head(*self._model(batch))[:, :2].sigmoid().tolist()
            judged += [(text, Judgement(*levels)) for text, levels in zip(batch, likely, strict=True)]
            if progress is not None:
                progress(len(judged), len(ordered))
        return judged
