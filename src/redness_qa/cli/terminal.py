"""What every command shares: its options, the assistant it loads, and how it writes."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from redness_qa.errors import QuestionError
from redness_qa.questions import LabelledQuestion, LabelSet, read_labelled
from redness_qa.settings import Settings

if TYPE_CHECKING:
    from tqdm import tqdm

    from redness_qa.assistant import Assistant

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Folder of the index.", show_default="the guide's own", file_okay=False)
]
CorpusOption = Annotated[
    Path | None,
    typer.Option("--corpus", help="Folder of source texts.", show_default="the guide's own", file_okay=False),
]


def load_assistant(index: Path | None) -> Assistant:
    """Load the assistant of an index folder, or of the settings."""
    from redness_qa.assistant import Assistant

    settings = Settings.from_environment()
    if index is not None:
        return Assistant.load(index, contacts=settings.contacts, compiled=settings.compiled, for_one=True)
    return Assistant.load(
        settings.index,
        corpus=settings.corpus_of_index,
        contacts=settings.contacts,
        compiled=settings.compiled,
        for_one=True,
    )


def print_json(record: dict[str, Any]) -> None:
    """Print a record with its letters as they are, or all as escapes where the terminal has not all of them."""
    text = json.dumps(record, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(record, indent=2)
    print(text)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each stage of a long work: moving on a terminal, one line a stage elsewhere."""
    from tqdm import tqdm

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
def written_aside(path: Path) -> Iterator[Callable[[str | bytes], int]]:
    """Write a file beside its place and move it there when whole; until then an older one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        aside = Path(file.name)

        def write(content: str | bytes) -> int:
            # A lone surrogate is written as \ud800, which is what JSON writes for it.
            return file.write(content.encode(errors="backslashreplace") if isinstance(content, str) else content)

        try:
            yield write
            file.flush()
            aside.chmod(0o644)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def labelled_in(paths: list[Path], *, labels: LabelSet) -> list[LabelledQuestion]:
    """Read files of labelled questions; a fault tells its file and line."""
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
