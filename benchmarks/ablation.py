"""Asks labelled questions with one part of the assistant left out at a time, and prints a table of what each part buys.

    python benchmarks/ablation.py benchmarks/questions/tune-s.jsonl

Each question is read once for all rows of the table, so that only what follows from the reading is done anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from redness_qa.assistant import Assistant
from redness_qa.evaluation import Comparison, Report
from redness_qa.evaluation.comparison import paired_text
from redness_qa.evaluation.outcomes import ask_all
from redness_qa.index import Index
from redness_qa.passages import Limit, Passage
from redness_qa.questions import LabelSet, read_labelled
from redness_qa.readings import Readings
from redness_qa.retriever import Retriever
from redness_qa.settings import Settings
from redness_qa.vectors import FloatMatrix

FIGURES = ("hit_at_1", "hit_at_3", "answered_right", "wrong_answers", "wrong_declines", "refer_recall")


def main() -> None:
    """Read the options, ask, and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("questions", type=Path, help="JSON Lines with labels 'kind' and 'facts'")
    options.add_argument("--index", type=Path, default=Settings.from_environment().index)
    given = options.parse_args()
    shipped = Assistant.load(given.index)
    asked = read_labelled(given.questions, labels=LabelSet.BASE)
    kept = [Readings() for _ in asked]
    reports = {name: Report.of(ask_all(one, asked, readings=kept)) for name, one in variants(shipped).items()}
    sys.stdout.write(table(reports))


def variants(shipped: Assistant) -> dict[str, Assistant]:
    """Make the assistant as it is, and with one part left out at a time."""
    index, encoder = shipped.index, shipped.encoder
    passages, n = list(index.passages), len(index.passages)
    texts, statements = index.vectors[:n], index.vectors[-n:]
    asked = index.vectors[-n - len(index.limit_questions) : -n]
    forms = index.vectors[n : len(index.vectors) - n - len(asked)]

    def on(made: Sequence[Passage], limits: Sequence[Limit], *rows: FloatMatrix) -> Assistant:
        vectors = np.concatenate([*rows, statements])
        manifest = replace(index.manifest, rows=len(vectors))
        retriever = Retriever(encoder, Index(made, limits, vectors, manifest))
        return shipped.on(retriever, has_outlook=shipped.has_outlook)

    alone = [replace(passage, companions=()) for passage in passages]
    unasked = [replace(passage, questions=()) for passage in passages]
    return {
        "as shipped": shipped,
        "without question forms": on(unasked, index.limits, texts, asked),
        "without headings as context": on(passages, index.limits, statements, forms, asked),
        "without companions": on(alone, index.limits, texts, forms, asked),
        "without lists of what is declined": on(passages, (), texts, forms),
        "without words beside vectors": shipped.on(
            Retriever(encoder, index, words_share=0.0), has_outlook=shipped.has_outlook
        ),
        "without the head": shipped.on(Retriever(encoder, index), has_outlook=False),
    }


def table(reports: dict[str, Report]) -> str:
    """Write the figures as a Markdown table, each with the paired test against the first row."""
    (_, shipped), *_ = reports.items()
    lines = [
        f"| {' | '.join(['part', *(name.replace('_', ' ') for name in FIGURES)])} |",
        f"| {' | '.join(['---'] * (len(FIGURES) + 1))} |",
    ]
    for name, report in reports.items():
        tests = {each.figure.name: each.paired for each in Comparison.of(shipped, report).shares}
        cells = [name]
        for figure in FIGURES:
            share, paired = report.shares[figure], tests[figure]
            told = "no case" if not share.total else f"{100 * share.value:.1f} %"
            changed = paired is not None and paired.only_first + paired.only_second > 0
            cells.append(f"{told} ({paired_text(paired)})" if changed else told)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
