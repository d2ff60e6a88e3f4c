from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import redness_qa.encoder
from heads import likelihood_of
from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, GUIDE_MODEL, SentenceEncoder, bundled_folder
from redness_qa.head import HEAD, HEAD_NAMES, Head
from redness_qa.judgements import Judgement, Judgements, text_key
from redness_qa.learning import Learned, Schedule, dealt
from redness_qa.messages import LabelledMessage
from redness_qa.passages import Limit, LimitKind, Passage, Source
from redness_qa.questions import LabelledQuestion, QuestionRow
from redness_qa.readings import HeadReader, Readings
from redness_qa.training import (
    KINDS,
    RANK,
    Form,
    _learned,
    _Lesson,
    _Outcomes,
    _Student,
    lessons_of,
    train,
)
from redness_qa.triage import Urgency
from redness_qa.weights import ADAPTER, DECISION, THRESHOLDS, Adapter

pytestmark = pytest.mark.usefixtures("on_one_thread")


def passage(text: str, *, facts: tuple[str, ...] = (), questions: tuple[str, ...] = ()) -> Passage:
    return Passage(text, "a.md", "A", text, 0, len(text), facts, (Source("A", "B"),), "A", questions)


def asked(question: str, kind: str, *facts: str, previous: str | None = None) -> LabelledQuestion:
    return LabelledQuestion(QuestionRow(1, question, question, previous), kind, frozenset(facts))


def said(message: str, urgency: Urgency = Urgency.ROUTINE, sort: str = "calm") -> LabelledMessage:
    return LabelledMessage(message, message, urgency, sort)


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
    outcomes = _Outcomes.of([Form("a", frozenset({"F2", "F1"})), Form("b", frozenset({"F2"}))], ["airway", "pus"])

    assert outcomes.names == (
        *("urgency:urgent", "urgency:emergency", "sign:airway", "sign:pus", "fact:F1", "fact:F2", "fact:none"),
        *(f"kind:{kind}" for kind in KINDS),
    )
    assert outcomes.names[outcomes.urgency] == ("urgency:urgent", "urgency:emergency")
    assert outcomes.within(outcomes.signs) == {"airway": 0, "pus": 1}
    assert outcomes.within(outcomes.facts) == {"F1": 0, "F2": 1, "none": 2}
    assert outcomes.within(outcomes.kinds) == {kind: place for place, kind in enumerate(KINDS)}


@pytest.mark.parametrize(("count", "size"), [(0, 4), (1, 4), (37, 4), (200, 3), (64, 4)])
def test_every_item_is_dealt_once_and_like_lengths_come_together(count: int, size: int) -> None:
    items = ["x" * length for length in range(count)]

    batches, again, others = (dealt(items, size, random.Random(seed), length=len) for seed in (1, 1, 2))  # noqa: S311

    assert sorted(len(item) for batch in batches for item in batch) == [*range(count)]
    assert all(0 < len(batch) <= size for batch in batches)
    assert batches == again
    if count > 4 * size:
        assert batches != others
        spread = [len(batch[-1]) - len(batch[0]) for batch in batches]
        assert sum(spread) / len(spread) < count / 2


# How far off the student is

FORMS = (
    Form("Redness fades within two days.", frozenset({"F1"})),
    Form("how long will i be red", frozenset({"F1"})),
    Form("Stay out of the sun.", frozenset({"F2"})),
    Form("can i go in the sun", frozenset({"F2"})),
)
QUESTIONS = (
    asked("how long does the redness stay", "answerable", "F1"),
    asked("when is the red gone", "answerable", "F1"),
    asked("is sunshine all right", "answerable", "F2"),
    asked("may i lie in the sun with a tan", "partial", "F2"),
    asked("and how long", "answerable", "F2", previous="can i go in the sun"),
    asked("may i take my blood thinner", "refer"),
    asked("what does it cost", "unanswerable"),
    asked("who won the match", "offtopic"),
)
MESSAGES = (
    said("there is yellow pus on my cheek", Urgency.CONTACT_CLINIC, "pus"),
    said("my cheek leaks pus and smells", Urgency.CONTACT_CLINIC, "pus"),
    said("i cannot breathe and my tongue swells", Urgency.EMERGENCY, "airway"),
    said("my throat closes, i get no air", Urgency.EMERGENCY, "airway"),
    said("thank you, all is fine today"),
    said("my skin feels smooth and looks lovely"),
    said("no pus at all, just a bit pink", sort="denied"),
    said("see you on monday for my next visit"),
)
SHORT = Schedule(epochs=0.5, batch=4, learning_rate=1e-3, seed=7)


