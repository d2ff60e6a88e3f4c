from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from redness_qa.errors import EncoderError
from redness_qa.head import HEAD, HEAD_NAMES, Head, section, softmax

OUTCOMES = ("urgency:urgent", "sign:pus", "fact:F12", "fact:none")


def head_of(
    token_weights: list[list[float]],
    *,
    token_bias: list[float] | None = None,
    message_weights: list[list[float]] | None = None,
    outcomes: tuple[str, ...] = OUTCOMES,
) -> Head:
    """Make a head of two-dimensional states; what is left out is 0."""
    return Head(
        outcomes=outcomes[: len(token_weights)],
        token_weights=np.array(token_weights, dtype=np.float32),
        token_bias=np.array(token_bias or [0.0] * len(token_weights), dtype=np.float32),
        message_weights=np.array(message_weights or [[0.0, 0.0]] * len(token_weights), dtype=np.float32),
        encoder_sha256="e" * 64,
    )


def states(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_an_outcome_is_the_sum_over_its_tokens_in_the_log_and_what_the_message_adds() -> None:
    head = head_of(
        [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]],
        token_bias=[0.0, math.log(3), -1.0],
        message_weights=[[0.0, 0.0], [0.5, -2.0], [1.0, 1.0]],
    )

    read = head.read(states([math.log(2), 0.0], [math.log(6), math.log(2)]), np.array([0.8, 0.6], dtype=np.float32))

    # First tokens 2 and 6; second 3 * 1 and 3 * 4; third 2 / e and 12 / e.
    assert read == pytest.approx(
        {
            "urgency:urgent": math.log(8),
            "sign:pus": math.log(15) + 0.4 - 1.2,
            "fact:F12": math.log(14) - 1 + 1.4,
        },
        abs=1e-5,
    )
    assert list(read) == list(head.outcomes)


def test_one_token_is_read_linearly() -> None:
    head = head_of([[2.0, -1.0]], token_bias=[0.5])

    assert head.read(states([3.0, 4.0]), states([0.0, 0.0])[0]) == pytest.approx({"urgency:urgent": 2.5})


def test_what_one_token_says_is_not_outvoted_by_many_that_say_nothing() -> None:
    head = head_of([[1.0, 0.0]], token_bias=[-5.0])
    calm, alarming = [0.0, 0.0], [20.0, 0.0]

    assert head.read(states(*[calm] * 100, alarming), states(calm)[0])["urgency:urgent"] == pytest.approx(15, abs=1e-3)
    assert head.read(states(*[calm] * 101), states(calm)[0])["urgency:urgent"] == pytest.approx(math.log(101) - 5)


