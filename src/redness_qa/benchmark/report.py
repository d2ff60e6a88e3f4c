"""All figures of a benchmark, as tables to read and as a record."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redness_qa.benchmark.growth import Growth
from redness_qa.benchmark.load import Load
from redness_qa.benchmark.machine import Machine
from redness_qa.benchmark.processes import ColdStart
from redness_qa.benchmark.stages import Stages


@dataclass(frozen=True, slots=True)
class Serving:
    """What a server needs and gives.

    Attributes:
        url: Where it was asked.
        ready_seconds: From its start until it answered; None for a server that was there before.
        resident_idle_mib: Its memory before the askers came; None where it is not known.
        resident_mib: Its memory after them.
        loads: What the askers got.
    """

    url: str
    ready_seconds: float | None
    resident_idle_mib: float | None
    resident_mib: float | None
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All figures of a benchmark; None or empty stands for what was not measured.

    Attributes:
        machine: What they were measured on.
        rate: Multiply-adds of float32 numbers that numpy does there in a second.
        index: Fingerprint of the index.
        settings: What else the figures depend on, by name.
        cold_start: From process start to the first answer.
        stages: What each stage of an answer takes.
        serving: What a server needs and gives.
        growth: What indexes of growing size cost.
        passages_a_second: Passages that the embedding model reads in a second.
    """

    machine: Machine
    rate: float
    index: str
    settings: Mapping[str, str]
    cold_start: ColdStart | None
    stages: Stages | None
    serving: Serving | None
    growth: tuple[Growth, ...]
    passages_a_second: float | None

    def to_json(self) -> dict[str, Any]:
        """Give every figure as a record; a stage has its floor, and how many times that it takes, beside it."""
        record = asdict(self)
        if self.stages is not None:
            for stage, fields in zip(self.stages.stages, record["stages"]["stages"], strict=True):
                floor = stage.floor_ms(self.rate)
                fields |= {"floor_ms": floor, "above_floor": None if floor is None else stage.took.p50 / floor}
        return record

    def to_text(self) -> str:
        """Write tables to read."""
        parts = [self._origin(), self._starts(), self._stages(), self._serving(), self._growth()]
        return "\n\n".join(part for part in parts if part)

    def _origin(self) -> str:
        machine = self.machine
        memory = f", {machine.memory_gib:.0f} GiB" if machine.memory_gib is not None else ""
        return "\n".join(
            [
                f"machine   {machine.processor}, {machine.cores} cores{memory}, {machine.system}",
                f"versions  Python {machine.python}, "
                + ", ".join(f"{name} {version}" for name, version in machine.versions.items()),
                f"index     {self.index[:12]}",
                f"matrices  {self.rate / 1e9:.1f} thousand million multiply-adds a second (numpy, float32)",
                *(f"{name:<9} {value}" for name, value in self.settings.items()),
            ]
        )

    def _starts(self) -> str:
        if self.cold_start is None:
            return ""
        seconds = self.cold_start.seconds
        rows = [
            [
                f"{len(seconds)}",
                f"{seconds[0]:.2f}",
                f"{statistics.median(seconds):.2f}",
                f"{self.cold_start.resident_mib:.0f}",
            ]
        ]
        return table("Cold start", ["runs", "first s", "median s", "resident MiB"], rows)

    def _stages(self) -> str:
        if self.stages is None:
            return ""
        rows = []
        for stage in self.stages.stages:
            floor = stage.floor_ms(self.rate)
            above = ["-", "-"] if floor is None else [f"{floor:.3f}", f"{stage.took.p50 / floor:.1f}"]
            rows.append([stage.name, f"{stage.took.p50:.3f}", f"{stage.took.p95:.3f}", *above])
        count = self.stages.stages[-1].took.count
        texts, tokens = self.stages.texts_read, self.stages.tokens_read
        note = (
            f"{count} questions; for one the encoder reads {texts:.1f} texts with {tokens:.0f} tokens. "
            "The floor is what the multiply-adds of a stage take at the rate above."
        )
        return table("Stages", ["stage", "p50 ms", "p95 ms", "floor ms", "times floor"], rows) + "\n" + note

    def _serving(self) -> str:
        if self.serving is None:
            return ""
        rows = []
        for load in self.serving.loads:
            took = load.took
            spread = ["-", "-"] if took is None else [f"{took.p50:.1f}", f"{took.p95:.1f}"]
            refused = ", ".join(f"{count} with {status}" for status, count in load.refused.items()) or "none"
            rows.append([f"{load.askers}", f"{load.per_second:.1f}", *spread, refused, f"{load.repeated}"])
        notes = [f"asked at {self.serving.url}"]
        if self.serving.ready_seconds is not None:
            notes.append(f"ready after {self.serving.ready_seconds:.2f} s")
        if self.serving.resident_mib is not None and self.serving.resident_idle_mib is not None:
            idle, after = self.serving.resident_idle_mib, self.serving.resident_mib
            notes.append(f"{idle:.0f} MiB resident before the askers, {after:.0f} MiB after them")
        heads = ["askers", "answers/s", "p50 ms", "p95 ms", "refused", "repeated"]
        return table("Many at once", heads, rows) + "\n" + "; ".join(notes)

    def _growth(self) -> str:
        rows = [
            [
                f"{each.passages:,}",
                each.method,
                f"{each.build_seconds:.1f}",
                _number(each.build_resident_mib),
                f"{each.index_mib:,.1f}",
                f"{each.load_seconds:.2f}",
                f"{each.search.p50:.3f}",
                f"{each.search.p95:.3f}",
                f"{100 * each.recall:.2f}",
                _number(each.resident_mib),
            ]
            for each in self.growth
        ]
        if not rows:
            return ""
        heads = ["passages", "search", "build s", "build MiB", "index MiB", "load s", "p50 ms", "p95 ms", "recall@10 %"]
        text = table("Growth", [*heads, "resident MiB"], rows)
        if self.passages_a_second is not None:
            text += (
                "\nmade-up texts, vectors mixed of real ones; the embedding model, which is left out here, reads "
                f"{self.passages_a_second:.0f} passages a second"
            )
        return text


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay a table out, the first column to the left and all others to the right."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [heads, *rows]
    ]
    return "\n".join([title, *(line.rstrip() for line in lines)])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
