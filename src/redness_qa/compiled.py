"""A compiled encoder, read with onnxruntime and tokenizers alone; the only module that imports them to answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from redness_qa.encoder import BATCH_SIZE, Progress, Reading
from redness_qa.errors import EncoderError, NotCompilable
from redness_qa.fingerprints import file_sha256
from redness_qa.threads import processors
from redness_qa.vectors import FloatMatrix, unit_rows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FORMAT = 3
"""Raised with every change of what is written, so that an older one is compiled anew."""

MODEL_FILE = "encoder.onnx"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "manifest.json"

IDS, POSITIONS, MASK, STATES = "ids", "positions", "mask", "states"
"""Inputs of the model, shapes (texts, tokens), (tokens,) and (texts, tokens), and its output."""

BATCH_TOKENS = 2048
"""Tokens computed in one step at most, padding counted; it bounds the memory that long texts take."""

MOST_PADDING = 3
"""Tokens by which texts computed in one step may differ in length: a step by itself costs about as much as 4 tokens,
and 16 questions padded to the longest of them cost more than twice what they cost one by one."""

MOST_THREADS = 4
"""More threads than this gain nothing on texts of a few dozen tokens."""

TIE = 0.005
"""Cosine similarity by which one passage must be nearer to a question than another to be better by it: many say nearly
the same, and rounding to eight bits in blocks puts none first that is farther behind."""

_MARKERS = 2  # at the start and end of a text

_REMEDY = "compile it again with `redness-qa compile`"


@dataclass(frozen=True, slots=True)
class Parity:
    """How near a compiled encoder comes to the original, on questions and passages of the guide.

    Attributes:
        least_cosine: Least cosine similarity of the two vectors of one question.
        mean_cosine: Mean of the same.
        least_state_cosine: Least cosine similarity of the two states of one token.
        as_good_first: Share of the questions for which it finds the passage that the original finds first, or one that
            the original scores as high but for `TIE`.
        questions: Number of the questions.
        passages: Number of the passages.
    """

    least_cosine: float
    mean_cosine: float
    least_state_cosine: float
    as_good_first: float
    questions: int
    passages: int

    def __str__(self) -> str:
        """Such as `cosine 0.9990 at least, 0.9997 on average; as good a first of 400 passages for 99.5 %`."""
        return (
            f"cosine {self.least_cosine:.4f} at least, {self.mean_cosine:.4f} on average, of token states "
            f"{self.least_state_cosine:.4f} at least; as good a first of {self.passages} passages for "
            f"{100 * self.as_good_first:.1f} % of {self.questions} questions"
        )


@dataclass(frozen=True, slots=True)
class CompiledManifest:
    """What was compiled, and how well.

    Attributes:
        format: Version of this format.
        name: Name of the embedding model.
        weights_sha256: Fingerprint of the weights it was compiled from.
        dim: Length of a vector.
        max_tokens: Longest text, in tokens, that is embedded whole.
        precision: How the weights are kept, such as "int8".
        together: Whether texts may be read in one step, as `bert.Precision.together` tells.
        opset: Version of the ONNX operators.
        parity: How near it comes to the original.
        versions: Version of each library that had a part in it.
        files: SHA-256 of each file by name.
        refused: Why the model cannot be compiled; empty where it was.
    """

    format: int
    name: str
    weights_sha256: str
    dim: int
    max_tokens: int
    precision: str
    together: bool
    opset: int
    parity: Parity | None
    versions: Mapping[str, str]
    files: Mapping[str, str]
    refused: str

    @classmethod
    def load(cls, folder: Path) -> CompiledManifest:
        """Load the manifest of a folder.

        Raises:
            EncoderError: It is missing, damaged or of another version.
        """
        path = folder / MANIFEST_FILE
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            parity = record.pop("parity")
            found = cls(parity=Parity(**parity) if parity is not None else None, **record)
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            raise EncoderError(f"{path} is no manifest of a compiled encoder ({error}); {_REMEDY}") from error
        if found.format != FORMAT or found.versions.get("onnxruntime") != version("onnxruntime"):
            raise EncoderError(
                f"{folder} was compiled by another version (format {found.format}, not {FORMAT}; onnxruntime "
                f"{found.versions.get('onnxruntime')}, not {version('onnxruntime')}); {_REMEDY}"
            )
        return found

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        (folder / MANIFEST_FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


class CompiledEncoder:
    """An encoder that `redness-qa compile` made; it loads in a fraction of a second and needs no torch."""

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer, manifest: CompiledManifest) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self.manifest = manifest
        self.name = manifest.name
        self.weights_sha256 = manifest.weights_sha256
        self.dim = manifest.dim
        self.max_tokens = manifest.max_tokens
        self.together = manifest.together

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        weights_sha256: str | None = None,
        threads: int | None = None,
        for_one: bool = False,
        for_many: bool = False,
    ) -> CompiledEncoder:
        """Load what was compiled into a folder.

        Args:
            folder: Where it was compiled to.
            weights_sha256: Fingerprint that the weights must have had; None takes any.
            threads: Threads to compute with; None takes the machine's processors, up to four.
            for_one: Nothing else is computed meanwhile, so that these threads may wait for each other in a loop
                (spin); that is faster on idle processors and slower on busy ones.
            for_many: Many texts are read at the same time: where each is read in a step of its own, one thread is
                enough for it.

        Raises:
            NotCompilable: It was tried, and the model cannot be compiled.
            EncoderError: Nothing is there, or it is damaged, of another version or of other weights.
        """
        manifest = CompiledManifest.load(folder)
        if weights_sha256 is not None and manifest.weights_sha256 != weights_sha256:
            raise EncoderError(
                f"{folder} was compiled from weights with SHA-256 {manifest.weights_sha256}, not {weights_sha256}; "
                f"{_REMEDY}"
            )
        if manifest.refused:
            raise NotCompilable(f"the model {manifest.name!r} cannot be compiled: {manifest.refused}")
        for name in (MODEL_FILE, TOKENIZER_FILE):
            _check(folder / name, manifest.files.get(name))
        tokenizer = _tokenizer(folder / TOKENIZER_FILE, max_tokens=manifest.max_tokens + _MARKERS)
        default = 1 if for_many and not manifest.together else min(processors(), MOST_THREADS)
        session = _session(folder / MODEL_FILE, threads or default, spins=for_one)
        return cls(session, tokenizer, manifest)

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, without the model's own markers."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return len(encoding.ids) + sum(len(rest.ids) for rest in encoding.overflowing)

    def read(self, question: str) -> Reading:
        """Read one question, token by token and as a whole."""
        (reading,) = self.read_all([question])
        return reading

    def read_all(self, texts: Sequence[str]) -> list[Reading]:
        """Read several texts together, token by token and as a whole, in the order given."""
        read: dict[int, Reading] = {}
        for places, states in self._batches(texts):
            for place, tokens in zip(places, states, strict=True):
                read[place] = Reading(tokens=tokens, vector=unit_rows(tokens.mean(axis=0, keepdims=True)))
        return [read[place] for place in range(len(texts))]

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """Embed questions: unit rows, shape (len(texts), dim), in the order given."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """Embed passages: unit rows, shape (len(texts), dim), in the order given."""
        rows = np.empty((len(texts), self.dim), dtype=np.float32)
        done = 0
        for places, states in self._batches(texts):
            rows[places] = [tokens.mean(axis=0) for tokens in states]
            done += len(places)
            if progress is not None:
                progress(done, len(texts))
        return unit_rows(rows)

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[NDArray[np.float32]]]]:
        """Compute the token states of texts of like length together, so that little is spent on padding."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        in_order = sorted(range(len(ids)), key=lambda place: len(ids[place]), reverse=True)
        while in_order:
            longest = len(ids[in_order[0]])
            size = max(1, min(BATCH_SIZE, BATCH_TOKENS // max(1, longest))) if self.together else 1
            places = [place for place in in_order[:size] if longest - len(ids[place]) <= MOST_PADDING]
            in_order = in_order[len(places) :]
            states = self._states([ids[place] for place in places])
            yield places, [row[: len(ids[place])] for place, row in zip(places, states, strict=True)]

    def _states(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        longest = max(map(len, ids))
        padded = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int32)
        for row, of_text in enumerate(ids):
            padded[row, : len(of_text)] = of_text
            mask[row, : len(of_text)] = 1
        positions = np.arange(longest, dtype=np.int64)
        (states,) = self._session.run([STATES], {IDS: padded, POSITIONS: positions, MASK: mask})
        found: NDArray[np.float32] = states
        return found


def place_of(weights_sha256: str, folder: Path) -> Path:
    """Tell where an encoder with some weights lies below the folder of compiled ones."""
    return folder / weights_sha256[:16]


def _check(path: Path, sha256: str | None) -> None:
    try:
        found = file_sha256(path)
    except OSError as error:
        raise EncoderError(f"{path} cannot be read ({error.strerror}); {_REMEDY}") from error
    if found != sha256:
        raise EncoderError(f"{path} is not as it was compiled; {_REMEDY}")


def _tokenizer(path: Path, *, max_tokens: int) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _session(path: Path, threads: int, *, spins: bool) -> InferenceSession:
    # Before the import: that alone gives the machine a number on the disk, and reports it to its maker.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as faults

    onnxruntime.disable_telemetry_events()  # where another part of the program has imported it before
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # More would join each sum with the layer that normalises it, in an operator that takes several times as long.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.enable_cpu_mem_arena = False  # it would keep the memory of the longest batch for ever
    # Spinning takes the processors from all other threads: never in a server; elsewhere it ends with the run.
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (faults.Fail, faults.InvalidGraph, faults.InvalidProtobuf, faults.NotImplemented) as error:
        raise EncoderError(f"the compiled encoder cannot be run ({error}); {_REMEDY}") from error