@pytest.fixture(scope="module")
def outcomes() -> _Outcomes:
    return _Outcomes.of(FORMS, ["airway", "pus"])


@pytest.fixture(scope="module")
def student(outcomes: _Outcomes) -> _Student:
    """A student of the bundled model that was taught nothing; its head is random, so that it says something."""
    torch.manual_seed(5)
    student = _Student(bundled_folder(), len(outcomes.names))
    for linear in (student.head.token, student.head.message):
        torch.nn.init.normal_(linear.weight, std=0.5)
    student.eval()
    return student


@pytest.fixture
def lesson(student: _Student, outcomes: _Outcomes) -> Iterator[_Lesson]:
    yield _Lesson(student, outcomes, FORMS, QUESTIONS, MESSAGES, {}, random.Random(3))  # noqa: S311
    student.eval()


class Untouched(random.Random):
    """Draws so that no text is joined or worn."""

    def random(self) -> float:
        return 0.999


def logs(*rows: Sequence[float]) -> torch.Tensor:
    return torch.tensor(rows).log()


@pytest.mark.model
@pytest.mark.parametrize(
    ("facts", "kind", "loss"),
    [
        pytest.param([1, 0, 0], "answerable", math.log(2), id="one fact"),
        pytest.param([1, 1, 0], "answerable", (math.log(2) + math.log(4)) / 2, id="two facts alike"),
        pytest.param([0, 0, 0], "refer", math.log(8), id="none"),
        pytest.param([0, 0, 0], "answerable", math.log(8), id="none that is stated"),
        pytest.param([1, 0, 0], "partial", (math.log(2) + math.log(8)) / 2, id="half of each"),
        pytest.param([1, 1, 0], "partial", (math.log(2) + math.log(4)) / 4 + math.log(8) / 2, id="half of two"),
        pytest.param([0, 0, 0], "partial", math.log(8), id="partial, not stated"),
    ],
)
def test_the_loss_of_facts_by_hand(lesson: _Lesson, facts: list[float], kind: str, loss: float) -> None:
    """Probabilities of F1, F2 and none: a half, a quarter, an eighth, and an eighth of something else."""
    scores = torch.cat([logs([1 / 2, 1 / 4, 1 / 8])], 1) + math.log(8 / 7)

    found = lesson._fact_loss(scores, torch.tensor([facts]), [kind])

    # The three of the section make 7/8, which the softmax over the section makes 1.
    assert float(found) == pytest.approx(loss + math.log(7 / 8), abs=1e-5)


@pytest.mark.model
def test_a_judgement_counts_beside_the_label_of_a_message(student: _Student, outcomes: _Outcomes) -> None:
    """The loss of urgency falls in a line with the probability that is wanted, by the log-odds over two outcomes."""
    message = LabelledMessage("m", "my cheek is calm today", Urgency.ROUTINE, "calm")

    def loss(judgements: Judgements) -> float:
        lesson = _Lesson(student, outcomes, FORMS, QUESTIONS, [message], judgements, Untouched())
        with torch.no_grad():
            return float(lesson.loss([message]))

    with torch.no_grad():
        log_odds = student.head(*student([message.message]))[0, outcomes.urgency].tolist()
    judged = loss({text_key(message.message): Judgement(0.81, 0.21)})

    moved = (0.81 - 0.01) / 2 * log_odds[0] + (0.21 - 0.01) / 2 * log_odds[1]
    assert abs(moved) > 1e-3
    assert loss({}) - judged == pytest.approx(moved / 2, abs=1e-3)


@pytest.mark.model
def test_the_loss_of_retrieval_by_hand(lesson: _Lesson, student: _Student) -> None:
    """Four forms at cosines 1, 0.6, 0 and 0, and "none of them" at 0.3, each over the temperature 0.05."""
    lesson._forms = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.0, -1.0]])
    scores = [1 / 0.05, 0.6 / 0.05, 0.0, 0.0, float(student.null.detach()) / 0.05]
    total = math.log(sum(map(math.exp, scores)))
    question = torch.tensor([[1.0, 0.0]])

    with torch.no_grad():
        first, second, none = (
            float(lesson._retrieval_loss(question, lesson._row(facts)[None])) for facts in (["F1"], ["F2"], [])
        )

    assert first == pytest.approx(total - math.log(math.exp(scores[0]) + math.exp(scores[1])), abs=1e-4)
    assert second == pytest.approx(total - math.log(2), abs=1e-4)
    assert none == pytest.approx(total - scores[4], abs=1e-4)
    assert first < none < second


