from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import redness_qa.encoder
from heads import likelihood_of
from lessons import FORMS, MESSAGES, QUESTIONS, asked
from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, GUIDE_MODEL, SentenceEncoder, bundled_folder
from redness_qa.errors import EncoderError, QuestionError
from redness_qa.guide_lesson import Outcomes
from redness_qa.head import HEAD, HEAD_NAMES, Head
from redness_qa.judgements import text_key
from redness_qa.learning import Learned, Schedule
from redness_qa.question_judgements import QuestionJudgement
from redness_qa.questions import LabelledQuestion
from redness_qa.readings import HeadReader, Readings
from redness_qa.training import RANK, train
from redness_qa.triage import Urgency
from redness_qa.weights import ADAPTER, DECISION, THRESHOLDS, Adapter

pytestmark = pytest.mark.usefixtures("on_one_thread")


SHORT = Schedule(epochs=0.5, batch=4, learning_rate=1e-3, seed=7)


def run(
    schedule: Schedule = SHORT,
    *,
    folder: Path | None = None,
    questions: Sequence[LabelledQuestion] = QUESTIONS,
    judged: Mapping[str, QuestionJudgement] | None = None,
    unlabelled: Sequence[str] = (),
    start: Path | None = None,
    told: list[tuple[int, int]] | None = None,
) -> Learned:
    return train(
        folder or bundled_folder(),
        forms=FORMS,
        questions=questions,
        messages=MESSAGES,
        judgements={},
        question_judgements={text_key(text): judgement for text, judgement in (judged or {}).items()},
        unlabelled=unlabelled,
        schedule=schedule,
        start=start,
        progress=None if told is None else lambda done, total: told.append((done, total)),
    )


def test_a_text_with_neither_label_nor_judgement_is_refused_before_a_model_is_loaded() -> None:
    judged = {"how long now": QuestionJudgement({"F1": 1.0}, {"answerable": 1.0})}

    with pytest.raises(QuestionError, match=r"no judgement of the text 'is it long'.*`redness-qa judge-questions`"):
        run(folder=Path("nowhere"), judged=judged, unlabelled=["how long now", "is it long"])


@pytest.mark.parametrize(
    ("facts", "kinds", "others"),
    [
        ({"F1": 0.5, "F9": 0.5}, {"answerable": 0.5, "maybe": 0.5}, "F9, maybe"),
        ({"F1": 0.5, "refer": 0.5}, {"answerable": 1.0}, "refer"),
        ({"F1": 0.5, "none": 0.5}, {"F1": 1.0}, "F1"),
        ({"F1": 0.5, "none": 0.5}, {"answerable": 0.5, "none": 0.5}, "none"),
    ],
    ids=["of another guide", "a kind among facts", "a fact among kinds", "none among kinds"],
)
def test_judgements_that_do_not_fit_are_refused_before_a_model_is_loaded(
    facts: dict[str, float], kinds: dict[str, float], others: str
) -> None:
    with pytest.raises(QuestionError, match=rf"name {others}, which this guide .* run `redness-qa judge-questions`"):
        run(folder=Path("nowhere"), judged={"how long now": QuestionJudgement(facts, kinds)})


@pytest.fixture(scope="module")
def learned() -> Learned:
    return run()


def arrays_of(learned: Learned) -> list[np.ndarray]:
    factors = [factor for name in sorted(learned.changes) for factor in learned.changes[name]]
    return [*factors, learned.token_weights, learned.token_bias, learned.message_weights]


@pytest.mark.model
def test_weights_are_finite_and_have_the_shapes_of_the_layers(learned: Learned) -> None:
    assert learned.outcomes == Outcomes.of(FORMS, ["airway", "pus"]).names
    rows = len(learned.outcomes)
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


TAUGHT = Schedule(epochs=16.0, batch=6, learning_rate=3e-4, seed=1)
UNLABELLED = "which song is on the radio"
JUDGED = QuestionJudgement({"F1": 0.9, "none": 0.1}, {"partial": 0.8, "answerable": 0.2})


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that were taught the few examples until they know them."""
    folder = tmp_path_factory.mktemp("taught")
    learned = run(TAUGHT, judged={UNLABELLED: JUDGED}, unlabelled=[UNLABELLED])
    learned.save(folder, base_sha256=DEFAULT_WEIGHTS_SHA256)
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
    outlook = reader.outlook(UNLABELLED, readings)
    assert max(outlook.kinds, key=outlook.kinds.__getitem__) == "partial"
    assert max(outlook.facts, key=outlook.facts.__getitem__) == "F1"
    # Questions are drawn to the forms of their fact.
    forms = encoder.encode_questions([form.text for form in FORMS])
    for text, facts in [(question.row.question, question.facts) for question in QUESTIONS[:3]] + [
        (UNLABELLED, frozenset({"F1"}))
    ]:
        nearest = int(np.argmax(forms @ encoder.encode_questions([text])[0]))
        assert FORMS[nearest].facts == facts


@pytest.mark.model
def test_what_goes_on_from_weights_begins_where_they_ended(taught: Path) -> None:
    adapter, head = Adapter.load(taught), Head.load(taught)
    assert head is not None

    same = run(replace(SHORT, epochs=0.0), start=taught)

    assert set(same.changes) == set(adapter.changes)
    for name, (down, up) in adapter.changes.items():
        found = same.changes[name]
        np.testing.assert_allclose(found[1] @ found[0], up @ down, atol=1e-5, err_msg=name)
    for name in ("token_weights", "token_bias", "message_weights"):
        assert np.abs(getattr(head, name)).max() > 0
        np.testing.assert_allclose(getattr(same, name), getattr(head, name), atol=1e-6, err_msg=name)
    assert not np.allclose(run(SHORT, start=taught).token_weights, head.token_weights, atol=1e-4)


@pytest.mark.model
def test_weights_of_other_outcomes_are_no_start(learned: Learned, tmp_path: Path) -> None:
    replace(learned, outcomes=("urgency:other", *learned.outcomes[1:])).save(tmp_path, base_sha256="b" * 64)

    with pytest.raises(EncoderError, match="no weights that were learned of the same outcomes"):
        run(start=tmp_path)
