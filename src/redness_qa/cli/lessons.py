"""What the commands that learn and judge share: their options, and the labelled files that they read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redness_qa.cli.terminal import labelled_in
from redness_qa.questions import LabelledQuestion, LabelSet
from redness_qa.settings import Settings

if TYPE_CHECKING:  # they load torch
    from redness_qa.guide_lesson import Form
    from redness_qa.learning import Schedule

SeedOption = Annotated[int, typer.Option(help="Of everything drawn at random.")]


def lessons_in(questions: list[Path], index: Path | None) -> tuple[list[Form], list[LabelledQuestion], list[str]]:
    """Read what the reader of the guide learns from.

    Returns:
        The forms of the index; the questions of the files, of the kinds that are learned, and those that the guide
        lists; the texts of the first.
    """
    from redness_qa.guide_lesson import KINDS, lessons_of, text_of
    from redness_qa.index import Index

    built = Index.load(index or Settings.from_environment().index)
    forms, listed = lessons_of(built.passages, built.limits)
    asked = [question for question in labelled_in(questions, labels=LabelSet.BASE) if question.kind in KINDS]
    return forms, [*asked, *listed], list(map(text_of, asked))


def scheduled(usual: Schedule, epochs: float, seed: int, rate: float | None = None) -> Schedule:
    """Give a usual schedule with what was asked for on the command line."""
    return replace(usual, epochs=epochs, seed=seed, learning_rate=usual.learning_rate if rate is None else rate)


def calm_in(questions: list[Path]) -> list[str]:
    """Read the questions of files that tell of no warning sign."""
    return [asked.row.question for asked in labelled_in(questions, labels=LabelSet.BASE) if asked.kind != "urgent"]
