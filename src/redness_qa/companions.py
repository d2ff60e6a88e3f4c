"""Reads which sentences of the guide are quoted together: corpus/together.yaml.

Where sources disagree, the more cautious sentence comes before the others; a range that takes several sentences is told
as a whole, what was asked for first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from redness_qa.errors import CorpusError
from redness_qa.lists import read_list
from redness_qa.passages import Passage

COMPANIONS_FILE = "together.yaml"

_FIELDS = {"point", "sentences", "whole"}


@dataclass(frozen=True, slots=True)
class Company:
    """Sentences that belong together.

    Attributes:
        point: What they are about; for reviewers, never shown.
        sentences: Word for word as in the guide, the most cautious first.
        is_whole: Whoever quotes one quotes the others behind it; otherwise each is quoted after the first.
    """

    point: str
    sentences: tuple[str, ...]
    is_whole: bool


def read_companies(folder: Path) -> tuple[Company, ...]:
    """Read what is quoted together in the guide of a corpus folder; nothing where it has no such file.

    Raises:
        CorpusError: The file is not as corpus/README.md describes.
    """
    path = folder / COMPANIONS_FILE
    if not path.is_file():
        return ()
    records = read_list(path, form=", each entry starting with '- point: ...'")
    return tuple(_company(record, path=path) for record in records)


def _company(record: object, *, path: Path) -> Company:
    if not isinstance(record, dict) or set(record) != _FIELDS:
        raise CorpusError(path, f"an entry has the fields {', '.join(sorted(_FIELDS))}; found: {record!r}")
    sentences = record["sentences"]
    if not isinstance(sentences, list) or len(sentences) < 2 or not all(isinstance(text, str) for text in sentences):
        raise CorpusError(path, f"the sentences of {record['point']!r} must be a list of texts, at least two")
    return Company(str(record["point"]), tuple(sentences), bool(record["whole"]))


def with_companions(passages: Sequence[Passage], companies: Sequence[Company], *, path: Path) -> list[Passage]:
    """Tell each passage which are quoted with it.

    Args:
        passages: All passages of the guide.
        companies: What belongs together.
        path: The file they are from, for errors.

    Raises:
        CorpusError: A sentence is none of the guide.
    """
    by_text = {passage.text: passage.id for passage in reversed(passages)}
    companions: dict[str, dict[str, None]] = {}
    for company in companies:
        if missing := [text for text in company.sentences if text not in by_text]:
            raise CorpusError(
                path, f"{missing[0]!r} ({company.point}) is no sentence of the guide; mend one of the two"
            )
        ids = [by_text[text] for text in company.sentences]
        for place, name in enumerate(ids):
            behind_first = [ids[0], name] if place else []
            together = [name, *ids] if company.is_whole else behind_first
            companions.setdefault(name, {}).update(dict.fromkeys(together))
    return [replace(passage, companions=tuple(companions.get(passage.id, ()))) for passage in passages]
