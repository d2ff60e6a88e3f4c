from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from assistants import build_assistant, write_guide
from evaluated import OUTCOMES, SECOND, about, labelled, outcome
from redness_qa.answer import Status
from redness_qa.decision import Calibration, Logistic
from redness_qa.evaluation import Comparison, Report, evaluate
from redness_qa.evaluation.comparison import paired_text
from redness_qa.evaluation.outcomes import Fault
from redness_qa.metrics import Paired, Share

# (count, total) of each, by hand from the list of outcomes.
FIGURES = {
    "hit_at_1": (3, 5),  # 1, 4, 5
    "hit_at_3": (5, 5),
    "first_quote_right": (2, 5),  # 1, 5
    "any_quote_right": (3, 5),  # 1, 2, 5
    "answered_right": (2, 5),  # answered: 1, 2, 6, 7, 11; right: 1, 6
    "wrong_answers": (1, 3),  # 7 of 7, 8, 9
    "wrong_declines": (2, 5),  # 4, 5
    "refer_recall": (0, 1),  # 9
    "warnings_seen": (1, 2),  # 10
    "false_alarms": (1, 9),  # 5
}
# The same of 2 and 9, which have a question before them.
FOLLOW_UPS = {
    "hit_at_1": (0, 1),
    "hit_at_3": (1, 1),
    "first_quote_right": (0, 1),
    "any_quote_right": (1, 1),
    "answered_right": (0, 1),
    "wrong_answers": (0, 1),
    "wrong_declines": (0, 1),
    "refer_recall": (0, 1),
    "warnings_seen": (0, 0),
    "false_alarms": (0, 2),
}


def counts(shares: dict[str, Share]) -> dict[str, tuple[int, int]]:
    return {name: (share.count, share.total) for name, share in shares.items()}


def test_figures_are_those_counted_by_hand() -> None:
    assert counts(Report.of(OUTCOMES).shares) == FIGURES


def test_follow_ups_are_counted_apart() -> None:
    report = Report.of(OUTCOMES)

    assert counts(report.follow_ups) == FOLLOW_UPS
    assert counts(report.others) == {
        name: (count - FOLLOW_UPS[name][0], total - FOLLOW_UPS[name][1]) for name, (count, total) in FIGURES.items()
    }


def test_kinds_are_counted_by_status() -> None:
    assert Report.of(OUTCOMES).by_kind == {
        "answerable": {"answered": 2, "partial": 1, "not_covered": 1, "refer": 1},
        "offtopic": {"off_topic": 1},
        "partial": {"answered": 1},
        "refer": {"partial": 1},
        "unanswerable": {"answered": 1},
        "urgent": {"refer": 1, "answered": 1},
    }


def test_kinds_and_facts_are_counted_where_there_are_labels() -> None:
    report = Report.of(OUTCOMES)

    kinds = {kind: (each.first_quote_right, each.hit_at_1) for kind, each in report.kinds.items()}
    assert kinds == {
        "answerable": (Share(2, 5), Share(3, 5)),
        "partial": (Share(1, 1), Share(1, 1)),
        "urgent": (Share(0, 1), Share(1, 1)),  # 10; 11 has no facts
    }
    facts = {fact: (each.first_quote_right, each.hit_at_1) for fact, each in report.facts.items()}
    assert facts == {"F1": (Share(2, 5), Share(3, 5)), "F2": (Share(1, 1), Share(1, 1))}  # F2: 1 alone


def test_the_worst_facts_come_first_and_of_equal_ones_the_frequent() -> None:
    outcomes = [
        outcome(labelled(name, "answerable", *facts), Status.ANSWERED, quoted=quoted)
        for name, facts, quoted in (
            ("a", ("F2",), ("F2",)),
            ("b", ("F2", "F5"), ("F8",)),
            ("c", ("F6",), ("F8", "F6")),
            ("d", ("F6",), ()),
            ("e", ("F3", "F4"), ("F3",)),
        )
    ]

    # F6: 0 of 2, F5: 0 of 1, F2: 1 of 2, F3 and F4: 1 of 1, as either answers.
    assert list(Report.of(outcomes).facts) == ["F6", "F5", "F2", "F3", "F4"]


