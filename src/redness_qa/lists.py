"""Reads the YAML lists that stand beside the texts of a guide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from redness_qa.errors import CorpusError


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - whoever asks checks what it is
    """Read a file of YAML in UTF-8.

    Raises:
        CorpusError: It is none.
        FileNotFoundError: There is no such file.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an impossible date, or a byte that is no text
        raise CorpusError(path, f"this is not YAML in UTF-8 ({error}); mend the place it names") from error


def read_list(path: Path, *, form: str) -> list[Any]:
    """Read a file that holds a list.

    Args:
        path: The file.
        form: What its entries are, to say where it holds something else.

    Raises:
        CorpusError: It is none.
        FileNotFoundError: There is no such file.
    """
    entries = read_yaml(path)
    if not isinstance(entries, list):
        raise CorpusError(path, f"the file must be a list{form}")
    return entries
