from __future__ import annotations

from collections.abc import Sequence

import pytest

from lessons import said
from redness_qa.encoder import bundled_folder
from redness_qa.learning import Schedule
from redness_qa.messages import LabelledMessage
from redness_qa.sign_teaching import SignTeacher
from redness_qa.triage import Urgency

pytestmark = pytest.mark.usefixtures("on_one_thread")


MESSAGES = (
    said("there is yellow pus on my cheek", Urgency.CONTACT_CLINIC, "pus"),
    said("there is no yellow pus on my cheek"),
    said("i cannot breathe and my tongue swells", Urgency.EMERGENCY, "airway"),
    said("i can breathe well, and my tongue is pink. may I swim?"),
)


@pytest.mark.model
def test_a_taught_model_judges_every_text_and_learns() -> None:
    told: list[tuple[int, int]] = []
    files: Sequence[Sequence[LabelledMessage]] = [MESSAGES[:2], MESSAGES[2:]]

    teacher = SignTeacher.train(
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