@pytest.mark.model
def test_texts_are_embedded_in_their_order_as_one_by_one(student: _Student, lesson: _Lesson) -> None:
    texts = ["sun", "how long will my face stay red after this", "", "a b c"]

    rows = student.embed(texts, batch=2)

    assert rows.shape == (4, 384)
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(4))
    student.eval()
    with torch.no_grad():
        for text, row in zip(texts, rows, strict=True):
            torch.testing.assert_close(row, student([text])[2][0], atol=0.01, rtol=0)  # bfloat16


@pytest.mark.model
def test_the_head_reads_as_the_student_does(
    student: _Student, outcomes: _Outcomes, sentence_encoder: SentenceEncoder
) -> None:
    """What is shipped is NumPy on the states of sentence-transformers; both must give the student's numbers."""
    learned = _learned(student, outcomes)
    head = Head(
        learned.outcomes, learned.token_weights, learned.token_bias, learned.message_weights, DEFAULT_WEIGHTS_SHA256
    )
    texts = ["sun", "there is yellow pus on my cheek", "and how long will it be red? " * 4]

    with torch.no_grad():
        scores = student.head(*student(texts)).numpy()

    for text, expected in zip(texts, scores, strict=True):
        reading = sentence_encoder.read(text)
        found = head.read(reading.tokens, reading.vector[0])
        np.testing.assert_allclose(list(found.values()), expected, atol=0.25)  # bfloat16, over numbers of about 10
        assert np.corrcoef(list(found.values()), expected)[0, 1] > 0.999


@pytest.mark.model
def test_a_student_that_was_taught_nothing_embeds_as_the_model_does(
    student: _Student, sentence_encoder: SentenceEncoder
) -> None:
    texts = ["sun", "how long does the redness last"]

    rows = student.embed(texts).numpy()

    student.eval()
    np.testing.assert_allclose(rows, sentence_encoder.encode_questions(texts), atol=0.02)  # bfloat16
    assert len(student.changes) == 36  # six linear layers in each of six blocks
    trained = {name for name, parameter in student.named_parameters() if parameter.requires_grad}
    assert all(name.endswith((".down", ".up")) or name.startswith(("head.", "null")) for name in trained)


# Training


def run(
    schedule: Schedule = SHORT,
    *,
    questions: Sequence[LabelledQuestion] = QUESTIONS,
    messages: Sequence[LabelledMessage] = MESSAGES,
    told: list[tuple[int, int]] | None = None,
) -> Learned:
    return train(
        bundled_folder(),
        forms=FORMS,
        questions=questions,
        messages=messages,
        judgements={},
        schedule=schedule,
        progress=None if told is None else lambda done, total: told.append((done, total)),
    )


@pytest.fixture(scope="module")
def learned() -> Learned:
    return run()


def arrays_of(learned: Learned) -> list[np.ndarray]:
    factors = [factor for name in sorted(learned.changes) for factor in learned.changes[name]]
    return [*factors, learned.token_weights, learned.token_bias, learned.message_weights]


@pytest.mark.model
def test_weights_are_finite_and_have_the_shapes_of_the_layers(learned: Learned, outcomes: _Outcomes) -> None:
    rows = len(outcomes.names)
    assert learned.outcomes == outcomes.names
    assert (learned.token_weights.shape, learned.token_bias.shape, learned.message_weights.shape) == (
        (rows, 384),
        (rows,),
        (rows, 384),
    )
    assert len(learned.changes) == 36
    down, up = learned.changes["encoder.layer.0.intermediate.dense"]
    assert (down.shape, up.shape) == ((RANK, 384), (1536, RANK))
    assert all(np.isfinite(array).all() for array in arrays_of(learned))
    assert all(np.abs(up).max() > 0 for _, up in learned.changes.values())  # every layer has moved


@pytest.mark.model
def test_the_same_seed_gives_the_same_weights_and_other_kinds_have_no_part_in_them(learned: Learned) -> None:
    told: list[tuple[int, int]] = []

    again = run(questions=[asked("there is pus, how long", "urgent", "F1"), *QUESTIONS], told=told)

    for one, two in zip(arrays_of(learned), arrays_of(again), strict=True):
        np.testing.assert_array_equal(one, two)
    # Half of eight questions and eight messages, in fours.
    assert told == [(1, 2), (2, 2)]


