from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from redness_qa.averaging import mean_of
from redness_qa.errors import EncoderError
from redness_qa.learning import Learned, factors
from redness_qa.weights import ADAPTER, Factors

BASE = "b" * 64
OUTCOMES = ("urgency:urgent", "urgency:emergency", "sign:pus")


def test_the_factors_of_a_change_of_low_rank_give_it_back() -> None:
    generator = np.random.default_rng(1)
    change = (generator.normal(size=(40, 3)) @ generator.normal(size=(3, 20))).astype(np.float32)

    down, up = factors(change, rank=3)

    assert (down.shape, up.shape) == ((3, 20), (40, 3))
    np.testing.assert_allclose(up @ down, change, atol=1e-4)


def test_the_factors_of_a_change_of_high_rank_are_the_nearest_of_their_rank() -> None:
    """What is left is the root of the sum of the squares of the singular values that were cut (Eckart and Young)."""
    change = np.random.default_rng(2).normal(size=(12, 9)).astype(np.float32)

    down, up = factors(change, rank=4)

    cut = np.linalg.svd(change, compute_uv=False)[4:]
    assert np.linalg.norm(change - up @ down) == pytest.approx(np.sqrt((cut**2).sum()), rel=1e-4)


def training(seed: int, *, rank: int = 2) -> Learned:
    """Make what a training could have learned of two layers."""
    chance = np.random.default_rng(seed)

    def drawn(*shape: int) -> np.ndarray:
        return chance.normal(size=shape).astype(np.float32)

    changes: dict[str, Factors] = {
        "encoder.layer.0.dense": (drawn(rank, 6), drawn(8, rank)),
        "encoder.layer.1.dense": (drawn(rank, 8), drawn(6, rank)),
    }
    return Learned(changes, OUTCOMES, drawn(3, 6), drawn(3), drawn(3, 6))


def saved(folder: Path, learned: Learned, *, base: str = BASE) -> Path:
    learned.save(folder, base_sha256=base)
    return folder


def test_the_mean_of_two_trainings_is_that_of_what_they_change_not_of_their_factors(tmp_path: Path) -> None:
    one, other = training(1), training(2)
    folders = [saved(tmp_path / "one", one), saved(tmp_path / "other", other)]

    mean, base = mean_of(folders, rank=4)

    assert base == BASE
    assert mean.outcomes == OUTCOMES
    for name, (down, up) in mean.changes.items():
        assert (down.shape[0], up.shape[1]) == (4, 4)
        changes = [up @ down for down, up in (one.changes[name], other.changes[name])]
        # Both were kept in steps of a thirty-first of the highest number.
        np.testing.assert_allclose(up @ down, np.mean(changes, axis=0), atol=0.2)
        assert np.abs(up @ down - changes[0]).max() > 0.5
    np.testing.assert_allclose(mean.token_weights, (one.token_weights + other.token_weights) / 2, atol=2e-3)
    np.testing.assert_allclose(mean.token_bias, (one.token_bias + other.token_bias) / 2, atol=2e-3)
    np.testing.assert_allclose(mean.message_weights, (one.message_weights + other.message_weights) / 2, atol=2e-3)


def test_the_mean_of_a_training_with_itself_is_that_training(tmp_path: Path) -> None:
    folder = saved(tmp_path / "one", training(1))

    mean, _ = mean_of([folder, folder, folder], rank=2)

    for name, (down, up) in training(1).changes.items():
        np.testing.assert_allclose(mean.changes[name][1] @ mean.changes[name][0], up @ down, atol=0.2)


def test_one_training_has_no_mean(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"a mean is of two trainings or more, not of 1; name more folders"):
        mean_of([saved(tmp_path / "one", training(1))], rank=2)


def test_trainings_of_other_outcomes_models_or_layers_have_no_mean(tmp_path: Path) -> None:
    one, layers = training(1), training(2)
    others = (
        saved(tmp_path / "outcomes", replace(training(2), outcomes=(*OUTCOMES[:2], "sign:fever"))),
        saved(tmp_path / "model", training(2), base="c" * 64),
        saved(tmp_path / "layers", replace(layers, changes=dict(list(layers.changes.items())[:1]))),
    )
    for other in others:
        with pytest.raises(EncoderError, match=f"{other} was learned of other outcomes or on another model than"):
            mean_of([saved(tmp_path / "one", one), other], rank=2)


def test_what_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    one, bare = saved(tmp_path / "one", training(1)), saved(tmp_path / "bare", training(2))
    (bare / "head.json").unlink()
    with pytest.raises(EncoderError, match=f"{bare} holds no weights; name a folder that"):
        mean_of([one, bare], rank=2)

    (bare / ADAPTER).write_bytes(b"cut off")
    with pytest.raises(EncoderError, match=f"{bare / ADAPTER} is no adapter"):
        mean_of([one, bare], rank=2)
