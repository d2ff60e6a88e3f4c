from __future__ import annotations

import pytest

from lessons import FORMS, QUESTIONS, asked
from redness_qa.encoder import bundled_folder
from redness_qa.guide_lesson import KINDS, text_of
from redness_qa.learning import Schedule
from redness_qa.question_teaching import QuestionTeacher

pytestmark = pytest.mark.usefixtures("on_one_thread")


@pytest.mark.model
def test_a_taught_model_knows_its_questions_and_judges_every_text_once() -> None:
    told: list[tuple[int, int]] = []
    teacher = QuestionTeacher.train(
        bundled_folder(),
        forms=FORMS,
        questions=[asked("there is pus, how long", "urgent", "F1"), *QUESTIONS],  # a kind that is not learned
        schedule=Schedule(epochs=20.0, batch=4, learning_rate=1e-3, seed=7),
        progress=lambda done, total: told.append((done, total)),
    )
    texts = [text_of(question) for question in QUESTIONS]
    assert told[-1] == (40, 40)

    judged = teacher.judge([*texts, *texts[:3]], progress=lambda done, total: told.append((done, total)))

    assert told[40:] == [(8, 8)]
    assert [text for text, _ in judged] == sorted(texts, key=len)
    judgements = dict(judged)
    for question, text in zip(QUESTIONS, texts, strict=True):
        facts, kinds = judgements[text].facts, judgements[text].kinds
        assert (set(facts), tuple(kinds)) == ({"F1", "F2", "none"}, KINDS)
        assert (sum(facts.values()), sum(kinds.values())) == pytest.approx((1, 1))
        assert max(kinds, key=kinds.__getitem__) == question.kind
        assert sum(facts[fact] for fact in question.facts or {"none"}) == pytest.approx(
            0.5 if question.kind == "partial" else 1, abs=0.2
        ), text
