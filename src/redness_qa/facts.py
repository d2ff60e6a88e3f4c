"""Reads which facts a guide must state: corpus/facts.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from redness_qa.errors import CorpusError
from redness_qa.lists import read_yaml

FACTS_FILE = "facts.yaml"

_FORM = "a line 'F01: ...', or 'F01: {fact: ..., left_out: why}' for one that the guide leaves out on purpose"


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that the guide states, or leaves out for a reason.

    Attributes:
        label: Its footnote label, such as "F12".
        text: The fact in a few words, for reviewers.
        left_out: Why the guide does not state it; empty where it must.
    """

    label: str
    text: str
    left_out: str


def read_facts(folder: Path) -> dict[str, Fact]:
    """Read the facts of a guide by label, in the order of the file.

    Raises:
        CorpusError: The file is missing, or not as its first lines describe.
    """
    path = folder / FACTS_FILE
    try:
        entries = read_yaml(path)
    except FileNotFoundError as error:
        raise CorpusError(path, f"the list of facts is missing; write for each fact {_FORM}") from error
    if not isinstance(entries, dict):
        raise CorpusError(path, f"the file must hold for each fact {_FORM}")
    return {str(label): _fact(str(label), entry, path=path) for label, entry in entries.items()}


def _fact(label: str, entry: object, *, path: Path) -> Fact:
    if isinstance(entry, str):
        return Fact(label, entry, left_out="")
    if (
        isinstance(entry, dict)
        and set(entry) == {"fact", "left_out"}
        and all(isinstance(v, str) for v in entry.values())
    ):
        return Fact(label, entry["fact"], entry["left_out"])
    raise CorpusError(path, f"{label} is {entry!r}; write {_FORM}")
