from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluated import about
from redness_qa.answer import Answer, Status
from redness_qa.errors import QuestionError, SettingsError
from redness_qa.evaluation.public_sets import (
    Choice,
    Request,
    drawn,
    read_clinc,
    read_medquad,
    read_selqa,
    read_squad2,
)
from redness_qa.evaluation.ranking import RankingReport, bm25_scores, encoder_scores, fused_scores, ranking_text
from redness_qa.evaluation.scope import evaluate_scope
from redness_qa.lexical import Bm25, word_counts
from redness_qa.metrics import Share
from redness_qa.testing import WordEncoder
from redness_qa.triage import Urgency

SQUAD2 = (
    {"question": "where", "sentences": ["in France", "in Spain"], "answerable": True, "pos": [0]},
    {"question": "why", "sentences": ["in France", "in Spain"], "answerable": False, "pos": []},
)
MEDQUAD = (
    {"question": "what is flu", "focus": "flu", "type": "information", "answer": "A virus."},
    {"question": "what helps with flu", "focus": "flu", "type": "treatment", "answer": "Rest."},
    {"question": "what is flu, again", "focus": "flu", "type": "information", "answer": "An illness."},
    {"question": "what is gout", "focus": "gout", "type": "information", "answer": "Crystals."},
    {"question": "what is this", "focus": "", "type": "information", "answer": "That."},
    {"question": "what helps with this", "focus": "", "type": "treatment", "answer": "Nothing."},
)


def write(path: Path, *rows: dict[str, Any], packed: bool = False) -> Path:
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_squad2_is_read_with_its_places(tmp_path: Path, packed: bool) -> None:
    assert read_squad2(write(tmp_path / "set", *SQUAD2, packed=packed)) == [
        Choice("where", ("in France", "in Spain"), frozenset({0})),
        Choice("why", ("in France", "in Spain"), frozenset()),
    ]


def test_selqa_is_read_with_its_places(tmp_path: Path) -> None:
    path = write(tmp_path / "set", {"question": "who", "candidates": ["a", "b", "c"], "answers": [2, 1], "topic": "x"})

    assert read_selqa(path) == [Choice("who", ("a", "b", "c"), frozenset({1, 2}))]


def test_medquad_sets_the_other_types_of_one_focus_against_each_other(tmp_path: Path) -> None:
    answers = ("A virus.", "Rest.", "An illness.")

    assert read_medquad(write(tmp_path / "set", *MEDQUAD)) == [
        Choice("what is flu", answers, frozenset({0, 2})),
        Choice("what helps with flu", answers, frozenset({1})),
        Choice("what is flu, again", answers, frozenset({0, 2})),
    ]


def test_clinc_is_read_with_its_intents(tmp_path: Path) -> None:
    path = write(tmp_path / "set", {"val": [["set a timer", "timer"]], "oos_val": [["how is glue made", "oos"]]})

    assert read_clinc(path) == [Request("set a timer", "timer"), Request("how is glue made", "oos")]


