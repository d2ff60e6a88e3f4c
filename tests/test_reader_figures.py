"""The figures of each reader by itself, on a small guide."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from assistants import build_assistant, write_guide
from evaluated import labelled
from heads import SIGNS, WORDS, head_for
from redness_qa.messages import LabelledMessage
from redness_qa.triage import Urgency
from scripts import script

KINDS = ("answerable", "partial", "unanswerable", "refer", "offtopic")
TAUGHT = {
    "fact:F12": "outside",
    "fact:F16": "holiday",
    "fact:none": "zebra",
    **{f"kind:{kind}": kind for kind in KINDS},
}


@pytest.fixture(scope="module")
def readers() -> ModuleType:
    return script("readers")


def test_head_and_vectors_are_counted_each_by_itself_and_together(readers: ModuleType, tmp_path: Path) -> None:
    write_guide(tmp_path / "corpus")
    index = build_assistant(tmp_path, encoder=WORDS).index
    asked = [
        labelled("1", "answerable", "F16", question="which sunscreen on holiday"),  # the head alone knows it
        labelled("2", "answerable", "F17", question="which sunscreen do i need zebra"),  # the vectors alone
        labelled("3", "answerable", "F28", question="which sunscreen do i need outside"),  # nobody
        labelled("4", "refer", question="refer"),
    ]

    head, similarity, both, refer = readers.of_questions(head_for(TAUGHT), WORDS, index, asked).splitlines()

    assert [line[:34].rstrip() for line in (head, similarity, both)] == [
        "right fact first, by the head",
        "right fact first, by similarity",
        "right fact first, by both",
    ]
    assert [line[-7:-1] for line in (head, similarity, both)] == ["1 of 3", "1 of 3", "2 of 3"]
    assert refer.startswith("AUROC, for a clinician or not        1.000")
    assert refer.endswith("; 4)")


def test_what_few_misses_cost_is_told_of_messages_and_of_questions(readers: ModuleType) -> None:
    told = [
        LabelledMessage("1", "there is pus", Urgency.CONTACT_CLINIC, "pus"),
        LabelledMessage("2", "pus here", Urgency.CONTACT_CLINIC, "pus"),
        LabelledMessage("3", "no sign at all", Urgency.ROUTINE, "normal course"),
        LabelledMessage("4", "my dog has pus pus pus pus", Urgency.ROUTINE, "misleading everyday words"),
    ]
    asked = [labelled("1", "answerable", "F12", question="how long"), labelled("2", "urgent", question="pus, how long")]

    area, messages, questions = readers.of_messages(head_for(SIGNS), WORDS, told, asked).splitlines()

    assert area.endswith("; 4)")
    assert messages.startswith("calm messages that alarm, 1 % missed")
    assert messages.endswith("1 of 2)")
    assert questions.startswith("questions that alarm, 1 % missed")
    assert questions.endswith("0 of 1)")
