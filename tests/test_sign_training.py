from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from lessons import said
from redness_qa.encoder import bundled_folder
from redness_qa.errors import EncoderError
from redness_qa.judgements import Judgement, text_key
from redness_qa.learning import Learned, Schedule, Student, Wear
from redness_qa.messages import LabelledMessage
from redness_qa.sign_training import RANK, Lesson, calm_message, couples, learn, train_signs
from redness_qa.triage import Urgency
from redness_qa.weights import Adapter
from tiny_models import save_tiny_model

pytestmark = pytest.mark.usefixtures("on_one_thread")


MESSAGES = (
    said("there is yellow pus on my cheek", Urgency.CONTACT_CLINIC, "pus"),
    said("there is no yellow pus on my cheek", sort="denied"),
    said("i cannot breathe and my tongue swells", Urgency.EMERGENCY, "airway"),
    said("i can breathe well and my tongue is pink"),
)
CALM = ("how long am i red", "may i lie in the sun", "which cream is best")
SHORT = Schedule(epochs=1.0, batch=4, learning_rate=1e-4, seed=7)


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (2, [2]), (5, [2, 2, 1])])
def test_messages_go_two_by_two_in_their_order(count: int, sizes: list[int]) -> None:
    messages = [said(str(number)) for number in range(count)]

    paired = couples(messages)

    assert [len(couple) for couple in paired] == sizes
    assert [message for couple in paired for message in couple] == messages


class FixedStudent:
    """Answers every text alike: log-odds of 1 that it is urgent, of -2 that it is an emergency, and no sign."""

    def __call__(self, texts: Sequence[str]) -> tuple[torch.Tensor]:
        return (torch.zeros(len(texts), 3),)

    def head(self, states: torch.Tensor) -> torch.Tensor:
        return states + torch.tensor([1.0, -2.0, 0.0])


@pytest.mark.parametrize(
    ("message", "judgement", "urgent", "emergency"),
    [
        (said("all is well"), None, 0.01, 0.01),
        (said("all is well"), Judgement(0.81, 0.61), 0.41, 0.31),
        (calm_message("all is well"), Judgement(0.81, 0.61), 0.01, 0.01),
    ],
    ids=["by the label", "half by the judgement", "a question, by the label"],
)
def test_the_loss_of_urgency_by_hand(
    message: LabelledMessage, judgement: Judgement | None, urgent: float, emergency: float
) -> None:
    """Of log-odds x and a wanted probability p the loss is log(1 + exp(x)) - p x."""
    judgements = {} if judgement is None else {text_key(message.message): judgement}
    wear = Wear(random.Random(1), ["fine"])  # noqa: S311
    lesson = Lesson(cast("Student", FixedStudent()), ["pus"], wear, judgements=judgements)

    loss = float(lesson.loss([message]))

    expected = (math.log1p(math.exp(1)) - urgent + math.log1p(math.exp(-2)) + 2 * emergency) / 2
    assert loss == pytest.approx(expected, abs=1e-5)


def test_texts_are_padded_as_the_model_has_learned(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"pad_token_id": 7}), encoding="utf-8")

    padding = Student(folder, 3).tokenizer.padding

    assert padding is not None
    assert padding["pad_id"] == 7


class NothingToLearn:
    """A lesson whose loss has a gradient of zero for every weight."""

    def __init__(self, student: Student) -> None:
        self._student = student

    def loss(self, batch: Sequence[LabelledMessage]) -> torch.Tensor:
        scores: torch.Tensor = self._student.head(*self._student([message.message for message in batch]))
        return 0.0 * scores.sum()


