"""The command that measures how fast and how large: benchmark."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redness_qa.cli.terminal import IndexOption, load_assistant, print_json, stages, written_aside
from redness_qa.errors import QuestionError
from redness_qa.questions import QuestionRow, read_rows

if TYPE_CHECKING:
    from redness_qa.assistant import Assistant
    from redness_qa.benchmark import Benchmark, Growth, Serving

app = typer.Typer()

PARTS = ("start", "stages", "load", "growth")
SIZES = (100, 1_000, 10_000, 100_000)
PICTURE, RECORD, TABLES = "growth.svg", "benchmark.json", "benchmark.txt"

_FIRST_QUESTION = "how long will my face stay red?"
_EMBEDDED_FOR_RATE = 128
_GROWTH_QUESTIONS = 200

Report = Callable[[str, int, int], None]


@app.command()
def benchmark(
    index: IndexOption = None,
    questions: Annotated[
        list[Path] | None,
        typer.Option(help="JSON Lines with 'question'; may be given often.", show_default="those the index lists"),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="What to measure; may be given often.", metavar="|".join(PARTS), show_default="all"),
    ] = None,
    count: Annotated[int, typer.Option(help="Questions timed stage by stage.", min=1)] = 100,
    runs: Annotated[int, typer.Option(help="Cold starts.", min=1)] = 5,
    address: Annotated[
        str | None, typer.Option(help="Server to ask, such as http://127.0.0.1:7860.", show_default="one is started")
    ] = None,
    path: Annotated[str, typer.Option(help="Where it takes questions.")] = "/api/ask",
    setting: Annotated[
        list[str] | None,
        typer.Option(help="Variable for the server that is started, as NAME=VALUE; may be given often."),
    ] = None,
    askers: Annotated[list[int] | None, typer.Option(help="How many ask at once.", show_default="1, 8, 64")] = None,
    seconds: Annotated[float, typer.Option(help="How long they ask.", min=0.1)] = 10.0,
    size: Annotated[
        list[int] | None,
        typer.Option(help="Sentences of a made-up corpus.", min=10, show_default="100, 1000, 10000, 100000"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help=f"Folder for {TABLES}, {RECORD} and, with part growth, {PICTURE}.", file_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Measure cold start, stages of an answer, many askers at once, and indexes of growing size."""
    from redness_qa.benchmark import Benchmark, Machine, matrix_rate, measure_cold_start, measure_stages
    from redness_qa.benchmark.stages import sample_questions

    parts = set(part or PARTS)
    if unknown := parts - set(PARTS):
        raise QuestionError(f"--part must be one of {', '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    asked_of = load_assistant(index)
    asked = _questions(questions) if questions else sample_questions(asked_of.index, 1_000_000)
    named = ["--index", str(index)] if index is not None else []
    with stages() as report:
        found = Benchmark(
            machine=Machine.here(),
            rate=matrix_rate(),
            index=asked_of.index.fingerprint,
            settings={"model": asked_of.index.manifest.encoder, "questions": f"{len(asked)}"},
            cold_start=None,
            stages=None,
            serving=None,
            growth=(),
            passages_a_second=None,
        )
        if "stages" in parts:
            chosen = asked[:: max(1, len(asked) // count)][:count]
            measured = measure_stages(asked_of, chosen, progress=lambda done, total: report("Asking", done, total))
            found = replace(found, stages=measured)
        if "growth" in parts:
            growth, rate = _growth(asked_of, asked, size or list(SIZES), report)
            found = replace(found, growth=growth, passages_a_second=rate)
        if "start" in parts:
            report("Starting cold", 0, runs)
            found = replace(found, cold_start=measure_cold_start(["ask", _FIRST_QUESTION, *named], runs=runs))
        if "load" in parts:
            serve = ["serve", *named]
            loads = _load(asked, serve, setting or [], address, path, askers or [1, 8, 64], seconds, report)
            found = replace(found, serving=loads)
    _tell(found, output=output, as_json=as_json)


def _questions(paths: Sequence[Path]) -> list[str]:
    rows = [row for path in paths for row, _ in read_rows(path)]
    asked = [row.question for row in rows if isinstance(row, QuestionRow)]
    if not asked:
        raise QuestionError(f"{', '.join(map(str, paths))}: there is no question; give JSON Lines with 'question'")
    return asked


def _growth(
    asked_of: Assistant, asked: Sequence[str], sizes: Sequence[int], report: Report
) -> tuple[tuple[Growth, ...], float]:
    from redness_qa.benchmark import measure_growth

    encoder, index = asked_of.encoder, asked_of.index
    texts = [passage.text for passage, _ in zip(index.passages, range(_EMBEDDED_FOR_RATE), strict=False)]
    started = time.perf_counter()
    encoder.encode_passages(texts)
    rate = len(texts) / (time.perf_counter() - started)
    chosen = asked[:: max(1, len(asked) // _GROWTH_QUESTIONS)][:_GROWTH_QUESTIONS]
    measured = measure_growth(
        sorted(sizes),
        real=index.vectors,
        questions=encoder.encode_questions(chosen),
        progress=lambda done, total: report("Growing", done, total),
    )
    return tuple(measured), rate


def _load(
    asked: Sequence[str],
    serve: Sequence[str],
    settings: Sequence[str],
    address: str | None,
    path: str,
    askers: Sequence[int],
    seconds: float,
    report: Report,
) -> Serving:
    from redness_qa.benchmark import Questions, Server, Serving, ask_at_once, resident_mib

    questions = Questions(asked)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        starting = Server.started(serve, settings=settings, log=log) if address is None else nullcontext(None)
        with starting as server:
            url = (server.address if server is not None else str(address)).rstrip("/") + path
            ask_at_once(url, questions, askers=1, seconds=min(1.0, seconds))
            idle = resident_mib(server.pid) if server is not None else None
            loads = []
            for number, each in enumerate(askers, start=1):
                loads.append(ask_at_once(url, questions, askers=each, seconds=seconds))
                report("Many at once", number, len(askers))
            after = resident_mib(server.pid) if server is not None else None
            ready = server.ready_seconds if server is not None else None
    return Serving(url=url, ready_seconds=ready, resident_idle_mib=idle, resident_mib=after, loads=tuple(loads))


def _tell(found: Benchmark, *, output: Path | None, as_json: bool) -> None:
    from redness_qa.benchmark import growth_picture

    if output is not None:
        with written_aside(output / RECORD) as write:
            write(json.dumps(found.to_json(), ensure_ascii=False, indent=2) + "\n")
        with written_aside(output / TABLES) as write:
            write(found.to_text() + "\n")
        if found.growth:
            origin = f"{found.machine.processor}, {found.machine.cores} cores, index {found.index[:12]}"
            with written_aside(output / PICTURE) as write:
                write(growth_picture(found.growth, origin=origin))
    if as_json:
        print_json(found.to_json())
    else:
        print(found.to_text())
