from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnxruntime import InferenceSession

import redness_qa.compiled
from redness_qa.bert import Precision
from redness_qa.compiled import MANIFEST_FILE, MODEL_FILE, TOKENIZER_FILE, CompiledEncoder, place_of
from redness_qa.compiling import compile_encoder
from redness_qa.encoder import SentenceEncoder
from redness_qa.errors import EncoderError
from redness_qa.vectors import check_unit_rows
from tiny_models import DIM, PASSAGES, QUESTIONS, save_tiny_model

TEXTS = [*QUESTIONS, "", "red " * 400, "赤み", *(f"Redness fades within {number} days." for number in range(40))]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    return SentenceEncoder.load(str(save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")))


@pytest.fixture(scope="module")
def place(original: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled tiny model; not to be written to."""
    folder = tmp_path_factory.mktemp("compiled")
    compile_encoder(original.name, folder, questions=QUESTIONS, passages=PASSAGES, precision=Precision.FLOAT32)
    return place_of(original.weights_sha256, folder)


@pytest.fixture(scope="module")
def encoder(place: Path) -> CompiledEncoder:
    return CompiledEncoder.load(place)


@pytest.fixture
def copy(place: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(place, tmp_path / "copy"))


def test_texts_of_many_lengths_are_embedded_like_the_original_in_their_order(
    encoder: CompiledEncoder, original: SentenceEncoder
) -> None:
    told: list[tuple[int, int]] = []

    rows = encoder.encode_passages(TEXTS, progress=lambda *progress: told.append(progress))

    check_unit_rows(rows, dim=DIM)
    np.testing.assert_allclose(rows, original.encode_passages(TEXTS), atol=1e-4)
    np.testing.assert_array_equal(rows, encoder.encode_questions(TEXTS))
    # The longest come first, and few of them together.
    assert [done for done, _ in told] == [1, 2, 34, 46, 49]
    assert {of for _, of in told} == {49}


def test_what_is_read_together_is_as_read_alone(encoder: CompiledEncoder, original: SentenceEncoder) -> None:
    together = encoder.read_all(TEXTS)

    for text, reading, theirs in zip(TEXTS, together, original.read_all(TEXTS), strict=True):
        alone = encoder.read(text)
        assert reading.tokens.shape == (min(original.count_tokens(text), original.max_tokens) + 2, DIM)
        assert reading.tokens.shape == theirs.tokens.shape
        np.testing.assert_allclose(reading.tokens, alone.tokens, atol=1e-4)
        np.testing.assert_allclose(reading.vector, alone.vector, atol=1e-5)
        np.testing.assert_allclose(reading.tokens, theirs.tokens, atol=1e-4)
        np.testing.assert_allclose(reading.vector, theirs.vector, atol=1e-5)
        check_unit_rows(reading.vector, dim=DIM)


def test_no_texts_give_no_rows(encoder: CompiledEncoder) -> None:
    assert encoder.read_all([]) == []
    rows = encoder.encode_questions([])
    assert rows.shape == (0, DIM)
    assert rows.dtype == np.float32


@pytest.mark.parametrize("text", ["", "red", "Hello redness.", "red " * 254, "red " * 1000, "a-b", "赤み"])
def test_tokens_are_counted_like_the_original(encoder: CompiledEncoder, original: SentenceEncoder, text: str) -> None:
    assert encoder.count_tokens(text) == original.count_tokens(text)


@pytest.mark.parametrize(("threads", "for_one"), [(1, False), (2, True)])
def test_neither_the_number_of_threads_nor_how_they_wait_changes_what_is_read(
    place: Path, encoder: CompiledEncoder, threads: int, for_one: bool
) -> None:
    np.testing.assert_allclose(
        CompiledEncoder.load(place, threads=threads, for_one=for_one).encode_questions(QUESTIONS),
        encoder.encode_questions(QUESTIONS),
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("for_many", "together", "taken"), [(False, True, 3), (True, True, 3), (False, False, 3), (True, False, 1)]
)
def test_where_many_ask_a_text_that_is_read_alone_takes_one_thread(
    copy: Path, monkeypatch: pytest.MonkeyPatch, for_many: bool, together: bool, taken: int
) -> None:
    edited(together=together)(copy)
    threads: list[int] = []
    session = redness_qa.compiled._session

    def note(path: Path, number: int, *, spins: bool) -> InferenceSession:
        threads.append(number)
        return session(path, number, spins=spins)

    monkeypatch.setattr(redness_qa.compiled, "processors", lambda: 3)
    monkeypatch.setattr(redness_qa.compiled, "_session", note)

    CompiledEncoder.load(copy, for_many=for_many)

    assert threads == [taken]


def edited(**changes: object) -> Callable[[Path], object]:
    def edit(folder: Path) -> None:
        path = folder / MANIFEST_FILE
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(record | changes), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        pytest.param(shutil.rmtree, "is no manifest of a compiled encoder", id="nothing there"),
        pytest.param(lambda folder: (folder / MANIFEST_FILE).write_text("[]"), "is no manifest", id="a list"),
        pytest.param(edited(more=1), "is no manifest", id="an unknown key"),
        pytest.param(edited(format=0), "compiled by another version.*format 0", id="older format"),
        pytest.param(edited(versions={"onnxruntime": "0.1"}), "onnxruntime 0.1, not", id="another onnxruntime"),
        pytest.param(lambda folder: (folder / MODEL_FILE).write_bytes(b"?"), "is not as it was compiled", id="model"),
        pytest.param(lambda folder: (folder / MODEL_FILE).unlink(), "cannot be read", id="no model"),
        pytest.param(
            lambda folder: (folder / TOKENIZER_FILE).write_text("{}"), "is not as it was compiled", id="tokenizer"
        ),
    ],
)
def test_what_is_damaged_or_old_is_told_with_the_remedy(
    copy: Path, harm: Callable[[Path], object], reason: str
) -> None:
    harm(copy)

    with pytest.raises(EncoderError, match=rf"(?s){reason}.*redness-qa compile"):
        CompiledEncoder.load(copy)


def test_other_weights_are_refused(place: Path) -> None:
    with pytest.raises(EncoderError, match="compiled from weights with SHA-256"):
        CompiledEncoder.load(place, weights_sha256="0" * 64)


def test_texts_of_unlike_lengths_are_not_padded_to_the_longest(
    encoder: CompiledEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[list[int]] = []
    states = encoder._states

    def note(ids: Sequence[Sequence[int]]) -> np.ndarray:
        steps.append(list(map(len, ids)))
        return states(ids)

    monkeypatch.setattr(encoder, "_states", note)

    encoder.read_all(["red " * words for words in (1, 20, 3, 4, 17, 16, 8)])

    # With the two markers; texts that differ by three tokens or fewer share a step.
    assert steps == [[22, 19], [18], [10], [6, 5, 3]]


def test_long_texts_are_not_computed_all_at_once(encoder: CompiledEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    states = encoder._states

    def count(ids: Sequence[Sequence[int]]) -> object:
        sizes.append(len(ids) * max(map(len, ids)))
        return states(ids)

    monkeypatch.setattr(encoder, "_states", count)

    encoder.read_all(["red " * 300] * 20 + ["red"] * 100)

    assert sizes == [8 * 256, 8 * 256, 4 * 256, 32 * 3, 32 * 3, 32 * 3, 4 * 3]


def test_onnxruntime_reports_nothing_home(place: Path, tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from redness_qa.compiled import CompiledEncoder
CompiledEncoder.load(Path({str(place)!r})).encode_questions(["How long?"])
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}

    subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], env=environment | {"HOME": str(tmp_path)}, cwd=tmp_path, check=True, timeout=120
    )

    # Its telemetry begins with a number for this machine, and a file of what is to be sent.
    assert list(tmp_path.rglob("*")) == []
