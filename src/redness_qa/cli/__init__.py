"""The command line; the only package that prints."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from redness_qa.cli import (
    asking,
    benchmarking,
    compiling,
    embedding,
    fitting,
    guide,
    judging,
    learning,
    measuring,
    records,
)
from redness_qa.errors import (
    BenchmarkError,
    Busy,
    CorpusError,
    EncoderError,
    IndexFault,
    MissingExtra,
    QuestionError,
    RednessQAError,
    SettingsError,
    StoreError,
)

EXIT_CODES: dict[type[RednessQAError], int] = {
    SettingsError: 2,
    QuestionError: 3,
    CorpusError: 4,
    IndexFault: 5,
    EncoderError: 6,
    BenchmarkError: 8,
    MissingExtra: 9,
    StoreError: 10,
    Busy: 11,
}
"""What a command exits with for each family of errors; 1 where a check found something to mend."""

EXIT_CODE_OF_FILES = 7
"""What it exits with where a file or folder cannot be read or written."""

app = typer.Typer(
    help="Answers about skin redness after microneedling, quoted word for word from a written guide.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for commands in (asking, compiling, embedding, fitting, guide, learning, judging, measuring, benchmarking, records):
    app.add_typer(commands.app)


def main() -> NoReturn:
    """Run the command line, and turn our errors into a sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no terminal is too narrow for an answer
    try:
        app()
    except RednessQAError as error:
        print(f"redness-qa: {error}", file=sys.stderr)
        sys.exit(next(code for family, code in EXIT_CODES.items() if isinstance(error, family)))
    except OSError as error:
        print(f"redness-qa: {error.filename}: {error.strerror}. Name another place, or mend this one.", file=sys.stderr)
        sys.exit(EXIT_CODE_OF_FILES)
    sys.exit(0)


@app.callback(invoke_without_command=True)
def _version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and leave.", is_eager=True)] = False,
) -> None:
    if show:
        from importlib.metadata import version

        print(version("redness-qa"))
        raise typer.Exit