@pytest.mark.model
def test_another_seed_gives_other_weights(learned: Learned) -> None:
    other = run(replace(SHORT, seed=8))

    assert not np.allclose(learned.token_weights, other.token_weights, atol=1e-4)


@pytest.mark.model
def test_no_step_leaves_the_model_as_it_is() -> None:
    told: list[tuple[int, int]] = []

    untaught = run(replace(SHORT, epochs=0.0), told=told)

    assert told == []
    assert all(not up.any() for _, up in untaught.changes.values())
    assert not untaught.token_weights.any()


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that were taught the few examples until they know them."""
    folder = tmp_path_factory.mktemp("taught")
    run(Schedule(epochs=16.0, batch=6, learning_rate=1e-3, seed=1)).save(folder, base_sha256=DEFAULT_WEIGHTS_SHA256)
    return folder


@pytest.mark.model
def test_what_was_saved_is_what_adapter_and_head_load(learned: Learned, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "weights"

    learned.save(folder, base_sha256="b" * 64)

    adapter, head = Adapter.load(folder), Head.load(folder)
    assert head is not None
    assert adapter.base_sha256 == "b" * 64
    assert head.encoder_sha256 == adapter.sha256 == hashlib.sha256((folder / ADAPTER).read_bytes()).hexdigest()
    assert head.outcomes == learned.outcomes
    np.testing.assert_allclose(head.token_weights, learned.token_weights, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(head.token_bias, learned.token_bias, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(head.message_weights, learned.message_weights, rtol=1e-3, atol=1e-6)
    assert set(adapter.changes) == set(learned.changes)
    for name, factors in learned.changes.items():
        for found, expected in zip(adapter.changes[name], factors, strict=True):
            np.testing.assert_allclose(found, expected, atol=np.abs(expected).max() / 31)  # one step at most
    assert {path.name for path in folder.iterdir()} == {ADAPTER, HEAD, HEAD_NAMES}


@pytest.mark.model
def test_saving_takes_away_what_was_fitted_to_other_weights(learned: Learned, tmp_path: Path) -> None:
    for name in (DECISION, THRESHOLDS, ADAPTER, HEAD, HEAD_NAMES, "__init__.py"):
        (tmp_path / name).write_text("old", encoding="utf-8")

    learned.save(tmp_path, base_sha256="b" * 64)

    assert {path.name for path in tmp_path.iterdir()} == {ADAPTER, HEAD, HEAD_NAMES, "__init__.py"}
    assert (tmp_path / "__init__.py").read_text(encoding="utf-8") == "old"
    assert Head.load(tmp_path) is not None


@pytest.mark.model
def test_the_weights_that_were_saved_know_what_they_were_taught(taught: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: training, files, the changed encoder, and the head on it."""
    monkeypatch.setattr(redness_qa.encoder, "shipped_folder", lambda: taught)
    encoder, head = SentenceEncoder.load(GUIDE_MODEL), Head.load(taught)
    assert head is not None
    reader, readings = HeadReader(head, encoder), Readings()

    for message in MESSAGES:
        likelihood = likelihood_of(reader, message.message, readings)
        assert (likelihood.urgent > 0.5) is (message.urgency is not Urgency.ROUTINE), message
        assert (likelihood.emergency > 0.5) is (message.urgency is Urgency.EMERGENCY), message
        assert message.urgency is Urgency.ROUTINE or likelihood.sign == message.sort
    for question in QUESTIONS:
        text = f"{question.row.previous} | {question.row.question}" if question.row.previous else question.row.question
        outlook = reader.outlook(text, readings)
        assert likelihood_of(reader, text, readings).urgent < 0.5
        assert max(outlook.kinds, key=outlook.kinds.__getitem__) == question.kind
        assert max(outlook.facts, key=outlook.facts.__getitem__) in (question.facts or {"none"}) | (
            {"none"} if question.kind == "partial" else set()
        )
    # Questions are drawn to the forms of their fact.
    forms = encoder.encode_questions([form.text for form in FORMS])
    for question in QUESTIONS[:3]:
        nearest = int(np.argmax(forms @ encoder.encode_questions([question.row.question])[0]))
        assert FORMS[nearest].facts == question.facts
