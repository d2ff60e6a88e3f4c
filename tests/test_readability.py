from __future__ import annotations

import pytest

from redness_qa.readability import flesch_kincaid_grade


# Words, sentences and syllables counted by hand.
@pytest.mark.parametrize(
    ("sentences", "words", "syllables"),
    [
        pytest.param(["The cat sat on the mat."], 6, 6, id="one syllable each"),
        pytest.param(["Redness goes away within two days."], 6, 9, id="longer words"),
        pytest.param(["The cat sat on the mat.", "Redness goes away within two days."], 12, 15, id="two sentences"),
        pytest.param(["Wear broad-spectrum cream."], 4, 5, id="parts of a hyphenated word"),
        pytest.param(["Call after 24 days!"], 4, 5, id="a number is one syllable"),
        pytest.param(["Don't scratch - it's red."], 4, 4, id="apostrophes, and a dash that is no word"),
    ],
)
def test_the_grade_is_that_of_the_formula(sentences: list[str], words: int, syllables: int) -> None:
    grade = 0.39 * words / len(sentences) + 11.8 * syllables / words - 15.59

    assert flesch_kincaid_grade(sentences) == pytest.approx(grade)


@pytest.mark.parametrize("sentences", [[], [""], ["... !"], ["***", "—"]])
def test_a_text_without_words_has_no_grade(sentences: list[str]) -> None:
    with pytest.raises(ValueError, match="without words"):
        flesch_kincaid_grade(sentences)


def test_a_word_that_no_list_holds_counts_at_least_one_syllable() -> None:
    assert flesch_kincaid_grade(["Brr hmm."]) == pytest.approx(0.39 * 2 + 11.8 - 15.59)
