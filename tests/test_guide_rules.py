"""Holds the guide to its promises: the more cautious line first, nothing forbidden, enough questions."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from redness_qa.corpus import Corpus
from redness_qa.index import Index
from redness_qa.limits import read_limits
from redness_qa.passages import BlockKind, Document
from redness_qa.sentences import patient_questions, sentences

CORPUS = Path(__file__).parent.parent / "corpus"
INDEX = CORPUS.parent / "index"

# Topic, file, what the cautious line says, what the other says.
TABLE = [
    ("when to call about redness", "when-to-call", r"no better a few days after", r"more than a week"),
    (
        "itching",
        "itching",
        r"Call (?:your clinic or a doctor )?if (?:redness comes with itching|itch lasts)",
        r"little or no care",
    ),
    ("pain", "pain-and-numbing", r"Expect some pain", r"not painful"),
    ("wait for numbing cream", "pain-and-numbing", r"provider should put on the numbing cream", r"30 to 45 minutes"),
    (
        "barrier, deeper treatment",
        "skin-barrier",
        r"longer (?:to heal after deeper|with deeper needles)",
        r"within 72 hours",
    ),
    ("make-up, 48 before 24 hours", "make-up", r"wait 48 hours", r"for 24 hours without"),
    ("make-up, 48 hours before next day", "make-up", r"wait 48 hours", r"allows make-up the day after"),
    ("exercise, healed before 72 hours", "sport-and-sweat", r"healed, and for at least 72 hours", r"asks for 72 hours"),
    ("exercise, healed before 24 hours", "sport-and-sweat", r"healed, and for at least 72 hours", r"just 24 hours"),
    ("sauna and pool", "heat-and-water", r"no pool, sauna or hot tub until", r"allows pools, hot tubs and saunas 24"),
    (
        "retinoids, two weeks before one",
        "active-products",
        r"two weeks after microneedling",
        r"one week after needling",
    ),
    ("retinoids, two weeks before five days", "active-products", r"two weeks after microneedling", r"five days after"),
    ("first wash", "washing-and-moisturising", r"only water at first|Just water is", r"mild cleanser twice a day"),
    ("lowest SPF", "sun-protection", r"SPF 30 or more", r"SPF 15 or more"),
    (
        "first sunscreen",
        "sun-protection",
        r"for 24 hours after microneedling, and then",
        r"from the day after needling",
    ),
    ("no sun", "sun-protection", r"at least 7 to 10 days", r"only three days"),
    (
        "cream from the pharmacy",
        "aftercare",
        r"Ask your doctor (?:before you use any new product|first)",
        r"over-the-counter creams",
    ),
    ("dark marks, some before none", "darker-skin", r"Count on some risk of dark marks", r"got worse in no one"),
    (
        "dark marks, some before fewer",
        "darker-skin",
        r"Count on some risk of dark marks",
        r"none of those who had needling",
    ),
    ("rosacea", "skin-conditions", r"have no needling in a flare", r"does not always rule needling out"),
    (
        "after isotretinoin",
        "isotretinoin",
        r"wait six months after isotretinoin",
        r"too little proof of a need to wait",
    ),
    (
        "gap between treatments",
        "sessions-and-results",
        r"at least six weeks|Six weeks is the more careful",
        r"about a month",
    ),
]


CLINIC_ADVICE = {
    f"{name}.md"
    for name in (
        "make-up",
        "sport-and-sweat",
        "heat-and-water",
        "active-products",
        "washing-and-moisturising",
        "sun-protection",
    )
}
"""Files of advice on what to do, where clinics' habits are told; elsewhere grade C tells experts' views and figures."""


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {document.name: document for document in Corpus.from_folder(CORPUS).documents}


def texts_of(document: Document) -> list[str]:
    return [document.text[sentence.start : sentence.end] for sentence in sentences(document)]


def first(pattern: str, texts: list[str]) -> int:
    return next(place for place, text in enumerate(texts) if re.search(pattern, text))


@pytest.mark.parametrize(("name", "cautious", "other"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_more_cautious_line_comes_first(
    documents: dict[str, Document], name: str, cautious: str, other: str
) -> None:
    texts = texts_of(documents[f"{name}.md"])

    assert first(cautious, texts) < first(other, texts)


def test_what_clinics_do_comes_after_what_your_own_clinic_told_you(documents: dict[str, Document]) -> None:
    for document in documents.values():
        told: set[int] = set()
        headings = [block.start for block in document.blocks if block.kind is BlockKind.HEADING]
        for sentence in sentences(document):
            section = max((start for start in headings if start < sentence.start), default=-1)
            grades = {source.grade for label in sentence.labels for source in document.footnotes[label]}
            if "F15" in sentence.labels:
                told.add(section)
            elif grades == {"C"} and document.name in CLINIC_ADVICE:
                assert section in told, document.text[sentence.start : sentence.end]


FORBIDDEN = {
    "a dose": r"\b\d+(?:\.\d+)?\s?(?:mg|mcg|µg|ml|milligrams?|tablets?|pills?)\b",
    "a brand to buy": r"\b(?:Aquaphor|Vaseline|CeraVe|La Roche|Cetaphil|Botox|Voltaren|Nurofen|Zyrtec|Dermapen)\b",
    "stopping a medicine": r"\b(?:stop|pause|skip)(?:ping)? (?:taking|your) (?:\w+ )?(?:thinner|aspirin|medicine)",
    "a diagnosis": r"\byou (?:have|probably have|are having) (?:an? )?(?:infection|allerg|granuloma|rosacea flare)",
}


@pytest.mark.parametrize("pattern", FORBIDDEN.values(), ids=FORBIDDEN)
def test_no_sentence_says_what_the_guide_must_never_say(documents: dict[str, Document], pattern: str) -> None:
    said = [text for document in documents.values() for text in texts_of(document)]

    assert [text for text in said if re.search(pattern, text, re.IGNORECASE)] == []


def test_every_section_lists_six_to_fifteen_questions(documents: dict[str, Document]) -> None:
    for document in documents.values():
        counts = Counter(question.heading for question in patient_questions(document))

        assert [n for n in counts.values() if not 6 <= n <= 15] == [], document.name


def test_no_limit_is_asked_like_a_question_that_the_guide_answers(documents: dict[str, Document]) -> None:
    answered = {question.text.casefold() for document in documents.values() for question in patient_questions(document)}
    declined = {question.casefold() for limit in read_limits(CORPUS) for question in limit.questions}

    assert answered & declined == set()


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.load(INDEX)


@pytest.mark.parametrize(("name", "cautious", "other"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_no_answer_quotes_the_other_line_without_the_more_cautious_before_it(
    index: Index, documents: dict[str, Document], name: str, cautious: str, other: str
) -> None:
    by_id = {passage.id: passage for passage in index.passages}
    of_file = [passage for passage in index.passages if passage.document == f"{name}.md"]
    told = [passage for passage in of_file if re.search(other, passage.text)]

    assert told
    for passage in told:
        quoted = " ".join(by_id[companion].text for companion in passage.companions or (passage.id,))
        assert re.search(rf"(?:{cautious}).*(?:{other})", quoted), quoted


def test_how_long_redness_lasts_is_told_in_all_three_layers(index: Index) -> None:
    layers = ("gone within 24 to 48 hours", "a few hours to a couple of days", "up to a week to get its normal colour")
    told = [next(passage for passage in index.passages if layer in passage.text) for layer in layers]

    for passage in told:
        others = [each.id for each in told if each is not passage]
        assert passage.companions == (passage.id, *others)