def test_certainty_is_that_worked_out_by_hand() -> None:
    certainty = Report.of(OUTCOMES).certainty

    # 5 answerable against 3 closed: 0.9, 0.8 and 0.6 beat two each, 0.2 one, 0.3 one and half of its equal.
    assert certainty.answerable.value == pytest.approx(8.5 / 15)
    assert certainty.answerable.total == 8
    # Right are 1, 4 and 5; 6 is partial, and 10 and 11 are urgent.
    assert [(each.low, each.right) for each in certainty.bins] == [
        (0.0, Share(0, 1)),
        (0.2, Share(0, 1)),
        (0.3, Share(1, 2)),
        (0.6, Share(1, 1)),
        (0.7, Share(0, 1)),
        (0.8, Share(0, 1)),
        (0.9, Share(1, 2)),
    ]
    assert certainty.calibration_error.value == pytest.approx((0.05 + 0.2 + 0.4 + 0.4 + 0.7 + 0.8 + 0.85) / 9)
    assert [(each.threshold, each.precision) for each in certainty.curve] == [
        (0.95, Share(0, 1)),
        (0.9, Share(1, 2)),
        (0.8, Share(1, 3)),
        (0.7, Share(1, 4)),
        (0.6, Share(2, 5)),
        (0.3, Share(3, 7)),
        (0.2, Share(3, 8)),
        (0.05, Share(3, 9)),
    ]
    # Least totals of 10 %, 20 % and on of 9 that a threshold can part.
    assert [each.precision.total for each in certainty.most_certain] == [1, 2, 3, 4, 5, 7, 7, 8, 9, 9]


def test_errors_come_gravest_first() -> None:
    report = Report.of(OUTCOMES)

    assert [(each.question.row.id, each.fault) for each in report.errors] == [
        ("11", Fault.WARNING_MISSED),
        ("7", Fault.WRONG_ANSWER),
        ("2", Fault.WRONG_QUOTE),
        ("9", Fault.NOT_REFERRED),
        ("5", Fault.FALSE_ALARM),
        ("4", Fault.DECLINED),
        ("3", Fault.WRONG_GUIDANCE),
    ]


def test_the_json_form_holds_every_figure_and_question() -> None:
    record = json.loads(json.dumps(Report.of(OUTCOMES).to_json(), allow_nan=False))

    parts = {"follow_ups", "others", "certainty", "by_kind", "right_by_kind", "right_by_fact", "questions"}
    assert set(record) == {*FIGURES, *parts}
    for name, (count, total) in FIGURES.items():
        assert (record[name]["count"], record[name]["total"]) == (count, total)
        assert record[name]["value"] == pytest.approx(count / total)
        assert record[name]["low"] <= count / total <= record[name]["high"]
    assert record["wrong_answers"]["low"] == pytest.approx(0.0615, abs=5e-5)  # Wilson, 1 of 3
    assert record["wrong_answers"]["high"] == pytest.approx(0.7923, abs=5e-5)
    assert record["follow_ups"]["warnings_seen"]["value"] is None
    assert record["right_by_fact"]["F1"]["hit_at_1"]["count"] == 3
    assert record["certainty"]["answerable_auroc"]["value"] == pytest.approx(8.5 / 15)
    assert record["certainty"]["curve"][1]["coverage"] == pytest.approx(2 / 9)
    assert [question["id"] for question in record["questions"]] == [str(number) for number in range(1, 12)]
    assert record["questions"][1] == {
        "id": "2",
        "question": "asked",
        "previous": "asked before",
        "kind": "answerable",
        "facts": ["F1"],
        "status": "answered",
        "urgency": "routine",
        "probability": 0.8,
        "retrieved": [["F9"], ["F1"]],
        "quoted": [["F9"], ["F1"]],
        "fault": "answered with a wrong quote",
    }


def test_the_text_form_holds_every_figure() -> None:
    lines = Report.of(OUTCOMES).to_text().splitlines()

    assert lines[0] == "hit at 1           60.0 % (23.1 to 88.2; 3 of 5)"  # Wilson, 3 of 5
    assert [line[:18].strip().replace(" ", "_") for line in lines[: len(FIGURES)]] == list(FIGURES)
    assert "hit at 1           0.0 % (0.0 to 79.3; 0 of 1)          75.0 % (30.1 to 95.4; 3 of 4)" in lines
    assert "  F1               40.0 % (11.8 to 76.9; 2 of 5)        60.0 % (23.1 to 88.2; 3 of 5)" in lines
    assert "  0.9 to 1.0        0.925   50.0 % (9.5 to 90.5; 1 of 2)" in lines
    assert "   77.8 %           0.300   42.9 % (15.8 to 75.0; 3 of 7)" in lines
    assert "  answerable       answered 2, not_covered 1, partial 1, refer 1" in lines


