from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redness_qa.triage import NAMED_FROM, UNNAMED, Likelihood, Sign, Thresholds, Told, Triage, Urgency
from redness_qa.triage.phrases import Phrase, PhraseList
from redness_qa.triage.signs import SEVERITY, Rule, SignTable
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


SIGN_WORDS = sorted(word for word in TABLE.vocabulary if len(word) >= 5 and word.isalpha() and word.isascii())


OTHER_WORDS = TABLE.real_words | TABLE.vocabulary


def slips(word: str) -> set[str]:
    """Every way to leave out, double or swap letters of a word, and two ways to mistype or add each; no other word."""
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    made = {
        *(head + tail[1:] for head, tail in parts if tail),
        *(head + tail[0] + tail for head, tail in parts if tail),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1),
        *(head + letter + tail[1:] for head, tail in parts if tail for letter in "xe"),
        *(head + letter + tail for head, tail in parts for letter in "xe"),
    }
    return {slip for slip in made if OTHER_WORDS.isdisjoint((slip, normalise(slip)))}


def test_no_slip_in_a_word_of_a_sign_hides_it() -> None:
    hidden = [
        (word, slip) for word in SIGN_WORDS for slip in slips(word) if word not in TABLE.speller.forms(normalise(slip))
    ]

    assert hidden == []


@pytest.mark.parametrize("word", ["swollen", "infection", "blisters", "throbbing", "discharge", "swelling", "weeping"])
def test_a_message_with_one_slip_raises_as_much(word: str) -> None:
    assert [slip for slip in sorted(slips(word)) if not severity(f"I have this {slip} on my cheek")] == []


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


@pytest.mark.parametrize(
    "message",
    ["a pink nose since the Sunday before last", "red for 144 hours without getting one bit lighter"],
)
def test_a_day_before_last_is_counted_and_what_goes_without_getting_better_is_not_fading(message: str) -> None:
    assert TRIAGE.assess(message).urgency is Urgency.CONTACT_CLINIC


@pytest.mark.parametrize(
    ("days", "sure"), [(7, set()), (8, {"redness_beyond_a_week"}), (30, {"redness_beyond_a_week"})]
)
def test_redness_beyond_a_week_counts_whatever_was_learned(days: int, sure: set[str]) -> None:
    read = TRIAGE.read(f"my face has been red for {days} days", lambda text: Likelihood(0.0, 0.0, "pus", 0.1))

    assert read.sure == sure
    assert read.possible.keys() == {"lasting_redness"}


# What one text tells of, and what of it counts beside what was learned


def rule(name: str, urgency: Urgency, *phrases: str, possible: tuple[str, ...] = ()) -> Rule:
    sign = Sign(name, f"{name} told", urgency, ("F1",), "a leaflet", ())
    sure, unsure = (tuple(Phrase.parse(phrase, {}) for phrase in listed) for listed in (phrases, possible))
    return Rule(sign, sure, unsure, needs=(), from_day=None, are_days_sure=False, is_lasting=False, recovers=True)


SMALL_TABLE = SignTable(
    groups={},
    everyday=PhraseList(()),
    rules=(
        rule("airway", Urgency.EMERGENCY, "cannot breathe", possible=("tight throat",)),
        rule("sepsis", Urgency.EMERGENCY, "shaking chills"),
        rule("pus", Urgency.CONTACT_CLINIC, "pus", possible=("weepy",)),
        rule("swelling", Urgency.CONTACT_CLINIC, "swollen", possible=("puffy",)),
        rule("unnamed", Urgency.CONTACT_CLINIC),
        rule("unnamed_emergency", Urgency.EMERGENCY),
    ),
    real_words=frozenset(),
)
BARS = Thresholds(possible=0.25, sentence=0.6, urgent=0.75, emergency=0.5)
SMALL = Triage(SMALL_TABLE, thresholds=BARS)
UNLIKELY = Likelihood(0.0, 0.0, "pus", 0.1)


class Learned:
    """Gives the likelihood of texts as it was told, that of other texts as 0, and keeps what it was asked."""

    def __init__(self, by_text: Mapping[str, float | Likelihood]) -> None:
        self._by_text = by_text
        self.asked: list[str] = []

    def __call__(self, text: str) -> Likelihood:
        self.asked.append(text)
        found = self._by_text.get(text, 0.0)
        return found if isinstance(found, Likelihood) else Likelihood(found, 0.0, "pus", 0.1)


