"""The commands that fit decisions to labelled files: calibrate, calibrate-triage and weigh-signs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from redness_qa.cli.lessons import calm_in
from redness_qa.cli.terminal import IndexOption, labelled_in, load_assistant, stages, written_aside
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelSet

app = typer.Typer()


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

    asked = labelled_in(questions, labels=LabelSet.BASE)
    asked_of = load_assistant(index)
    with stages() as report_progress:

        def fit(*, has_limits: bool) -> dict[str, Any]:
            return fit_calibration(
                asked_of,
                asked,
                has_limits=has_limits,
                progress=lambda done, total: report_progress("Asking", done, total),
            ).to_json()

        if asked_of.has_outlook:
            fitted = fit(has_limits=True)
        else:
            fitted = {"with_limits": fit(has_limits=True), "without_limits": fit(has_limits=False)}
    with written_aside(output) as write:
        write(json.dumps(fitted, indent=2) + "\n")
    print(f"fitted on {len(asked)} questions: {output}")


@app.command()
def calibrate_triage(
    messages: Annotated[list[Path], typer.Argument(help="Labelled messages that nothing was learned from.")],
    questions: Annotated[list[Path], typer.Option(help="Labelled questions that nothing was learned from.")],
    output: Annotated[
        Path,
        typer.Option(help="File for the thresholds, such as src/redness_qa/weights/thresholds.json.", dir_okay=False),
    ],
    index: IndexOption = None,
) -> None:
    """Choose from which likelihood on a message is urgent, for a stated cost of a miss."""
    from redness_qa.messages import LabelledMessage, read_messages
    from redness_qa.triage import Urgency
    from redness_qa.triage_evaluation import choose_thresholds

    labelled = [message for path in messages for message in read_messages(path)]
    labelled += [LabelledMessage(asked, asked, Urgency.ROUTINE, "question") for asked in calm_in(questions)]
    asked_of = load_assistant(index)
    if asked_of.tell("something").learned is None:
        raise QuestionError("nothing was learned about warning signs that could be weighed; run redness-qa train first")
    with stages() as report_progress:
        thresholds = choose_thresholds(
            asked_of.tell, labelled, progress=lambda done, total: report_progress("Reading", done, total)
        )
    with written_aside(output) as write:
        write(json.dumps(thresholds.to_json(), indent=2) + "\n")
    print(f"chosen on {len(labelled)} messages: {output}")


@app.command()
def weigh_signs(
    messages: Annotated[list[Path], typer.Argument(help="Labelled messages that something is learned from.")],
    questions: Annotated[list[Path], typer.Option(help="Labelled questions that something is learned from.")],
    output: Annotated[
        Path,
        typer.Option(help="File for the counts, such as src/redness_qa/triage/phrase_counts.csv.", dir_okay=False),
    ],
) -> None:
    """Count how often each phrase of a warning sign is right, which decides what counts by itself."""
    from redness_qa.messages import read_messages
    from redness_qa.triage import Triage, Urgency
    from redness_qa.triage.counts import count_phrases, write_counts

    texts = [
        (message.urgency is not Urgency.ROUTINE, message.message)
        for path in messages
        for message in read_messages(path)
    ]
    texts += [(False, question) for question in calm_in(questions)]
    said = Triage.load().said
    counts = count_phrases((is_told, said(text)) for is_told, text in texts)
    with written_aside(output) as write:
        write(write_counts(counts))
    print(f"{len(counts)} phrases counted in {len(texts)} messages: {output}")
