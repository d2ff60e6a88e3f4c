"""Compiles a sentence-transformers model to ONNX, in the fastest precision that comes near enough to the original."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np

from redness_qa.bert import OPSET, Precision, bert_graph
from redness_qa.blueprint import maxima_of, shape_of
from redness_qa.compiled import (
    FORMAT,
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    CompiledEncoder,
    CompiledManifest,
    Parity,
    place_of,
)
from redness_qa.encoder import SentenceEncoder
from redness_qa.errors import EncoderError, NotCompilable
from redness_qa.parity import Reference, drawn

LIBRARIES = ("onnx", "onnxruntime", "tokenizers", "sentence-transformers", "torch", "redness-qa")
"""Libraries whose versions the manifest records, as they had a part in what was compiled."""

LADDER = (Precision.INT8_SMOOTH, Precision.INT8, Precision.FLOAT16, Precision.FLOAT32)
"""Tried in this order, fastest first, until one ranks like the original."""

LEAST_AS_GOOD_FIRST = 0.98
LEAST_COSINE = 0.99
LEAST_STATE_COSINE = 0.98
"""What a compiled encoder must reach: nearly always as good a first passage, and never a vector, nor the state of a
token, that is far off."""

_ASIDE = ".compiling-"
_LEFT_BEHIND_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Comparison:
    """One way to keep the weights, measured.

    Attributes:
        precision: How the weights are kept.
        megabytes: Size of the model's file.
        load_ms: Processor time to load it.
        question_ms: Median processor time to read a question, with one thread.
        parity: How near it comes to the original.
    """

    precision: str
    megabytes: float
    load_ms: float
    question_ms: float
    parity: Parity


def compile_encoder(
    name: str,
    folder: Path,
    *,
    questions: Sequence[str],
    passages: Sequence[str],
    precision: Precision | None = None,
) -> CompiledManifest:
    """Compile a model into a folder of compiled encoders, in the fastest precision that ranks like the original.

    It is written aside and moved into place, so that it is there as a whole or not at all. A model that cannot be
    compiled leaves a note of that in its place.

    Args:
        name: A name that `SentenceEncoder.load` takes.
        folder: Folder of compiled encoders.
        questions: Half of them tell what its layers take, half measure parity.
        passages: Passages that they are to find.
        precision: One precision to take, however it ranks; None takes the first of `LADDER` that ranks alike.

    Raises:
        EncoderError: The model cannot be used.
        NotCompilable: It is no BERT with mean pooling, or ranks otherwise when compiled.
    """
    original = SentenceEncoder.load(name)
    target = place_of(original.weights_sha256, folder)
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=folder))
    aside.chmod(0o755)  # an image may be made by one user and run by another
    try:
        seen, kept = _halves(questions)
        reference = Reference.of(original, kept, passages)
        try:
            manifest = _first_alike(
                original, seen, reference, aside, (precision,) if precision else LADDER, takes_any=bool(precision)
            )
        except NotCompilable as error:
            for path in aside.iterdir():
                path.unlink()
            manifest = _manifest(original, refused=str(error))
        manifest.save(aside)
        _move(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    if manifest.refused:
        raise NotCompilable(f"the model {name!r} cannot be compiled: {manifest.refused}")
    return manifest


def compare_precisions(name: str, *, questions: Sequence[str], passages: Sequence[str]) -> list[Comparison]:
    """Compile a model in every precision there is, and measure each; nothing is kept.

    Raises:
        EncoderError: The model cannot be used or compiled.
    """
    original = SentenceEncoder.load(name)
    seen, kept = _halves(questions)
    reference = Reference.of(original, kept, passages)
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for precision in Precision:
            folder = Path(scratch) / precision.value
            folder.mkdir()
            manifest = _write(original, folder, precision, seen)
            # Processor time on one thread, as other work on the machine changes it least.
            started = time.process_time()
            encoder = CompiledEncoder.load(folder, threads=1)
            load_ms = 1000 * (time.process_time() - started)
            milliseconds = []
            for question in reference.questions:
                started = time.process_time()
                encoder.read(question)
                milliseconds.append(1000 * (time.process_time() - started))
            found.append(
                Comparison(
                    precision=manifest.precision,
                    megabytes=(folder / MODEL_FILE).stat().st_size / 1e6,
                    load_ms=load_ms,
                    question_ms=float(np.median(milliseconds)),
                    parity=reference.parity(encoder),
                )
            )
    return found


def _first_alike(
    original: SentenceEncoder,
    seen: Sequence[str],
    reference: Reference,
    folder: Path,
    precisions: Sequence[Precision],
    *,
    takes_any: bool,
) -> CompiledManifest:
    """Write the first precision that comes near enough; a processor that cannot compute one is asked for the next."""
    told = ""
    for precision in precisions:
        manifest = _write(original, folder, precision, seen)
        try:
            parity = reference.parity(CompiledEncoder.load(folder))
        except EncoderError as error:
            told = str(error)
            continue
        if takes_any or _is_near(parity):
            return _manifest(original, precision=precision, parity=parity, files=manifest.files)
        told = f"it ranks otherwise than the original ({parity})"
    raise NotCompilable(told)


def _is_near(parity: Parity) -> bool:
    return (
        parity.as_good_first >= LEAST_AS_GOOD_FIRST
        and parity.least_cosine >= LEAST_COSINE
        and parity.least_state_cosine >= LEAST_STATE_COSINE
    )


def _halves(questions: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Share out questions: those that maxima are taken from, and those that parity is measured on."""
    return questions[1::2] or questions, questions[::2]