def told(
    *sure: str,
    possible: Mapping[str, float] | None = None,
    learned: Likelihood | None = UNLIKELY,
    by_sentence: Mapping[str, float] | None = None,
) -> Told:
    return Told(frozenset(sure), possible or {}, learned, by_sentence or {})


def test_sure_and_possible_phrases_are_told_apart() -> None:
    read = SMALL.read("I have pus and my cheek is puffy. My throat is not tight.", None)

    assert read == Told(frozenset({"pus"}), {"swelling": 1.0}, None)


def test_a_sign_told_in_both_ways_is_sure() -> None:
    assert SMALL.read("It is weepy. There is pus.", Learned({})) == told("pus")


@pytest.mark.parametrize(
    ("by_text", "support", "by_sentence"),
    [
        pytest.param({"It is weepy. Thank you.": 0.6, "It is weepy.": 0.2}, 0.6, 0.2, id="whole message"),
        pytest.param({"It is weepy. Thank you.": 0.2, "It is weepy.": 0.6}, 0.2, 0.6, id="telling sentence"),
        pytest.param({"It is weepy. Thank you.": 0.2, "Thank you.": 0.9}, 0.2, 0.0, id="another sentence"),
        pytest.param({}, 0.0, 0.0, id="neither"),
    ],
)
def test_a_possible_sign_is_borne_out_by_the_message_or_by_a_sentence_that_tells_it(
    by_text: dict[str, float | Likelihood], support: float, by_sentence: float
) -> None:
    read = SMALL.read("It is weepy. Thank you.", Learned(by_text))

    assert (read.possible, read.by_sentence) == ({"pus": support}, {"pus": by_sentence})
    assert read.learned is not None
    assert read.learned.urgent == by_text.get("It is weepy. Thank you.", 0.0)


def test_each_possible_sign_has_the_support_of_its_own_sentences() -> None:
    message = "It is weepy. My eye is puffy!\nStill weepy? Fine."
    by_text: dict[str, float | Likelihood] = {message: 0.1, "My eye is puffy!": 0.7, "Still weepy?": 0.3, "Fine.": 0.9}

    read = SMALL.read(message, Learned(by_text | {"It is weepy.": 0.4}))

    assert read.possible == {"pus": 0.1, "swelling": 0.1}
    assert read.by_sentence == {"pus": 0.4, "swelling": 0.7}


@pytest.mark.parametrize(
    ("message", "least", "asked"),
    [
        pytest.param("Thank you. Bye.", 1.0, ["Thank you. Bye."], id="no sign"),
        pytest.param("I have pus. Thank you.", 1.0, ["I have pus. Thank you.", "Thank you."], id="a sure sign"),
        pytest.param(
            "I have pus. Hm. pus again!",
            1.0,
            ["I have pus. Hm. pus again!", "I have pus. Hm.", "Hm."],
            id="two of them",
        ),
        pytest.param("I have pus.\n ", 1.0, ["I have pus.\n "], id="a sure sign alone"),
        pytest.param("I cannot breathe. Hm.", 1.0, ["I cannot breathe. Hm."], id="a sure emergency"),
        pytest.param("It is weepy", 1.0, ["It is weepy"], id="one sentence"),
        pytest.param("It is weepy. Hm.", 0.5, ["It is weepy. Hm."], id="support that is enough"),
        pytest.param("It is weepy. Hm.", 0.51, ["It is weepy. Hm.", "It is weepy."], id="support that is not"),
    ],
)
def test_sentences_are_read_only_where_that_can_change_anything(message: str, least: float, asked: list[str]) -> None:
    learned = Learned(dict.fromkeys(["It is weepy", "It is weepy. Hm."], 0.5))

    SMALL.read(message, learned, least=least)

    assert learned.asked == asked


@pytest.mark.parametrize(
    ("support", "counts"), [(0.0, False), (0.2499, False), (0.25, True), (0.2501, True), (1.0, True)]
)
def test_a_possible_sign_counts_from_the_threshold_on(support: float, counts: bool) -> None:
    assert SMALL.names(told(possible={"pus": support}), BARS) == ({"pus"} if counts else set())
    assert SMALL.names(told("swelling", possible={"pus": support}), BARS) == {"swelling", *(["pus"] if counts else [])}


