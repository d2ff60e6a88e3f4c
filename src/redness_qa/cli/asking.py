"""The commands that answer: ask, answer, serve."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from redness_qa.cli.terminal import IndexOption, load_assistant, print_json, written_aside
from redness_qa.errors import QuestionError
from redness_qa.questions import QuestionRow, read_rows
from redness_qa.settings import Settings

app = typer.Typer()


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    previous: Annotated[str | None, typer.Option(help="The question before it, if this one follows up.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer record as JSON.")] = False,
    index: IndexOption = None,
) -> None:
    """Answer one question."""
    from redness_qa.render import to_json, to_text
    from redness_qa.wording import Wording

    answer = load_assistant(index).ask(question, previous=previous)
    if as_json:
        print_json(to_json(answer))
    else:
        print(to_text(answer, Wording.load(contacts=Settings.from_environment().contacts)))


@app.command()
def answer(
    questions: Annotated[Path, typer.Argument(help="JSON Lines with 'question', optional 'previous' and 'id'.")],
    output: Annotated[Path, typer.Option(help="File for the answers, one a line in the same order.", dir_okay=False)],
    index: IndexOption = None,
) -> None:
    """Answer a file of questions; a bad row is named on standard error and left out of the output."""
    from redness_qa.render import to_json

    if output.resolve() == questions.resolve():
        raise QuestionError(f"--output {output} is the file of questions; name another file")
    rows = [row for row, _ in read_rows(questions)]
    asked_of = load_assistant(index)
    bad: list[QuestionError] = []
    with written_aside(output) as write:
        for row in _progress(rows, "Answering"):
            if isinstance(row, QuestionRow):
                record = to_json(asked_of.ask(row.question, previous=row.previous, id=row.id))
                write(json.dumps(record, ensure_ascii=False) + "\n")
            else:
                bad.append(row)
    for error in bad:
        print(f"{questions}: {error}", file=sys.stderr)
    print(f"{len(rows) - len(bad)} answered, {len(bad)} bad rows: {output}", file=sys.stderr)


@app.command()
def serve(
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="7860")] = None,
) -> None:
    """Serve the chat page and the HTTP API."""
    from redness_qa.serving import serve as serve_all

    settings = Settings.from_environment()
    settings = replace(
        settings,
        index=index or settings.index,
        host=host or settings.host,
        port=settings.port if port is None else port,
    )
    serve_all(settings, announce=lambda line: print(line, flush=True))


def _progress(rows: list[QuestionRow | QuestionError], description: str) -> Iterator[QuestionRow | QuestionError]:
    """Show a bar on a terminal, and nothing elsewhere."""
    from tqdm import tqdm

    yield from tqdm(rows, desc=description, unit="row", disable=None, file=sys.stderr)
