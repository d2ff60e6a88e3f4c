from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

import redness_qa.encoders
from redness_qa.compiled import MANIFEST_FILE, CompiledEncoder, place_of
from redness_qa.compiling import LEAST_AS_GOOD_FIRST, LEAST_COSINE, compile_encoder
from redness_qa.encoder import (
    DEFAULT_MODEL,
    DEFAULT_WEIGHTS_SHA256,
    GUIDE_MODEL,
    SIGNS_MODEL,
    SentenceEncoder,
    known_fingerprint,
)
from redness_qa.encoders import default_compiled, load_encoder
from redness_qa.errors import EncoderError
from redness_qa.weights import Adapter, shipped_folder
from tiny_models import PASSAGES, QUESTIONS, save_tiny_model

ROOT = Path(__file__).resolve().parent.parent
OWN_DEFAULT, OWN_COMPILE = default_compiled, redness_qa.encoders._compile


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    return SentenceEncoder.load(str(save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")))


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Compile in this process, and note what is."""
    noted: list[str] = []

    def compile_here(name: str, folder: Path) -> None:
        noted.append(name)
        compile_encoder(name, folder, questions=QUESTIONS, passages=PASSAGES)

    monkeypatch.setattr(redness_qa.encoders, "_compile", compile_here)
    return noted


def test_a_model_is_compiled_once_with_a_notice_and_loaded_after(
    tmp_path: Path, model: SentenceEncoder, compilations: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        encoder = load_encoder(model.name, weights_sha256=model.weights_sha256, folder=tmp_path)
        assert isinstance(encoder, CompiledEncoder)

    assert compilations == [model.name]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"the model {model.name} is compiled for this machine, once; this takes half a minute"
    ]


@pytest.mark.parametrize("for_one", [True, False])
def test_the_threads_that_read_wait_in_a_loop_for_one_asker_alone(
    tmp_path: Path, model: SentenceEncoder, compilations: list[str], for_one: bool
) -> None:
    for _ in range(2):  # just compiled, and found
        encoder = load_encoder(model.name, weights_sha256=model.weights_sha256, folder=tmp_path, for_one=for_one)
        assert isinstance(encoder, CompiledEncoder)
        options = encoder._session.get_session_options()
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == str(int(for_one))
        assert options.get_session_config_entry("session.force_spinning_stop") == "1"


def test_two_models_lie_beside_each_other(tmp_path: Path, model: SentenceEncoder, compilations: list[str]) -> None:
    other = SentenceEncoder.load(str(save_tiny_model(tmp_path / "other", seed=3)))

    for each in (model, other, model, other):
        encoder = load_encoder(each.name, weights_sha256=each.weights_sha256, folder=tmp_path / "compiled")
        assert encoder.weights_sha256 == each.weights_sha256

    assert compilations == [model.name, other.name]


def test_a_damaged_one_is_compiled_anew(tmp_path: Path, model: SentenceEncoder, compilations: list[str]) -> None:
    load_encoder(model.name, weights_sha256=model.weights_sha256, folder=tmp_path)
    (place_of(model.weights_sha256, tmp_path) / "encoder.onnx").write_bytes(b"")

    encoder = load_encoder(model.name, weights_sha256=model.weights_sha256, folder=tmp_path)

    assert isinstance(encoder, CompiledEncoder)
    assert len(compilations) == 2


def test_where_it_cannot_be_compiled_the_original_answers_with_a_notice(
    tmp_path: Path, model: SentenceEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = load_encoder(model.name, weights_sha256=model.weights_sha256, folder=tmp_path)

    assert isinstance(encoder, SentenceEncoder)
    assert caplog.messages[-1].endswith("so it starts and answers more slowly")


def test_a_refused_model_is_not_tried_again(
    tmp_path: Path, compilations: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    model = SentenceEncoder.load(str(save_tiny_model(tmp_path / "model", hidden_act="relu")))

    for _ in range(2):
        encoder = load_encoder(model.name, weights_sha256=model.weights_sha256, folder=tmp_path / "compiled")
        assert isinstance(encoder, SentenceEncoder)

    assert compilations == [model.name]
    assert "cannot be compiled: its hidden_act is 'relu'" in caplog.messages[-1]


def test_changed_weights_are_not_served_from_what_was_compiled_before(
    tmp_path: Path, model: SentenceEncoder, compilations: list[str]
) -> None:
    encoder = load_encoder(model.name, weights_sha256="1" * 64, folder=tmp_path)

    # What asked for other weights refuses this one, as it bears its own fingerprint.
    assert isinstance(encoder, SentenceEncoder)
    assert encoder.weights_sha256 == model.weights_sha256


def test_a_model_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="neither a folder nor a name"):
        load_encoder("not a name!", weights_sha256="1" * 64, folder=tmp_path)


def test_our_own_models_have_one_fingerprint() -> None:
    assert known_fingerprint(DEFAULT_MODEL) == DEFAULT_WEIGHTS_SHA256
    assert known_fingerprint(GUIDE_MODEL) == Adapter.load(shipped_folder()).sha256
    assert known_fingerprint("another") is None


def test_the_other_process_is_our_command_and_its_last_words_are_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(
            command, len(asked) - 1, "", "some warning\nredness-qa: no room on the disk\n"
        )

    monkeypatch.setattr(subprocess, "run", run)
    OWN_COMPILE("some-model", tmp_path)
    with pytest.raises(EncoderError, match=r"'some-model' was not compiled \(redness-qa: no room on the disk"):
        OWN_COMPILE("some-model", tmp_path)

    expected = [sys.executable, "-m", "redness_qa", "compile", "--model", "some-model", "--output", str(tmp_path)]
    assert asked == [expected, expected]


def test_a_compilation_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redness_qa.encoders, "MOST_SECONDS", 0.01)

    with pytest.raises(EncoderError, match="timed out"):
        OWN_COMPILE("some-model", tmp_path)


def test_the_checkout_keeps_compiled_models_where_git_does_not_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OWN_DEFAULT() == ROOT / "compiled"
    assert "/compiled/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()

    monkeypatch.setattr(redness_qa.encoders, "__file__", str(tmp_path / "lib" / "redness_qa" / "encoders.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert OWN_DEFAULT().name == "compiled"
    assert not OWN_DEFAULT().is_relative_to(tmp_path / "lib")


@pytest.mark.model
def test_asking_loads_neither_torch_nor_what_builds_and_serves(tmp_path: Path) -> None:
    """Compile the guide's model in its own process, as the first start does, then ask in a fresh one."""
    environment = {"PYTHONPATH": str(ROOT / "src"), "REDNESS_QA_COMPILED": str(tmp_path)}
    script = (
        "import sys\n"
        "sys.argv = ['redness-qa', 'ask', 'how long will my face stay red?', '--json']\n"
        "from redness_qa.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    for _ in range(2):
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
        )
    assert json.loads(done.stdout)["quotes"]
    loaded = set(done.stderr.split())
    heavy = {"torch", "transformers", "sentence_transformers", "sklearn", "scipy", "gradio", "onnx", "huggingface_hub"}
    assert loaded & heavy == set()
    assert {"onnxruntime", "tokenizers"} <= loaded
    manifests = [json.loads((place / MANIFEST_FILE).read_text(encoding="utf-8")) for place in tmp_path.iterdir()]
    assert {manifest["name"] for manifest in manifests} == {GUIDE_MODEL, SIGNS_MODEL}
    for manifest in manifests:
        assert manifest["parity"]["least_cosine"] >= LEAST_COSINE
        assert manifest["parity"]["as_good_first"] >= LEAST_AS_GOOD_FIRST
