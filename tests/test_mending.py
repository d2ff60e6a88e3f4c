from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

import redness_qa.mending
from redness_qa.mending import FREQUENT, LEAST_WORD_LETTERS, Mender, load_mender, slips
from redness_qa.packaged import packaged_words
from redness_qa.triage.signs import SignTable

MENDER = Mender(
    ["that", "needles", "needlit", "redness", "swollen", "chest", "forehead", "throat", "thett"], ["crest", "needless"]
)


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
        pytest.param("needlis", "needles", id="the most frequent of two"),
        pytest.param("thoat", "throat", id="rather a letter missing than one more"),
        pytest.param("thatt", "that", id="rather one more than a wrong one"),
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


def test_most_frequent_words_are_found_again_after_a_slip() -> None:
    words = [word for word in packaged_words("redness_qa.mending", FREQUENT) if len(word) > LEAST_WORD_LETTERS]
    chance = random.Random(0)  # noqa: S311
    mended = {
        word: load_mender().mended(chance.choice([slip for slip in slips(word) if slip != word]))
        for word in chance.sample(words, 300)
    }

    assert sum(word == found for word, found in mended.items()) > 240


def test_words_that_cannot_be_mended_take_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def note(word: str) -> Iterator[str]:
        searched.append(word)
        return iter(())

    monkeypatch.setattr(redness_qa.mending, "SLIPS", [note])

    load_mender().mended("a" * 20_000 + " redness stoneware2 été the xq don't qqqqq")

    assert searched == ["stoneware", "qqqqq"]


@pytest.mark.parametrize("word", ["isotretinoin", "roaccutane", "aciclovir", "xarelto", "lanoxin", "concerta", "jext"])
def test_medicines_are_left(word: str) -> None:
    assert load_mender().mended(word) == word


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("swolen", "swollen"),
        ("itchin", "itching"),
        ("collpase", "collapse"),
        ("chokng", "choking"),
        ("bilster", "blister"),
    ],
)
def test_words_of_signs_are_mended_to_however_rare(typed: str, meant: str) -> None:
    assert load_mender().mended(typed) == meant


def test_words_of_signs_are_left() -> None:
    for word in SignTable.load().vocabulary:
        assert load_mender().mended(word) == word
