"""The commands that measure and learn: evaluate, evaluate-triage, evaluate-negation, calibrate, train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from redness_qa.cli.terminal import IndexOption, load_assistant, print_json, stages, written_aside
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelledQuestion, LabelSet, read_labelled

app = typer.Typer()

LABELS = {"base": LabelSet.BASE, "all": LabelSet.ALL}


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
    asked_of = load_assistant(index)
    with stages() as report_progress:
        report = evaluate_assistant(
            asked_of, asked, progress=lambda done, total: report_progress("Asking", done, total)
        )
    if as_json:
        print_json(report.to_json())
    else:
        print(f"{len(asked)} questions, index {asked_of.index.fingerprint[:12]}, labels {labels}\n")
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
    asked_of = load_assistant(index)
    with stages() as report_progress:
        calibration = fit_calibration(
            asked_of, asked, progress=lambda done, total: report_progress("Asking", done, total)
        )
    with written_aside(output) as write:
        write(json.dumps(calibration.to_json(), indent=2) + "\n")
    print(f"fitted on {len(asked)} questions: {output}")


@app.command()
def evaluate_triage(
    messages: Annotated[list[Path], typer.Argument(help="JSON Lines with 'id', 'message', 'urgency', 'sort'.")],
    index: IndexOption = None,
    errors: Annotated[bool, typer.Option("--errors", help="List every message read otherwise than labelled.")] = False,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Leave out what was learned.")] = False,
) -> None:
    """Read messages labelled for urgency and print what is seen, missed and raised for nothing, with 95 % intervals."""
    from redness_qa.messages import read_messages
    from redness_qa.triage import Triage
    from redness_qa.triage_evaluation import evaluate_triage as evaluate_messages

    labelled = [message for path in messages for message in read_messages(path)]
    assess = Triage.load().assess if rules_only else load_assistant(index).assess
    with stages() as report_progress:
        report = evaluate_messages(
            assess, labelled, progress=lambda done, total: report_progress("Reading", done, total)
        )
    print(f"{len(labelled)} messages\n")
    print(report.to_text(errors=errors))


@app.command()
def evaluate_negation(
    sentences: Annotated[Path, typer.Argument(help="The annotated sentences of NegEx, tab-separated.", dir_okay=False)],
) -> None:
    """Measure the reading of negation on annotated clinical sentences."""
    from redness_qa.triage_evaluation import evaluate_negation as evaluate_sentences

    print(evaluate_sentences(sentences).to_text())


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