@pytest.mark.parametrize(("support", "counts"), [(0.0, False), (0.5999, False), (0.6, True), (1.0, True)])
def test_by_its_sentence_alone_a_possible_sign_counts_from_a_threshold_of_its_own(support: float, counts: bool) -> None:
    said = told(possible={"pus": 0.2}, by_sentence={"pus": support})

    assert SMALL.names(said, BARS) == ({"pus"} if counts else set())


@pytest.mark.parametrize(("support", "counts"), [(0.2499, False), (0.25, True)])
def test_an_emergency_counts_by_its_sentence_from_the_lower_threshold(support: float, counts: bool) -> None:
    said = told(possible={"airway": 0.0}, by_sentence={"airway": support})

    assert SMALL.names(said, BARS) == ({"airway"} if counts else set())


@pytest.mark.parametrize("added", ["Thanks.", "It is weepy.", "My eye is puffy.", "I have pus."])
def test_no_company_lowers_a_possible_emergency(added: str) -> None:
    alone = "I have a tight throat."

    read = SMALL.assess(f"{alone}\n{added}", likelihood=Learned({alone: BARS.possible}))

    assert read.urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(("support", "counts"), [(0.5999, False), (0.6, True)])
def test_a_sentence_alone_bears_out_a_sign_for_the_clinic_from_its_own_threshold(support: float, counts: bool) -> None:
    read = SMALL.assess("It is weepy. Thank you.", likelihood=Learned({"It is weepy.": support}))

    assert [sign.name for sign in read.signs] == (["pus"] if counts else [])


def test_where_nothing_was_learned_of_the_rest_a_possible_sign_in_it_counts() -> None:
    def learned(text: str) -> Likelihood | None:
        return None if text == "It is puffy." else UNLIKELY

    assert [sign.name for sign in SMALL.assess("It is puffy. I have pus.", likelihood=learned).signs] == [
        "pus",
        "swelling",
    ]


def test_a_possible_sign_always_counts_where_nothing_was_learned() -> None:
    highest = Thresholds(possible=1.0, sentence=1.0, urgent=1.0, emergency=1.0)
    for triage in (SMALL, Triage(SMALL_TABLE), Triage(SMALL_TABLE, thresholds=highest)):
        assert triage.names(triage.read("It is weepy. Thank you.", None), highest) == {"pus"}
        assert [sign.name for sign in triage.assess("It is weepy. Thank you.").signs] == ["pus"]


def test_without_thresholds_every_possible_sign_counts_and_no_likelihood_below_certainty_alarms() -> None:
    triage = Triage(SMALL_TABLE)

    assert triage.assess("It is weepy.", likelihood=Learned({})).urgency is Urgency.CONTACT_CLINIC
    nearly = Likelihood(0.9999, 0.9999, "pus", 1.0)
    assert triage.assess("Hello.", likelihood=Learned({"Hello.": nearly})).urgency is Urgency.ROUTINE


@pytest.mark.parametrize(
    ("read", "names"),
    [
        pytest.param(told(learned=Likelihood(0.7499, 0.4999, "pus", 0.9)), set(), id="below both"),
        pytest.param(told(learned=Likelihood(0.75, 0.0, "pus", NAMED_FROM)), {"pus"}, id="urgent, and named"),
        pytest.param(told(learned=Likelihood(0.75, 0.0, "pus", 0.4999)), {"unnamed"}, id="urgent, not named"),
        pytest.param(
            told(learned=Likelihood(0.9, 0.0, "airway", 0.9)), {"unnamed"}, id="urgent, the name is of an emergency"
        ),
        pytest.param(
            told(possible={"swelling": 0.0}, learned=Likelihood(0.9, 0.0, "pus", 0.9)),
            {"swelling"},
            id="urgent, named as a phrase of the message does",
        ),
        pytest.param(
            told(possible={"airway": 0.0}, learned=Likelihood(0.9, 0.0, "pus", 0.9)),
            {"pus"},
            id="urgent, the phrase is of an emergency",
        ),
        pytest.param(told(learned=Likelihood(0.9, 0.5, "airway", NAMED_FROM)), {"airway"}, id="emergency, and named"),
        pytest.param(
            told(learned=Likelihood(0.9, 0.5, "airway", 0.4999)), {"unnamed_emergency"}, id="emergency, not named"
        ),
        pytest.param(
            told(learned=Likelihood(0.9, 0.5, "pus", 0.9)),
            {"unnamed_emergency"},
            id="emergency, the name is not of one",
        ),
        pytest.param(
            told(possible={"airway": 0.0}, learned=Likelihood(0.9, 0.5, "sepsis", 0.9)),
            {"airway"},
            id="emergency, named as a phrase of the message does",
        ),
        pytest.param(told(learned=Likelihood(0.0, 0.5, "airway", 0.9)), {"airway"}, id="emergency though not urgent"),
    ],
)
def test_a_learned_likelihood_alone_raises(read: Told, names: set[str]) -> None:
    assert SMALL.names(read, BARS) == names


