"""Reads what the guide says of each stretch of time after a treatment: corpus/days.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redness_qa.errors import CorpusError
from redness_qa.lists import read_list
from redness_qa.passages import Passage

DAYS_FILE = "days.yaml"

STAGES = ("first_hours", "24_to_48_hours", "days_3_to_7", "after_a_week")
"""Names of the stretches of time, in their order; each has a heading in the wording."""

_FIELDS = {"stage", "from_day", "sentences"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of time after the treatment.

    Attributes:
        name: One of `STAGES`.
        from_day: Its first day, counted from the day of the treatment, which is 0; it lasts until the next one begins.
        sentences: What the guide says of it, word for word.
    """

    name: str
    from_day: int
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldStage:
    """A stretch of time with the passages that tell of it.

    Attributes:
        name: One of `STAGES`.
        from_day: Its first day, counted from 0.
        passages: At least one.
    """

    name: str
    from_day: int
    passages: tuple[Passage, ...]


def read_stages(folder: Path) -> tuple[Stage, ...]:
    """Read the stages of the guide in a corpus folder, in their order; none where it has no such file.

    Raises:
        CorpusError: The file is not as corpus/README.md describes.
    """
    path = folder / DAYS_FILE
    if not path.is_file():
        return ()
    records = read_list(path, form=", each entry starting with '- stage: ...'")
    stages = tuple(_stage(record, path=path) for record in records)
    if tuple(stage.name for stage in stages) != STAGES:
        raise CorpusError(path, f"the stages must be {', '.join(STAGES)}, each once and in this order")
    days = [stage.from_day for stage in stages]
    if days[0] != 0 or days != sorted(set(days)):
        raise CorpusError(path, f"the first days are {days}; start with 0 and let each be later than the one before")
    return stages


def _stage(record: object, *, path: Path) -> Stage:
    if not isinstance(record, dict) or set(record) != _FIELDS:
        raise CorpusError(path, f"an entry has the fields {', '.join(sorted(_FIELDS))}; found: {record!r}")
    day, sentences = record["from_day"], record["sentences"]
    if not isinstance(day, int) or isinstance(day, bool):
        raise CorpusError(path, f"from_day of {record['stage']!r} is {day!r}; give a whole number")
    if not isinstance(sentences, list) or not sentences or not all(isinstance(text, str) for text in sentences):
        raise CorpusError(path, f"the sentences of {record['stage']!r} must be a list of texts, at least one")
    return Stage(str(record["stage"]), day, tuple(sentences))


def told_stages(folder: Path, passages: Sequence[Passage]) -> tuple[ToldStage, ...]:
    """Find the passages that tell of each stage; a sentence that is no passage is left out, and so is a stage without.

    Args:
        folder: The corpus folder.
        passages: All passages of the guide.

    Raises:
        CorpusError: The file is not as corpus/README.md describes.
    """
    stages = read_stages(folder)
    if not stages:
        return ()  # before a large index is read through
    by_text = {passage.text: passage for passage in reversed(passages)}
    told = (
        ToldStage(stage.name, stage.from_day, tuple(by_text[text] for text in stage.sentences if text in by_text))
        for stage in stages
    )
    return tuple(stage for stage in told if stage.passages)