def test_the_text_form_lists_the_worst_facts_alone() -> None:
    names = [f"F{number:02}" for number in range(20)]

    text = Report.of([outcome(labelled(name, "answerable", name), Status.PARTIAL) for name in names]).to_text()

    assert [name for name in names if f"  {name} " in text] == names[:15]
    assert "  and 5 facts that fare better; --json and --html list all" in text


def test_no_case_is_no_number() -> None:
    report = Report.of(())

    assert math.isnan(report.shares["hit_at_1"].value)
    assert report.to_json()["hit_at_1"] == {"value": None, "low": 0.0, "high": 1.0, "count": 0, "total": 0}
    assert json.loads(json.dumps(report.to_json(), allow_nan=False))["certainty"]["bins"] == []
    assert "hit at 1           no case" in report.to_text()


def test_two_reports_are_compared_on_the_same_questions() -> None:
    comparison = Comparison.of(Report.of(OUTCOMES), Report.of(SECOND))

    shares = {each.figure.name: (each.first, each.second, each.paired) for each in comparison.shares}
    # The best hit is right of 2 with the second alone, and of 5 with the first alone.
    assert shares["hit_at_1"] == (Share(3, 5), Share(3, 5), Paired(1, 1, about(1.0)))
    assert shares["any_quote_right"] == (Share(3, 5), Share(3, 5), Paired(1, 1, about(1.0)))  # 5, 4
    assert shares["wrong_declines"] == (Share(2, 5), Share(0, 5), Paired(2, 0, about(0.5)))
    assert shares["answered_right"] == (Share(2, 5), Share(4, 6), None)  # not of the same questions
    assert shares["false_alarms"] == (Share(1, 9), Share(0, 9), Paired(1, 0, about(1.0)))
    assert list(shares) == list(FIGURES)


def test_the_comparison_is_written_side_by_side() -> None:
    comparison = Comparison.of(Report.of(OUTCOMES), Report.of(SECOND))
    lines = comparison.to_text().splitlines()

    declines = "40.0 % (11.8 to 76.9; 2 of 5)        0.0 % (0.0 to 43.4; 0 of 5)          2, 0, p = 0.500"
    assert f"wrong declines     {declines}" in lines
    assert next(line for line in lines if line.startswith("answered right")).endswith(" not paired")
    assert paired_text(Paired(30, 0, 2 / 2**30)) == "30, 0, p < 0.001"
    record = json.loads(json.dumps(comparison.to_json()))
    assert [each["figure"] for each in record] == list(FIGURES)
    assert (record[6]["only_first"], record[6]["only_second"], record[6]["p_value"]) == (2, 0, 0.5)
    assert record[4]["p_value"] is None


def test_reports_on_other_questions_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different questions"):
        Comparison.of(Report.of(OUTCOMES), Report.of(SECOND[::-1]))


def test_an_assistant_is_asked_every_question_with_the_one_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never, always = Logistic(-10.0), Logistic(10.0)
    calibration = Calibration(right=Logistic(3.0, {"lead": 0.001}), helpful=always, refer=never, off_topic=never)
    monkeypatch.setattr(Calibration, "load", lambda **_: calibration)
    write_guide(tmp_path / "corpus")
    assistant = build_assistant(tmp_path)
    told: list[tuple[int, int]] = []

    report = evaluate(
        assistant,
        [
            labelled("a", "answerable", "F12", question="how long does the redness last"),
            labelled("b", "answerable", "F17", question="and that one?", previous="which sunscreen do i need"),
            labelled("c", "urgent", question="is that normal", previous="there is pus on my cheek"),
        ],
        progress=lambda done, total: told.append((done, total)),
    )

    assert [each.answer.id for each in report.outcomes] == ["a", "b", "c"]
    assert [each.answer.status for each in report.outcomes] == [Status.ANSWERED, Status.ANSWERED, Status.REFER]
    assert [each.ranked[0] for each in report.outcomes[:2]] == [("F12",), ("F17",)]
    probabilities = [each.probability for each in report.outcomes]
    assert probabilities == [
        assistant.decide("how long does the redness last")[1].probability,
        assistant.decide("and that one?", previous="which sunscreen do i need")[1].probability,
        assistant.decide("is that normal", previous="there is pus on my cheek")[1].probability,
    ]
    assert len(set(probabilities)) == 3
    assert told == [(1, 3), (2, 3), (3, 3)]
