from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import pytest
import torch

from lessons import FORMS, MESSAGES, QUESTIONS, asked, said
from redness_qa.errors import QuestionError
from redness_qa.guide_lesson import KINDS, Form, GuideLesson, GuideStudent, LessonItem, Outcomes, lessons_of
from redness_qa.judgements import Judgement, Judgements, text_key
from redness_qa.messages import LabelledMessage
from redness_qa.passages import Limit, LimitKind, Passage, Source
from redness_qa.question_judgements import QuestionJudgement
from redness_qa.questions import LabelledQuestion
from redness_qa.triage import Urgency

pytestmark = pytest.mark.usefixtures("on_one_thread")


def passage(text: str, *, facts: tuple[str, ...] = (), questions: tuple[str, ...] = ()) -> Passage:
    return Passage(text, "a.md", "A", text, 0, len(text), facts, (Source("A", "B"),), "A", questions)


# What an index teaches


def test_passages_and_their_question_forms_lead_to_facts() -> None:
    passages = [
        passage("Redness fades.", facts=("F1", "F2"), questions=("how long", "is it normal")),
        passage("Wear a hat.", facts=("F3",), questions=("is it normal",)),
        passage("Hello."),
    ]
    limits = [
        Limit("medicine", LimitKind.REFER, "r", "a", ("may i take it", "which pill")),
        Limit("cost", LimitKind.NOT_COVERED, "r", "", ("how much",)),
    ]

    forms, questions = lessons_of(passages, limits)

    assert forms == [
        Form("Redness fades.", frozenset({"F1", "F2"})),
        Form("Wear a hat.", frozenset({"F3"})),
        Form("Hello.", frozenset()),
        Form("how long", frozenset({"F1", "F2"})),
        Form("is it normal", frozenset({"F1", "F2", "F3"})),
    ]
    assert [(each.row.question, each.row.previous, each.kind, set(each.facts)) for each in questions] == [
        ("how long", None, "answerable", {"F1", "F2"}),
        ("is it normal", None, "answerable", {"F1", "F2", "F3"}),
        ("may i take it", None, "refer", set()),
        ("which pill", None, "refer", set()),
        ("how much", None, "unanswerable", set()),
    ]
    assert {each.kind for each in questions} <= set(KINDS)


def test_an_index_of_nothing_teaches_nothing() -> None:
    assert lessons_of([], []) == ([], [])


def test_outcomes_stand_in_sections() -> None:
    outcomes = Outcomes.of([Form("a", frozenset({"F2", "F1"})), Form("b", frozenset({"F2"}))], ["airway", "pus"])

    assert outcomes.names == (
        *("urgency:urgent", "urgency:emergency", "sign:airway", "sign:pus", "fact:F1", "fact:F2", "fact:none"),
        *(f"kind:{kind}" for kind in KINDS),
    )
    assert outcomes.names[outcomes.urgency] == ("urgency:urgent", "urgency:emergency")
    assert outcomes.within(outcomes.signs) == {"airway": 0, "pus": 1}
    assert outcomes.within(outcomes.facts) == {"F1": 0, "F2": 1, "none": 2}
    assert outcomes.within(outcomes.kinds) == {kind: place for place, kind in enumerate(KINDS)}


# What is wanted, and how far off a student is that answers every text alike

OUTCOMES = Outcomes.of(FORMS, ["airway", "pus"])
URGENT, EMERGENCY = 1.0, -2.0  # log-odds
SIGNS, FACTS = (1 / 4, 3 / 4), (1 / 2, 1 / 4, 1 / 4)
OF_KINDS = (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16)
SCORES = torch.tensor([URGENT, EMERGENCY, *map(math.log, (*SIGNS, *FACTS, *OF_KINDS))])


