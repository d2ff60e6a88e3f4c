"""The command line; the only module that prints."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from tqdm import tqdm

from redness_qa.errors import CorpusError, EncoderError, IndexFault, QuestionError, RednessQAError, SettingsError
from redness_qa.questions import LabelledQuestion, LabelSet, QuestionRow, read_labelled, read_rows
from redness_qa.settings import Settings

if TYPE_CHECKING:
    from redness_qa.assistant import Assistant

EXIT_CODES: dict[type[RednessQAError], int] = {
    SettingsError: 2,
    QuestionError: 3,
    CorpusError: 4,
    IndexFault: 5,
    EncoderError: 6,
}
"""What a command exits with for each family of errors; 1 where a check found something to mend."""

EXIT_CODE_OF_FILES = 7
"""What it exits with where a file or folder cannot be read or written."""

app = typer.Typer(
    help="Answers about skin redness after microneedling, quoted word for word from a reviewed guide.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Folder of the index.", show_default="the guide's own", file_okay=False)
]
CorpusOption = Annotated[
    Path | None,
    typer.Option("--corpus", help="Folder of source texts.", show_default="the guide's own", file_okay=False),
]
LABELS = {"base": LabelSet.BASE, "all": LabelSet.ALL}


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
        print(version("redness-qa"))
        raise typer.Exit


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

    answer = _assistant(index).ask(question, previous=previous)
    if as_json:
        _print_json(to_json(answer))
    else:
        print(to_text(answer, Wording.load()))


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
    assistant = _assistant(index)
    bad: list[QuestionError] = []
    with _written_aside(output) as write:
        for row in _progress(rows, "Answering"):
            if isinstance(row, QuestionRow):
                record = to_json(assistant.ask(row.question, previous=row.previous, id=row.id))
                write(json.dumps(record, ensure_ascii=False) + "\n")
            else:
                bad.append(row)
    for error in bad:
        print(f"{questions}: {error}", file=sys.stderr)
    print(f"{len(rows) - len(bad)} answered, {len(bad)} bad rows: {output}", file=sys.stderr)


@app.command()
def build(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    model: Annotated[
        str, typer.Option(help="Embedding model: a name or a folder that sentence-transformers can load.")
    ] = "all-MiniLM-L6-v2",
) -> None:
    """Build the index of a folder of texts (.md, .txt, .html, .pdf, .docx)."""
    from redness_qa.build import build_index
    from redness_qa.encoder import SentenceEncoder

    settings = Settings.from_environment()
    index_folder = index or settings.index
    with _stages() as report:
        built = build_index(corpus or settings.corpus, index_folder, encoder=SentenceEncoder.load(model), report=report)
    manifest = built.manifest
    print(f"{manifest.passages} passages from {len(manifest.documents)} texts: {index_folder}")


@app.command()
def check(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    facts: Annotated[bool, typer.Option("--facts", help="List for each fact the sentences that state it.")] = False,
) -> None:
    """Check a guide against its rules, and whether its index was built from it as it stands."""
    from redness_qa.check import check_guide
    from redness_qa.corpus import corpus_fingerprint
    from redness_qa.index import Index

    settings = Settings.from_environment()
    corpus_folder = corpus or settings.corpus
    report = check_guide(corpus_folder, today=date.today())
    print(f"{'File':<36} {'Sentences':>9} {'Grade':>6} {'Hardest':>8}")
    for reading in report.readings:
        print(f"{reading.document:<36} {reading.sentences:>9} {reading.grade:>6.1f} {reading.hardest_grade:>8.1f}")
    if facts:
        for fact, sentences in report.stated.items():
            print(f"\n{fact}")
            for sentence in sentences or [f"left out: {report.left_out.get(fact, 'no reason given')}"]:
                print(f"  {sentence}")
    for finding in report.findings:
        print(f"{'error' if finding.is_error else 'warning'}: {finding.place}: {finding.problem}")
    if corpus is None or index is not None:
        Index.load(index or settings.index).check_corpus(corpus_folder, fingerprint=corpus_fingerprint(corpus_folder))
    if not report.is_sound:
        raise typer.Exit(1)
    stated = sum(bool(sentences) for sentences in report.stated.values())
    print(
        f"The guide is sound: {stated} facts stated in {sum(r.sentences for r in report.readings)} sentences, "
        f"{len(report.left_out)} left out for a stated reason."
    )


@app.command()
def evaluate(
    questions: Annotated[list[Path], typer.Argument(help="JSON Lines with labels.")],
    index: IndexOption = None,
    labels: Annotated[
        str, typer.Option(help="'base' for kind and facts, 'all' for kind_all and facts_all.", metavar="base|all")
    ] = "base",
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure and question as JSON.")] = False,
) -> None:
    """Ask labelled questions and print how many answers are right, with 95 % intervals."""
    from redness_qa.evaluation import evaluate as evaluate_assistant

    if labels not in LABELS:
        raise QuestionError(f"--labels must be 'base' or 'all', not {labels!r}")
    asked = _labelled(questions, labels=LABELS[labels])
    assistant = _assistant(index)
    with _stages() as report_progress:
        report = evaluate_assistant(
            assistant, asked, progress=lambda done, total: report_progress("Asking", done, total)
        )
    if as_json:
        _print_json(report.to_json())
    else:
        print(f"{len(asked)} questions, index {assistant.index.fingerprint[:12]}, labels {labels}\n")
        print(report.to_text())


@app.command()
def calibrate(
    questions: Annotated[list[Path], typer.Argument(help="JSON Lines with labels 'kind' and 'facts'.")],
    output: Annotated[
        Path, typer.Option(help="File for the weights, such as src/redness_qa/calibration.json.", dir_okay=False)
    ],
    index: IndexOption = None,
) -> None:
    """Fit the probability that the first quote is right, on labelled questions."""
    from redness_qa.calibration import fit_calibration

    asked = _labelled(questions, labels=LabelSet.BASE)
    assistant = _assistant(index)
    with _stages() as report_progress:
        calibration = fit_calibration(
            assistant, asked, progress=lambda done, total: report_progress("Asking", done, total)
        )
    with _written_aside(output) as write:
        write(json.dumps(calibration.to_json(), indent=2) + "\n")
    print(f"fitted on {len(asked)} questions: {output}")


@app.command()
def serve(
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="7860")] = None,
) -> None:
    """Serve the chat page."""
    from redness_qa.chat import serve as serve_chat

    settings = Settings.from_environment()
    settings = replace(
        settings,
        index=index or settings.index,
        host=host or settings.host,
        port=settings.port if port is None else port,
    )
    serve_chat(settings, announce=lambda url: print(f"The chat is at {url} (Ctrl+C stops it).", flush=True))


def _assistant(index: Path | None) -> Assistant:
    from redness_qa.assistant import Assistant

    settings = Settings.from_environment()
    if index is not None:
        return Assistant.load(index)
    return Assistant.load(settings.index, corpus=settings.corpus_of_index)


def _print_json(record: dict[str, Any]) -> None:
    """Print a record with its letters as they are, or all as escapes where the terminal has not all of them."""
    text = json.dumps(record, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(record, indent=2)
    print(text)


def _labelled(paths: list[Path], *, labels: LabelSet) -> list[LabelledQuestion]:
    asked: list[LabelledQuestion] = []
    path = None
    try:
        for path in paths:
            asked += read_labelled(path, labels=labels)
    except QuestionError as error:
        if error.line is None:  # a fault of the whole file names it already
            raise
        raise QuestionError(f"{path}, {error}") from error
    return asked


def _progress(rows: list[QuestionRow | QuestionError], description: str) -> Iterator[QuestionRow | QuestionError]:
    """Show a bar on a terminal, and nothing elsewhere."""
    yield from tqdm(rows, desc=description, unit="row", disable=None, file=sys.stderr)


@contextmanager
def _stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each stage of a long work: moving on a terminal, one line a stage elsewhere."""
    bars: dict[str, tqdm[NoReturn]] = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            if not sys.stderr.isatty():
                print(f"{stage}: {total}", file=sys.stderr)
            bars[stage] = tqdm(total=total, desc=stage, disable=None, file=sys.stderr)
        bars[stage].update(done - bars[stage].n)

    try:
        yield report
    finally:
        for bar in bars.values():
            bar.close()


@contextmanager
def _written_aside(path: Path) -> Iterator[Callable[[str], int]]:
    """Write a file beside its place and move it there when whole; until then an older one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8",
        errors="backslashreplace",  # a lone surrogate; as \ud800 it is what JSON writes for it
        newline="\n",
        dir=path.parent,
        prefix=f".{path.name}-",
        delete=False,
    ) as file:
        aside = Path(file.name)
        try:
            yield file.write
            file.flush()
            aside.chmod(0o644)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
