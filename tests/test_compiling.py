from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import pytest
import torch

import redness_qa.compiling
from redness_qa.bert import Precision, Shape, bert_graph
from redness_qa.compiled import MANIFEST_FILE, MODEL_FILE, CompiledEncoder, CompiledManifest, place_of
from redness_qa.compiling import LIBRARIES, compare_precisions, compile_encoder
from redness_qa.encoder import Reading, SentenceEncoder
from redness_qa.errors import EncoderError, NotCompilable
from redness_qa.parity import Reference
from tiny_models import DIM, PASSAGES, QUESTIONS, save_tiny_model


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> SentenceEncoder:
    return SentenceEncoder.load(str(tiny_model))


def compiled_to(folder: Path, model: Path, *, precision: Precision | None = None) -> CompiledManifest:
    return compile_encoder(str(model), folder, questions=QUESTIONS, passages=PASSAGES, precision=precision)


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    [
        (Precision.FLOAT32, 2e-5),
        (Precision.FLOAT16, 1e-2),
        (Precision.BFLOAT16, 1e-1),
        (Precision.INT8_SMOOTH, 5e-1),
        (Precision.INT8, 3e-1),
        (Precision.INT8_DYNAMIC, 5e-1),
        (Precision.INT8_CHANNEL, 5e-1),
    ],
)
def test_each_precision_gives_the_states_of_the_original(
    tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder, precision: Precision, tolerance: float
) -> None:
    manifest = compiled_to(tmp_path, tiny_model, precision=precision)

    encoder = CompiledEncoder.load(place_of(tiny.weights_sha256, tmp_path))
    assert manifest.precision == precision.value
    assert (encoder.name, encoder.weights_sha256) == (str(tiny_model), tiny.weights_sha256)
    assert (encoder.dim, encoder.max_tokens) == (tiny.dim, tiny.max_tokens)
    assert manifest.parity is not None
    for question in QUESTIONS:
        ours, theirs = encoder.read(question), tiny.read(question)
        np.testing.assert_allclose(ours.tokens, theirs.tokens, atol=tolerance)
        np.testing.assert_allclose(ours.vector, theirs.vector, atol=tolerance)
        assert float(ours.vector[0] @ theirs.vector[0]) >= manifest.parity.least_cosine - 5e-3


def test_texts_whose_states_share_a_scale_are_read_alike_in_any_company(
    tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder
) -> None:
    compiled_to(tmp_path, tiny_model, precision=Precision.INT8_SMOOTH)
    encoder = CompiledEncoder.load(place_of(tiny.weights_sha256, tmp_path))

    assert not encoder.together
    for question, reading in zip(QUESTIONS, encoder.read_all(QUESTIONS), strict=True):
        np.testing.assert_array_equal(reading.tokens, encoder.read(question).tokens)


def test_maxima_are_those_of_what_the_layers_take(
    tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, np.ndarray] = {}

    def note(
        weights: Mapping[str, np.ndarray], shape: Shape, precision: Precision, *, maxima: Mapping[str, np.ndarray]
    ) -> bytes:
        given.update(maxima)
        return bert_graph(weights, shape, precision, maxima=maxima)

    monkeypatch.setattr(redness_qa.compiling, "bert_graph", note)
    compiled_to(tmp_path, tiny_model, precision=Precision.INT8_SMOOTH)

    attention, down = "encoder.layer.1.attention.self.query", "encoder.layer.1.output.dense"
    assert (given[attention].shape, given[down].shape) == ((DIM,), (48,))
    layer = cast("Any", tiny.model[0]).auto_model.encoder.layer[1].attention.self.query
    taken: list[np.ndarray] = []
    hook = layer.register_forward_pre_hook(lambda _, states: taken.append(states[0].abs().amax(dim=(0, 1)).numpy()))
    for question in QUESTIONS[1::2]:  # parity is measured on the others
        tiny.read(question)
    hook.remove()
    np.testing.assert_allclose(given[attention], np.max(taken, axis=0), rtol=1e-5)
    # The hooks are gone again.
    assert not layer._forward_pre_hooks


def test_smoothing_comes_nearer_where_one_input_is_far_larger_than_the_others(tmp_path: Path) -> None:
    model = SentenceEncoder.load(str(save_tiny_model(tmp_path / "model"))).model
    with torch.no_grad():
        first = cast("Any", model[0]).auto_model.encoder.layer[0]
        for norm in (first.attention.output.LayerNorm, first.output.LayerNorm):
            norm.weight[3] *= 20
    model.save(str(tmp_path / "uneven"))
    uneven = SentenceEncoder.load(str(tmp_path / "uneven"))

    faults = {}
    for precision in (Precision.INT8_SMOOTH, Precision.INT8_CHANNEL):
        compiled_to(tmp_path / precision.value, tmp_path / "uneven", precision=precision)
        encoder = CompiledEncoder.load(place_of(uneven.weights_sha256, tmp_path / precision.value))
        faults[precision] = sum(
            np.abs(encoder.read(text).tokens - uneven.read(text).tokens).sum() for text in QUESTIONS
        )
    assert faults[Precision.INT8_SMOOTH] < faults[Precision.INT8_CHANNEL] / 2


