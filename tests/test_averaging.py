from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from redness_qa.averaging import average_weights
from redness_qa.errors import EncoderError
from redness_qa.learning import Learned
from redness_qa.weights import ADAPTER, Adapter, Factors

BASE = "b" * 64
OUTCOMES = ("urgency:urgent", "urgency:emergency", "sign:pus")


def training(seed: int, *, rank: int = 2, wide: int = 6) -> Learned:
    """Make what a training could have learned of two layers."""
    chance = np.random.default_rng(seed)

    def drawn(*shape: int) -> np.ndarray:
        return chance.normal(size=shape).astype(np.float32)

    changes: dict[str, Factors] = {
        "encoder.layer.0.dense": (drawn(rank, wide), drawn(8, rank)),
        "encoder.layer.1.dense": (drawn(rank, 8), drawn(6, rank)),
    }
    return Learned(changes, OUTCOMES, drawn(3, 6), drawn(3), drawn(3, 6))


def relative_difference(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def saved(folder: Path, learned: Learned, *, base: str = BASE) -> Path:
    learned.save(folder, base_sha256=base)
    return folder


def test_the_mean_of_two_trainings_is_that_of_what_they_change_not_of_their_factors(tmp_path: Path) -> None:
    one, other = training(1), training(2)
    folders = [saved(tmp_path / "one", one), saved(tmp_path / "other", other)]

    mean, base = average_weights(folders, rank=4)

    assert base == BASE
    assert mean.outcomes == OUTCOMES
    for name, (down, up) in mean.changes.items():
        assert (down.shape[0], up.shape[1]) == (4, 4)
        changes = [up @ down for down, up in (one.changes[name], other.changes[name])]
        # Both were kept in steps of a thirty-first of the highest number.
        assert relative_difference(up @ down, np.mean(changes, axis=0)) < 0.05
        assert relative_difference(up @ down, changes[0]) > 0.5
    np.testing.assert_allclose(mean.token_weights, (one.token_weights + other.token_weights) / 2, atol=2e-3)
    np.testing.assert_allclose(mean.token_bias, (one.token_bias + other.token_bias) / 2, atol=2e-3)
    np.testing.assert_allclose(mean.message_weights, (one.message_weights + other.message_weights) / 2, atol=2e-3)


def test_the_mean_of_equal_trainings_is_that_training(tmp_path: Path) -> None:
    folders = [saved(tmp_path / name, training(1)) for name in ("one", "again", "once more")]

    mean, _ = average_weights(folders, rank=2)

    for name, (down, up) in training(1).changes.items():
        assert relative_difference(mean.changes[name][1] @ mean.changes[name][0], up @ down) < 0.05


def test_of_a_mean_of_higher_rank_the_nearest_of_the_rank_is_kept(tmp_path: Path) -> None:
    folders = [saved(tmp_path / name, training(seed)) for seed, name in enumerate(("one", "other"))]
    whole, _ = average_weights(folders, rank=4)

    nearest, _ = average_weights(folders, rank=1)

    for name, (down, up) in nearest.changes.items():
        left, values, right = np.linalg.svd(whole.changes[name][1] @ whole.changes[name][0])
        assert (down.shape[0], up.shape[1]) == (1, 1)
        assert relative_difference(up @ down, values[0] * np.outer(left[:, 0], right[0])) < 1e-4


def test_one_training_has_no_mean_however_often_it_is_named(tmp_path: Path) -> None:
    one = saved(tmp_path / "one", training(1))
    for folders in ([], [one], [one, one]):
        with pytest.raises(EncoderError, match=r"a mean is of two different trainings or more, not of .*name other"):
            average_weights(folders, rank=2)


def test_trainings_of_other_outcomes_models_or_layers_have_no_mean(tmp_path: Path) -> None:
    one, layers = training(1), training(2)
    others = (
        saved(tmp_path / "outcomes", replace(training(2), outcomes=(*OUTCOMES[:2], "sign:fever"))),
        saved(tmp_path / "model", training(2), base="c" * 64),
        saved(tmp_path / "layers", replace(layers, changes=dict(list(layers.changes.items())[:1]))),
        saved(tmp_path / "shape", replace(layers, changes=training(2, wide=7).changes)),
    )
    for other in others:
        with pytest.raises(EncoderError, match="was learned of other outcomes or on another model than") as caught:
            average_weights([saved(tmp_path / "one", one), other], rank=2)
        assert str(caught.value).startswith(str(other))


def test_what_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    one, bare = saved(tmp_path / "one", training(1)), saved(tmp_path / "bare", training(2))
    Adapter.save(bare, training(3).changes, base_sha256=BASE)  # whose head is that of another
    with pytest.raises(EncoderError, match=re.escape(f"{bare} holds no head of its adapter; name a folder that")):
        average_weights([one, bare], rank=2)
    (bare / "head.json").unlink()
    with pytest.raises(EncoderError, match=re.escape(f"{bare} holds no head of its adapter")):
        average_weights([one, bare], rank=2)

    (bare / ADAPTER).write_bytes(b"cut off")
    with pytest.raises(EncoderError, match=re.escape(f"{bare / ADAPTER} is no adapter")):
        average_weights([one, bare], rank=2)
