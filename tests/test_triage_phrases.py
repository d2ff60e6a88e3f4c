from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redness_qa.triage import Triage
from redness_qa.triage.phrases import Phrase, PhraseList
from redness_qa.triage.text import LONGEST_CLAUSE, Speller, read_clauses

TRIAGE = Triage.load()
LETTERS = st.sampled_from("abcdef")
STEPS = st.lists(st.sets(LETTERS, min_size=1, max_size=3).map("/".join), min_size=1, max_size=3)
PHRASES = st.lists(st.tuples(STEPS, st.sampled_from([" ", " .. ", " + "])).map(lambda each: each[1].join(each[0])))


@given(PHRASES, st.lists(LETTERS, min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_phrases_looked_for_together_are_found_as_each_by_itself(texts: list[str], words: list[str]) -> None:
    (clause,) = read_clauses(" ".join(words), Speller((), ()))
    phrases = [Phrase.parse(text, {}) for text in texts]

    found = list(PhraseList(phrases).find(clause))

    assert found == [(number, places) for number, phrase in enumerate(phrases) for places in phrase.find(clause)]


@pytest.mark.parametrize(
    ("phrase", "words", "expected"),
    [
        ("a b", "a b", [{0, 1}]),
        ("a b", "b a", []),
        ("a .. b", "a c c c b", [{0, 4}]),
        ("a .. b", "a c c c c b", []),
        ("a + b", "b c a", [{0, 2}]),
        ("a + b", "a c c c c c c c b", [{0, 8}]),
        ("a + b", "a c c c c c c c c b", []),
        ("a/b c", "a c b c", [{0, 1}, {2, 3}]),
        ("a + a", "a", []),
    ],
)
def test_a_phrase_is_found_where_it_stands(phrase: str, words: str, expected: list[set[int]]) -> None:
    (clause,) = read_clauses(words, Speller((), ()))

    assert PhraseList([Phrase.parse(phrase, {})]).places(clause) == expected


@pytest.mark.parametrize("before", range(LONGEST_CLAUSE - 4, LONGEST_CLAUSE + 2))
def test_a_sign_is_seen_where_an_endless_sentence_is_cut(before: int) -> None:
    message = "so " * before + "my lips are very very swollen " + "so " * LONGEST_CLAUSE

    assert "airway_swelling" in {sign.name for sign in TRIAGE.assess(message).signs}


@pytest.mark.parametrize(
    "piece",
    ["my cheek is hot, no pus but ", "red ", "lips huge ", "not red. ", "is it gone, ", "on the 3rd ", "swolen", "? "],
)
def test_the_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    def seconds(characters: int) -> float:
        message = (piece * characters)[:characters]
        started = time.perf_counter()
        TRIAGE.assess(message)
        return time.perf_counter() - started

    short = min(seconds(5_000) for _ in range(3))

    assert min(seconds(50_000) for _ in range(2)) < 30 * short + 0.5  # as the square it would be a hundred times
