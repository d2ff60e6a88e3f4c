"""What a larger model makes of questions, for a small one to learn from: a file of likely facts and kinds a text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from redness_qa.errors import QuestionError
from redness_qa.judgements import packed_rows, read_packed, text_key

_COLUMNS = ("text", "facts", "kinds")
_LEAST = 0.03  # probability below which an outcome is not kept, but for the likeliest


@dataclass(frozen=True, slots=True)
class QuestionJudgement:
    """How likely a fact is asked for, or "none", and how likely a question is of a kind; each adds up to 1."""

    facts: Mapping[str, float]
    kinds: Mapping[str, float]


QuestionJudgements = Mapping[str, QuestionJudgement]
"""Judgements by the `text_key` of their texts."""


def judged(text: str, judgements: QuestionJudgements) -> QuestionJudgement:
    """Give the judgement of a text that nobody labelled.

    Raises:
        QuestionError: It was not judged.
    """
    try:
        return judgements[text_key(text)]
    except KeyError:
        raise QuestionError(
            f"no judgement of the text {text!r}, which has no label; run `redness-qa judge-questions` on the same "
            f"questions again"
        ) from None


def packed_question_judgements(judgements: Iterable[tuple[str, QuestionJudgement]]) -> bytes:
    """Write texts with their judgements, in hundredths, in the order of their keys, packed by gzip."""
    return packed_rows(_COLUMNS, ((text, _written(each.facts), _written(each.kinds)) for text, each in judgements))


def load_question_judgements(path: Path) -> dict[str, QuestionJudgement]:
    """Load a file of what `packed_question_judgements` wrote.

    Raises:
        QuestionError: The file cannot be read or holds something else.
    """
    rows = read_packed(path, _COLUMNS, _read, made_by="judge-questions")
    return {text: QuestionJudgement(facts, kinds) for text, (facts, kinds) in rows.items()}


def _written(likely: Mapping[str, float]) -> str:
    ordered = sorted(likely.items(), key=lambda item: (-item[1], item[0]))
    kept = [(name, share) for place, (name, share) in enumerate(ordered) if place == 0 or share >= _LEAST]
    return " ".join(f"{name}:{max(1, round(100 * share))}" for name, share in kept)


def _read(field: str) -> dict[str, float]:
    """Read what `_written` wrote; what is kept adds up to 1."""
    parts = [part.rpartition(":") for part in field.split()]
    shares = {name: int(hundredths) for name, _, hundredths in parts}
    total = sum(shares.values())
    if min(shares.values(), default=0) <= 0:
        raise ValueError(f"{field!r} is no list of outcomes with hundredths above 0")
    return {name: share / total for name, share in shares.items()}
