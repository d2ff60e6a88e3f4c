"""The commands that measure and learn: evaluate and train with their kin."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from redness_qa.cli.terminal import IndexOption, load_assistant, print_json, stages, written_aside
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelledQuestion, LabelSet, read_labelled
from redness_qa.settings import Settings

if TYPE_CHECKING:
    from redness_qa.evaluation.public_sets import Choice

app = typer.Typer()

LABELS = {"base": LabelSet.BASE, "all": LabelSet.ALL}


@app.command()
def evaluate(
    questions: Annotated[list[Path], typer.Argument(help="JSON Lines with labels.")],
    index: IndexOption = None,
    labels: Annotated[
        str, typer.Option(help="'base' for kind and facts, 'all' for kind_all and facts_all.", metavar="base|all")
    ] = "base",
    compare: Annotated[
        Path | None, typer.Option(help="Folder of a second index, asked the same questions.", file_okay=False)
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="File for a page with plots and the errors to read.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure and question as JSON.")] = False,
) -> None:
    """Ask labelled questions and print how many answers are right, with 95 % intervals."""
    from redness_qa.evaluation import Comparison
    from redness_qa.evaluation import evaluate as evaluate_assistant
    from redness_qa.evaluation.page import render_page

    if labels not in LABELS:
        raise QuestionError(f"--labels must be 'base' or 'all', not {labels!r}")
    asked = _labelled(questions, labels=LABELS[labels])
    asked_of = load_assistant(index)
    second = load_assistant(compare) if compare is not None else None
    with stages() as report_progress:
        report = evaluate_assistant(
            asked_of, asked, progress=lambda done, total: report_progress("Asking", done, total)
        )
        comparison = None
        if second is not None:
            other = evaluate_assistant(
                second, asked, progress=lambda done, total: report_progress("Asking the second", done, total)
            )
            comparison = Comparison.of(report, other)
    settings = {
        "questions": f"{len(asked)}, of {', '.join(str(path) for path in questions)}",
        "labels": labels,
        "index": asked_of.index.fingerprint[:12],
        **({"second index": second.index.fingerprint[:12]} if second is not None else {}),
        "version": version("redness-qa"),
    }
    if html is not None:
        with written_aside(html) as write:
            write(render_page(report, settings=settings, comparison=comparison))
    if as_json:
        compared = {"comparison": comparison.to_json()} if comparison is not None else {}
        print_json(report.to_json() | compared)
        return
    print(f"{len(asked)} questions, index {settings['index']}, labels {labels}\n")
    print(report.to_text())
    if comparison is not None:
        print(f"\nfirst: index {settings['index']}; second: index {settings['second index']}\n")
        print(comparison.to_text())


@app.command()
def evaluate_public(
    name: Annotated[str, typer.Argument(help="Which set the file is of.", metavar="squad2|selqa|medquad|clinc")],
    file: Annotated[Path, typer.Argument(help="The file, plain or gzip.", dir_okay=False)],
    index: IndexOption = None,
    limit: Annotated[int | None, typer.Option(help="Questions to draw, always the same ones.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure the encoder's ranking, or what is declined, on a public set, beside a floor: BM25, or the majority."""
    from redness_qa.evaluation import public_sets
    from redness_qa.evaluation.scope import evaluate_scope

    sets = {"squad2": public_sets.read_squad2, "selqa": public_sets.read_selqa, "medquad": public_sets.read_medquad}
    if name != "clinc" and name not in sets:
        raise QuestionError(f"the set must be one of squad2, selqa, medquad and clinc, not {name!r}")
    if name in sets:
        _evaluate_ranking(name, public_sets.drawn(sets[name](file), limit), index=index, as_json=as_json)
        return
    requests = public_sets.drawn(public_sets.read_clinc(file), limit)
    asked_of = load_assistant(index)
    with stages() as report_progress:
        report = evaluate_scope(
            asked_of.ask, requests, progress=lambda done, total: report_progress("Asking", done, total)
        )
    if as_json:
        print_json(report.to_json())
    else:
        print(f"{name}: {len(requests)} requests, index {asked_of.index.fingerprint[:12]}\n")
        print(report.to_text())


def _evaluate_ranking(name: str, choices: list[Choice], *, index: Path | None, as_json: bool) -> None:
    from redness_qa.encoders import load_encoder
    from redness_qa.evaluation.ranking import RankingReport, bm25_scores, encoder_scores, ranking_text
    from redness_qa.index import Index
    from redness_qa.retriever import Retriever

    settings = Settings.from_environment()
    built = Index.load(index or settings.index)
    made_with = built.manifest
    found = load_encoder(made_with.encoder, weights_sha256=made_with.weights_sha256, folder=settings.compiled)
    encoder = Retriever(found, built).encoder  # refuses changed weights
    with stages() as report_progress:
        floor = bm25_scores(choices, progress=lambda done, total: report_progress("BM25", done, total))
        ours = encoder_scores(encoder, choices, progress=lambda done, total: report_progress("Embedding", done, total))
    reports = {encoder.name: RankingReport.of(choices, ours), "BM25": RankingReport.of(choices, floor)}
    if as_json:
        print_json({each: report.to_json() for each, report in reports.items()})
    else:
        print(f"{name}: {len(choices)} questions, index {built.fingerprint[:12]}\n")
        print(ranking_text(reports))


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
def train(
    questions: Annotated[list[Path], typer.Option(help="Labelled questions to learn from; may be given often.")],
    messages: Annotated[list[Path], typer.Option(help="Labelled messages to learn from; may be given often.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights, such as src/redness_qa/weights.")],
    index: IndexOption = None,
    epochs: Annotated[float, typer.Option(help="Passes over the data.")] = 9.0,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
) -> None:
    """Learn from labelled questions and messages: a change of the encoder's layers, and a head on it."""
    from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, bundled_folder
    from redness_qa.index import Index
    from redness_qa.messages import read_messages
    from redness_qa.training import Schedule, lessons_of, save, train

    built = Index.load(index or Settings.from_environment().index)
    forms, listed = lessons_of(built.passages, built.limits)
    asked = [*_labelled(questions, labels=LabelSet.BASE), *listed]
    told = [message for path in messages for message in read_messages(path)]
    schedule = Schedule(epochs=epochs, seed=seed)
    with stages() as report_progress:
        learned = train(
            bundled_folder(),
            forms=forms,
            questions=asked,
            messages=told,
            schedule=schedule,
            progress=lambda done, total: report_progress("Learning", done, total),
        )
    save(learned, output, base_sha256=DEFAULT_WEIGHTS_SHA256)
    print(f"learned from {len(asked)} questions and {len(told)} messages: {output}")
    print("Now build the index anew, then run calibrate and calibrate-triage.")


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
    labelled += [
        LabelledMessage(asked.row.id, asked.row.question, Urgency.ROUTINE, "question")
        for asked in _labelled(questions, labels=LabelSet.BASE)
        if asked.kind != "urgent"
    ]
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
