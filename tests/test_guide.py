"""The guide itself and the index that is kept of it, with the real model where one is needed."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from redness_qa.answer import Status
from redness_qa.assistant import Assistant
from redness_qa.check import GuideReport, check_guide
from redness_qa.corpus import Corpus, corpus_fingerprint
from redness_qa.index import Index
from redness_qa.limits import read_limits
from redness_qa.metrics import hit_at
from redness_qa.questions import LabelledQuestion, LabelSet, read_labelled
from redness_qa.sentences import patient_questions
from redness_qa.triage import Triage, Urgency

ROOT = Path(__file__).resolve().parent.parent
CORPUS, INDEX = ROOT / "corpus", ROOT / "index"
DEV = ROOT / "benchmarks" / "questions" / "dev.jsonl"
FACTS = [f"F{number:02}" for number in range(1, 36)]


@pytest.fixture(scope="module")
def report() -> GuideReport:
    return check_guide(CORPUS, today=date.today())


@pytest.fixture(scope="module")
def asked() -> list[LabelledQuestion]:
    return read_labelled(DEV, labels=LabelSet.BASE)


@pytest.fixture(scope="module")
def assistant() -> Assistant:
    return Assistant.load(INDEX, corpus=CORPUS)


def test_the_guide_is_sound(report: GuideReport) -> None:
    assert [finding for finding in report.findings if finding.is_error] == []
    assert {path.name for path in CORPUS.glob("*.md")} - {"README.md"} == {
        reading.document for reading in report.readings
    }


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_is_stated(report: GuideReport, fact: str) -> None:
    assert report.stated[fact]


def test_the_index_was_built_from_the_guide_as_it_stands() -> None:
    Index.load(INDEX).check_corpus(CORPUS, fingerprint=corpus_fingerprint(CORPUS))


def normalised(question: str) -> str:
    plain = unicodedata.normalize("NFKD", question.casefold().replace("'", "").replace("’", ""))
    return " ".join(re.findall(r"[^\W_]+", plain))


def test_no_question_form_was_taken_from_the_questions_it_is_judged_by(asked: list[LabelledQuestion]) -> None:
    forms = [form.text for document in Corpus.from_folder(CORPUS).documents for form in patient_questions(document)]
    forms += [form for limit in read_limits(CORPUS) for form in limit.questions]
    judged = {normalised(text) for question in asked for text in (question.row.question, question.row.previous) if text}

    assert len(forms) > 100
    assert len(judged) > 100
    assert [form for form in forms if normalised(form) in judged] == []


def test_what_a_referral_quotes_is_in_the_guide() -> None:
    index = Index.load(INDEX)
    said = {passage.text for passage in index.passages}
    quoted = [text for limit in index.limits for text in limit.quotes]

    assert len(quoted) > 5
    assert [text for text in quoted if text not in said] == []


@pytest.mark.model
def test_a_referral_quotes_what_the_guide_says_of_it(assistant: Assistant) -> None:
    answer = assistant.ask("My cardiologist has me on apixaban, shall I leave out two tablets before?")

    assert answer.status is Status.REFER
    assert [quote.facts for quote in answer.quotes] == [("X86",)]


def test_every_urgent_question_is_sent_to_a_clinician(asked: list[LabelledQuestion]) -> None:
    triage = Triage.load()
    urgent = [question.row for question in asked if question.kind == "urgent"]

    assert len(urgent) > 20
    assert [
        row.question
        for row in urgent
        if triage.assess(row.question, previous=(row.previous,) if row.previous else ()).urgency is Urgency.ROUTINE
    ] == []


@pytest.mark.model
def test_every_quote_is_a_slice_of_its_file(assistant: Assistant, asked: list[LabelledQuestion]) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in CORPUS.glob("*.md")}
    quotes = [
        quote
        for question in asked
        for quote in assistant.ask(question.row.question, previous=question.row.previous).quotes
    ]

    assert len(quotes) > 100
    assert [quote for quote in quotes if quote.text != texts[quote.document][quote.start : quote.end]] == []
    assert all(quote.text.strip() == quote.text and quote.facts and quote.sources for quote in quotes)


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "facts"),
    [
        pytest.param(
            "How long does the redness last after microneedling?", {"F10", "F11", "F12", "F13"}, id="how long"
        ),
        pytest.param("Do I need to put on sunscreen afterwards?", {"F17", "X58", "X59", "X61"}, id="sunscreen"),
        pytest.param("Can I put a cold pack on my face?", {"F21", "X30"}, id="cold"),
    ],
)
def test_plain_questions_get_the_right_fact_first(assistant: Assistant, question: str, facts: set[str]) -> None:
    answer = assistant.ask(question)

    assert hit_at(1, [quote.facts for quote in answer.quotes], facts), json.dumps([q.text for q in answer.quotes])


@pytest.mark.model
def test_suggestions_are_answered_with_what_they_ask_for(assistant: Assistant) -> None:
    places = {
        (passage.document, passage.start): passage.questions
        for passage in assistant.index.passages
        if passage.questions
    }
    suggested = assistant.suggestions()

    assert len(suggested) == 6
    for question in suggested:
        quotes = assistant.ask(question).quotes
        assert any(question in places.get((quote.document, quote.start), ()) for quote in quotes), question
