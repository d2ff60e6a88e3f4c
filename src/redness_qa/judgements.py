"""What a larger model makes of texts, for a small one to learn from: a file of two numbers a text."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from redness_qa.errors import QuestionError
from redness_qa.messages import LabelledMessage
from redness_qa.triage import Urgency

UNLABELLED = "unlabelled"
"""Sort of a text that was made of messages: nobody labelled it."""

_COLUMNS = ("text", "urgent", "emergency")
_DIGITS = 8  # of the fingerprint of a text
_TAUGHT_SHARE = 0.5  # what a judgement weighs beside a label
_SMOOTHING = 0.01  # of labels
_MOST_LOG_ODDS = 14


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
        urgent + _TAUGHT_SHARE * (judged.urgent - urgent),
        emergency + _TAUGHT_SHARE * (judged.emergency - emergency),
    )


def packed(judged: Iterable[tuple[str, Judgement]]) -> bytes:
    """Write texts with their judgements, as log-odds with one decimal, in the order of their keys, packed by gzip."""
    rows = {text_key(text): judgement for text, judgement in judged}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name in sorted(rows):
        writer.writerow([name, f"{_log_odds(rows[name].urgent):.1f}", f"{_log_odds(rows[name].emergency):.1f}"])
    return gzip.compress(out.getvalue().encode(), mtime=0)


def load_judgements(path: Path) -> dict[str, Judgement]:
    """Load a file of what `packed` wrote.

    Raises:
        QuestionError: The file cannot be read or holds something else.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise ValueError(f"its columns are {', '.join(reader.fieldnames or ())}")
            return {
                row["text"]: Judgement(_probability(row["urgent"]), _probability(row["emergency"])) for row in reader
            }
    except (OSError, EOFError, zlib.error, ValueError, TypeError, csv.Error) as error:
        raise QuestionError(f"{path} holds no judgements ({error}); make it with `redness-qa judge-signs`") from error


def _log_odds(probability: float) -> float:
    surest = 1 / (1 + math.exp(-_MOST_LOG_ODDS))
    bounded = min(max(probability, 1 - surest), surest)
    return math.log(bounded / (1 - bounded))


def _probability(log_odds: str) -> float:
    if not abs(float(log_odds)) <= _MOST_LOG_ODDS:
        raise ValueError(f"{log_odds} is no number from -{_MOST_LOG_ODDS} to {_MOST_LOG_ODDS}")
    return 1 / (1 + math.exp(-float(log_odds)))
