from __future__ import annotations

import math
from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heads import SIGNS, WORDS, head_for, likelihood_of
from redness_qa.encoder import Reading
from redness_qa.head import Head
from redness_qa.readings import PIECE_WORDS, HeadReader, Readings, pieces
from redness_qa.screening import Screened, screen
from redness_qa.testing import WordEncoder
from redness_qa.vectors import FloatMatrix


class Counting(WordEncoder):
    """Counts how often each text is read."""

    def __init__(self) -> None:
        super().__init__(dim=WORDS.dim)
        self.read_texts: Counter[str] = Counter()

    def read(self, question: str) -> Reading:
        self.read_texts[question] += 1
        return super().read(question)


class OtherWeights(Counting):
    weights_sha256 = "f" * 64


# Readings


def test_a_text_is_read_once_in_a_turn() -> None:
    encoder, readings = Counting(), Readings()

    first, again = readings.of("how long", encoder), readings.of("how long", encoder)
    readings.of("how long?", encoder)

    assert first is again
    assert encoder.read_texts == {"how long": 1, "how long?": 1}
    Readings().of("how long", encoder)
    assert encoder.read_texts["how long"] == 2  # nothing outlives a turn


def test_two_encoders_read_for_themselves_unless_their_weights_are_the_same() -> None:
    one, other, copy, readings = Counting(), OtherWeights(), Counting(), Readings()

    for encoder in (one, other, copy):
        readings.of("how long", encoder)

    assert [encoder.read_texts["how long"] for encoder in (one, other, copy)] == [1, 1, 0]


def test_a_reading_is_that_of_the_encoder() -> None:
    reading = Readings().of("how long", WORDS)

    np.testing.assert_array_equal(reading.tokens, WORDS.read("how long").tokens)
    np.testing.assert_array_equal(reading.vector, WORDS.encode_questions(["how long"]))


def test_half_a_surrogate_pair_is_replaced_before_it_is_read() -> None:
    encoder = Counting()

    Readings().of("red \ud83d skin", encoder)

    assert encoder.read_texts == {"red ? skin": 1}


# Pieces


def words(count: int, word: str = "word") -> str:
    return " ".join([word] * count)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "one", "One. Two.\nThree  four", words(PIECE_WORDS), "\n".join(["a b."] * (PIECE_WORDS // 2))],
    ids=["empty", "blank", "one word", "sentences and space", "full", "full of sentences"],
)
def test_a_short_text_stays_whole(text: str) -> None:
    assert pieces(text) == [text]


def test_a_long_text_is_cut_between_sentences() -> None:
    first, second, third = f"{words(30, 'a')}.", f"{words(30, 'b')}!", f"{words(5, 'c')}?"

    assert pieces(f"{first} {second}\n\n{third}") == [f"{first} {second}", third]
    assert pieces(f"{first} c {second} {third}") == [first, f"c {second} {third}"]


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        pytest.param(words(61), [60, 1], id="one word too many"),
        pytest.param(words(130), [60, 60, 10], id="one long sentence"),
        pytest.param(f"{words(5)}. {words(130)}. {words(50)}.", [5, 60, 60, 60], id="rest of a long one is filled up"),
        pytest.param(f"{words(5)}. {words(130)}. {words(51)}.", [5, 60, 60, 10, 51], id="or not"),
        pytest.param(f"{words(60)}. {words(60)}.", [60, 60], id="full sentences"),
    ],
)
def test_a_long_sentence_is_cut_between_words(text: str, lengths: list[int]) -> None:
    assert [len(piece.split()) for piece in pieces(text)] == lengths


@given(st.lists(st.sampled_from(["a", "b.", "c?", "d\n", "e!\n\n"]), max_size=300).map(" ".join))
def test_no_word_is_lost_and_no_piece_is_too_long(text: str) -> None:
    cut = pieces(text)

    assert [word for piece in cut for word in piece.split()] == text.split()
    assert all(len(piece.split()) <= PIECE_WORDS for piece in cut)
    assert cut == [text] or all(cut)


# The head on its encoder


def test_a_head_refuses_another_encoder() -> None:
    head = head_for(SIGNS)

    with pytest.raises(ValueError, match=f"learned on {head.encoder_sha256}, not on f{{64}}"):
        HeadReader(head, OtherWeights())
    HeadReader(head, Counting())


