"""Holds what the steps of a training of the reader of the guide move, and what they leave."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch

from lessons import FORMS, MESSAGES, QUESTIONS
from redness_qa.guide_lesson import GuideLesson, GuideStudent, LessonItem, Outcomes, text_of
from redness_qa.learning import Schedule
from redness_qa.training import learn
from tiny_models import save_tiny_model

pytestmark = pytest.mark.usefixtures("on_one_thread")

OUTCOMES = Outcomes.of(FORMS, ["airway", "pus"])
SCHEDULE = Schedule(epochs=3.0, batch=4, learning_rate=0.1, seed=7)


@pytest.fixture
def student(tmp_path: Path) -> GuideStudent:
    """A small student that was taught nothing; its head is random, so that it says something."""
    student = GuideStudent(save_tiny_model(tmp_path / "model"), len(OUTCOMES.names))
    for linear in (student.head.token, student.head.message):
        torch.nn.init.normal_(linear.weight, std=0.5)
    return student


def weights_of(student: GuideStudent) -> dict[str, torch.Tensor]:
    return {name: weights.detach().clone() for name, weights in student.named_parameters()}


def moved(student: GuideStudent, before: Mapping[str, torch.Tensor]) -> set[str]:
    return {name for name, weights in weights_of(student).items() if not torch.equal(weights, before[name])}


class NothingToLearn:
    """A lesson whose loss has a gradient of zero for every weight."""

    def __init__(self, student: GuideStudent) -> None:
        self._student = student
        self.steps: list[int] = []

    def embed_forms_now_and_then(self, step: int) -> None:
        self.steps.append(step)

    def loss(self, batch: Sequence[LessonItem]) -> torch.Tensor:
        states, mask, vectors = self._student([text_of(item) for item in batch])
        scores: torch.Tensor = self._student.head(states, mask, vectors)
        return 0.0 * (scores.sum() + self._student.null)


def test_where_nothing_is_to_be_learned_the_encoder_stays_and_the_head_becomes_smaller(student: GuideStudent) -> None:
    """Weights of the encoder that would decay by themselves would leave what they were before."""
    learning = [weights.requires_grad_(True) for weights in student.encoder.encoder.parameters()]
    before, lesson = weights_of(student), NothingToLearn(student)

    learn(
        student,
        learning,
        cast("GuideLesson", lesson),
        QUESTIONS,
        schedule=SCHEDULE,
        chance=random.Random(1),  # noqa: S311
        progress=None,
    )

    assert lesson.steps == [*range(6)]
    assert all(weights.grad is not None and not weights.grad.any() for weights in learning)
    assert moved(student, before) == {"null", "head.token.weight", "head.token.bias", "head.message.weight"}
    assert 0.29 < student.null < 0.3
    assert student.head.token.weight.norm() < before["head.token.weight"].norm()


def test_only_what_shall_learn_moves_and_all_of_it(student: GuideStudent) -> None:
    """Biases, layer norms and embeddings of the encoder stay."""
    linear = student.linear_layers()
    learning = [layer.weight.requires_grad_(True) for layer in linear.values()]
    before, chance = weights_of(student), random.Random(1)  # noqa: S311
    lesson = GuideLesson(
        student,
        OUTCOMES,
        FORMS,
        QUESTIONS,
        MESSAGES,
        judgements={},
        question_judgements={},
        chance=chance,
    )

    slow = replace(SCHEDULE, learning_rate=1e-3)
    learn(student, learning, lesson, [*QUESTIONS, *MESSAGES], schedule=slow, chance=chance, progress=None)

    assert all(weights.isfinite().all() for weights in student.parameters())
    assert len(linear) == 12  # six in each of two blocks
    assert moved(student, before) == {
        *("null", "head.token.weight", "head.token.bias", "head.message.weight"),
        *(f"encoder.{name}.weight" for name in linear),
    }
