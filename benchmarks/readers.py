"""Prints what each of the two readers that ship does by itself, before rules, words and decisions come to it.

    python benchmarks/readers.py benchmarks/questions/tune-s.jsonl --messages benchmarks/triage/tune.jsonl

Of the first one: how often its head and its vectors put a right fact first, and how it tells questions for a clinician
apart. Of the second one: how it tells messages with a warning sign from calm ones, as typed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from redness_qa.encoder import GUIDE_MODEL, SIGNS_MODEL, Encoder
from redness_qa.encoders import load_encoder
from redness_qa.errors import EncoderError
from redness_qa.head import NO_FACT, Head
from redness_qa.index import Index
from redness_qa.messages import LabelledMessage, read_messages
from redness_qa.metrics import Share, auroc
from redness_qa.questions import LabelledQuestion, LabelSet, in_context, read_labelled
from redness_qa.readings import HeadReader, Readings
from redness_qa.retriever import Retriever
from redness_qa.settings import Settings
from redness_qa.triage import Likelihood, Urgency
from redness_qa.weights import SIGNS, shipped_folder

MISSED = 0.01
"""Share of the messages with a sign that may be missed, for which the price in false alarms is told."""


def main() -> None:
    """Read the options and the files, and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("questions", type=Path, help="JSON Lines with labels 'kind' and 'facts'")
    options.add_argument("--messages", type=Path, action="append", required=True, help="labelled messages")
    options.add_argument("--index", type=Path, default=Settings.from_environment().index)
    given = options.parse_args()
    asked = read_labelled(given.questions, labels=LabelSet.BASE)
    told = [message for path in given.messages for message in read_messages(path)]
    head, encoder = load(GUIDE_MODEL, shipped_folder())
    sys.stdout.write(of_questions(head, encoder, Index.load(given.index), asked))
    head, encoder = load(SIGNS_MODEL, shipped_folder() / SIGNS)
    sys.stdout.write(of_messages(head, encoder, told, asked))


def load(model: str, folder: Path) -> tuple[Head, Encoder]:
    """Load one of the readers.

    Raises:
        EncoderError: It is missing or damaged.
    """
    head = Head.load(folder)
    if head is None:
        raise EncoderError(f"{folder} holds no head; make one with `make weights`")
    return head, load_encoder(model, weights_sha256=head.encoder_sha256)


def of_questions(head: Head, encoder: Encoder, index: Index, asked: Sequence[LabelledQuestion]) -> str:
    """Tell how often what comes first is right, and how questions for a clinician are told from the others."""
    reader, retriever = HeadReader(head, encoder), Retriever(encoder, index, words_share=0.0)
    right: dict[str, list[bool]] = {"the head": [], "similarity": [], "both": []}
    refer: dict[bool, list[float]] = {True: [], False: []}
    for question in asked:
        text, readings = in_context(question.row.question, question.row.previous), Readings()
        outlook = reader.outlook(text, readings)
        refer[question.kind == "refer"].append(outlook.kinds["refer"])
        if question.kind != "answerable":
            continue
        likeliest = max((share, fact) for fact, share in outlook.facts.items() if fact != NO_FACT)
        right["the head"].append(likeliest[1] in question.facts)
        vector = readings.of(text, encoder).vector
        for name, expected in (("similarity", None), ("both", outlook)):
            first = retriever.find(text, k=1, vector=vector, outlook=expected).hits[0].passage
            right[name].append(not question.facts.isdisjoint(first.facts))
    lines = [f"right fact first, by {name:<17}{Share(sum(found), len(found))}" for name, found in right.items()]
    lines.append(f"AUROC, for a clinician or not        {auroc(refer[True], refer[False])}")
    return "\n".join(lines) + "\n"


def of_messages(
    head: Head, encoder: Encoder, told: Sequence[LabelledMessage], asked: Sequence[LabelledQuestion]
) -> str:
    """Tell how messages with a sign are told from calm ones, and what it costs to miss few of them."""

    def urgent(text: str) -> float:
        reading = encoder.read(text)
        return Likelihood.of(head.read(reading.tokens, reading.vector[0])).urgent

    signs = [urgent(message.message) for message in told if message.urgency is not Urgency.ROUTINE]
    calm = [urgent(message.message) for message in told if message.urgency is Urgency.ROUTINE]
    questions = [urgent(question.row.question) for question in asked if question.kind != "urgent"]
    bar = float(np.quantile(signs, MISSED))
    lines = [f"AUROC, a warning sign or not         {auroc(signs, calm)}"]
    for name, texts in (("calm messages", calm), ("questions", questions)):
        alarmed = Share(sum(each >= bar for each in texts), len(texts))
        lines.append(f"{name + f' that alarm, {100 * MISSED:.0f} % missed':<37}{alarmed}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