def test_the_likelihood_is_read_from_the_outcomes() -> None:
    reader = HeadReader(head_for(SIGNS), WORDS)

    likelihood = likelihood_of(reader, "there is pus here", Readings())

    outcomes = head_for(SIGNS).read(WORDS.read("there is pus here").tokens, np.zeros(256, dtype=np.float32))
    urgent, emergency = outcomes["urgency:urgent"], outcomes["urgency:emergency"]
    assert likelihood.urgent == pytest.approx(1 / (1 + math.exp(-urgent)))
    assert likelihood.emergency == pytest.approx(1 / (1 + math.exp(-emergency)))
    pus, breathing = math.exp(outcomes["sign:pus"]), math.exp(outcomes["sign:breathing_trouble"])
    assert likelihood.sign == "pus"
    assert likelihood.sign_probability == pytest.approx(pus / (pus + breathing))
    assert likelihood.urgent > 0.99 > 0.01 > likelihood.emergency


CALM = "All went well and my skin feels fine today, thank you for the kind care. "
LONG = CALM * 6
"""Two pieces and a half."""


@pytest.mark.parametrize("place", range(7))
def test_a_sign_counts_wherever_it_stands_in_a_long_message(place: int) -> None:
    reader, readings = HeadReader(head_for(SIGNS), WORDS), Readings()
    message = CALM * place + "There is pus. " + CALM * (6 - place)

    assert likelihood_of(reader, message, readings).urgent > 0.99
    assert likelihood_of(reader, message, readings).sign == "pus"
    assert likelihood_of(reader, LONG, readings).urgent < 0.01


def test_a_long_message_is_as_likely_as_the_piece_that_tells_most() -> None:
    reader, readings = HeadReader(head_for(SIGNS), WORDS), Readings()
    message = f"There is pus. {LONG} I have no breath. {LONG}"

    each = [likelihood_of(reader, piece, readings) for piece in pieces(message)]
    most = likelihood_of(reader, message, readings)

    assert len(each) >= 4
    assert most.urgent == max(likelihood.urgent for likelihood in each)
    assert most.emergency == max(likelihood.emergency for likelihood in each)
    # The sign is that of the piece that is most urgent, as the head sees it; the emergency is in another one.
    assert (most.sign, most.sign_probability) == (each[0].sign, each[0].sign_probability)
    assert most.emergency > 0.99 > each[0].emergency


def test_a_slip_of_the_keyboard_hides_no_sign() -> None:
    reader, readings = HeadReader(head_for(SIGNS), WORDS), Readings()

    assert likelihood_of(reader, "short of bretah", readings).emergency > 0.99
    assert readings.of("short of bretah", WORDS) is not readings.of("short of breath", WORDS)


@given(st.text(st.sampled_from("abehprstu "), max_size=30))
def test_a_text_is_as_likely_as_it_is_typed_or_as_it_is_mended_whichever_is_more(text: str) -> None:
    head = head_for(SIGNS | {"urgency:urgent": "brest"})
    reader, readings = HeadReader(head, WORDS), Readings()
    likelihood = reader.likelihood(text, readings)
    if likelihood is None:
        return

    as_typed, as_mended = (
        1 / (1 + math.exp(-head.read(reading.tokens, reading.vector[0])["urgency:urgent"]))
        for reading in (WORDS.read(text), WORDS.read(readings.mended(text)))
    )
    assert likelihood.urgent == pytest.approx(max(as_typed, as_mended))


def test_each_piece_of_a_message_is_read_once() -> None:
    encoder, readings = Counting(), Readings()
    reader = HeadReader(head_for(SIGNS), encoder)

    for _ in range(3):
        likelihood_of(reader, LONG, readings)
        likelihood_of(reader, "short", readings)

    assert encoder.read_texts == dict.fromkeys([*pieces(LONG), "short"], 1)


