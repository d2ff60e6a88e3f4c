"""Reads the lists that the package carries: signs, wording and remarks in YAML, and lists of words."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads eight times as fast, where PyYAML has it


def read_packaged(package: str, name: str) -> Any:  # noqa: ANN401 - whoever asks knows what it is
    """Read a file of a package of ours, such as `"redness_qa", "signs.yaml"`."""
    return yaml.load(resources.files(package).joinpath(name).read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - safe, both


def packaged_words(package: str, name: str) -> list[str]:
    """Read the words of a text file of a package of ours, in their order; lines that begin with # are left out."""
    lines = resources.files(package).joinpath(name).read_text("utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]
