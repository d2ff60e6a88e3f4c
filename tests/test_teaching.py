from __future__ import annotations

from pathlib import Path

import pytest
import torch

from redness_qa.errors import EncoderError
from redness_qa.learning import Student
from redness_qa.teaching import larger_model, scores_of
from tiny_models import save_tiny_model

pytestmark = pytest.mark.usefixtures("on_one_thread")


def test_the_upper_blocks_of_a_larger_model_learn(tmp_path: Path) -> None:
    model, learning = larger_model(Student, save_tiny_model(tmp_path / "model"), 3, frozen=1)

    upper = {f"encoder.encoder.layer.1.{name}" for name, _ in model.encoder.encoder.layer[1].named_parameters()}
    assert {
        name for name, weights in model.encoder.named_parameters(prefix="encoder") if weights.requires_grad
    } == upper
    assert len(learning) == len(upper)
    assert all(weights.requires_grad for weights in learning)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    (folder / "config.json").unlink()

    with pytest.raises(EncoderError, match=r"model holds no model that could learn .* shape of BERT or MPNet"):
        larger_model(Student, folder, 3, frozen=1)


def test_every_text_is_read_once_the_short_ones_first(tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = Student(save_tiny_model(tmp_path / "model"), 3)
    torch.nn.init.normal_(model.head.token.weight, std=0.5)
    texts = ["red " * number for number in range(1, 101)][::-1]
    told: list[tuple[int, int]] = []

    scores = list(scores_of(model, [*texts, *texts], progress=lambda done, total: told.append((done, total))))

    assert [text for text, _ in scores] == texts[::-1]
    assert told == [(64, 100), (100, 100)]
    assert not model.training
    for text, found in scores[::33]:
        (alone,) = (expected for _, expected in scores_of(model, [text]))
        torch.testing.assert_close(found, alone, atol=0.05, rtol=0)  # bfloat16
