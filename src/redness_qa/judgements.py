"""What a larger model makes of messages, for a small one to learn from: a file of two numbers a text."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from redness_qa.errors import QuestionError
from redness_qa.messages import LabelledMessage
from redness_qa.triage import Urgency

UNLABELLED = "unlabelled"
"""Sort of a text that was made of messages: nobody labelled it."""

TAUGHT_SHARE = 0.5
"""What a judgement weighs beside a label."""

_COLUMNS = ("text", "urgent", "emergency")
_DIGITS = 8  # of the fingerprint of a text
_SMOOTHING = 0.01  # of labels
_MOST_LOG_ODDS = 14

Field = TypeVar("Field")


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely a text tells of a warning sign, and of one to call the emergency number for; each 0 to 1."""

    urgent: float
    emergency: float


Judgements = Mapping[str, Judgement]
"""Judgements by the `text_key` of their texts."""


def text_key(text: str) -> str:
    """Name a text by the beginning of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def by_label(urgency: Urgency) -> tuple[float, float]:
    """Tell what shall be made of a text by its label alone: probabilities that it is urgent and an emergency."""
    labels = urgency is not Urgency.ROUTINE, urgency is Urgency.EMERGENCY
    urgent, emergency = (label * (1 - 2 * _SMOOTHING) + _SMOOTHING for label in labels)
    return urgent, emergency


def wanted(message: LabelledMessage, judgements: Judgements) -> tuple[float, float]:
    """Tell what shall be made of a message: by its label, and its judgement if it has one; without label by that alone.

    Returns:
        Probabilities that it is urgent and that it is an emergency.

    Raises:
        QuestionError: A text that nobody labelled was not judged.
    """
    judged = judgements.get(text_key(message.message))
    if message.sort == UNLABELLED:
        if judged is None:
            raise QuestionError(
                f"no judgement of the text {message.message!r} ({message.id}), which has no label; run `redness-qa "
                f"judge-signs` on the same messages again"
            )
        return judged.urgent, judged.emergency
    urgent, emergency = by_label(message.urgency)
    if judged is None:
        return urgent, emergency
    return (
        urgent + TAUGHT_SHARE * (judged.urgent - urgent),
        emergency + TAUGHT_SHARE * (judged.emergency - emergency),
    )


def packed(judged: Iterable[tuple[str, Judgement]]) -> bytes:
    """Write texts with their judgements, as log-odds with one decimal, in the order of their keys, packed by gzip."""
    return packed_rows(_COLUMNS, ((text, _log_odds(each.urgent), _log_odds(each.emergency)) for text, each in judged))


def load_judgements(path: Path) -> dict[str, Judgement]:
    """Load a file of what `packed` wrote.

    Raises:
        QuestionError: The file cannot be read or holds something else.
    """
    return {
        text: Judgement(*numbers)
        for text, numbers in read_packed(path, _COLUMNS, _probability, made_by="judge-signs").items()
    }


def packed_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a table whose first column is a text, of which the key is written, in the order of keys, packed by gzip."""
    keyed = {text_key(text): fields for text, *fields in rows}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([key, *keyed[key]] for key in sorted(keyed))
    return gzip.compress(out.getvalue().encode(), mtime=0)


def read_packed(
    path: Path, columns: Sequence[str], read: Callable[[str], Field], *, made_by: str
) -> dict[str, list[Field]]:
    """Read a table of what `packed_rows` wrote.

    Args:
        path: The file.
        columns: Its columns.
        read: Reads a field; raises ValueError where it is none.
        made_by: The command that makes such a file.

    Returns:
        The fields of each row but the first one, by that.

    Raises:
        QuestionError: The file cannot be read or holds something else.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        if header != list(columns):
            raise ValueError(f"its columns are {', '.join(header)}")
        if any(len(row) != len(columns) for row in rows):
            raise ValueError(f"a row has not {len(columns)} fields")
        return {key: [read(field) for field in fields] for key, *fields in rows}
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        raise QuestionError(f"{path} holds no judgements ({error}); make it with `redness-qa {made_by}`") from error


def _log_odds(probability: float) -> str:
    surest = 1 / (1 + math.exp(-_MOST_LOG_ODDS))
    bounded = min(max(probability, 1 - surest), surest)
    return f"{math.log(bounded / (1 - bounded)):.1f}"


def _probability(log_odds: str) -> float:
    if not abs(float(log_odds)) <= _MOST_LOG_ODDS:
        raise ValueError(f"{log_odds} is no number from -{_MOST_LOG_ODDS} to {_MOST_LOG_ODDS}")
    return 1 / (1 + math.exp(-float(log_odds)))
