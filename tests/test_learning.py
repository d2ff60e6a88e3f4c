from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from redness_qa.learning import Student, dealt, low_rank_factors
from tiny_models import save_tiny_model

pytestmark = pytest.mark.usefixtures("on_one_thread")


def test_the_factors_of_a_change_of_low_rank_give_it_back() -> None:
    generator = np.random.default_rng(1)
    change = (generator.normal(size=(40, 3)) @ generator.normal(size=(3, 20))).astype(np.float32)

    down, up = low_rank_factors(change, rank=3)

    assert (down.shape, up.shape) == ((3, 20), (40, 3))
    np.testing.assert_allclose(up @ down, change, atol=1e-4)


def test_the_factors_of_a_change_of_high_rank_are_the_nearest_of_their_rank() -> None:
    """What is left is the root of the sum of the squares of the singular values that were cut (Eckart and Young)."""
    change = np.random.default_rng(2).normal(size=(12, 9)).astype(np.float32)

    down, up = low_rank_factors(change, rank=4)

    cut = np.linalg.svd(change, compute_uv=False)[4:]
    assert np.linalg.norm(change - up @ down) == pytest.approx(np.sqrt((cut**2).sum()), rel=1e-4)


@torch.no_grad()
def test_what_the_linear_layers_have_learned_is_given_back(tmp_path: Path) -> None:
    """Each layer is changed by another matrix of rank 2, but for one, and nothing else is."""
    student = Student(save_tiny_model(tmp_path / "model"), 3)
    before = student.linear_weights()
    layers, generator = student.linear_layers(), torch.Generator().manual_seed(1)
    made = {
        name: torch.randn(layer.out_features, 2, generator=generator)
        @ torch.randn(2, layer.in_features, generator=generator)
        for name, layer in layers.items()
    }
    made["encoder.layer.1.output.dense"].zero_()
    was = {name: layer.weight.clone() for name, layer in layers.items()}
    for name, layer in layers.items():
        layer.weight.add_(made[name])
        layer.bias.add_(1)

    changes = student.changes_since(before, rank=2)

    assert before.keys() == changes.keys() == made.keys()
    assert len(changes) == 12  # six linear layers in each of two blocks
    for name, (down, up) in changes.items():
        torch.testing.assert_close(before[name], was[name], atol=0, rtol=0)  # a copy, which learns nothing
        assert (down.shape, up.shape) == ((2, made[name].shape[1]), (made[name].shape[0], 2))
        np.testing.assert_allclose(up @ down, made[name].numpy(), atol=1e-4, err_msg=name)


@pytest.mark.parametrize(("count", "size"), [(0, 4), (1, 4), (37, 4), (200, 3), (64, 4)])
def test_every_item_is_dealt_once_and_like_lengths_come_together(count: int, size: int) -> None:
    items = ["x" * length for length in range(count)]

    batches, again, others = (dealt(items, size, random.Random(seed), length=len) for seed in (1, 1, 2))  # noqa: S311

    assert sorted(len(item) for batch in batches for item in batch) == [*range(count)]
    assert all(0 < len(batch) <= size for batch in batches)
    assert batches == again
    if count > 4 * size:
        assert batches != others
        spread = [len(batch[-1]) - len(batch[0]) for batch in batches]
        assert sum(spread) / len(spread) < count / 2
