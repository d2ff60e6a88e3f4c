from __future__ import annotations

import json
from pathlib import Path

import pytest

from redness_qa.errors import QuestionError
from redness_qa.triage import Triage, Urgency
from redness_qa.triage.counts import Count, count_phrases, read_counts, shipped_counts, write_counts
from redness_qa.triage.signs import DAYS, SignTable

ROOT = Path(__file__).resolve().parent.parent
TABLE = SignTable.load()
COLUMNS = "sign,phrase,with a sign,calm\n"
COUNTS = {("pus", "pus"): Count(4, 0), ("itching", 'a, "b"'): Count(0, 2)}


@pytest.mark.parametrize(
    ("told", "calm", "clinic", "emergency"),
    [
        pytest.param(0, 0, False, True, id="never said"),
        pytest.param(3, 0, False, True, id="too few for the clinic"),
        pytest.param(4, 0, True, True, id="enough"),
        pytest.param(9, 1, False, False, id="one wrong of ten"),
        pytest.param(10, 1, True, True, id="one wrong of eleven"),
        pytest.param(100, 20, False, False, id="one wrong of six"),
        pytest.param(0, 1, False, False, id="only wrong"),
    ],
)
def test_a_phrase_counts_by_itself_where_it_is_hardly_ever_wrong(
    told: int, calm: int, clinic: bool, emergency: bool
) -> None:
    count = Count(told, calm)

    assert count.is_hardly_ever_wrong(is_emergency=False) is clinic
    assert count.is_hardly_ever_wrong(is_emergency=True) is emergency


def test_a_message_counts_once_for_each_of_its_phrases() -> None:
    said = [
        (True, [("pus", "ooze"), ("pus", "ooze"), ("heat", "hot")]),
        (False, [("pus", "ooze")]),
        (True, []),
        (True, [("pus", "ooze")]),
    ]

    assert count_phrases(said) == {("pus", "ooze"): Count(2, 1), ("heat", "hot"): Count(1, 0)}


def test_counts_are_read_as_they_were_written() -> None:
    assert read_counts(write_counts(COUNTS)) == COUNTS
    assert write_counts(read_counts(write_counts(COUNTS))) == write_counts(dict(reversed(COUNTS.items())))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sign,phrase,told\n",
        "sign,phrase,with a sign,calm\npus,ooze,1\n",
        "sign,phrase,with a sign,calm\npus,o,x,1\n",
    ],
    ids=["empty", "other columns", "too short", "no number"],
)
def test_a_damaged_file_names_the_remedy(text: str) -> None:
    with pytest.raises(QuestionError, match="weigh-signs"):
        read_counts(text)


def test_every_phrase_stands_on_one_side_and_as_its_counts_say() -> None:
    counts = shipped_counts()
    always = {("breathing_trouble", "i can not breathe"), ("pus", "have/has/got/is/theres pus")}
    for rule in TABLE.rules:
        is_emergency = rule.sign.urgency is Urgency.EMERGENCY
        assert {phrase.text for phrase in rule.phrases}.isdisjoint(phrase.text for phrase in rule.possible)
        for phrase in rule.possible:
            count = counts.get((rule.sign.name, phrase.text), Count(0, 0))
            assert not count.is_hardly_ever_wrong(is_emergency=is_emergency), phrase.text
    assert always <= {(rule.sign.name, phrase.text) for rule in TABLE.rules for phrase in rule.phrases}


def test_the_counts_are_of_phrases_in_the_table_and_of_the_messages_that_ship() -> None:
    """Where this fails, a rule or a phrase was changed: count anew with `redness-qa weigh-signs`, see the Makefile."""
    shipped = shipped_counts()
    known = {(rule.sign.name, phrase.text) for rule in TABLE.rules for phrase in (*rule.phrases, *rule.possible)}
    known |= {(rule.sign.name, DAYS) for rule in TABLE.rules if rule.from_day}
    rows = [json.loads(line) for line in (ROOT / "benchmarks/triage/train.jsonl").read_text("utf-8").splitlines()]
    triage = Triage.load()
    counted = count_phrases((row["urgency"] != "routine", triage.said(row["message"])) for row in rows)

    assert set(shipped) <= known
    for phrase, count in counted.items():
        assert shipped[phrase].told >= count.told, phrase
        assert shipped[phrase].calm >= count.calm, phrase
