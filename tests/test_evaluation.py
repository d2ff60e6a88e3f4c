from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from assistants import build_assistant, write_guide
from redness_qa.answer import Answer, Quote, Status
from redness_qa.evaluation import Outcome, Report, evaluate
from redness_qa.passages import Source
from redness_qa.questions import LabelledQuestion, QuestionRow
from redness_qa.triage import Urgency


def labelled(
    name: str, kind: str, *facts: str, question: str = "asked", previous: str | None = None
) -> LabelledQuestion:
    return LabelledQuestion(QuestionRow(1, name, question, previous), kind, frozenset(facts))


def outcome(
    question: LabelledQuestion,
    status: Status,
    *,
    retrieved: tuple[str, ...] = (),
    quoted: tuple[str, ...] = (),
    urgency: Urgency = Urgency.ROUTINE,
) -> Outcome:
    """Make an outcome in which each hit and each quote states the one fact given."""
    quotes = tuple(Quote("A.", "a.md", "A", 0, 2, (fact,), (Source("A", "B"),)) for fact in quoted)
    answer = Answer(question.row.id, "asked", status, urgency, quotes, "message", "disclaimer")
    return Outcome(question, tuple((fact,) for fact in retrieved), answer)


OUTCOMES = (
    # right at once
    outcome(labelled("1", "answerable", "F1", "F2"), Status.ANSWERED, retrieved=("F2", "F3"), quoted=("F2", "F3")),
    # right in second place
    outcome(labelled("2", "answerable", "F1"), Status.ANSWERED, retrieved=("F9", "F1"), quoted=("F9", "F1")),
    # retrieved third, but not shown
    outcome(labelled("3", "answerable", "F1"), Status.PARTIAL, retrieved=("F8", "F9", "F1"), quoted=("F8",)),
    # found, but declined
    outcome(labelled("4", "answerable", "F1"), Status.NOT_COVERED, retrieved=("F1",)),
    # found, but taken for a warning
    outcome(
        labelled("5", "answerable", "F1"),
        Status.REFER,
        retrieved=("F1",),
        quoted=("F1",),
        urgency=Urgency.CONTACT_CLINIC,
    ),
    outcome(labelled("6", "partial", "F5"), Status.ANSWERED, retrieved=("F5",), quoted=("F5",)),
    outcome(labelled("7", "unanswerable"), Status.ANSWERED, retrieved=("F1",), quoted=("F1",)),
    outcome(labelled("8", "offtopic"), Status.OFF_TOPIC, retrieved=("F1",)),
    outcome(labelled("9", "refer"), Status.PARTIAL, retrieved=("F1",), quoted=("F1",)),
    outcome(labelled("10", "urgent", "F7"), Status.REFER, retrieved=("F7",), urgency=Urgency.EMERGENCY),
    outcome(labelled("11", "urgent"), Status.ANSWERED, retrieved=("F7",), quoted=("F7",)),
)

# (count, total) of each, by hand from the list above.
FIGURES = {
    "hit_at_1": (3, 5),  # 1, 4, 5
    "hit_at_3": (5, 5),
    "first_quote_right": (2, 5),  # 1, 5
    "any_quote_right": (3, 5),  # 1, 2, 5
    "answered_right": (2, 5),  # answered: 1, 2, 6, 7, 11; right: 1, 6
    "wrong_answers": (1, 3),  # 7 of 7, 8, 9
    "wrong_declines": (2, 5),  # 4, 5
    "warnings_seen": (1, 2),  # 10
    "false_alarms": (1, 9),  # 5
}


@pytest.mark.parametrize(("name", "figure"), FIGURES.items(), ids=FIGURES)
def test_figures_are_those_counted_by_hand(name: str, figure: tuple[int, int]) -> None:
    share = getattr(Report.of(OUTCOMES), name)

    assert (share.count, share.total) == figure


def test_kinds_are_counted_by_status() -> None:
    report = Report.of(OUTCOMES)

    assert report.by_kind == {
        "answerable": {"answered": 2, "partial": 1, "not_covered": 1, "refer": 1},
        "offtopic": {"off_topic": 1},
        "partial": {"answered": 1},
        "refer": {"partial": 1},
        "unanswerable": {"answered": 1},
        "urgent": {"refer": 1, "answered": 1},
    }
    hits = {kind: (share.count, share.total) for kind, share in report.hit_at_1_by_kind.items()}
    assert hits == {"answerable": (3, 5), "partial": (1, 1), "urgent": (1, 2)}


def test_the_json_form_holds_every_figure_and_question() -> None:
    record = json.loads(json.dumps(Report.of(OUTCOMES).to_json()))

    assert set(record) == {*FIGURES, "by_kind", "hit_at_1_by_kind", "questions"}
    for name, (count, total) in FIGURES.items():
        assert (record[name]["count"], record[name]["total"]) == (count, total)
        assert record[name]["value"] == pytest.approx(count / total)
        assert record[name]["low"] < count / total <= record[name]["high"]
    assert record["wrong_answers"]["low"] == pytest.approx(0.0615, abs=5e-5)  # Wilson, 1 of 3
    assert record["wrong_answers"]["high"] == pytest.approx(0.7923, abs=5e-5)
    assert [question["id"] for question in record["questions"]] == [str(number) for number in range(1, 12)]
    assert record["questions"][0] == {
        "id": "1",
        "question": "asked",
        "kind": "answerable",
        "facts": ["F1", "F2"],
        "status": "answered",
        "urgency": "routine",
        "retrieved": [["F2"], ["F3"]],
        "quoted": [["F2"], ["F3"]],
    }


def test_the_text_form_holds_every_figure() -> None:
    lines = Report.of(OUTCOMES).to_text().splitlines()

    assert lines[0] == "hit at 1           60.0 % (23.1 to 88.2; 3 of 5)"  # Wilson, 3 of 5
    assert [line[:18].strip().replace(" ", "_") for line in lines[: len(FIGURES)]] == list(FIGURES)
    assert "  urgent           50.0 % (9.5 to 90.5; 1 of 2)" in lines
    assert "  answerable       answered 2, not_covered 1, partial 1, refer 1" in lines


def test_no_case_is_no_number() -> None:
    report = Report.of(())

    assert math.isnan(report.hit_at_1.value)
    assert report.to_json()["hit_at_1"] == {"value": None, "low": 0.0, "high": 1.0, "count": 0, "total": 0}
    assert "hit at 1           no case" in report.to_text()


def test_an_assistant_is_asked_every_question_with_the_one_before_it(tmp_path: Path) -> None:
    write_guide(tmp_path / "corpus")
    told: list[tuple[int, int]] = []

    report = evaluate(
        build_assistant(tmp_path),
        [
            labelled("a", "answerable", "F12", question="how long does the redness last"),
            labelled("b", "answerable", "F17", question="and that one?", previous="which sunscreen do i need"),
            labelled("c", "urgent", question="is that normal", previous="there is pus on my cheek"),
            labelled("d", "offtopic", question="purple dinosaur railway"),
        ],
        progress=lambda done, total: told.append((done, total)),
    )

    assert [each.answer.id for each in report.outcomes] == ["a", "b", "c", "d"]
    assert [each.answer.status for each in report.outcomes] == [
        Status.ANSWERED,
        Status.ANSWERED,
        Status.REFER,
        Status.OFF_TOPIC,
    ]
    assert [each.ranked[0] for each in report.outcomes[:2]] == [("F12",), ("F17",)]
    assert (report.hit_at_1.count, report.warnings_seen.count, report.wrong_answers.count) == (2, 1, 0)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
