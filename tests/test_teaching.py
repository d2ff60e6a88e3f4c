from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import DistilBertConfig, DistilBertModel

from redness_qa.errors import EncoderError
from redness_qa.learning import Student
from redness_qa.teaching import load_teacher, scores_of
from tiny_models import save_tiny_model

pytestmark = pytest.mark.usefixtures("on_one_thread")


def test_the_upper_blocks_of_a_larger_model_learn(tmp_path: Path) -> None:
    model, learning = load_teacher(Student, save_tiny_model(tmp_path / "model", blocks=6), 3)

    upper = {
        f"encoder.encoder.layer.{block}.{name}": weights
        for block in (4, 5)
        for name, weights in model.encoder.encoder.layer[block].named_parameters()
    }
    assert {
        name for name, weights in model.encoder.named_parameters(prefix="encoder") if weights.requires_grad
    } == upper.keys()
    assert [*map(id, learning)] == [*map(id, upper.values())]
    assert all(weights.requires_grad for weights in model.head.parameters())


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_damaged(name: str) -> Callable[[Path], None]:
    """Change the first bytes, and keep the length."""

    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(bytes(byte ^ 0xFF for byte in content[:100]) + content[100:])

    return damage


def with_half_of_the_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def of_another_shape(folder: Path) -> None:
    DistilBertModel(DistilBertConfig(dim=32, hidden_dim=48, n_layers=1, n_heads=4)).save_pretrained(folder)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(shutil.rmtree, "it has no config.json and no tokenizer.json", id="missing"),
        pytest.param(emptied, "it has no config.json and no tokenizer.json", id="empty"),
        pytest.param(without("config.json"), "it has no config.json", id="no settings"),
        pytest.param(without("tokenizer.json"), "it has no tokenizer.json", id="no tokenizer"),
        pytest.param(without("model.safetensors"), "", id="no weights"),
        pytest.param(with_damaged("config.json"), "", id="damaged settings"),
        pytest.param(with_damaged("model.safetensors"), "", id="damaged weights"),
        pytest.param(with_half_of_the_weights, "", id="half of the weights"),
        pytest.param(of_another_shape, "", id="another shape"),
    ],
)
def test_a_folder_without_a_model_that_could_learn_is_named(
    tmp_path: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    folder = save_tiny_model(tmp_path / "model")
    load_teacher(Student, folder, 3)  # it could learn until it is spoilt
    spoil(folder)

    with pytest.raises(EncoderError) as caught:
        load_teacher(Student, folder, 3)

    assert str(caught.value).startswith(f"{folder} holds no model that could learn ({reason}")
    assert str(caught.value).endswith("of the shape of BERT or MPNet")


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


def test_scores_come_without_gradient_and_whoever_takes_them_keeps_his_own(tmp_path: Path) -> None:
    model = Student(save_tiny_model(tmp_path / "model"), 3)

    for _, found in scores_of(model, ["red", "how long does it stay red"]):
        assert (found.shape, found.requires_grad) == ((3,), False)
        assert torch.is_grad_enabled()
