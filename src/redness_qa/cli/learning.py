"""The commands that learn: train, train-signs and average-weights."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from redness_qa.cli.lessons import SeedOption, calm_in, lessons_in, scheduled
from redness_qa.cli.terminal import IndexOption, stages

Made = TypeVar("Made")

app = typer.Typer()

JudgedOption = Annotated[
    Path | None,
    typer.Option(help="Judgements of a larger model, which `judge-signs` made of the same messages.", dir_okay=False),
]

RateOption = Annotated[
    float | None,
    typer.Option(help="Highest learning rate, of the encoder.", min=1e-9, show_default="that of a first training"),
]
StartOption = Annotated[Path | None, typer.Option(help="Folder of weights to go on from.", file_okay=False)]


@app.command()
def train(
    questions: Annotated[list[Path], typer.Option(help="Labelled questions to learn from; may be given often.")],
    messages: Annotated[list[Path], typer.Option(help="Labelled messages to learn from; may be given often.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights, such as src/redness_qa/weights.")],
    index: IndexOption = None,
    epochs: Annotated[float, typer.Option(help="Passes over the data.")] = 3.0,
    rate: RateOption = None,
    seed: SeedOption = 0,
    judged: JudgedOption = None,
    judged_questions: Annotated[
        Path | None,
        typer.Option(
            help="Judgements of a larger model, which `judge-questions` made of the same questions.", dir_okay=False
        ),
    ] = None,
    start: StartOption = None,
) -> None:
    """Learn from labelled questions and messages: a change of the encoder's layers, and a head on it."""
    from redness_qa.augmentation import augmented_questions
    from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, bundled_folder
    from redness_qa.judgements import load_judgements
    from redness_qa.messages import read_messages
    from redness_qa.question_judgements import load_question_judgements
    from redness_qa.training import SCHEDULE, train

    forms, asked, texts = lessons_in(questions, index)
    told = [message for path in messages for message in read_messages(path)]
    folder = bundled_folder()
    question_judgements = {} if judged_questions is None else load_question_judgements(judged_questions)
    made = [] if judged_questions is None else augmented_questions(texts, folder=folder)
    with stages() as report_progress:
        learned = train(
            folder,
            forms=forms,
            questions=asked,
            messages=told,
            judgements={} if judged is None else load_judgements(judged),
            question_judgements=question_judgements,
            unlabelled=_judged(made, texts=made, judgements=question_judgements, judge="judge-questions"),
            schedule=scheduled(SCHEDULE, epochs, seed, rate),
            start=start,
            progress=lambda done, total: report_progress("Learning", done, total),
        )
    learned.save(output, base_sha256=DEFAULT_WEIGHTS_SHA256)
    print(f"learned from {len(asked)} questions and {len(told)} messages: {output}")
    print("Now build the index anew, then run calibrate and calibrate-triage.")


@app.command()
def train_signs(
    questions: Annotated[
        list[Path], typer.Option(help="Labelled questions; all but the urgent ones are calm messages to learn from.")
    ],
    messages: Annotated[list[Path], typer.Option(help="Labelled messages to learn from; may be given often.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights, such as src/redness_qa/weights/signs.")],
    epochs: Annotated[float, typer.Option(help="Passes over the data.")] = 2.0,
    rate: RateOption = None,
    seed: SeedOption = 0,
    judged: JudgedOption = None,
    start: StartOption = None,
) -> None:
    """Learn from labelled messages alone: a second reader of warning signs, beside what `train` learns of them."""
    from redness_qa.augmentation import augmented
    from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, bundled_folder
    from redness_qa.judgements import load_judgements
    from redness_qa.messages import read_messages
    from redness_qa.sign_training import SCHEDULE, train_signs

    calm = calm_in(questions)
    told = [read_messages(path) for path in messages]
    every = [message for file in told for message in file]
    judgements = {} if judged is None else load_judgements(judged)
    made = [] if judged is None else augmented(every, folder=bundled_folder())
    with stages() as report_progress:
        learned = train_signs(
            bundled_folder(),
            messages=told,
            calm=calm,
            judgements=judgements,
            unlabelled=_judged(
                made, texts=[message.message for message in made], judgements=judgements, judge="judge-signs"
            ),
            schedule=scheduled(SCHEDULE, epochs, seed, rate),
            start=start,
            progress=lambda done, total: report_progress("Learning", done, total),
        )
    learned.save(output, base_sha256=DEFAULT_WEIGHTS_SHA256)
    print(f"learned from {len(every)} messages and {len(calm)} questions: {output}")
    print("Now run calibrate-triage.")


@app.command()
def average_weights(
    trainings: Annotated[list[Path], typer.Argument(help="Folders of weights of the same data, two or more.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights, such as src/redness_qa/weights.")],
    rank: Annotated[int, typer.Option(help="Of the change that is kept; the larger, the nearer to the mean.", min=1)],
) -> None:
    """Average several trainings; the mean often reads better than each, and is as fast."""
    from redness_qa.averaging import average_weights

    learned, base_sha256 = average_weights(trainings, rank=rank)
    learned.save(output, base_sha256=base_sha256)
    print(f"the mean of {len(trainings)} trainings: {output}")
    print("Now build the index anew, then run calibrate and calibrate-triage.")


def _judged(made: Sequence[Made], *, texts: Sequence[str], judgements: Container[str], judge: str) -> list[Made]:
    """Leave out what was made of questions or messages that are newer than the judgements, and say how much that is."""
    from redness_qa.judgements import text_key

    known = [each for each, text in zip(made, texts, strict=True) if text_key(text) in judgements]
    if left_out := len(made) - len(known):
        print(f"{left_out} of {len(made)} texts made of others are left out, as they were not judged (`{judge}`)")
    return known
