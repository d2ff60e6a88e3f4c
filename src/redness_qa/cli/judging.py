"""The commands by which a larger model judges: judge-questions and judge-signs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from redness_qa.cli.lessons import SeedOption, calm_in, lessons_in, scheduled
from redness_qa.cli.terminal import IndexOption, stages, written_aside

app = typer.Typer()

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
    seed: SeedOption = 0,
    beside: BesideOption = None,
) -> None:
    """Let a larger model learn what questions ask for and judge texts, for `train` to learn from."""
    from redness_qa.augmentation import augmented_questions
    from redness_qa.encoder import bundled_folder
    from redness_qa.question_judgements import packed_question_judgements
    from redness_qa.question_teaching import SCHEDULE, QuestionTeacher, SmallReader

    forms, asked, texts = lessons_in(questions, index)
    reader = None if beside is None else SmallReader.load(beside, forms=forms)
    texts += augmented_questions(texts, folder=bundled_folder())
    with stages() as report_progress:
        taught = QuestionTeacher.train(
            teacher,
            forms=forms,
            questions=asked,
            schedule=scheduled(SCHEDULE, epochs, seed),
            progress=lambda done, total: report_progress("Learning", done, total),
        )
        judged = taught.judge(
            texts, beside=reader, progress=lambda done, total: report_progress("Judging", done, total)
        )
    with written_aside(output) as write:
        write(packed_question_judgements(judged))
    print(f"judged {len(judged)} texts: {output}")


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
    seed: SeedOption = 0,
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

    calm = calm_in(questions)
    reader = None if beside is None else load_small(Student, beside)[0]
    told = [read_messages(path) for path in messages]
    every = [message for file in told for message in file]
    texts = [message.message for message in [*every, *augmented(every, folder=bundled_folder())]]
    with stages() as report_progress:
        taught = SignTeacher.train(
            teacher,
            messages=told,
            calm=calm,
            schedule=scheduled(SCHEDULE, epochs, seed),
            progress=lambda done, total: report_progress("Learning", done, total),
        )
        judged = taught.judge(
            texts, beside=reader, progress=lambda done, total: report_progress("Judging", done, total)
        )
    with written_aside(output) as write:
        write(packed(judged))
    print(f"judged {len(judged)} texts: {output}")