def test_the_layer_after_the_activation_is_kept_in_blocks(tmp_path: Path, tiny_model: Path) -> None:
    compiled_to(tmp_path, tiny_model, precision=Precision.INT8_SMOOTH)

    (path,) = tmp_path.glob(f"*/{MODEL_FILE}")
    nodes = onnx.load(path).graph.node
    in_blocks = {node.input[1] for node in nodes if node.op_type == "MatMulNBits"}
    assert in_blocks == {f"encoder.layer.{number}.output.dense.weight" for number in range(2)}
    assert sum(node.op_type == "DynamicQuantizeMatMul" for node in nodes) == 2 * 3


def test_a_precision_that_cannot_be_computed_is_passed_over(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = CompiledEncoder.load

    def fail_once(folder: Path) -> CompiledEncoder:
        if CompiledManifest.load(folder).precision == "int8-smooth":
            raise EncoderError("the compiled encoder cannot be run")
        return load(folder)

    monkeypatch.setattr(CompiledEncoder, "load", fail_once)

    assert compiled_to(tmp_path, tiny_model).precision not in ("int8-smooth", "")


def test_even_states_need_maxima() -> None:
    with pytest.raises(ValueError, match="int8-smooth needs the absolute maxima"):
        bert_graph({}, Shape(layers=0, heads=1, epsilon=1e-12), Precision.INT8_SMOOTH)


def test_the_smaller_precisions_make_smaller_files(tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder) -> None:
    sizes = {}
    for precision in (Precision.INT8, Precision.FLOAT16, Precision.FLOAT32):
        compiled_to(tmp_path, tiny_model, precision=precision)
        sizes[precision] = (place_of(tiny.weights_sha256, tmp_path) / MODEL_FILE).stat().st_size

    assert sizes[Precision.INT8] < 0.7 * sizes[Precision.FLOAT16] < 0.4 * sizes[Precision.FLOAT32]


def test_the_first_precision_that_ranks_alike_is_taken(
    tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redness_qa.compiling, "LEAST_COSINE", 0.9999999)

    manifest = compiled_to(tmp_path, tiny_model)

    assert manifest.precision == "float32"
    assert manifest == CompiledManifest.load(place_of(tiny.weights_sha256, tmp_path))


@pytest.mark.parametrize(("farther", "share"), [(0.004, 1.0), (0.006, 0.0)])
def test_a_passage_that_the_original_scores_as_high_is_as_good(farther: float, share: float) -> None:
    question = np.array([[1, 0]], dtype=np.float32)
    second = np.array([[1 - farther, (1 - (1 - farther) ** 2) ** 0.5]], dtype=np.float32)

    class FindsTheSecond:
        def read_all(self, texts: Sequence[str]) -> list[Reading]:
            return [Reading(tokens=question, vector=second) for _ in texts]

    reference = Reference(("sun",), (question,), question, np.concatenate([question, second]))

    assert reference.parity(cast("CompiledEncoder", FindsTheSecond())).as_good_first == share


def test_parity_is_that_of_the_vectors(tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder) -> None:
    manifest = compiled_to(tmp_path, tiny_model, precision=Precision.INT8_DYNAMIC)

    encoder = CompiledEncoder.load(place_of(tiny.weights_sha256, tmp_path))
    asked = QUESTIONS[::2]  # maxima are taken from the others
    ours, theirs = encoder.encode_questions(asked), tiny.encode_questions(asked)
    passages = tiny.encode_passages(PASSAGES)
    cosines = (ours * theirs).sum(axis=1)
    scores, chosen = theirs @ passages.T, np.argmax(ours @ passages.T, axis=1)
    as_good = [row[place] >= row.max() - 0.005 for row, place in zip(scores, chosen, strict=True)]
    assert manifest.parity is not None
    assert manifest.parity.least_cosine == pytest.approx(float(cosines.min()), abs=1e-3)
    assert manifest.parity.mean_cosine == pytest.approx(float(cosines.mean()), abs=1e-3)
    assert manifest.parity.as_good_first == pytest.approx(np.mean(as_good))
    assert (manifest.parity.questions, manifest.parity.passages) == (len(asked), len(PASSAGES))


def test_a_broken_model_has_no_parity(tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder) -> None:
    other = save_tiny_model(tmp_path / "other", seed=1)
    compiled_to(tmp_path, other, precision=Precision.FLOAT32)
    encoder = CompiledEncoder.load(place_of(SentenceEncoder.load(str(other)).weights_sha256, tmp_path))

    parity = Reference.of(tiny, QUESTIONS, PASSAGES).parity(encoder)

    assert parity.mean_cosine < 0.9
    assert parity.least_state_cosine < 0.9


def test_one_that_never_ranks_alike_is_refused_and_the_refusal_kept(
    tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redness_qa.compiling, "LEAST_AS_GOOD_FIRST", 1.1)

    with pytest.raises(NotCompilable, match="ranks otherwise than the original"):
        compiled_to(tmp_path, tiny_model)

    place = place_of(tiny.weights_sha256, tmp_path)
    with pytest.raises(NotCompilable, match="ranks otherwise than the original"):
        CompiledEncoder.load(place)
    assert [path.name for path in place.iterdir() if path.name == MODEL_FILE] == []


@pytest.mark.parametrize(
    ("hidden_act", "pooling", "reason"),
    [
        pytest.param("relu", "mean_tokens", "its hidden_act is 'relu', not 'gelu'", id="activation"),
        pytest.param("gelu", "cls_token", "its pooling is 'cls', not 'mean'", id="pooling"),
    ],
)
def test_a_model_of_another_kind_is_refused(tmp_path: Path, hidden_act: str, pooling: str, reason: str) -> None:
    model = save_tiny_model(tmp_path / "model", pooling=pooling, hidden_act=hidden_act)

    with pytest.raises(NotCompilable, match=reason):
        compiled_to(tmp_path / "compiled", model)


def test_what_was_there_is_replaced_and_nothing_is_left_beside_it(
    tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder
) -> None:
    place = place_of(tiny.weights_sha256, tmp_path)
    place.mkdir()
    (place / MANIFEST_FILE).write_text("{", encoding="utf-8")
    (place / "stray").touch()

    compiled_to(tmp_path, tiny_model, precision=Precision.FLOAT32)

    assert CompiledEncoder.load(place).dim == DIM
    assert [path.name for path in tmp_path.iterdir()] == [place.name]
    assert not (place / "stray").exists()


def test_a_failed_compilation_leaves_what_was_there(
    tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_to(tmp_path, tiny_model, precision=Precision.FLOAT32)

    def fail(*_: object, maxima: object) -> bytes:
        raise OSError("the disk is full")

    monkeypatch.setattr(redness_qa.compiling, "bert_graph", fail)
    with pytest.raises(OSError, match="the disk is full"):
        compiled_to(tmp_path, tiny_model, precision=Precision.INT8)

    (place,) = tmp_path.iterdir()
    assert CompiledEncoder.load(place).manifest.precision == "float32"


def test_the_comparison_has_a_row_for_each_precision(tiny_model: Path) -> None:
    rows = compare_precisions(str(tiny_model), questions=QUESTIONS, passages=PASSAGES)

    assert [row.precision for row in rows] == [precision.value for precision in Precision]
    by_name = {row.precision: row for row in rows}
    assert by_name["float32"].parity.least_cosine == pytest.approx(1.0, abs=1e-5)
    assert by_name["float32"].megabytes > by_name["float16"].megabytes > by_name["int8"].megabytes
    assert all(row.load_ms > 0 and row.question_ms > 0 for row in rows)


def test_parity_needs_texts(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one question and one passage"):
        compile_encoder(str(tiny_model), tmp_path, questions=[], passages=PASSAGES)


def test_the_manifest_names_the_libraries(tmp_path: Path, tiny_model: Path, tiny: SentenceEncoder) -> None:
    compiled_to(tmp_path, tiny_model, precision=Precision.FLOAT32)

    record = json.loads((place_of(tiny.weights_sha256, tmp_path) / MANIFEST_FILE).read_text(encoding="utf-8"))

    assert set(record["versions"]) == set(LIBRARIES)
    assert set(record["files"]) == {"encoder.onnx", "tokenizer.json"}


def test_an_unknown_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="neither a folder nor a name"):
        compile_encoder("not a name!", tmp_path, questions=QUESTIONS, passages=PASSAGES)


def test_what_a_killed_compilation_left_is_swept_after_an_hour(tmp_path: Path, tiny_model: Path) -> None:
    old, new = tmp_path / ".compiling-old", tmp_path / ".compiling-new"
    for folder in (old, new):
        folder.mkdir()
    os.utime(old, (0, 0))

    compiled_to(tmp_path, tiny_model, precision=Precision.FLOAT32)

    assert not old.exists()
    assert new.exists()
