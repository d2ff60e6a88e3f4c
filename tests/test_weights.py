from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import redness_qa.encoder
from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, GUIDE_MODEL, SentenceEncoder
from redness_qa.errors import EncoderError
from redness_qa.head import Head
from redness_qa.triage import Likelihood, Triage
from redness_qa.weights import ADAPTER, Adapter, Factors, adapter_fingerprint, shipped_folder

BASE = "b" * 64


def chance_changes(*, rank: int = 3, seed: int = 0) -> dict[str, Factors]:
    """Make changes of two layers that differ in shape; their names hold dots, as those of layers do."""
    chance = np.random.default_rng(seed)
    shapes = {"encoder.layer.0.dense": (5, 4), "encoder.layer.10.dense": (2, 6)}
    return {
        name: (
            chance.standard_normal((rank, inputs)).astype(np.float32),
            chance.standard_normal((outputs, rank)).astype(np.float32),
        )
        for name, (inputs, outputs) in shapes.items()
    }


def test_what_was_saved_is_loaded_in_steps(tmp_path: Path) -> None:
    changes = chance_changes()
    changes["encoder.layer.0.dense"][0][1] = 0  # a rank that changes nothing
    changes["encoder.layer.0.dense"][1][:, 2] *= 1000  # and a large one, which does not coarsen the others

    Adapter.save(tmp_path, changes, base_sha256=BASE)
    loaded = Adapter.load(tmp_path)

    assert loaded.base_sha256 == BASE
    assert (
        loaded.sha256 == adapter_fingerprint(tmp_path) == hashlib.sha256((tmp_path / ADAPTER).read_bytes()).hexdigest()
    )
    assert set(loaded.changes) == set(changes)
    for name, factors in changes.items():
        for found, saved, axis in zip(loaded.changes[name], factors, (1, 0), strict=True):
            assert found.dtype == np.float32
            half_a_step = np.abs(saved).max(axis=axis, keepdims=True) / 31 / 2
            assert (np.abs(found - saved) <= half_a_step * 1.001).all()
            assert np.abs(found - saved).max() > 0
    assert [path.name for path in tmp_path.iterdir()] == [ADAPTER]


def test_the_same_changes_give_the_same_file_and_others_another(tmp_path: Path) -> None:
    sha256 = []
    for seed in (0, 0, 1):
        Adapter.save(tmp_path, chance_changes(seed=seed), base_sha256=BASE)
        sha256.append(Adapter.load(tmp_path).sha256)

    assert sha256[0] == sha256[1] != sha256[2]


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    """Change a byte in the middle of a packed array."""
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 255
    path.write_bytes(data)


def packed_otherwise(path: Path) -> None:
    """Name a compression that no zip has, wherever one is named."""
    data = path.read_bytes()
    for sign, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        for found in re.finditer(re.escape(sign), data):
            data = data[: found.start() + place] + b"\x63\x00" + data[found.start() + place + 2 :]
    path.write_bytes(data)


def save_one(path: Path, array: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, array)


