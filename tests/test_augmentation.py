from __future__ import annotations

import pytest

from redness_qa.augmentation import augmented_questions, parts_of, recombined, substituted, word_neighbours
from redness_qa.encoder import bundled_folder
from redness_qa.errors import QuestionError
from redness_qa.judgements import UNLABELLED
from redness_qa.messages import LabelledMessage
from redness_qa.triage import Urgency

MESSAGES = tuple(
    LabelledMessage(text, text, Urgency.CONTACT_CLINIC, "pus")
    for text in (
        "there is yellow pus on my cheek",
        "there is no yellow pus on my cheek",
        "i cannot breathe and my tongue swells",
        "i can breathe well, and my tongue is pink. may I swim?",
    )
)
LIKE = {"yellow": ["green", "brown"], "cheek": ["chin", "jaw"], "breathe": ["cough", "sleep"], "tongue": ["lip"]}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("only this", ["only this"]),
        ("I am red today. May I swim tomorrow?", ["I am red today", "May I swim tomorrow?"]),
        ("no pus or fever but my jaw is swelling", ["no pus or fever", "but my jaw is swelling"]),
        ("my cheek is hot, is it ok", ["my cheek is hot is it ok"]),
        ("...", ["..."]),
    ],
)
def test_a_message_is_cut_where_something_new_is_said(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts


def test_recombined_texts_hold_parts_of_two_messages_and_do_not_depend_on_their_order() -> None:
    made = recombined(MESSAGES, count=40)

    assert [each.message for each in made] == [each.message for each in recombined(MESSAGES[::-1], count=40)]
    assert [each.message for each in made] != [each.message for each in recombined(MESSAGES, count=40, seed=1)]
    assert len({each.id for each in made}) == 40
    for each in made:
        sources = [message for message in MESSAGES if any(part in each.message for part in parts_of(message.message))]
        assert len(sources) == 2, each.message


def test_one_message_alone_is_not_recombined() -> None:
    with pytest.raises(QuestionError, match="two messages or more, not 1"):
        recombined(MESSAGES[:1], count=1)


def test_words_are_changed_for_similar_ones_and_nothing_else() -> None:
    made = substituted(MESSAGES, LIKE, times=5)

    assert len(made) == 5 * len(MESSAGES)
    for number, each in enumerate(made):
        before, after = MESSAGES[number // 5].message.split(), each.message.split()
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert changed
        assert all(new in LIKE[old] for old, new in changed)
    assert {each.sort for each in made} == {UNLABELLED}  # a label of what was said before does not hold
    assert len({each.message for each in made}) > len(MESSAGES)


def test_a_fifth_of_the_words_that_are_known_is_changed() -> None:
    text = "red hot sore dry itchy puffy tight sharp flaky patchy"
    neighbours = {word: [f"un{word}"] for word in text.split()}

    (made,) = substituted([LabelledMessage("1", text, Urgency.CONTACT_CLINIC, "heat")], neighbours, times=1)

    assert sum(old != new for old, new in zip(text.split(), made.message.split(), strict=True)) == 2


def test_what_is_made_of_a_message_does_not_depend_on_what_stands_beside_it() -> None:
    assert substituted(MESSAGES, LIKE, times=2)[2:4] == substituted(MESSAGES[1:2], LIKE, times=2)


def test_a_message_without_a_word_that_is_known_is_left_out() -> None:
    assert substituted([LabelledMessage("1", "oozing???", Urgency.CONTACT_CLINIC, "pus")], LIKE, times=3) == []


@pytest.mark.model
def test_the_nearest_words_of_a_model_are_like_the_word() -> None:
    neighbours = word_neighbours(bundled_folder(), {"cheek", "yellow", "oozzing"})

    assert set(neighbours) == {"cheek", "yellow"}
    assert {"chin", "lip"} <= set(neighbours["cheek"])
    assert neighbours["yellow"][0] == "yellowish"
    assert all(len(others) == 12 and word not in others for word, others in neighbours.items())


@pytest.mark.model
def test_of_each_question_some_are_made_whatever_stands_beside_it() -> None:
    questions = ["can i swim | and sauna with a sore cheek", "how long is my yellow skin hot", "oozzing???"]

    made = augmented_questions(iter(questions), folder=bundled_folder())

    assert len({*made}) == len(made) == 7  # four of the first one; two of the second came out alike
    for number, text in enumerate(made):
        before, after = questions[number // 4].split(), text.split()
        assert sum(old != new for old, new in zip(before, after, strict=True)) in (1, 2)  # a fifth of six or eight
    assert augmented_questions([*questions, *questions], folder=bundled_folder()) == made
    assert augmented_questions(questions[1:2], folder=bundled_folder()) == made[4:]


@pytest.mark.model
def test_no_question_is_made_twice() -> None:
    """Of a word that is changed for one of twelve, two of four changes are often the same."""
    words = (
        *("cheek", "yellow", "red", "skin", "sun", "face", "water", "night", "cream", "burn", "pain", "cold", "wash"),
        *("sleep", "chin", "swim", "drink", "coffee", "shower", "pool", "gym", "beach", "hat", "oil", "mask", "scar"),
    )

    made = augmented_questions(words, folder=bundled_folder())

    assert len({*made}) == len(made) < 4 * len(words)