class FixedStudent:
    """Its forms stand at cosines 1, 0.6, 0 and 0 with every text."""

    null = torch.tensor(0.3)

    def __init__(self) -> None:
        self.read: list[str] = []
        self.forms = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.0, -1.0]])

    def __call__(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        self.read += texts
        return torch.zeros(len(texts), 1, 2), torch.ones(len(texts), 1), torch.tensor([[1.0, 0.0]] * len(texts))

    def head(self, states: torch.Tensor, mask: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        return SCORES.expand(len(vectors), -1)

    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        assert list(texts) == [form.text for form in FORMS]
        return self.forms


class Untouched(random.Random):
    """Draws so that no text is joined or worn."""

    def random(self) -> float:
        return 0.999


def lesson_of(
    judged: Mapping[str, QuestionJudgement] | None = None,
    *,
    student: FixedStudent | None = None,
    judgements: Judgements | None = None,
    forms: Sequence[Form] = FORMS,
) -> GuideLesson:
    lesson = GuideLesson(
        cast("GuideStudent", student or FixedStudent()),
        Outcomes.of(forms, ["airway", "pus"]),
        forms,
        QUESTIONS,
        MESSAGES,
        judgements=judgements or {},
        question_judgements={text_key(text): judgement for text, judgement in (judged or {}).items()},
        chance=Untouched(),
    )
    lesson.embed_forms_now_and_then(0)
    return lesson


@pytest.mark.parametrize(
    ("facts", "kind", "shares"),
    [
        pytest.param(["F1"], "answerable", [1, 0, 0], id="one fact"),
        pytest.param(["F1", "F2"], "answerable", [1 / 2, 1 / 2, 0], id="two facts alike"),
        pytest.param([], "refer", [0, 0, 1], id="none"),
        pytest.param(["F1"], "refer", [0, 0, 1], id="a fact of what is not answered"),
        pytest.param(["X1"], "answerable", [0, 0, 1], id="none that is stated"),
        pytest.param(["F2"], "partial", [0, 1 / 2, 1 / 2], id="half of each"),
        pytest.param(["F1", "F2"], "partial", [1 / 4, 1 / 4, 1 / 2], id="half of two"),
        pytest.param(["X1"], "partial", [0, 0, 1], id="partial, not stated"),
        pytest.param(["F1", "none"], "answerable", [1, 0, 0], id="none beside a fact"),
        pytest.param(["F2", "none"], "partial", [0, 1 / 2, 1 / 2], id="partial, none beside a fact"),
        pytest.param(["none"], "answerable", [0, 0, 1], id="none alone"),
    ],
)
def test_what_is_wanted_by_the_label_alone(facts: list[str], kind: str, shares: list[float]) -> None:
    lesson, question = lesson_of(), asked("how long", kind, *facts)

    assert lesson._wanted_facts(question).tolist() == shares
    assert lesson._wanted_kinds(question).tolist() == [each == kind for each in KINDS]
    assert lesson._right_facts(question).tolist() == [share > 0 for share in shares[:2]] + [0]


JUDGED = QuestionJudgement({"F1": 0.6, "none": 0.4}, {"refer": 0.7, "partial": 0.3})


@pytest.mark.parametrize("previous", [None, "can i swim"])
def test_a_judgement_counts_as_much_as_a_label_and_is_found_by_what_is_read(previous: str | None) -> None:
    """What is right to be drawn to has its label alone."""
    question = asked("and how long", "partial", "F2", previous=previous)
    lesson = lesson_of({"and how long" if previous is None else "can i swim | and how long": JUDGED})
    other = lesson_of({"can i swim | and how long" if previous is None else "and how long": JUDGED})

    assert lesson._wanted_facts(question).tolist() == pytest.approx([0.3, 0.25, 0.45])
    assert lesson._wanted_kinds(question).tolist() == pytest.approx([0, 0.65, 0, 0.35, 0])
    assert lesson._right_facts(question).tolist() == [0, 1, 0]
    assert other._wanted_facts(question).tolist() == [0, 0.5, 0.5]
    assert other._wanted_kinds(question).tolist() == [0, 1, 0, 0, 0]


def test_a_text_without_label_is_what_it_was_judged_to_be() -> None:
    lesson = lesson_of({"how long now": JUDGED})

    assert lesson._wanted_facts("how long now").tolist() == pytest.approx([0.6, 0, 0.4])
    assert lesson._wanted_kinds("how long now").tolist() == pytest.approx([0, 0.3, 0, 0.7, 0])
    with pytest.raises(QuestionError, match="no judgement of the text 'how long', which has no label"):
        lesson.loss(["how long"])


@pytest.mark.parametrize(
    ("facts", "right"),
    [
        pytest.param({"none": 1.0}, [], id="none"),
        pytest.param({"F1": 0.5, "none": 0.5}, [], id="none has half"),
        pytest.param({"F1": 0.51, "none": 0.49}, ["F1"], id="none has less"),
        pytest.param({"F1": 0.85, "F2": 0.15}, ["F1", "F2"], id="just enough of all"),
        pytest.param({"F1": 0.86, "F2": 0.14}, ["F1"], id="too little of all"),
        pytest.param({"F1": 0.53, "F2": 0.1, "none": 0.37}, ["F1", "F2"], id="enough of what is stated"),
        pytest.param({"F1": 0.54, "F2": 0.09, "none": 0.37}, ["F1"], id="too little of what is stated"),
    ],
)
def test_facts_that_are_judged_likely_are_right(facts: dict[str, float], right: list[str]) -> None:
    lesson = lesson_of({"how long": QuestionJudgement(facts, {"answerable": 1.0})})

    assert lesson._right_facts("how long").tolist() == lesson._row(right).tolist()


NINE = tuple(f"F{number}" for number in range(1, 10))
OF_NINE = tuple(replace(form, facts=frozenset(NINE)) for form in FORMS)


@pytest.mark.parametrize(
    ("shares", "none", "right"),
    [
        pytest.param([0.13] + [0.87 / 8] * 8, 0.0, NINE[:1], id="the likeliest"),
        pytest.param([0.14] * 2 + [0.72 / 7] * 7, 0.0, NINE[:2], id="two alike"),
        pytest.param([1 / 9] * 9, 0.0, NINE, id="all alike"),
        pytest.param([0.08] + [0.52 / 8] * 8, 0.4, NINE[:1], id="the likeliest, beside none"),
        pytest.param([0.06] * 9, 0.46, NINE, id="all alike, beside none"),
        pytest.param([0.0625] * 8, 0.5, (), id="none has half"),
        pytest.param([0.05] * 9, 0.55, (), id="none has more"),
    ],
)
def test_of_facts_that_are_all_unlikely_the_likeliest_is_right(
    shares: list[float], none: float, right: tuple[str, ...]
) -> None:
    """None of nine has 15 % of what is given to facts."""
    facts = dict(zip(NINE, shares, strict=False)) | {"none": none}
    assert max(shares) < 0.15 * sum(shares)
    lesson = lesson_of({"how long": QuestionJudgement(facts, {"answerable": 1.0})}, forms=OF_NINE)

    assert lesson._right_facts("how long").tolist() == [float(name in right) for name in (*NINE, "none")]


def off(log_odds: float, probability: float) -> float:
    """The loss of log-odds where a probability is wanted."""
    return math.log1p(math.exp(log_odds)) - probability * log_odds


@pytest.mark.parametrize(
    ("item", "urgent", "emergency", "sign"),
    [
        pytest.param(said("all is well"), 0.41, 0.31, 0.0, id="half by the judgement"),
        pytest.param(said("fine"), 0.01, 0.01, 0.0, id="by the label"),
        pytest.param(said("oh", Urgency.CONTACT_CLINIC, "pus"), 0.99, 0.01, -math.log(3 / 4) / 2, id="a sign"),
        pytest.param(asked("all is well", "offtopic"), 0.01, 0.01, 0.0, id="a question, by the label"),
    ],
)
def test_the_loss_of_signs_by_hand(
    item: LabelledQuestion | LabelledMessage, urgent: float, emergency: float, sign: float
) -> None:
    lesson = lesson_of(judgements={text_key("all is well"): Judgement(0.81, 0.61)})

    loss = float(lesson._sign_loss(SCORES[None], [item]))

    assert loss == pytest.approx((off(URGENT, urgent) + off(EMERGENCY, emergency)) / 2 + sign, abs=1e-5)


def drawn_to(*places: int) -> float:
    """The loss of a text whose right forms stand at these places, and "none of them" last, over the temperature."""
    weights = [math.exp(similarity / 0.05) for similarity in (1, 0.6, 0, 0, 0.3)]
    return -math.log(sum(weights[place] for place in places) / sum(weights))


@pytest.mark.parametrize(
    ("facts", "places"), [(["F1"], (0, 1)), (["F2"], (2, 3)), (["F1", "F2"], range(4)), ([], (4,))]
)
def test_the_loss_of_retrieval_by_hand(facts: list[str], places: Sequence[int]) -> None:
    lesson = lesson_of()

    loss = float(lesson._retrieval_loss(torch.tensor([[1.0, 0.0]]), lesson._row(facts)[None]))

    assert loss == pytest.approx(drawn_to(*places), abs=1e-5)


def test_forms_are_embedded_anew_at_every_120th_step_and_not_between() -> None:
    student = FixedStudent()
    lesson, used = lesson_of(student=student), []

    for step in range(241):
        student.forms = torch.full((len(FORMS), 2), float(step))  # what the student makes of them changes all the time
        lesson.embed_forms_now_and_then(step)
        used.append({number for row in lesson._forms.tolist() for number in row})

    assert used == [{0.0}] * 120 + [{120.0}] * 120 + [{240.0}]


def test_the_loss_of_a_batch_by_hand() -> None:
    """A text without label has no part in the loss of signs, a message none in that of facts and kinds."""
    student = FixedStudent()
    lesson = lesson_of({"how long now": JUDGED}, student=student)
    batch: list[LessonItem] = [MESSAGES[0], QUESTIONS[4], "how long now"]

    loss = float(lesson.loss(batch))

    assert student.read == ["there is yellow pus on my cheek", "can i go in the sun | and how long", "how long now"]
    urgency = (off(URGENT, 0.99) + off(URGENT, 0.01) + 2 * off(EMERGENCY, 0.01)) / 4
    retrieval = (drawn_to(2, 3) + drawn_to(0, 1)) / 2
    facts = -(math.log(1 / 4) + 0.6 * math.log(1 / 2) + 0.4 * math.log(1 / 4)) / 2
    kinds = -(math.log(1 / 2) + 0.3 * math.log(1 / 4) + 0.7 * math.log(1 / 16)) / 2
    assert loss == pytest.approx(urgency - math.log(3 / 4) / 2 + retrieval + facts + kinds / 2, abs=1e-5)