def with_arrays(**others: np.ndarray | None) -> Callable[[Path], None]:
    """Put other arrays in, or leave some out."""

    def harm(path: Path) -> None:
        with np.load(path) as arrays:
            kept = {**arrays, **others}
        np.savez_compressed(path, **{name: array for name, array in kept.items() if array is not None})

    return harm


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(Path.unlink, id="absent"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"hello" * 100), id="no archive"),
        pytest.param(cut_off, id="cut off"),
        pytest.param(flip, id="a byte flipped"),
        pytest.param(packed_otherwise, id="packed in an unknown way"),
        pytest.param(lambda path: save_one(path, np.ones(3)), id="one array, no archive"),
        pytest.param(lambda path: np.savez_compressed(path, base_sha256=np.array(BASE)), id="no layer"),
        pytest.param(with_arrays(**{"encoder.layer.0.dense.up": None}), id="a factor gone"),
        pytest.param(with_arrays(**{"encoder.layer.0.dense.up_steps": None}), id="steps gone"),
        pytest.param(with_arrays(**{"encoder.layer.0.dense.up_steps": np.ones(2)}), id="steps of another length"),
        pytest.param(with_arrays(**{"encoder.layer.0.dense.down_steps": np.array(1.0)}), id="steps of no length"),
        pytest.param(with_arrays(base_sha256=None), id="no word of the base"),
        pytest.param(with_arrays(base_sha256=np.array([BASE], dtype=object)), id="a pickle"),
    ],
)
def test_a_damaged_adapter_is_named_with_the_remedy(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    Adapter.save(tmp_path, chance_changes(), base_sha256=BASE)
    harm(tmp_path / ADAPTER)

    with pytest.raises(EncoderError, match=r"is no adapter.*make it again with `redness-qa train`") as caught:
        Adapter.load(tmp_path)

    assert str(tmp_path / ADAPTER) in str(caught.value)


# On the real model

LAYER = "encoder.layer.3.attention.self.query"


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ship another folder of weights."""
    monkeypatch.setattr(redness_qa.encoder, "shipped_folder", lambda: tmp_path)
    return tmp_path


def change_of_a_layer(*, scale: float) -> dict[str, Factors]:
    chance = np.random.default_rng(1)
    return {
        LAYER: (
            chance.standard_normal((2, 384)).astype(np.float32),
            (scale * chance.standard_normal((384, 2))).astype(np.float32),
        )
    }


@pytest.mark.model
def test_the_change_is_added_to_the_layer_it_names_and_to_no_other(
    shipped: Path, sentence_encoder: SentenceEncoder
) -> None:
    Adapter.save(shipped, change_of_a_layer(scale=0.1), base_sha256=DEFAULT_WEIGHTS_SHA256)

    encoder = SentenceEncoder.load(GUIDE_MODEL)

    adapter = Adapter.load(shipped)
    down, up = adapter.changes[LAYER]
    assert (encoder.name, encoder.weights_sha256) == (GUIDE_MODEL, adapter.sha256)
    plain = dict(sentence_encoder._model.named_parameters())
    for name, weights in encoder._model.named_parameters():
        expected = plain[name].detach().numpy() + (up @ down if name.endswith(f"{LAYER}.weight") else 0)
        np.testing.assert_allclose(weights.detach().numpy(), expected, atol=1e-5, err_msg=name)
    texts = ["how long does redness last", "there is pus on my cheek"]
    assert not np.allclose(encoder.encode_questions(texts), sentence_encoder.encode_questions(texts), atol=1e-3)


@pytest.mark.model
def test_a_change_of_nothing_leaves_the_vectors_but_not_the_fingerprint(
    shipped: Path, sentence_encoder: SentenceEncoder
) -> None:
    Adapter.save(shipped, change_of_a_layer(scale=0.0), base_sha256=DEFAULT_WEIGHTS_SHA256)

    encoder = SentenceEncoder.load(GUIDE_MODEL)

    texts = ["how long does redness last", "there is pus on my cheek"]
    np.testing.assert_allclose(encoder.encode_questions(texts), sentence_encoder.encode_questions(texts), atol=1e-6)
    assert encoder.weights_sha256 != sentence_encoder.weights_sha256


@pytest.mark.model
def test_a_change_learned_on_other_weights_is_refused(shipped: Path) -> None:
    Adapter.save(shipped, change_of_a_layer(scale=0.1), base_sha256=BASE)

    with pytest.raises(EncoderError, match=f"learned on weights with SHA-256 {BASE}, not {DEFAULT_WEIGHTS_SHA256}"):
        SentenceEncoder.load(GUIDE_MODEL)


# What is shipped


def test_the_shipped_change_was_learned_on_the_bundled_weights() -> None:
    adapter = Adapter.load(shipped_folder())

    assert adapter.base_sha256 == DEFAULT_WEIGHTS_SHA256
    assert all(down.shape[0] == up.shape[1] for down, up in adapter.changes.values())
    assert all(np.isfinite(factor).all() for factors in adapter.changes.values() for factor in factors)


def test_the_shipped_head_was_learned_with_the_shipped_change_and_knows_our_signs() -> None:
    head = Head.load(shipped_folder())

    assert head is not None
    assert head.encoder_sha256 == Adapter.load(shipped_folder()).sha256
    rows = len(head.outcomes)
    assert (head.token_weights.shape, head.token_bias.shape, head.message_weights.shape) == (
        (rows, 384),
        (rows,),
        (rows, 384),
    )
    outcomes = dict.fromkeys(head.outcomes, 0.0)
    assert len(outcomes) == rows
    assert Likelihood.of(outcomes).urgent == 0.5
    signs = {name.partition(":")[2] for name in head.outcomes if name.startswith("sign:")}
    assert signs <= {sign.name for sign in Triage.load().signs}