@pytest.mark.parametrize("size", [1e3, -1e3, 1e30])
def test_great_states_do_not_overflow(size: float) -> None:
    head = head_of([[1.0, 0.0]])

    read = head.read(states([size, 0.0], [size, 0.0]), states([0.0, 0.0])[0])

    assert read["urgency:urgent"] == pytest.approx(size + math.log(2), rel=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_the_order_of_tokens_does_not_matter_and_more_tokens_never_lower_an_outcome(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    head = head_of(chance.standard_normal((4, 2)).tolist(), token_bias=chance.standard_normal(4).tolist())
    tokens = chance.standard_normal((count, 2)).astype(np.float32)
    message = chance.standard_normal(2).astype(np.float32)

    read = head.read(tokens, message)

    assert head.read(chance.permutation(tokens), message) == pytest.approx(read, abs=1e-5)
    fewer = head.read(tokens[:1], message)
    assert all(fewer[name] <= read[name] + 1e-5 for name in read)


# Sections and probabilities


def test_a_section_has_its_outcomes_by_their_names_within_it() -> None:
    outcomes = {"fact:F1": 1.0, "kind:refer": 2.0, "fact:none": 3.0, "facts:F2": 4.0, "fact:a:b": 5.0}

    assert section("fact", outcomes) == {"F1": 1.0, "none": 3.0, "a:b": 5.0}
    assert section("kind", outcomes) == {"refer": 2.0}
    assert section("sign", outcomes) == {}


def test_softmax_of_hand_worked_numbers() -> None:
    assert softmax({"a": math.log(1), "b": math.log(3), "c": math.log(4)}) == pytest.approx(
        {"a": 1 / 8, "b": 3 / 8, "c": 1 / 2}
    )
    assert softmax({"a": -7.5}) == {"a": 1.0}


@pytest.mark.parametrize("shift", [-1e6, 1e6])
def test_a_constant_added_to_all_changes_no_probability(shift: float) -> None:
    assert softmax({"a": shift, "b": shift + math.log(3)}) == pytest.approx({"a": 0.25, "b": 0.75}, abs=1e-9)


@given(st.dictionaries(st.text(max_size=3), st.floats(-1e3, 1e3), min_size=1, max_size=8))
def test_probabilities_add_up_and_keep_the_order(values: dict[str, float]) -> None:
    probabilities = softmax(values)

    assert sum(probabilities.values()) == pytest.approx(1.0)
    for one in values:
        for other in values:
            assert values[one] > values[other] or probabilities[one] <= probabilities[other]


# Files


def chance_head(seed: int = 0, *, dim: int = 5) -> Head:
    chance = np.random.default_rng(seed)
    return Head(
        OUTCOMES,
        chance.standard_normal((len(OUTCOMES), dim)).astype(np.float32),
        chance.standard_normal(len(OUTCOMES)).astype(np.float32),
        chance.standard_normal((len(OUTCOMES), dim)).astype(np.float32),
        "a" * 64,
    )


def test_what_was_saved_is_loaded_in_half_precision(tmp_path: Path) -> None:
    head = chance_head()

    head.save(tmp_path)
    loaded = Head.load(tmp_path)

    assert loaded is not None
    assert (loaded.outcomes, loaded.encoder_sha256) == (head.outcomes, head.encoder_sha256)
    for name in ("token_weights", "token_bias", "message_weights"):
        found, saved = getattr(loaded, name), getattr(head, name)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, saved.astype(np.float16).astype(np.float32))
    assert {path.name for path in tmp_path.iterdir()} == {HEAD, HEAD_NAMES}


def test_saving_what_was_loaded_changes_no_byte(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    chance_head().save(tmp_path / "one")
    loaded = Head.load(tmp_path / "one")
    assert loaded is not None

    loaded.save(tmp_path / "two")

    for name in (HEAD, HEAD_NAMES):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_folder_without_a_head_has_none(tmp_path: Path) -> None:
    assert Head.load(tmp_path) is None
    assert Head.load(tmp_path / "nowhere") is None


def cut_off(folder: Path) -> None:
    content = (folder / HEAD).read_bytes()
    (folder / HEAD).write_bytes(content[:-3])


def without_bias(folder: Path) -> None:
    tensors = load_file(folder / HEAD)
    del tensors["token_bias"]
    save_file(tensors, folder / HEAD)


def names_without(key: str, folder: Path) -> None:
    names = json.loads((folder / HEAD_NAMES).read_text(encoding="utf-8"))
    del names[key]
    (folder / HEAD_NAMES).write_text(json.dumps(names), encoding="utf-8")


def one_name_less(folder: Path) -> None:
    names = json.loads((folder / HEAD_NAMES).read_text(encoding="utf-8"))
    names["outcomes"].pop()
    (folder / HEAD_NAMES).write_text(json.dumps(names), encoding="utf-8")


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda folder: (folder / HEAD).unlink(), id="weights gone"),
        pytest.param(lambda folder: (folder / HEAD).write_bytes(b""), id="weights empty"),
        pytest.param(lambda folder: (folder / HEAD).write_bytes(b"hello" * 100), id="no safetensors"),
        pytest.param(cut_off, id="cut off"),
        pytest.param(without_bias, id="a tensor gone"),
        pytest.param(lambda folder: (folder / HEAD_NAMES).write_text("{", encoding="utf-8"), id="names no JSON"),
        pytest.param(lambda folder: (folder / HEAD_NAMES).write_bytes(b"\xff"), id="names no text"),
        pytest.param(lambda folder: (folder / HEAD_NAMES).write_text("[]", encoding="utf-8"), id="names a list"),
        pytest.param(lambda folder: names_without("outcomes", folder), id="no outcomes"),
        pytest.param(lambda folder: names_without("encoder_sha256", folder), id="no encoder"),
        pytest.param(
            one_name_less,
            id="a name gone",
        ),
    ],
)
def test_a_damaged_head_is_named_with_the_remedy(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    chance_head().save(tmp_path)
    harm(tmp_path)

    with pytest.raises(EncoderError, match=r"is no head.*make it again with `redness-qa train`") as caught:
        Head.load(tmp_path)

    assert str(tmp_path / HEAD) in str(caught.value)
