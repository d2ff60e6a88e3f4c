from __future__ import annotations

from collections.abc import Sequence

import pytest

from redness_qa.encoder import bundled_folder
from redness_qa.learning import Schedule
from redness_qa.messages import LabelledMessage
from redness_qa.sign_teaching import Teacher, parts_of, recombined
from redness_qa.triage import Urgency

pytestmark = pytest.mark.usefixtures("on_one_thread")


def said(message: str, urgency: Urgency = Urgency.ROUTINE, sort: str = "calm") -> LabelledMessage:
    return LabelledMessage(message, message, urgency, sort)


MESSAGES = (
    said("there is yellow pus on my cheek", Urgency.CONTACT_CLINIC, "pus"),
    said("there is no yellow pus on my cheek"),
    said("i cannot breathe and my tongue swells", Urgency.EMERGENCY, "airway"),
    said("i can breathe well, and my tongue is pink. may I swim?"),
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("only this", ["only this"]),
        ("I am red today. May I swim tomorrow?", ["I am red today", "May I swim tomorrow?"]),
        ("no pus or fever but my jaw is swelling", ["no pus or fever", "but my jaw is swelling"]),
        ("my cheek is hot, is it ok", ["my cheek is hot is it ok"]),
        ("...", ["..."]),
    ],
)
def test_a_message_is_cut_where_something_new_is_said(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_recombined_texts_hold_parts_of_two_messages_and_do_not_depend_on_their_order() -> None:
    made = recombined(MESSAGES, count=40)

    assert [each.message for each in made] == [each.message for each in recombined(MESSAGES[::-1], count=40)]
    assert [each.message for each in made] != [each.message for each in recombined(MESSAGES, count=40, seed=1)]
    assert len({each.id for each in made}) == 40
    for each in made:
        sources = [message for message in MESSAGES if any(part in each.message for part in parts_of(message.message))]
        assert len(sources) == 2, each.message


@pytest.mark.model
def test_a_taught_model_judges_every_text_and_learns() -> None:
    told: list[tuple[int, int]] = []
    files: Sequence[Sequence[LabelledMessage]] = [MESSAGES[:2], MESSAGES[2:]]

    teacher = Teacher.train(
        bundled_folder(),
        messages=files,
        calm=["how long am i red", "may i lie in the sun"],
        schedule=Schedule(epochs=20.0, batch=4, learning_rate=1e-3, seed=7),
        progress=lambda done, total: told.append((done, total)),
    )
    texts = [message.message for message in MESSAGES]
    judged = dict(teacher.judge(texts))

    assert told[-1] == (30, 30)
    assert set(judged) == set(texts)
    pus, no_pus, no_air, air = (judged[text] for text in texts)
    assert pus.urgent > no_pus.urgent
    assert no_air.emergency > max(pus.emergency, air.emergency)
