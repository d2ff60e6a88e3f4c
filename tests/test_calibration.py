from __future__ import annotations

import pytest

from assistants import build_assistant, write_guide
from redness_qa.assistant import Assistant
from redness_qa.calibration import fit_calibration
from redness_qa.decision import Features
from redness_qa.errors import QuestionError
from redness_qa.questions import LabelledQuestion, QuestionRow

# Those about the guide share its words; the others share none.
RIGHT = {
    "how long does the redness last": "F12",
    "is redness mostly gone within hours": "F12",
    "which sunscreen do i need": "F17",
    "can i go out in the sun": "F16",
    "when should i call my clinic": "F28",
    "is sunlight bad for my face": "F16",
}
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


ASKED = [labelled(question, "answerable", fact) for question, fact in RIGHT.items()] + [
    labelled(question, "offtopic") for question in WRONG
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("calibration")
    write_guide(folder / "corpus")
    return build_assistant(folder)


def test_what_can_be_told_apart_is_told_apart(assistant: Assistant) -> None:
    told: list[tuple[int, int]] = []

    calibration = fit_calibration(assistant, ASKED, progress=lambda done, total: told.append((done, total)))

    manifest = assistant.index.manifest
    right = [calibration.probability(assistant.find(question), manifest) for question in RIGHT]
    wrong = [calibration.probability(assistant.find(question), manifest) for question in WRONG]
    assert min(right) > 0.5 > max(wrong)
    assert told == [(done, 12) for done in range(1, 13)]


def test_the_fitted_model_rises_with_each_kind_of_evidence(assistant: Assistant) -> None:
    calibration = fit_calibration(assistant, ASKED)

    weak, strong = Features(1.0, 0.0, 0.0), Features(4.0, 2.0, 0.0)
    for model in (calibration.with_limits, calibration.without_limits):
        assert model.similarity + model.lead > 0
        assert model.probability(weak) < model.probability(strong)
    assert calibration.without_limits.limit_lead == 0.0


def test_urgent_questions_have_no_part_in_it(assistant: Assistant) -> None:
    urgent = [labelled("how long does the redness last", "urgent"), labelled("boil eggs gently", "urgent", "F12")]

    assert fit_calibration(assistant, [*ASKED, *urgent]) == fit_calibration(assistant, ASKED)


@pytest.mark.parametrize(
    ("asked", "counts"), [(ASKED[:6], "6 of 6"), (ASKED[6:], "0 of 6"), ([], "0 of 0")], ids=["all", "none", "empty"]
)
def test_nothing_can_be_fitted_where_all_are_alike(
    assistant: Assistant, asked: list[LabelledQuestion], counts: str
) -> None:
    with pytest.raises(QuestionError, match=counts):
        fit_calibration(assistant, asked)
