"""The commands that learn: train with its kin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redness_qa.cli.terminal import IndexOption, labelled_in, stages, written_aside
from redness_qa.questions import LabelledQuestion, LabelSet
from redness_qa.settings import Settings

if TYPE_CHECKING:  # they load torch
    from redness_qa.guide_lesson import Form
    from redness_qa.learning import Schedule

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
TeacherOption = Annotated[
    Path, typer.Option(help="Folder of a larger sentence-transformers model.", exists=True, file_okay=False)
]
BesideOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of weights of the small reader; judgements are the mean of both.", exists=True, file_okay=False
    ),
]


@app.command()
def train(
    questions: Annotated[list[Path], typer.Option(help="Labelled questions to learn from; may be given often.")],
    messages: Annotated[list[Path], typer.Option(help="Labelled messages to learn from; may be given often.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights, such as src/redness_qa/weights.")],
    index: IndexOption = None,
    epochs: Annotated[float, typer.Option(help="Passes over the data.")] = 3.0,
    rate: RateOption = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
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

    forms, asked, texts = _lessons(questions, index)
    told = [message for path in messages for message in read_messages(path)]
    folder = bundled_folder()
    with stages() as report_progress:
        learned = train(
            folder,
            forms=forms,
            questions=asked,
            messages=told,
            judgements={} if judged is None else load_judgements(judged),
            question_judgements={} if judged_questions is None else load_question_judgements(judged_questions),
            unlabelled=[] if judged_questions is None else augmented_questions(texts, folder=folder),
            schedule=_schedule(SCHEDULE, epochs, seed, rate),
            start=start,
            progress=lambda done, total: report_progress("Learning", done, total),
        )
    learned.save(output, base_sha256=DEFAULT_WEIGHTS_SHA256)
    print(f"learned from {len(asked)} questions and {len(told)} messages: {output}")
    print("Now build the index anew, then run calibrate and calibrate-triage.")


@app.command()
def judge_questions(
    teacher: TeacherOption,
    questions: Annotated[
        list[Path], typer.Option(help="Labelled questions that it learns from and judges; may be given often.")
    ],
    output: Annotated[
        Path, typer.Option(help="File for its judgements of questions and of texts made of them.", dir_okay=False)
    ],
    index: IndexOption = None,
    epochs: Annotated[float, typer.Option(help="Passes over the data.")] = 3.0,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
    beside: BesideOption = None,
) -> None:
    """Let a larger model learn what questions ask for and judge texts, for `train` to learn from."""
    from redness_qa.augmentation import augmented_questions
    from redness_qa.encoder import bundled_folder
    from redness_qa.question_judgements import packed_question_judgements
    from redness_qa.question_teaching import SCHEDULE, QuestionTeacher, SmallReader

    forms, asked, texts = _lessons(questions, index)
    reader = None if beside is None else SmallReader.load(beside, forms=forms)
    texts += augmented_questions(texts, folder=bundled_folder())
    with stages() as report_progress:
        taught = QuestionTeacher.train(
            teacher,
            forms=forms,
            questions=asked,
            schedule=_schedule(SCHEDULE, epochs, seed),
            progress=lambda done, total: report_progress("Learning", done, total),
        )
        judged = taught.judge(
            texts, beside=reader, progress=lambda done, total: report_progress("Judging", done, total)
        )
    with written_aside(output) as write:
        write(packed_question_judgements(judged))
    print(f"judged {len(judged)} texts: {output}")


@app.command()
def train_signs(
    questions: Annotated[
        list[Path], typer.Option(help="Labelled questions; all but the urgent ones are calm messages to learn from.")
    ],
    messages: Annotated[list[Path], typer.Option(help="Labelled messages to learn from; may be given often.")],
    output: Annotated[Path, typer.Option(help="Folder for the weights, such as src/redness_qa/weights/signs.")],
    epochs: Annotated[float, typer.Option(help="Passes over the data.")] = 2.0,
    rate: RateOption = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
    judged: JudgedOption = None,
    start: StartOption = None,
) -> None:
    """Learn from labelled messages alone: a second reader of warning signs, beside what `train` learns of them."""
    from redness_qa.augmentation import augmented
    from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, bundled_folder
    from redness_qa.judgements import load_judgements
    from redness_qa.messages import read_messages
    from redness_qa.sign_training import SCHEDULE, train_signs

    calm = _calm(questions)
    told = [read_messages(path) for path in messages]
    every = [message for file in told for message in file]
    with stages() as report_progress:
        learned = train_signs(
            bundled_folder(),
            messages=told,
            calm=calm,
            judgements={} if judged is None else load_judgements(judged),
            unlabelled=[] if judged is None else augmented(every, folder=bundled_folder()),
            schedule=_schedule(SCHEDULE, epochs, seed, rate),
            start=start,
            progress=lambda done, total: report_progress("Learning", done, total),
        )
    learned.save(output, base_sha256=DEFAULT_WEIGHTS_SHA256)
    print(f"learned from {len(every)} messages and {len(calm)} questions: {output}")
    print("Now run calibrate-triage.")


@app.command()
def judge_signs(
    teacher: TeacherOption,
    questions: Annotated[
        list[Path], typer.Option(help="Labelled questions; all but the urgent ones are calm messages to learn from.")
    ],
    messages: Annotated[
        list[Path], typer.Option(help="Labelled messages that it learns from and judges; may be given often.")
    ],
    output: Annotated[
        Path, typer.Option(help="File for its judgements of messages and of texts made of them.", dir_okay=False)
    ],
    epochs: Annotated[float, typer.Option(help="Passes over the data.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
    beside: BesideOption = None,
) -> None:
    """Let a larger model learn warning signs and judge texts, for `train` and `train-signs` to learn from."""
    from redness_qa.augmentation import augmented
    from redness_qa.encoder import bundled_folder
    from redness_qa.judgements import packed
    from redness_qa.learning import Student
    from redness_qa.messages import read_messages
    from redness_qa.sign_teaching import SCHEDULE, SignTeacher
    from redness_qa.teaching import load_small

    calm = _calm(questions)
    reader = None if beside is None else load_small(Student, beside)[0]
    told = [read_messages(path) for path in messages]
    every = [message for file in told for message in file]
    texts = [message.message for message in [*every, *augmented(every, folder=bundled_folder())]]
    with stages() as report_progress:
        taught = SignTeacher.train(
            teacher,
            messages=told,
            calm=calm,
            schedule=_schedule(SCHEDULE, epochs, seed),
            progress=lambda done, total: report_progress("Learning", done, total),
        )
        judged = taught.judge(
            texts, beside=reader, progress=lambda done, total: report_progress("Judging", done, total)
        )
    with written_aside(output) as write:
        write(packed(judged))
    print(f"judged {len(judged)} texts: {output}")


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
    texts += [(False, question) for question in _calm(questions)]
    said = Triage.load().said
    counts = count_phrases((is_told, said(text)) for is_told, text in texts)
    with written_aside(output) as write:
        write(write_counts(counts))
    print(f"{len(counts)} phrases counted in {len(texts)} messages: {output}")


def _lessons(questions: list[Path], index: Path | None) -> tuple[list[Form], list[LabelledQuestion], list[str]]:
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


def _schedule(usual: Schedule, epochs: float, seed: int, rate: float | None = None) -> Schedule:
    return replace(usual, epochs=epochs, seed=seed, learning_rate=usual.learning_rate if rate is None else rate)


def _calm(questions: list[Path]) -> list[str]:
    return [asked.row.question for asked in labelled_in(questions, labels=LabelSet.BASE) if asked.kind != "urgent"]
