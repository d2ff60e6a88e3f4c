"""What a figure was measured on: processor, memory, versions, and how fast the machine multiplies matrices."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import numpy as np

from redness_qa.threads import processors

LIBRARIES = (
    *("redness-qa", "numpy", "faiss-cpu", "onnxruntime", "tokenizers", "sentence-transformers", "torch"),
    *("gradio", "fastapi", "uvicorn"),
)

_SIZE = 1024
_LEAST_RUNS = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """What a figure was measured on.

    Attributes:
        processor: Its name, as the system tells it.
        cores: Cores that this process may use.
        memory_gib: Memory of the machine; None where the system does not tell.
        system: Operating system and its version.
        python: Version of Python.
        versions: Version of each library that has a part in an answer, by name.
    """

    processor: str
    cores: int
    memory_gib: float | None
    system: str
    python: str
    versions: Mapping[str, str]

    @classmethod
    def here(cls) -> Machine:
        """Describe this machine."""
        return cls(
            processor=_processor(),
            cores=processors(),
            memory_gib=_memory_gib(),
            system=f"{platform.system()} {platform.release()}",
            python=platform.python_version(),
            versions=_versions(LIBRARIES),
        )


def matrix_rate(*, seconds: float = 1.0) -> float:
    """Measure how many multiply-adds of float32 numbers numpy does a second: the best of several large products."""
    chance = np.random.default_rng(0)
    left, right = (chance.standard_normal((_SIZE, _SIZE), dtype=np.float32) for _ in range(2))
    took: list[float] = []
    until = time.perf_counter() + seconds
    while len(took) < _LEAST_RUNS or time.perf_counter() < until:
        started = time.perf_counter()
        left @ right
        took.append(time.perf_counter() - started)
    return float(_SIZE**3 / min(took))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        return None


def _versions(names: Iterable[str]) -> dict[str, str]:
    return {name: found.version for name in names for found in distributions(name=name)}
