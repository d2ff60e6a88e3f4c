"""How long each stage of an answer takes, and how far that is from what its arithmetic needs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redness_qa.assistant import Assistant
from redness_qa.benchmark.figures import Spread
from redness_qa.encoder import DEFAULT_MODEL, Encoder, Reading, bundled_folder
from redness_qa.head import Head
from redness_qa.index import Index
from redness_qa.readings import Readings
from redness_qa.render import to_json
from redness_qa.weights import shipped_folder

Progress = Callable[[int, int], None]

WARM_UP = 3
"""Questions asked before anything is timed."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What tells how many multiply-adds a transformer encoder needs."""

    layers: int
    hidden: int
    intermediate: int

    @classmethod
    def of(cls, name: str) -> ModelShape | None:
        """Read the shape of a model from its folder; None where it does not tell one."""
        folder = bundled_folder() if name.partition("+")[0] == DEFAULT_MODEL else Path(name).expanduser()
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            return cls(config["num_hidden_layers"], config["hidden_size"], config["intermediate_size"])
        except (OSError, ValueError, KeyError):
            return None

    def multiply_adds(self, tokens: int) -> int:
        """Count those of one text: projections of attention, attention itself, and the two layers after it."""
        projections = 4 * tokens * self.hidden**2
        attention = 2 * tokens**2 * self.hidden
        feed_forward = 2 * tokens * self.hidden * self.intermediate
        return self.layers * (projections + attention + feed_forward)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of an answer.

    Attributes:
        name: What is done.
        took: How long it takes.
        multiply_adds: What its matrices need on average; None where it is not arithmetic, or not known.
    """

    name: str
    took: Spread
    multiply_adds: float | None

    def floor_ms(self, rate: float) -> float | None:
        """Tell how long its multiply-adds take at so many a second."""
        return None if self.multiply_adds is None else 1000 * self.multiply_adds / rate


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of an answer, and the whole.

    Attributes:
        stages: In the order in which they come; the last is the whole answer, measured on its own.
        texts_read: Texts that the encoder reads for one question, on average.
        tokens_read: Tokens of these texts, on average.
    """

    stages: tuple[Stage, ...]
    texts_read: float
    tokens_read: float


class TimedReadings(Readings):
    """Readings that tell how long the encoder took, and for how many tokens of which texts."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.tokens: dict[tuple[str, str], int] = {}

    def of(self, text: str, encoder: Encoder) -> Reading:
        """Read a text, or give what was read before."""
        started = time.perf_counter()
        reading = super().of(text, encoder)
        self.seconds += time.perf_counter() - started
        self.tokens[encoder.weights_sha256, text] = len(reading.tokens)
        return reading


def measure_stages(assistant: Assistant, questions: Sequence[str], *, progress: Progress | None = None) -> Stages:
    """Ask each question once in steps, and once more as a whole.

    What a stage reads with the encoder counts for the encoder alone. Deciding is what `Assistant.decide` takes beyond
    finding, with all texts read before.
    """
    for question in questions[:WARM_UP]:
        assistant.ask(f"{question} {question}")
    took: dict[str, list[float]] = {name: [] for name in ("triage", "encode", "search", "decide", "render", "whole")}
    lengths: list[list[int]] = []
    for done, question in enumerate(questions, start=1):
        readings = TimedReadings()
        took["triage"].append(_timed(assistant.assess, question, readings))
        took["search"].append(_timed(assistant.find, question, readings))
        took["encode"].append(readings.seconds)
        lengths.append(list(readings.tokens.values()))
        finding = _whole_time(lambda: assistant.find(question, readings=readings))  # noqa: B023 - called at once
        deciding = _whole_time(lambda: assistant.decide(question, readings=readings))  # noqa: B023 - called at once
        took["decide"].append(max(0.0, deciding - finding))
        started = time.perf_counter()
        answer = assistant.ask(question)
        took["whole"].append(time.perf_counter() - started)
        took["render"].append(_whole_time(lambda: json.dumps(to_json(answer), ensure_ascii=False)))  # noqa: B023
        if progress is not None:
            progress(done, len(questions))
    needed = _multiply_adds(assistant.index, lengths)
    return Stages(
        stages=tuple(Stage(name, Spread.of(seconds), needed.get(name)) for name, seconds in took.items()),
        texts_read=sum(len(each) for each in lengths) / len(lengths),
        tokens_read=sum(sum(each) for each in lengths) / len(lengths),
    )


def sample_questions(index: Index, count: int) -> list[str]:
    """Choose questions that an index lists for its passages, evenly over all; texts of passages where it lists none."""
    listed = list(dict.fromkeys(asked for passage in index.asked_passages() for asked in passage.questions))
    if not listed:
        step = max(1, len(index.passages) // count)
        listed = [index.passages[place].text for place in range(0, len(index.passages), step)]
    return listed[:: max(1, len(listed) // count)][:count]


def _timed(stage: Callable[..., Any], question: str, readings: TimedReadings) -> float:
    """Time a stage without what the encoder took in it."""
    read_before = readings.seconds
    return _whole_time(lambda: stage(question, readings=readings)) - (readings.seconds - read_before)


def _whole_time(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _multiply_adds(index: Index, lengths: list[list[int]]) -> dict[str, float]:
    """Count what the encoder, the head and a search by comparing every row need for one question, on average."""
    needed: dict[str, float] = {}
    shape = ModelShape.of(index.manifest.encoder)
    if shape is not None:
        needed["encode"] = sum(shape.multiply_adds(tokens) for each in lengths for tokens in each) / len(lengths)
    head = Head.load(shipped_folder())
    if head is not None:
        tokens = sum(sum(each) for each in lengths) / len(lengths)
        needed["triage"] = tokens * head.token_weights.size
    needed["search"] = float((index.manifest.rows - index.manifest.passages) * index.manifest.dim)
    if "encode" in needed:
        needed["whole"] = sum(needed.values())
    return needed
