from __future__ import annotations

import random

import pytest

from redness_qa.mending import LEAST_LETTERS, Mender, load_mender, slips

MENDER = Mender(["needles", "needle", "redness", "swollen", "chest", "forehead"], ["crest", "needless"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("rednes", "redness", id="a letter missing"),
        pytest.param("reddness", "redness", id="a letter more"),
        pytest.param("rednass", "redness", id="a wrong letter"),
        pytest.param("rendess", "redness", id="two swapped"),
        pytest.param("erdness", "redness", id="the first two swapped"),
        pytest.param("RedneSSs", "redness", id="capitals"),
        pytest.param("fedness", "fedness", id="the first letter wrong"),
        pytest.param("rdns", "rdns", id="several slips"),
        pytest.param("crest", "crest", id="another word"),
        pytest.param("needless", "needless", id="another word beside two"),
        pytest.param("needlee", "needles", id="the most frequent of two"),
        pytest.param("redness", "redness", id="no slip"),
        pytest.param("Redness", "Redness", id="no slip, a capital"),
        pytest.param("che", "che", id="a short word"),
        pytest.param("rednes's", "rednes's", id="an apostrophe"),
        pytest.param("rednés", "rednés", id="an accent"),
        pytest.param("rednes2", "redness2", id="a digit beside it"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_word_is_mended_or_left(typed: str, meant: str) -> None:
    assert MENDER.mended(typed) == meant


def test_what_is_between_words_stays() -> None:
    assert MENDER.mended("  my  chset,\nmy fourhed!! (rednes)") == "  my  chest,\nmy fourhed!! (redness)"


def test_a_text_that_is_mended_is_not_mended_again() -> None:
    mender = load_mender()
    for text in (
        "hifves on nekc n chset aftr needlng, no otehr probelm",
        "bilsters!!! on teh forhead",
        "cnat ctach my braeth",
    ):
        once = mender.mended(text)
        assert once != text
        assert mender.mended(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "Is redness normal on the second evening, and what may I put on?",
        "Can a dirty machine infect you, or is that only with home rollers?",
        "redo or never, tanning drops and fanning, spf, retinol, tretinoin, warfarin",
        "I wore it to the loo, innit, and my mum's carer says it's grand",
        "¿Es normal la rojez? Ça va?",
    ],
)
def test_what_is_written_right_is_left(text: str) -> None:
    assert load_mender().mended(text) == text


def test_every_frequent_word_is_found_again_after_a_slip_or_is_another_word() -> None:
    mender = load_mender()
    chance = random.Random(0)  # noqa: S311
    words = [word for word in mender._rank if len(word) > LEAST_LETTERS]
    for word in chance.sample(words, 300):
        slip = chance.choice(list(slips(word)))
        mended = mender.mended(slip)
        assert mended == slip or mender._rank[mended] <= mender._rank[word]


def test_a_long_word_takes_little_time() -> None:
    assert load_mender().mended("a" * 20_000) == "a" * 20_000
