"""The commands that measure: evaluate and its kin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redness_qa.cli.terminal import IndexOption, labelled_in, load_assistant, print_json, stages, written_aside
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelSet
from redness_qa.settings import Settings

if TYPE_CHECKING:
    from redness_qa.assistant import Assistant
    from redness_qa.evaluation.public_sets import Choice
    from redness_qa.triage import Assessment, Likelihood
    from redness_qa.triage_evaluation import Read

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
    from importlib.metadata import version

    from redness_qa.evaluation import Comparison
    from redness_qa.evaluation import evaluate as evaluate_assistant
    from redness_qa.evaluation.page import render_page

    if labels not in LABELS:
        raise QuestionError(f"--labels must be 'base' or 'all', not {labels!r}")
    asked = labelled_in(questions, labels=LABELS[labels])
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
    from redness_qa.evaluation.ranking import RankingReport, bm25_scores, encoder_scores, fused_scores, ranking_text
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
    reports = {
        encoder.name: RankingReport.of(choices, ours),
        "with words": RankingReport.of(choices, fused_scores(ours, choices)),
        "BM25": RankingReport.of(choices, floor),
    }
    if as_json:
        print_json({each: report.to_json() for each, report in reports.items()})
    else:
        print(f"{name}: {len(choices)} questions, index {built.fingerprint[:12]}\n")
        print(ranking_text(reports))


@app.command()
def evaluate_triage(
    messages: Annotated[list[Path], typer.Argument(help="JSON Lines with 'id', 'message', 'urgency', 'sort'.")],
    index: IndexOption = None,
    errors: Annotated[bool, typer.Option("--errors", help="List every message read otherwise than labelled.")] = False,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Leave out what was learned.")] = False,
) -> None:
    """Read messages labelled for urgency and print what is seen, missed and raised for nothing, with 95 % intervals."""
    from redness_qa.messages import read_messages
    from redness_qa.triage_evaluation import evaluate_triage as evaluate_messages

    labelled = [message for path in messages for message in read_messages(path)]
    with stages() as report_progress:
        report = evaluate_messages(
            _rules() if rules_only else _reading(load_assistant(index)),
            labelled,
            progress=lambda done, total: report_progress("Reading", done, total),
        )
    print(f"{len(labelled)} messages\n")
    print(report.to_text(errors=errors))


def _rules() -> Read:
    """Read by the rules alone."""
    from redness_qa.triage import Triage

    triage = Triage.load()
    return lambda message: (triage.assess(message), None)


def _reading(assistant: Assistant) -> Read:
    """Read as an assistant does, each message once for its level and for what was learned of it."""
    from redness_qa.readings import Readings

    def read(message: str) -> tuple[Assessment, Likelihood | None]:
        readings = Readings()
        return assistant.assess(message, readings=readings), assistant.tell(message, readings=readings).learned

    return read


@app.command()
def evaluate_negation(
    sentences: Annotated[Path, typer.Argument(help="The annotated sentences of NegEx, tab-separated.", dir_okay=False)],
) -> None:
    """Measure the reading of negation on annotated clinical sentences."""
    from redness_qa.triage_evaluation import evaluate_negation as evaluate_sentences

    print(evaluate_sentences(sentences).to_text())