@pytest.mark.parametrize(
    ("read", "names"),
    [
        pytest.param(told("pus", learned=Likelihood(0.9, 0.0, "swelling", 0.9)), {"pus"}, id="urgent adds no sign"),
        pytest.param(
            told("pus", learned=Likelihood(0.9, 0.9, "airway", 0.9)), {"pus", "airway"}, id="an emergency is added"
        ),
        pytest.param(
            told("airway", learned=Likelihood(0.9, 0.9, "sepsis", 0.9)), {"airway"}, id="a second emergency is not"
        ),
        pytest.param(
            told("pus", possible={"airway": 0.3}, learned=Likelihood(0.3, 0.9, "sepsis", 0.9)),
            {"pus", "airway"},
            id="a possible emergency that counts is one",
        ),
    ],
)
def test_what_was_learned_stands_beside_what_is_told(read: Told, names: set[str]) -> None:
    assert SMALL.names(read, BARS) == names


PROBABILITY = st.floats(0, 1)
LIKELIHOODS = st.builds(
    Likelihood, PROBABILITY, PROBABILITY, st.sampled_from([sign.name for sign in TRIAGE.signs]), PROBABILITY
)
THRESHOLDS = st.builds(Thresholds, PROBABILITY, PROBABILITY, PROBABILITY, PROBABILITY)


@given(MESSAGES, THRESHOLDS, LIKELIHOODS)
@settings(max_examples=200, deadline=None)
def test_no_likelihood_lowers_what_a_sure_phrase_raised(
    message: str, thresholds: Thresholds, likelihood: Likelihood
) -> None:
    triage = Triage(TABLE, thresholds=thresholds)
    sure = triage.read(message, None).sure

    read = triage.assess(message, likelihood=lambda _: likelihood)

    assert sure <= {sign.name for sign in read.signs}
    assert SEVERITY[read.urgency] >= max(
        (SEVERITY[sign.urgency] for sign in TRIAGE.signs if sign.name in sure), default=0
    )


@given(MESSAGES, THRESHOLDS, LIKELIHOODS, LIKELIHOODS)
@settings(max_examples=200, deadline=None)
def test_a_higher_likelihood_never_lowers_the_level(
    message: str, thresholds: Thresholds, one: Likelihood, other: Likelihood
) -> None:
    triage = Triage(TABLE, thresholds=thresholds)
    higher = Likelihood(
        max(one.urgent, other.urgent), max(one.emergency, other.emergency), one.sign, one.sign_probability
    )

    low = triage.assess(message, likelihood=lambda _: one)
    high = triage.assess(message, likelihood=lambda _: higher)

    assert SEVERITY[low.urgency] <= SEVERITY[high.urgency]


@given(MESSAGES, MESSAGES, THRESHOLDS, LIKELIHOODS, LIKELIHOODS)
@settings(max_examples=200, deadline=None)
def test_with_what_was_learned_too_the_message_before_never_lowers_the_level(
    message: str, previous: str, thresholds: Thresholds, one: Likelihood, other: Likelihood
) -> None:
    triage = Triage(TABLE, thresholds=thresholds)
    learned = Learned({message: one, previous: other})

    after = triage.assess(message, previous=(previous,), likelihood=learned)

    for alone in (message, previous):
        assert SEVERITY[after.urgency] >= SEVERITY[triage.assess(alone, likelihood=learned).urgency]


def any_likelihood(seed: int) -> Callable[[str], Likelihood]:
    """Make up a likelihood for every text, the same one for the same text."""

    def read(text: str) -> Likelihood:
        draw = Random(f"{seed} {text}")  # noqa: S311 - no secret
        return Likelihood(draw.random(), draw.random(), draw.choice(TRIAGE.signs).name, draw.random())

    return read


SIGN_SENTENCES = ["I have pus", "there is pus on my chin", "she has a fever", "I can't breathe", "My lips are swollen"]
SURE_IN_COMPANY = "Hasn't gone down after ten days."