def test_where_nothing_is_to_be_learned_the_encoder_stays_and_the_head_becomes_smaller(tmp_path: Path) -> None:
    """Weights of the encoder that would decay by themselves would leave what they were before."""
    student = Student(save_tiny_model(tmp_path / "model"), 4)
    torch.nn.init.normal_(student.head.token.weight, std=0.5)
    learning = [weights.requires_grad_(True) for weights in student.encoder.encoder.parameters()]
    before = {name: weights.detach().clone() for name, weights in student.named_parameters()}

    learn(
        student,
        learning,
        cast("Lesson", NothingToLearn(student)),
        [MESSAGES],
        schedule=replace(SHORT, epochs=3.0, learning_rate=0.1),
        chance=random.Random(1),  # noqa: S311
        progress=None,
    )

    assert all(weights.grad is not None and not weights.grad.any() for weights in learning)
    moved = {name for name, weights in student.named_parameters() if not torch.equal(weights, before[name])}
    assert moved == {"head.token.weight", "head.token.bias"}  # the rest of the head is 0
    assert student.head.token.weight.norm() < before["head.token.weight"].norm()


def run(schedule: Schedule = SHORT, told: list[tuple[int, int]] | None = None, start: Path | None = None) -> Learned:
    messages: Sequence[Sequence[LabelledMessage]] = [MESSAGES[:2], MESSAGES[2:]]
    return train_signs(
        bundled_folder(),
        messages=messages,
        calm=CALM,
        judgements={},
        unlabelled=[],
        schedule=schedule,
        start=start,
        progress=None if told is None else lambda done, total: told.append((done, total)),
    )


@pytest.mark.model
def test_weights_have_the_shapes_of_the_layers_and_the_same_seed_gives_the_same() -> None:
    told: list[tuple[int, int]] = []

    learned, again = run(), run(told=told)

    assert learned.outcomes == ("urgency:urgent", "urgency:emergency", "sign:airway", "sign:pus")
    assert (learned.token_weights.shape, learned.message_weights.shape) == ((4, 384), (4, 384))
    assert len(learned.changes) == 36  # six linear layers in each of six blocks
    down, up = learned.changes["encoder.layer.0.intermediate.dense"]
    assert (down.shape, up.shape) == ((RANK, 384), (1536, RANK))
    assert told == [(1, 2), (2, 2)]  # two couples of messages and two of questions, four texts a step
    for name, (down, up) in learned.changes.items():
        assert np.abs(up @ down).max() > 0, name  # every layer has moved
        np.testing.assert_array_equal(down, again.changes[name][0])
        np.testing.assert_array_equal(up, again.changes[name][1])


@pytest.mark.model
def test_no_step_changes_nothing() -> None:
    learned = run(replace(SHORT, epochs=0.0))

    assert all(np.abs(up @ down).max() == 0 for down, up in learned.changes.values())
    assert np.abs(learned.token_weights).max() == 0


@pytest.mark.model
def test_what_goes_on_from_weights_begins_where_they_ended(tmp_path: Path) -> None:
    first = run(replace(SHORT, epochs=4.0, learning_rate=1e-3))
    first.save(tmp_path, base_sha256="b" * 64)

    same = run(replace(SHORT, epochs=0.0), start=tmp_path)

    for name, (down, up) in Adapter.load(tmp_path).changes.items():
        found = same.changes[name]
        np.testing.assert_allclose(found[1] @ found[0], up @ down, atol=1e-5, err_msg=name)
    for ours, expected in (
        (same.token_weights, first.token_weights),
        (same.token_bias, first.token_bias),
        (same.message_weights, first.message_weights),
    ):
        assert np.abs(expected).max() > 0
        np.testing.assert_allclose(ours, expected, rtol=2e-3, atol=1e-5)  # saved in half precision
    assert not np.array_equal(run(SHORT, start=tmp_path).token_weights, same.token_weights)


@pytest.mark.model
def test_weights_of_other_signs_are_no_start(tmp_path: Path) -> None:
    replace(run(), outcomes=("urgency:urgent", "urgency:emergency", "sign:airway", "sign:heat")).save(
        tmp_path, base_sha256="b" * 64
    )

    with pytest.raises(EncoderError, match="no weights that were learned of the same outcomes"):
        run(start=tmp_path)
