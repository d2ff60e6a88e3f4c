from __future__ import annotations

from dataclasses import replace

import pytest

from assistants import build_assistant, write_guide
from redness_qa.assistant import Assistant
from redness_qa.calibration import EXPECTED_SHARES, fit_calibration
from redness_qa.decision import Features
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelledQuestion, QuestionRow
from redness_qa.readings import Outlook
from redness_qa.retriever import Evidence

# Those about the guide share its words; the others share none.
RIGHT = {
    "how long does the redness last": "F12",
    "is redness mostly gone within hours": "F12",
    "which sunscreen do i need": "F17",
    "can i go out in the sun": "F16",
    "when should i call my clinic": "F28",
    "is sunlight bad for my face": "F16",
}
REFERRED = (
    "may i take ibuprofen tablets tonight",
    "should i stop my blood thinners",
    "may i take my ibuprofen tonight",
    "should i stop blood thinners",
)
WRONG = (
    "purple dinosaur railway",
    "eleven bottles standing there",
    "translate poems quickly",
    "who won yesterday evening",
    "cheap flights tomorrow morning",
    "boil eggs gently",
)


def labelled(question: str, kind: str, *facts: str) -> LabelledQuestion:
    return LabelledQuestion(QuestionRow(1, "1", question, None), kind, frozenset(facts))


ASKED = [
    *(labelled(question, "answerable", fact) for question, fact in RIGHT.items()),
    *(labelled(question, "refer") for question in REFERRED),
    *(labelled(question, "offtopic") for question in WRONG),
]
MODELS = ("right", "helpful", "refer", "off_topic")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("calibration")
    write_guide(folder / "corpus")
    return build_assistant(folder)


def features_of(assistant: Assistant, question: str) -> Features:
    return Features.of(assistant.find(question), assistant.index.manifest)


def test_what_can_be_told_apart_is_told_apart(assistant: Assistant) -> None:
    told: list[tuple[int, int]] = []

    calibration = fit_calibration(assistant, ASKED, progress=lambda done, total: told.append((done, total)))

    for model, holds in (
        (calibration.right, RIGHT),
        (calibration.helpful, RIGHT),
        (calibration.refer, REFERRED),
        (calibration.off_topic, WRONG),
    ):
        probabilities = {
            question: model.probability(features_of(assistant, question)) for question in (*RIGHT, *REFERRED, *WRONG)
        }
        so = [probability for question, probability in probabilities.items() if question in holds]
        otherwise = [probability for question, probability in probabilities.items() if question not in holds]
        if model is calibration.off_topic:  # what is referred is as far from the texts as another subject
            assert min(so) > max(probabilities[question] for question in RIGHT)
        else:
            assert min(so) > 0.5 > max(otherwise), model
    assert told == [(done, 16) for done in range(1, 17)]


def test_the_fitted_models_rise_with_each_kind_of_evidence(assistant: Assistant) -> None:
    for has_limits in (True, False):
        calibration = fit_calibration(assistant, ASKED, has_limits=has_limits)

        weak, strong = Features(1.0, 0.0, 0.0), Features(4.0, 2.0, 0.0)
        for model in (calibration.right, calibration.helpful):
            assert model.weights["similarity"] + model.weights["lead"] > 0
            assert model.probability(weak) < model.probability(strong)
        assert calibration.off_topic.probability(weak) > calibration.off_topic.probability(strong)
        if has_limits:
            far, near = Features(1.0, 0.0, 2.0, refer=-1.0), Features(1.0, 0.0, -2.0, refer=5.0)
            assert calibration.refer.probability(far) < calibration.refer.probability(near)
            assert calibration.right.probability(far) > calibration.right.probability(near)


def test_what_is_never_known_has_no_weight(assistant: Assistant) -> None:
    """Without an outlook all that was learned is 0, and without limits all that is known of them."""
    with_limits, without = (fit_calibration(assistant, ASKED, has_limits=has) for has in (True, False))

    assert [set(getattr(with_limits, name).weights) for name in MODELS] == [
        {"similarity", "lead", "limit_lead"},
        {"similarity", "lead", "limit_lead"},
        {"refer", "refer_lead"},
        {"similarity", "refer"},
    ]
    assert [set(getattr(without, name).weights) for name in MODELS] == [
        {"similarity", "lead"},
        {"similarity", "lead"},
        set(),
        {"similarity"},
    ]


