from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redness_qa.triage import UNNAMED, Sign, Triage, Urgency
from redness_qa.triage.signs import SEVERITY, SignTable
from redness_qa.triage.text import Speller, is_one_slip, normalise

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "triage.jsonl").read_text("utf-8").splitlines()
]
TRIAGE = Triage.load()
TABLE = SignTable.load()
CALM = [case["message"] for case in CASES if case["urgency"] == "routine"]
MESSAGES = st.one_of(st.text(max_size=120), st.sampled_from([case["message"] for case in CASES]))


def severity(message: str, previous: str | None = None) -> int:
    return SEVERITY[TRIAGE.assess(message, previous=(previous,) if previous else ()).urgency]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_message_reads_as_labelled(case: dict[str, Any]) -> None:
    assessment = TRIAGE.assess(case["message"])
    assert assessment.urgency.value == case["urgency"]
    assert {*case["signs"]} <= {sign.name for sign in assessment.signs}
    if case["urgency"] == "routine":
        assert assessment.signs == ()


def test_cases_are_told_apart() -> None:
    assert len({case["id"] for case in CASES}) == len({case["message"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("sign", TRIAGE.signs, ids=[sign.name for sign in TRIAGE.signs])
def test_every_sign_can_be_shown_and_is_triggered_by_a_case(sign: Sign) -> None:
    assert sign.label
    assert not sign.label.endswith(".")
    assert sign.source
    assert sign.facts
    assert sign.urgency is not Urgency.ROUTINE
    assert sign.name in UNNAMED.values() or any(sign.name in case["signs"] for case in CASES)


@given(MESSAGES)
@example("Suppose")
@example("no")
@example("what if")
@example("3")
@example("last year I had")
@settings(max_examples=300, deadline=None)
def test_adding_a_sign_never_lowers_the_level(message: str) -> None:
    raised = severity(message + ". I have pus")
    assert raised >= severity(message)
    assert raised >= SEVERITY[Urgency.CONTACT_CLINIC]


@given(MESSAGES, st.sampled_from(["I can't breathe", "My lips are swollen", "I fainted today", "I have chest pain"]))
@settings(max_examples=200, deadline=None)
def test_an_emergency_is_seen_after_any_message(message: str, emergency: str) -> None:
    assert severity(f"{message}. {emergency}") == SEVERITY[Urgency.EMERGENCY]


@given(MESSAGES, MESSAGES)
@settings(max_examples=200, deadline=None)
def test_the_question_before_never_lowers_the_level(message: str, previous: str) -> None:
    assert severity(message, previous) >= max(severity(message), severity(previous))


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_is_assessed_with_signs_in_order(message: str) -> None:
    assessment = TRIAGE.assess(message)
    ranks = [SEVERITY[sign.urgency] for sign in assessment.signs]
    assert ranks == sorted(ranks, reverse=True)
    assert SEVERITY[assessment.urgency] == max(ranks, default=0)


@pytest.mark.parametrize("message", ["", " ", "?", "...", "\x00", "é", "痛い", "🙂🙂", "a" * 5000, "1 " * 500])
def test_messages_without_a_word_of_ours_are_routine(message: str) -> None:
    assert TRIAGE.assess(message).urgency is Urgency.ROUTINE


@pytest.mark.parametrize(
    ("message", "same"),
    [
        ("MY JAW IS SWOLLEN", "my jaw is swollen"),
        ("I can\u2019t breathe", "I can't breathe"),
        ("i cant breathe", "I can't breathe"),
        ("\uff50\uff55\uff53 on my chin", "pus on my chin"),
        ("hinchaz\u00f3n", "hinchazon"),
        ("so itchyyyyyy", "so itchy"),
        ("pu\u200bs on my chin", "pus on my chin"),
    ],
    ids=["capitals", "curly apostrophe", "no apostrophe", "full width", "accent", "drawn out", "invisible character"],
)
def test_how_it_is_typed_makes_no_difference(message: str, same: str) -> None:
    assert TRIAGE.assess(message) == TRIAGE.assess(same)


@given(st.sampled_from(["swollen", "infection", "blisters", "throbbing", "discharge"]), st.data())
@settings(max_examples=300, deadline=None)
def test_one_slip_does_not_hide_a_sign(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slip = data.draw(
        st.sampled_from(
            [
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            ]
        )
    )
    if slip not in TABLE.real_words:
        assert severity(f"I have this {slip} on my cheek") >= SEVERITY[Urgency.CONTACT_CLINIC]


@pytest.mark.parametrize("word", ["swelter", "inflection", "sweating", "breeding", "painting", "crusty", "etching"])
def test_a_word_of_its_own_is_no_slip(word: str) -> None:
    assert TABLE.speller.forms(word) == {word}


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("swollen", "swollen", True),
        ("swolen", "swollen", True),
        ("swolllen", "swollen", True),
        ("swallen", "swollen", True),
        ("sowllen", "swollen", True),
        ("swoneen", "swollen", False),
        ("swol", "swollen", False),
        ("", "a", True),
        ("ab", "ba", True),
        ("abcd", "badc", False),
    ],
)
def test_one_slip_is_one_letter(word: str, other: str, expected: bool) -> None:
    assert is_one_slip(word, other) is expected
    assert is_one_slip(other, word) is expected


def test_short_words_are_read_as_they_are() -> None:
    assert Speller(["pus", "itch", "swollen"], []).forms("pup") == {"pup"}
    assert Speller(["pus", "itch", "swollen"], []).forms("inch") == {"inch"}


@given(st.text(max_size=60))
@settings(deadline=None)
def test_normalising_leaves_no_capitals_and_no_apostrophes(text: str) -> None:
    normal = normalise(text)
    assert "'" not in normal
    assert normal == normal.casefold() or not normal.isascii()


def test_the_question_before_lends_what_the_message_leaves_out() -> None:
    assert TRIAGE.assess("is that ok?").urgency is Urgency.ROUTINE
    assert TRIAGE.assess("is that ok?", previous=("there is pus on my cheek",)).urgency is Urgency.CONTACT_CLINIC
    assert TRIAGE.assess("thank you", previous=("I cannot breathe",)).urgency is Urgency.EMERGENCY
    assert TRIAGE.assess("it's been nine days", previous=("my face is red",)).urgency is Urgency.CONTACT_CLINIC


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, "routine"),
        (3, "routine"),
        (4, "contact_clinic"),
        (7, "contact_clinic"),
        (8, "contact_clinic"),
        (30, "contact_clinic"),
    ],
)
@pytest.mark.parametrize(
    "wording", ["day {}, still red", "still red after {} days", "my face has been red for {} days"]
)
def test_days_of_redness_count_from_four(days: int, expected: str, wording: str) -> None:
    assert TRIAGE.assess(wording.format(days)).urgency.value == expected


@pytest.mark.parametrize(("days", "expected"), [(4, "routine"), (7, "routine"), (8, "contact_clinic")])
def test_fading_redness_has_a_week(days: int, expected: str) -> None:
    assert TRIAGE.assess(f"day {days}, still pink but fading").urgency.value == expected
