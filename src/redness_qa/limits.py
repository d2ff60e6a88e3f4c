"""Reads which kinds of question the guide does not answer on purpose: corpus/refer.yaml and not-covered.yaml."""

from __future__ import annotations

from pathlib import Path

from redness_qa.errors import CorpusError
from redness_qa.lists import read_list
from redness_qa.passages import Limit, LimitKind

LIMIT_FILES = {LimitKind.REFER: "refer.yaml", LimitKind.NOT_COVERED: "not-covered.yaml"}
"""Name of the file in the corpus folder for each kind; a corpus may go without."""

_FIELDS = {"name", "reason", "advice", "questions"}
_QUOTES = "quotes"  # may be left out


def read_limits(folder: Path) -> tuple[Limit, ...]:
    """Read the limits of the guide in a corpus folder, in the order of the files.

    Returns:
        No limits where the folder has neither file.

    Raises:
        CorpusError: A file is not as corpus/README.md describes.
    """
    limits: list[Limit] = []
    for kind, name in LIMIT_FILES.items():
        if (path := folder / name).is_file():
            records = read_list(path, form=" of limits, each starting with '- name: ...'")
            limits += [_limit(record, kind=kind, path=path) for record in records]
    names = [limit.name for limit in limits]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise CorpusError(folder, f"the limit {repeated[0]!r} is there twice; give each its own name")
    return tuple(limits)


def _limit(record: object, *, kind: LimitKind, path: Path) -> Limit:
    if not isinstance(record, dict) or set(record) - {_QUOTES} != _FIELDS:
        found = ", ".join(sorted(map(str, record))) if isinstance(record, dict) else repr(record)
        raise CorpusError(path, f"a limit has the fields {', '.join(sorted(_FIELDS))}; found: {found}")
    questions = record["questions"]
    if (
        not isinstance(questions, list)
        or not questions
        or not all(isinstance(asked, str) and asked.strip() for asked in questions)
    ):
        raise CorpusError(path, f"the questions of {record['name']!r} must be a list of texts, at least one")
    quotes = record.get(_QUOTES, [])
    if not isinstance(quotes, list) or not all(isinstance(text, str) for text in quotes):
        raise CorpusError(path, f"the quotes of {record['name']!r} must be a list of sentences of the guide")
    return Limit(
        name=str(record["name"]),
        kind=kind,
        reason=str(record["reason"]).strip(),
        advice=str(record["advice"] or "").strip(),
        questions=tuple(questions),
        quotes=tuple(quotes),
    )