def test_the_outlook_has_probabilities_of_facts_and_kinds() -> None:
    head = head_for(
        SIGNS
        | {"fact:F12": "long", "fact:F17": "sun", "fact:none": "quite", "kind:answerable": "how", "kind:refer": "may"}
    )
    reader = HeadReader(head, WORDS)

    outlook = reader.outlook("how long", Readings())

    assert set(outlook.facts) == {"F12", "F17", "none"}
    assert set(outlook.kinds) == {"answerable", "refer"}
    assert sum(outlook.facts.values()) == pytest.approx(1)
    assert sum(outlook.kinds.values()) == pytest.approx(1)
    assert outlook.facts["F12"] > 0.99
    assert outlook.kinds["answerable"] > 0.99
    assert reader.outlook("may i in the sun", Readings()).facts["F17"] > 0.99
    assert reader.outlook("may i in the sun", Readings()).kinds["refer"] > 0.99


def test_likelihood_and_outlook_share_a_reading() -> None:
    encoder, readings = Counting(), Readings()
    reader = HeadReader(head_for(SIGNS | {"fact:F12": "long", "fact:none": "no", "kind:refer": "may"}), encoder)

    likelihood_of(reader, "how long", readings)
    reader.outlook("how long", readings)

    assert encoder.read_texts == {"how long": 1}


def test_readers_beside_each_other_give_the_weighted_mean_of_their_log_odds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One knows pus alone, the other breath alone; what learned signs alone counts more."""
    monkeypatch.setattr("redness_qa.readings.OWN_SHARE", 0.25)
    one = HeadReader(head_for(SIGNS | {"sign:fever": "fever"}), WORDS)
    other = HeadReader(head_for({"urgency:urgent": "breath", "urgency:emergency": "breath", "sign:pus": "pus"}), WORDS)

    def log_odds(reader: HeadReader, text: str) -> float:
        urgent = likelihood_of(reader, text, Readings()).urgent
        return math.log(urgent / (1 - urgent))

    both = HeadReader(head_for(SIGNS), WORDS, beside=[other])

    for text in ("there is pus", "no breath left", "pus and no breath", "nothing"):
        mean = 0.25 * log_odds(one, text) + 0.75 * log_odds(other, text)
        assert log_odds(both, text) == pytest.approx(mean, abs=1e-3)
    assert likelihood_of(both, "there is pus", Readings()).sign == "pus"
    assert log_odds(both, "there is pus") < -2 < 2 < log_odds(both, "no breath left")


def test_a_sign_that_one_reader_does_not_know_is_not_named() -> None:
    narrow = head_for({"urgency:urgent": "pus", "urgency:emergency": "breath", "sign:pus": "pus"})
    both = HeadReader(head_for(SIGNS), WORDS, beside=[HeadReader(narrow, WORDS)])

    likelihood = likelihood_of(both, "no breath at all", Readings())

    assert (likelihood.sign, likelihood.sign_probability) == ("pus", 1.0)


@pytest.mark.parametrize("text", ["wie lange bleibt mein gesicht rot nach der behandlung", "红肿多久会消退？"])
def test_nothing_was_learned_of_other_languages(text: str) -> None:
    assert HeadReader(head_for(SIGNS), WORDS).likelihood(text, Readings()) is None


@pytest.mark.parametrize(
    "text", ["hi, my name is Maria", "who are you", "I don't understand", "I do not know.", "thanks"]
)
def test_what_is_nothing_but_greetings_is_not_read(text: str) -> None:
    reader = HeadReader(head_for(SIGNS), WORDS)

    assert reader.likelihood(text, Readings()) is None
    assert reader.likelihood(f"{text}, there is pus", Readings()) is not None


def test_a_text_is_screened_and_read_by_a_head_once_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    screened: Counter[str] = Counter()
    read = 0

    def counting_screen(text: str) -> Screened:
        screened[text] += 1
        return screen(text)

    class CountingHead(Head):
        def read(self, tokens: FloatMatrix, message: FloatMatrix) -> dict[str, float]:
            nonlocal read
            read += 1
            return super().read(tokens, message)

    monkeypatch.setattr("redness_qa.readings.screen", counting_screen)
    made = head_for({**SIGNS, "fact:F12": "long", "fact:none": "tax", "kind:answerable": "how", "kind:refer": "may"})
    head = CountingHead(**{field.name: getattr(made, field.name) for field in fields(made)})
    reader, readings = HeadReader(head, WORDS), Readings()

    reader.likelihood("how long is it red", readings)
    readings.screened("how long is it red")
    reader.outlook("how long is it red", readings)
    reader.likelihood("how long is it red", readings)

    assert (read, screened) == (1, {"how long is it red": 1})
