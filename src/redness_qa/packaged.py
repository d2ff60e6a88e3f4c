"""Reads the lists in YAML that the package carries: signs, wording, remarks."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml reads eight times as fast, where PyYAML has it


def read_packaged(package: str, name: str) -> Any:  # noqa: ANN401 - whoever asks knows what it is
    """Read a file of a package of ours, such as `"redness_qa", "signs.yaml"`."""
    return yaml.load(resources.files(package).joinpath(name).read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - safe, both
