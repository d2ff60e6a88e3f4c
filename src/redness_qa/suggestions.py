"""Reads which questions the page offers first: corpus/suggestions.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from redness_qa.errors import CorpusError
from redness_qa.lists import read_list
from redness_qa.passages import Passage

SUGGESTIONS_FILE = "suggestions.yaml"

_FORM = " of questions, each a text behind '- '"


def read_suggestions(folder: Path, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Read the questions to offer, in their order; none where a corpus folder has no such file.

    Args:
        folder: The corpus folder.
        passages: All passages of its texts; each question is one that leads to a passage.

    Raises:
        CorpusError: The file is no list of texts, or a question is none of the guide.
    """
    path = folder / SUGGESTIONS_FILE
    if not path.is_file():
        return ()
    questions = read_list(path, form=_FORM)
    if not all(isinstance(question, str) for question in questions):
        raise CorpusError(path, f"the file must be a list{_FORM}")
    asked = {question for passage in passages for question in passage.questions}
    if missing := [question for question in questions if question not in asked]:
        raise CorpusError(path, f"{missing[0]!r} is no question of the guide; mend one of the two")
    return tuple(questions)