def _write(original: SentenceEncoder, folder: Path, precision: Precision, questions: Sequence[str]) -> CompiledManifest:
    """Write model, tokenizer and manifest in one precision; some of the questions tell what its layers take."""
    model = original.model
    shape = shape_of(model)
    layers = cast("Any", model[0]).auto_model
    weights = {name: tensor.detach().float().numpy() for name, tensor in layers.state_dict().items()}
    maxima = maxima_of(original, drawn(questions)) if precision is Precision.INT8_SMOOTH else None
    content = {
        MODEL_FILE: bert_graph(weights, shape, precision, maxima=maxima),
        TOKENIZER_FILE: cast("Any", model.tokenizer).backend_tokenizer.to_str().encode(),
    }
    for name, written in content.items():
        (folder / name).write_bytes(written)
    files = {name: hashlib.sha256(written).hexdigest() for name, written in content.items()}
    manifest = _manifest(original, precision=precision, files=files)
    manifest.save(folder)
    return manifest


def _manifest(
    original: SentenceEncoder,
    *,
    precision: Precision | None = None,
    parity: Parity | None = None,
    files: Mapping[str, str] | None = None,
    refused: str = "",
) -> CompiledManifest:
    return CompiledManifest(
        format=FORMAT,
        name=original.name,
        weights_sha256=original.weights_sha256,
        dim=original.dim,
        max_tokens=original.max_tokens,
        precision=precision.value if precision is not None else "",
        together=precision is not None and precision.together,
        opset=OPSET,
        parity=parity,
        versions={library: version(library) for library in LIBRARIES},
        files=files or {},
        refused=refused,
    )


def _move(aside: Path, target: Path) -> None:
    """Move a written folder into place, and what was there out of it; of two processes at once one stays."""
    old = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=target.parent))
    try:
        with contextlib.suppress(FileNotFoundError):
            target.replace(old / target.name)
        aside.replace(target)
    except OSError:
        if not (target / MANIFEST_FILE).is_file():  # else another process has just put its own there
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed compilation left behind."""
    for left in folder.glob(f"{_ASIDE}*"):
        with contextlib.suppress(FileNotFoundError):  # another process sweeps too
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
