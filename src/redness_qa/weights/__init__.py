"""Weights that were learned for this guide: a change of the encoder's layers, small enough to ship."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redness_qa.errors import EncoderError
from redness_qa.fingerprints import file_sha256

ADAPTER = "adapter.npz"
DECISION = "decision.json"
THRESHOLDS = "thresholds.json"
"""Files of a folder of weights; the last two are fitted to the others."""

SIGNS = "signs"
"""Folder, in that of the weights, of the second reader of warning signs."""

_HIGHEST = 31
"""Largest of the whole numbers that stand for those of a factor: six bits with the sign, packed by deflate."""

_BASE = "base_sha256"

_UNREADABLE = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, LookupError, TypeError, ValueError),
    *(RuntimeError, AttributeError),  # of an archive that is encrypted or packed otherwise; of no archive
)

Factors = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The two factors of a change, shapes (rank, inputs) and (outputs, rank)."""


def shipped_folder() -> Path:
    """The folder of the weights that the package carries."""
    return Path(__file__).resolve().parent


def adapter_fingerprint(folder: Path) -> str:
    """SHA-256 of the file of an adapter, in hexadecimal, without reading what it holds.

    Raises:
        EncoderError: It is missing.
    """
    try:
        return file_sha256(folder / ADAPTER)
    except OSError as error:
        raise _no_adapter(folder, error) from error


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
        try:
            data = (folder / ADAPTER).read_bytes()
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                names = sorted({key.rpartition(".")[0] for key in arrays.files if key != _BASE})
                changes = {
                    name: (
                        arrays[f"{name}.down"] * arrays[f"{name}.down_steps"][:, None],
                        arrays[f"{name}.up"] * arrays[f"{name}.up_steps"],
                    )
                    for name in names
                }
                base_sha256 = str(arrays[_BASE])
            if not changes:
                raise ValueError("it changes no layer")
        except _UNREADABLE as error:
            raise _no_adapter(folder, error) from error
        return cls(base_sha256, hashlib.sha256(data).hexdigest(), changes)

    @staticmethod
    def save(folder: Path, changes: Mapping[str, Factors], *, base_sha256: str) -> None:
        """Save an adapter in whole numbers, in steps of their own for each of the ranks of a factor."""
        arrays: dict[str, NDArray[np.generic]] = {_BASE: np.array(base_sha256)}
        for name, (down, up) in changes.items():
            for factor, numbers, axis in (("down", down, 1), ("up", up, 0)):
                steps = np.abs(numbers).max(axis=axis) / _HIGHEST
                arrays[f"{name}.{factor}"] = _counted(numbers, np.expand_dims(steps, axis))
                arrays[f"{name}.{factor}_steps"] = steps.astype(np.float32)
        np.savez_compressed(folder / ADAPTER, **arrays)  # type: ignore[arg-type]


def _counted(numbers: NDArray[np.float32], steps: NDArray[np.float32]) -> NDArray[np.int8]:
    """Count numbers in steps; a step of 0 has only zeros to count."""
    return np.round(np.divide(numbers, steps, out=np.zeros_like(numbers), where=steps > 0)).astype(np.int8)


def _no_adapter(folder: Path, error: Exception) -> EncoderError:
    return EncoderError(f"{folder / ADAPTER} is no adapter ({error}); make it again with `redness-qa train`")
