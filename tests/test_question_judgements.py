from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from redness_qa.errors import QuestionError
from redness_qa.judgements import text_key
from redness_qa.question_judgements import (
    QuestionJudgement,
    judged,
    load_question_judgements,
    packed_question_judgements,
)

RED = QuestionJudgement({"F1": 0.6, "F2": 0.15, "none": 0.25}, {"answerable": 1.0})
SUN = QuestionJudgement({"none": 1.0}, {"refer": 0.97, "offtopic": 0.03})


def test_a_judgement_is_found_by_its_text_and_a_text_without_one_is_named() -> None:
    assert judged("how long", {text_key("how long"): RED}) == RED
    with pytest.raises(QuestionError, match=r"no judgement of the text 'the sun', .* run `redness-qa judge-questions`"):
        judged("the sun", {text_key("how long"): RED})


def test_judgements_are_read_as_they_were_written_whatever_their_order(tmp_path: Path) -> None:
    texts = [("how long am i red", RED), ("can i swim | and the sun, 红肿?", SUN)]
    path = tmp_path / "judged.csv.gz"

    path.write_bytes(packed_question_judgements(texts))

    assert packed_question_judgements(reversed(texts)) == path.read_bytes()
    assert load_question_judgements(path) == {text_key(text): judgement for text, judgement in texts}


def test_what_is_unlikely_is_dropped_and_the_rest_adds_up_to_1(tmp_path: Path) -> None:
    """0.029 is below 0.03, though in hundredths it is 3 as well."""
    facts = {"F1": 0.029, "F2": 0.031, "F3": 0.614, "F4": 0.006, "none": 0.32}
    path = tmp_path / "judged.csv.gz"

    path.write_bytes(
        packed_question_judgements([("how long", QuestionJudgement(facts, {"refer": 0.98, "partial": 0.02}))])
    )

    (found,) = load_question_judgements(path).values()
    assert found.facts == pytest.approx({"F3": 61 / 96, "none": 32 / 96, "F2": 3 / 96})
    assert found.kinds == {"refer": 1.0}


def test_the_likeliest_is_kept_however_unlikely(tmp_path: Path) -> None:
    facts = {f"F{number}": 0.002 for number in range(2, 500)} | {"F1": 0.004}
    path = tmp_path / "judged.csv.gz"

    path.write_bytes(packed_question_judgements([("how long", QuestionJudgement(facts, {"refer": 1.0}))]))

    (found,) = load_question_judgements(path).values()
    assert found.facts == {"F1": 1.0}


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    packed = packed_question_judgements([("how long", RED), ("the sun", SUN)])
    path = tmp_path / "judged.csv.gz"
    path.write_bytes(packed[:12] + bytes(byte ^ 0xFF for byte in packed[12:30]) + packed[30:])

    with pytest.raises(QuestionError, match=r"judged\.csv\.gz holds no judgements .*`redness-qa judge-questions`"):
        load_question_judgements(path)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"text,facts\nabc,F1:100\n",
        b"text,urgent,emergency\nabc,0.1,0.2\n",
        b"text,facts,kinds\nabc,F1:100\n",
        b"text,facts,kinds\nabc,F1:100,refer:100,F2:100\n",
        b"text,facts,kinds\nabc,,refer:100\n",
        b"text,facts,kinds\nabc,F1,refer:100\n",
        b"text,facts,kinds\nabc,F1:0.5,refer:100\n",
        b"text,facts,kinds\nabc,F1:100,refer:0\n",
        b"text,facts,kinds\nabc,F1:110 none:-10,refer:100\n",
        b"text,facts,kinds\nabc,\xff:100,refer:100\n",
    ],
)
def test_another_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "judged.csv.gz"
    if content is not None:
        path.write_bytes(gzip.compress(content) if content else content)

    with pytest.raises(QuestionError, match=r"judged\.csv\.gz holds no judgements .*`redness-qa judge-questions`"):
        load_question_judgements(path)