@given(MESSAGES, st.sampled_from(SIGN_SENTENCES), THRESHOLDS, st.integers(0, 1000))
@example("is this ok", "I have pus", Thresholds(0.5, 0.5, 0.5, 0.5), 1)
@example("My throat feels tight", "I have pus", Thresholds(0.1, 0.9, 0.9, 0.9), 1)
@settings(max_examples=200, deadline=None)
def test_adding_a_sign_never_lowers_the_level_whatever_was_learned(
    message: str, sign: str, thresholds: Thresholds, seed: int
) -> None:
    triage = Triage(TABLE, thresholds=thresholds)
    learned = any_likelihood(seed)
    message = message.strip() or "Hello"

    before = triage.assess(message, likelihood=learned)
    after = triage.assess(f"{message}\n{sign}", likelihood=learned)

    assert SEVERITY[after.urgency] >= SEVERITY[before.urgency]
    assert after.urgency is not Urgency.ROUTINE


@given(st.floats(0, 1), THRESHOLDS)
@settings(max_examples=100, deadline=None)
def test_a_sign_that_is_sure_beside_another_sentence_lowers_no_emergency(alone: float, thresholds: Thresholds) -> None:
    message = "My skin is red and my throat feels tight."
    triage, learned = Triage(TABLE, thresholds=thresholds), Learned({message: alone})

    before = triage.assess(message, likelihood=learned)
    after = triage.assess(f"{message}\n{SURE_IN_COMPANY}", likelihood=learned)

    assert SEVERITY[after.urgency] >= SEVERITY[before.urgency]


def test_what_was_learned_of_the_rest_of_a_message_counts_beside_a_sure_sign() -> None:
    learned = Learned({"My neck feels odd.": Likelihood(0.9, 0.9, "airway", 0.9)})

    assert names_of("My neck feels odd. I have pus.", likelihood=learned) == (["airway", "pus"], False)


# Conversations


def names_of(message: str, *previous: str, likelihood: Learned | None = None) -> tuple[list[str], bool]:
    read = SMALL.assess(message, previous=previous, likelihood=likelihood)
    return [sign.name for sign in read.signs], read.is_earlier


@pytest.mark.parametrize(
    ("message", "previous", "names", "is_earlier"),
    [
        pytest.param("is that ok", (), [], False, id="nothing"),
        pytest.param("is that ok", ("there is pus",), ["pus"], True, id="one earlier"),
        pytest.param("is that ok", ("there is pus", "hello", "hello"), ["pus"], True, id="long before"),
        pytest.param("my eye is swollen", ("there is pus",), ["pus", "swelling"], False, id="both of one urgency"),
        pytest.param("there is pus", ("i cannot breathe",), ["airway"], True, id="the earlier one is more urgent"),
        pytest.param("i cannot breathe", ("there is pus",), ["airway", "pus"], False, id="the earlier one is less so"),
        pytest.param("there is pus", ("there is pus",), ["pus"], False, id="said again"),
    ],
)
def test_earlier_messages_count_and_it_is_told_where_they_alone_do(
    message: str, previous: tuple[str, ...], names: list[str], is_earlier: bool
) -> None:
    assert names_of(message, *previous) == (names, is_earlier)


def test_what_was_learned_of_an_earlier_message_counts_as_earlier() -> None:
    learned = Learned({"it looks odd": Likelihood(0.9, 0.0, "pus", 0.9)})

    assert names_of("it looks odd", likelihood=learned) == (["pus"], False)
    assert names_of("is that ok", "it looks odd", "hello", likelihood=learned) == (["pus"], True)


def test_what_two_messages_say_together_is_said_now() -> None:
    learned = Learned({"it looks odd\nand it hurts": 0.9})

    assert names_of("and it hurts", "it looks odd", likelihood=learned) == (["unnamed"], False)
    assert names_of("and it hurts", "it looks odd", "hello", likelihood=learned) == ([], False)


def test_where_nothing_was_learned_of_a_text_a_possible_sign_counts() -> None:
    """As for a text in another language: the few words that the table knows of it are all there is."""
    triage = Triage.load(thresholds=Thresholds(possible=0.9, sentence=0.9, urgent=0.9, emergency=0.9))
    assert triage.assess("me duele, hinchada", likelihood=lambda text: None).urgency is Urgency.CONTACT_CLINIC
    assert triage.assess("hola, gracias", likelihood=lambda text: None).urgency is Urgency.ROUTINE