READERS: dict[str, Callable[[Path], Any]] = {
    "squad2": read_squad2,
    "selqa": read_selqa,
    "medquad": read_medquad,
    "clinc": read_clinc,
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "content",
    [
        None,
        b"\x1f\x8bcut",
        gzip.compress(b"{}")[:-9],
        b"\xff\xfe",
        b"",
        b"[1]\n",
        b"{",
        b'{"question": 3}',
        b'{"a": 1}',
    ],
    ids=["absent", "no gzip", "cut gzip", "no text", "empty", "no object", "no JSON", "no field", "other fields"],
)
def test_a_file_in_another_form_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / "set"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(QuestionError, match=str(path)):
        READERS[name](path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"pos": [2]}, r"places from 0 to 1, not \[2\]"),
        ({"pos": [-1]}, r"places from 0 to 1, not \[-1\]"),
        ({"pos": "0"}, "places from 0 to 1, not '0'"),
        ({"sentences": []}, r"at least one, not \[\]"),
        ({"sentences": [None]}, "None must be a text"),
        ({"question": None}, "None must be a text"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    path = write(tmp_path / "set", SQUAD2[0], {**SQUAD2[0], **changed})

    with pytest.raises(QuestionError, match=rf"set, line 2: .*{message}"):
        read_squad2(path)


def test_a_limit_draws_always_the_same_cases_in_their_order() -> None:
    cases = list(range(100))

    chosen = drawn(cases, 10)

    assert chosen == drawn(cases, 10) == sorted(set(chosen))
    assert len(chosen) == 10
    assert chosen != cases[:10]
    assert drawn(cases, None) == drawn(cases, 100) == drawn(cases, 101) == cases


CHOICES = [
    Choice("red", ("blue", "red", "green"), frozenset({1})),
    Choice("blue", ("red", "green", "blue"), frozenset({0, 2})),
    Choice("pink", ("red", "blue"), frozenset()),
]
SCORES = [
    np.array([0.9, 0.8, 0.1], dtype=np.float32),  # right second
    np.array([0.2, 0.5, 0.5], dtype=np.float32),  # of two equal ones the wrong one stands first; right second, third
    np.array([0.6, 0.3], dtype=np.float32),  # none right; best between the others' 0.9 and 0.5
]


def test_rankings_are_counted_by_hand() -> None:
    report = RankingReport.of(CHOICES, SCORES)

    assert report.hit_at_1 == Share(0, 2)
    assert report.mrr.value == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert report.map.value == pytest.approx((1 / 2 + (1 / 2 + 2 / 3) / 2) / 2)
    assert (report.answerable.value, report.answerable.total) == (about(1 / 2), 3)
    record = report.to_json()
    assert (record["hit_at_1"]["total"], record["mrr"]["value"]) == (2, pytest.approx(0.5))


def test_rankings_are_written_side_by_side() -> None:
    lines = ranking_text({"ours": RankingReport.of(CHOICES, SCORES), "BM25": RankingReport.of(CHOICES, SCORES)})

    assert lines.splitlines()[0].split() == ["ours", "BM25"]
    assert lines.splitlines()[1].count("0.0 % (0.0 to 65.8; 0 of 2)") == 2  # Wilson, 0 of 2
    assert "AUROC answerable   0.500" in lines
    assert "AUROC" not in ranking_text({"ours": RankingReport.of(CHOICES[:2], SCORES[:2])})


def test_the_encoder_scores_by_cosine_similarity() -> None:
    encoder = WordEncoder()
    told: list[tuple[int, int]] = []

    scores = encoder_scores(encoder, CHOICES, progress=lambda done, total: told.append((done, total)))

    for choice, row in zip(CHOICES, scores, strict=True):
        expected = encoder.encode_passages(choice.candidates) @ encoder.encode_questions([choice.question])[0]
        assert row == pytest.approx(expected)
    assert scores[0][1] == pytest.approx(1.0)
    assert all(total == 3 for _, total in told)  # each text once


def test_bm25_scores_as_its_formula_says() -> None:
    choices = [
        Choice("red cat", ("red dog dog", "red cat", "green bird"), frozenset({1})),
        Choice("the of", ("red dog dog", "purple"), frozenset({0})),
    ]
    told: list[tuple[int, int]] = []

    scores = bm25_scores(choices, progress=lambda done, total: told.append((done, total)))

    # Four texts of 3, 2, 2 and 1 words; "red" is in two of them, "cat" in one. Lucene's form: idf * tf / (tf + k).
    def part(n: int, length: int) -> float:
        return float(np.log(1 + (4 - n + 0.5) / (n + 0.5))) / (1 + 1.5 * (0.25 + 0.75 * length / 2))

    assert scores[0] == pytest.approx([part(2, 3), part(2, 2) + part(1, 2), 0.0])
    assert scores[1] == pytest.approx([0.0, 0.0])
    assert told == [(1, 2), (2, 2)]


def test_without_bm25_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm25s", None)

    with pytest.raises(SettingsError, match=r"bm25s.* not installed; .*redness-qa\[dev\]"):
        bm25_scores(CHOICES)


def test_requests_are_counted_by_what_became_of_them() -> None:
    became = {
        "a": (Status.OFF_TOPIC, Urgency.ROUTINE),
        "b": (Status.NOT_COVERED, Urgency.ROUTINE),
        "c": (Status.REFER, Urgency.ROUTINE),
        "d": (Status.PARTIAL, Urgency.ROUTINE),
        "e": (Status.ANSWERED, Urgency.ROUTINE),
        "f": (Status.REFER, Urgency.EMERGENCY),
        "g": (Status.PARTIAL, Urgency.ROUTINE),
    }
    told: list[tuple[int, int]] = []

    report = evaluate_scope(
        lambda text: Answer("id", text, *became[text], (), "message", "disclaimer"),
        [Request(text, "timer" if text < "f" else "weather") for text in became],
        progress=lambda done, total: told.append((done, total)),
    )

    assert (report.declined, report.off_topic, report.majority) == (Share(3, 7), Share(1, 7), Share(7, 7))
    assert report.errors_by_outcome == {"partial": 2, "answered": 1, "emergency": 1}
    assert report.errors_by_intent == {"timer": 2, "weather": 2}
    lines = report.to_text().splitlines()
    assert lines[0] == "declined           42.9 % (15.8 to 75.0; 3 of 7)"
    assert "errors: partial 2, answered 1, emergency 1" in lines
    assert [line.split()[-1] for line in lines[-4:]] == ["e", "f", "d", "g"]
    assert report.to_json()["errors"][0] == {"text": "e", "intent": "timer", "outcome": "answered"}
    assert told[-1] == (7, 7)


def test_shared_words_are_added_with_frequencies_over_all_texts() -> None:
    choices = [Choice("sun", ("the sun", "rain"), frozenset({0})), Choice("rain", ("rain", "snow"), frozenset({0}))]
    alone = [np.array([0.2, 0.3], dtype=np.float32), np.array([0.5, 0.1], dtype=np.float32)]

    fused = fused_scores(alone, choices)

    sun = Bm25([word_counts(text) for text in ("the sun", "rain", "snow")]).scores("sun")[0]
    assert fused[0].tolist() == pytest.approx([0.2 + 0.05 * sun, 0.3])
    assert fused[1].tolist() == pytest.approx([0.5 + 0.05 * sun, 0.1])