def test_a_model_without_evidence_gives_the_share_that_is_expected(assistant: Assistant) -> None:
    refer = fit_calibration(assistant, ASKED, has_limits=False).refer

    # Of the three kinds that there are.
    assert refer.probability(Features(9.0, 9.0, 9.0)) == pytest.approx(0.15 / (0.57 + 0.15 + 0.08), abs=0.001)


def test_the_first_hit_is_right_only_where_the_question_can_be_answered(assistant: Assistant) -> None:
    """A question that is answered in part only, or that a clinician answers, is never answered at the full bar."""
    partly = [
        labelled(question, "partial" if question.startswith("how") else "answerable", fact)
        for question, fact in RIGHT.items()
    ]

    all_right, some_right = (fit_calibration(assistant, [*asked, *ASKED[6:]]) for asked in (ASKED[:6], partly))

    found = features_of(assistant, "how long does the redness last")
    helped = all_right.helpful.probability(found)
    assert some_right.helpful.probability(found) == pytest.approx(helped, abs=0.02)
    assert some_right.right.probability(found) < all_right.right.probability(found)


def test_what_was_learned_is_weighed_where_it_was_learned(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = assistant.find

    def expecting(question: str, *, previous: str | None = None) -> Evidence:
        fact = RIGHT.get(question, "none")
        kind = "answerable" if question in RIGHT else "refer" if question in REFERRED else "offtopic"
        facts = dict.fromkeys([*RIGHT.values(), "none"], 0.02) | {fact: 0.9}
        kinds = dict.fromkeys(["answerable", "partial", "unanswerable", "refer", "offtopic"], 0.02) | {kind: 0.9}
        return replace(find(question, previous=previous), outlook=Outlook(facts, kinds))

    monkeypatch.setattr(assistant, "find", expecting)

    calibration = fit_calibration(assistant, ASKED)

    for name in ("expected", "stated", "answerable"):
        assert calibration.right.weights[name] > 0
    assert calibration.refer.weights["referred"] > 0 > calibration.refer.weights["expected"]
    assert calibration.off_topic.weights["elsewhere"] > 0


def test_urgent_questions_have_no_part_in_it(assistant: Assistant) -> None:
    urgent = [labelled("how long does the redness last", "urgent"), labelled("boil eggs gently", "urgent", "F12")]

    assert fit_calibration(assistant, [*ASKED, *urgent]) == fit_calibration(assistant, ASKED)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param(ASKED[:6], "the first hit is right for 6 of 6", id="all right"),
        pytest.param(ASKED[6:], "the first hit is right for 0 of 10", id="none right"),
        pytest.param([], "the first hit is right for 0 of 0", id="empty"),
        pytest.param([*ASKED[:6], *ASKED[10:]], "only a clinician may answer for 0 of 12", id="none to be referred"),
        pytest.param(ASKED[:10], "the subject is another for 0 of 10", id="none of another subject"),
    ],
)
def test_nothing_can_be_fitted_where_all_are_alike(
    assistant: Assistant, asked: list[LabelledQuestion], told: str
) -> None:
    with pytest.raises(QuestionError, match=f"{told} questions; give some for which it is so"):
        fit_calibration(assistant, asked)


def test_each_kind_that_there_is_has_the_share_that_is_expected(assistant: Assistant) -> None:
    """Twice as many of a kind, each half as heavy, leave the fit where it was, but for how sure more makes it."""
    others = [question for question in ASKED if question.kind == "offtopic"]

    once, twice = (fit_calibration(assistant, [*ASKED, *more]) for more in ((), others))

    for question in (*RIGHT, *REFERRED, *WRONG):
        found = features_of(assistant, question)
        for name in MODELS:
            one, other = (getattr(each, name).probability(found) for each in (once, twice))
            assert other == pytest.approx(one, abs=0.06)


def test_a_few_of_a_kind_count_no_more_than_a_bound(assistant: Assistant) -> None:
    """A single question that is answered in part would otherwise weigh as much as five."""
    one = labelled("how long does the redness last", "partial", "F12")
    many = [*ASKED * 8, one]

    lone, none = (fit_calibration(assistant, asked) for asked in (many, ASKED * 8))

    found = features_of(assistant, one.row.question)
    assert lone.right.probability(found) == pytest.approx(none.right.probability(found), abs=0.1)


def test_an_unknown_kind_is_told(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="'question' is no kind of question; the kinds are answerable, partial"):
        fit_calibration(assistant, [*ASKED, labelled("boil eggs gently", "question")])


def test_the_expected_shares_are_those_of_all_questions() -> None:
    assert sum(EXPECTED_SHARES.values()) == pytest.approx(1)
