"""Files of messages labelled for urgency: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from redness_qa.errors import QuestionError
from redness_qa.triage import Urgency


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """A message with how urgent it is.

    Attributes:
        id: Name of the row.
        message: As typed.
        urgency: What it calls for.
        sort: Name of the sign it tells of, as in signs.yaml; of a calm message why it may look urgent.
    """

    id: str
    message: str
    urgency: Urgency
    sort: str


def read_messages(path: Path) -> list[LabelledMessage]:
    """Read a file of labelled messages.

    Raises:
        QuestionError: The file cannot be read, or a row lacks a label.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{path} cannot be read: {error}") from error
    return [
        _message(line, place=f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()
    ]


def signs_of(messages: Iterable[LabelledMessage]) -> list[str]:
    """Name the signs that messages tell of, in alphabetical order."""
    return sorted({message.sort for message in messages if message.urgency is not Urgency.ROUTINE})


def _message(line: str, *, place: str) -> LabelledMessage:
    try:
        row = json.loads(line)
        return LabelledMessage(
            id=str(row["id"]), message=str(row["message"]), urgency=Urgency(row["urgency"]), sort=str(row["sort"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise QuestionError(
            f'{place}: {error}; give {{"id", "message", "urgency", "sort"}}, urgency one of '
            f"{', '.join(urgency.value for urgency in Urgency)}"
        ) from error
