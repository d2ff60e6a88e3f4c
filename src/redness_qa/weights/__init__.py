"""Weights that were learned for this guide: a change of the encoder's layers, small enough to ship."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from redness_qa.errors import EncoderError

ADAPTER = "adapter.safetensors"
DECISION = "decision.json"
THRESHOLDS = "thresholds.json"
"""Files of a folder of weights; the last two are fitted to the others."""

SIGNS = "signs"
"""Folder, in that of the weights, of the second reader of warning signs."""

_HIGHEST = 31
"""Of the whole numbers that stand for those of a factor. They lie in bytes, and six bits of each pack well."""

Factors = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The two factors of a change, shapes (rank, inputs) and (outputs, rank)."""


def shipped_folder() -> Path:
    """The folder of the weights that the package carries."""
    return Path(__file__).resolve().parent


@dataclass(frozen=True)
class Adapter:
    """A change of low rank for each linear layer of a model (LoRA).

    Attributes:
        base_sha256: SHA-256 of the weights it was learned on, in hexadecimal.
        sha256: SHA-256 of its file.
        changes: The factors by the name of the layer.
    """

    base_sha256: str
    sha256: str
    changes: Mapping[str, Factors]

    @classmethod
    def load(cls, folder: Path) -> Adapter:
        """Load an adapter.

        Raises:
            EncoderError: It is missing or damaged.
        """
        path = folder / ADAPTER
        try:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            with safe_open(path, framework="numpy") as tensors:
                names = sorted({key.rpartition(".")[0] for key in tensors.keys()})  # noqa: SIM118
                changes = {
                    name: (
                        tensors.get_tensor(f"{name}.down") * tensors.get_tensor(f"{name}.down_steps")[:, None],
                        tensors.get_tensor(f"{name}.up") * tensors.get_tensor(f"{name}.up_steps"),
                    )
                    for name in names
                }
                base_sha256 = tensors.metadata()["base_sha256"]
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, IndexError) as error:
            raise EncoderError(f"{path} is no adapter ({error}); make it again with `redness-qa train`") from error
        return cls(base_sha256, sha256, changes)

    @staticmethod
    def save(folder: Path, changes: Mapping[str, Factors], *, base_sha256: str) -> None:
        """Save an adapter in whole numbers, in steps of their own for each of the ranks of a factor."""
        tensors: dict[str, NDArray[np.float32 | np.int8]] = {}
        for name, (down, up) in changes.items():
            for factor, numbers, axis in (("down", down, 1), ("up", up, 0)):
                steps = np.abs(numbers).max(axis=axis) / _HIGHEST
                tensors[f"{name}.{factor}"] = _counted(numbers, np.expand_dims(steps, axis))
                tensors[f"{name}.{factor}_steps"] = steps.astype(np.float32)
        save_file(tensors, folder / ADAPTER, metadata={"base_sha256": base_sha256})


def _counted(numbers: NDArray[np.float32], steps: NDArray[np.float32]) -> NDArray[np.int8]:
    """Count numbers in steps; a step of 0 has only zeros to count."""
    counted = np.round(np.divide(numbers, steps, out=np.zeros_like(numbers), where=steps > 0))
    # The file holds rows of C order only, and silently takes others for such.
    return np.ascontiguousarray(counted, dtype=np.int8)
