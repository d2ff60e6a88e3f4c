from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.lexical import K1, B, Bm25, Trigrams, word_counts

TEXTS = ("may i take ibuprofen", "is this an infection", "can i have botox the same week")


def test_a_text_is_most_like_itself_whatever_its_case_and_marks() -> None:
    letters = Trigrams(TEXTS)

    for place, text in enumerate(TEXTS):
        similarities = letters.similarities(f"{text.upper()}?!")
        assert similarities[place] == pytest.approx(1.0)
        assert int(np.argmax(similarities)) == place
        assert (similarities >= 0).all()


def test_a_slip_of_the_keyboard_leaves_most_of_the_likeness() -> None:
    similarities = Trigrams(TEXTS).similarities("ibuprofn")

    assert similarities[0] > 0.4
    assert similarities[1:].tolist() == [0.0, 0.0]


def test_what_few_texts_have_counts_more() -> None:
    letters = Trigrams(("the red the pus", "the red", "the red"))

    assert letters.similarities("pus")[0] > letters.similarities("red")[0] > 0


@given(st.text())
def test_any_text_can_be_compared_with_any_list(text: str) -> None:
    assert Trigrams(()).similarities(text).shape == (0,)
    similarities = Trigrams((text, "red")).similarities(text)
    assert ((similarities >= 0) & (similarities < 1 + 1e-9)).all()


def test_bm25_is_that_of_its_formula() -> None:
    texts = ("sun burns skin", "sun sun", "pus")
    mean = 6 / 3

    scores = Bm25([word_counts(text) for text in texts]).scores("the suns")

    rarity = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    expected = [rarity * n / (n + K1 * (1 - B + B * length / mean)) for n, length in ((1, 3), (2, 2), (0, 1))]
    assert scores.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("question", ["", "what is the", "?!", "皮肤发红"], ids=ascii)
def test_a_question_without_a_word_of_its_own_scores_nothing(question: str) -> None:
    assert Bm25([word_counts("what is the sun"), word_counts("")]).scores(question).tolist() == [0.0, 0.0]
    assert Bm25(()).scores(question).tolist() == []
