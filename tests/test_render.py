from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from redness_qa.answer import Answer, Quote, Status
from redness_qa.contacts import Contacts
from redness_qa.passages import Source
from redness_qa.render import to_html, to_json, to_text
from redness_qa.triage import Urgency
from redness_qa.wording import Wording

WORDING = Wording.load()
SPANISH = WORDING.in_language("es")
WITH_NUMBERS = Wording.load(contacts=Contacts(emergency_number="112", clinic_telephone="+44 (0)20 7946-0000"))
REVIEW = Source("Redness after microneedling", "A Journal", "https://example.org/review?a=1&b=2", year=2020)
LEAFLET = Source("Aftercare leaflet", "")


def make_quote(text: str, *, sources: tuple[Source, ...] = (REVIEW,), section: str = "How long it lasts") -> Quote:
    return Quote(
        text=text, document="guide.md", section=section, start=10, end=10 + len(text), facts=("F12",), sources=sources
    )


def make_answer(
    *quotes: Quote,
    status: Status = Status.ANSWERED,
    urgency: Urgency = Urgency.ROUTINE,
    message: str | None = None,
    nearest: tuple[str, ...] = (),
) -> Answer:
    return Answer(
        id="q1",
        question="How long?",
        status=status,
        urgency=urgency,
        quotes=quotes,
        message=WORDING.status[status.value] if message is None else message,
        disclaimer=WORDING.disclaimer,
        nearest=nearest,
    )


class Page(HTMLParser):
    """Reads HTML into start tags with attributes, and the text under each element that is open."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag] = self.texts.get(tag, "") + data

    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]


HOSTILE = (
    '<img src="http://evil.example/a.png" onerror=alert(1)> <script>alert(1)</script>\n\n'
    "![x](http://evil.example/b.png) **bold** `code` [a](javascript:alert(1)) &amp; $$x$$ </div></blockquote>"
)


def test_json_has_exactly_the_agreed_shape() -> None:
    answer = make_answer(make_quote("Gone  within\n48 hours.", sources=(REVIEW, LEAFLET)))

    assert json.loads(json.dumps(to_json(answer))) == {
        "id": "q1",
        "question": "How long?",
        "status": "answered",
        "urgency": "routine",
        "quotes": [
            {
                "text": "Gone  within\n48 hours.",
                "document": "guide.md",
                "section": "How long it lasts",
                "start": 10,
                "end": 32,
                "facts": ["F12"],
                "sources": [
                    {
                        "title": REVIEW.title,
                        "publisher": REVIEW.publisher,
                        "url": REVIEW.url,
                        "year": REVIEW.year,
                        "grade": REVIEW.grade,
                        "note": REVIEW.note,
                    },
                    {
                        "title": "Aftercare leaflet",
                        "publisher": "",
                        "url": None,
                        "year": LEAFLET.year,
                        "grade": LEAFLET.grade,
                        "note": LEAFLET.note,
                    },
                ],
            }
        ],
        "message": WORDING.status["answered"],
        "disclaimer": WORDING.disclaimer,
        "nearest": [],
        "language": "en",
    }


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("urgency", Urgency)
def test_json_names_status_and_urgency_as_agreed(status: Status, urgency: Urgency) -> None:
    fields = to_json(make_answer(status=status, urgency=urgency))

    assert fields["status"] in {"answered", "partial", "refer", "not_covered", "off_topic"}
    assert fields["urgency"] in {"routine", "contact_clinic", "emergency"}
    assert fields["quotes"] == []


def test_text_goes_from_message_over_quotes_to_disclaimer() -> None:
    answer = make_answer(make_quote("Gone  within\n48 hours.", sources=(REVIEW, LEAFLET)), make_quote("Up to a week."))

    assert to_text(answer, WORDING) == "\n\n".join(
        [
            WORDING.status["answered"],
            "> Gone within 48 hours.\n"
            "  Source: Redness after microneedling, A Journal, 2020, https://example.org/review?a=1&b=2\n"
            "  Source: Aftercare leaflet",
            "> Up to a week.\n  Source: Redness after microneedling, A Journal, 2020, https://example.org/review?a=1&b=2",
            WORDING.disclaimer,
        ]
    )


def test_text_cannot_drive_the_terminal() -> None:
    answer = make_answer(make_quote("red\x1b[2J\x07 \u202eskin", section="x"), message="a\x1b]0;b")

    text = to_text(answer, WORDING)

    assert "> red[2J skin\n" in text
    assert text.startswith("a]0;b\n")


def test_html_shows_message_quotes_and_numbered_sources() -> None:
    first = make_quote("Gone within 48 hours.")
    second = make_quote("Up to a week.", sources=(LEAFLET, REVIEW), section="Rarely")

    markup = to_html(make_answer(first, second), WORDING)
    page = Page(markup)

    assert markup.index(WORDING.status["answered"]) < markup.index("<blockquote>")
    assert page.names().count("blockquote") == 2
    assert page.texts["blockquote"] == "Gone within 48 hours.Up to a week."
    assert page.texts["figcaption"] == "How long it lasts. Source 1Rarely. Sources 1, 2"
    assert page.texts["summary"] == "Where this comes from"
    assert page.texts["ol"] == "Redness after microneedling, A Journal, 2020Aftercare leaflet"
    assert page.names().count("li") == 2
    assert [attributes for tag, attributes in page.tags if tag == "a"] == [{"href": REVIEW.url, "rel": "noopener"}]
    assert WORDING.disclaimer not in markup


def test_html_without_quotes_has_no_list_of_sources() -> None:
    names = Page(to_html(make_answer(status=Status.NOT_COVERED), WORDING)).names()

    assert not {"details", "blockquote", "ol"} & set(names)


@pytest.mark.parametrize(
    ("urgency", "heading"),
    [(Urgency.EMERGENCY, "Get help now"), (Urgency.CONTACT_CLINIC, "Contact your clinic today")],
)
@pytest.mark.parametrize("followed", ["", " " + WORDING.status["answered"]], ids=["alone", "before the opening words"])
def test_urgent_advice_is_set_apart_and_first(urgency: Urgency, heading: str, followed: str) -> None:
    advice = WORDING.urgency[urgency.value].format(signs="oozing")

    markup = to_html(make_answer(make_quote("Call."), urgency=urgency, message=advice + followed), WORDING)
    apart = re.search(rf'<div class="advice {urgency.value}" role="note">(.*?)</div>', markup)

    assert apart is not None
    assert apart[1] == f"<h2>{heading}</h2><p>{advice}</p>"
    assert markup.startswith(f'<div class="answer answered">{apart[0]}')
    assert (WORDING.status["answered"] in markup) is bool(followed)


def test_a_routine_message_is_not_set_apart() -> None:
    assert "advice" not in to_html(make_answer(make_quote("Call."), status=Status.PARTIAL), WORDING)


def test_hostile_texts_are_shown_as_plain_text() -> None:
    source = Source(HOSTILE, HOSTILE, "javascript:alert(1)")

    markup = to_html(make_answer(make_quote(HOSTILE, sources=(source,), section=HOSTILE), message=HOSTILE), WORDING)
    page = Page(markup)

    assert set(page.names()) == {
        "div", "p", "figure", "blockquote", "figcaption", "span", "details", "summary", "ol", "li", "button",
    }  # fmt: skip
    assert page.texts["blockquote"] == " ".join(HOSTILE.split())
    assert "\n" not in markup  # a blank line would hand the rest to the Markdown reader


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "/local",
        "http:",
        "https://",
        "https://[broken",
        "https://example.org/\nx",
        "ftp://example.org/x",
    ],
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    answer = make_answer(make_quote("Call.", sources=(Source("Title", "Publisher", url),)))

    assert "<a " not in to_html(answer, WORDING)
    assert "  Source: Title, Publisher\n" in to_text(answer, WORDING)


def test_an_address_cannot_leave_its_attribute() -> None:
    answer = make_answer(make_quote("Call.", sources=(Source("T", "P", 'https://example.org/"onclick="x'),)))

    assert {"href": 'https://example.org/"onclick="x', "rel": "noopener"} in [
        attributes for _, attributes in Page(to_html(answer, WORDING)).tags
    ]


def test_a_reader_is_told_how_a_source_was_read() -> None:
    source = Source("Leaflet", "A Hospital", note="read on a copy")
    answer = make_answer(make_quote("Call.", sources=(source,)))

    assert "Leaflet, A Hospital, read on a copy" in to_text(answer, WORDING)
    assert "Leaflet, A Hospital, read on a copy" in to_html(answer, WORDING)


def test_a_notice_in_another_language_says_which() -> None:
    answer = make_answer(message=WORDING.other_languages["ar"])

    assert f'<p lang="ar" dir="auto">{WORDING.other_languages["ar"]}</p>' in to_html(answer, WORDING)
    assert 'lang="' not in to_html(make_answer(), WORDING)


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        (Status.PARTIAL, "The closest in the guide"),
        (Status.REFER, "Ask a clinician"),
        (Status.NOT_COVERED, "Not in the guide"),
        (Status.OFF_TOPIC, "Not about this guide"),
    ],
)
def test_what_is_not_answered_says_so_and_offers_the_next_step(status: Status, heading: str) -> None:
    markup = to_html(make_answer(status=status, nearest=("How long?", "<b>Why?</b>")), WITH_NUMBERS)
    page = Page(markup)

    assert markup.startswith(f'<div class="answer {status.value}"><div class="message"><h2 class="kind">{heading}</h2>')
    assert ("a", {"href": "tel:+442079460000"}) in page.tags
    assert page.texts["ul"] == "How long?<b>Why?</b>"
    assert [attributes["class"] for tag, attributes in page.tags if tag == "button"].count("nearest") == 2


def test_an_answered_question_needs_no_next_step() -> None:
    markup = to_html(make_answer(make_quote("Gone."), nearest=("How long?",)), WITH_NUMBERS)

    assert "tel:" not in markup
    assert "<h2" not in markup
    assert "nearest" not in markup


def test_without_numbers_there_is_nothing_to_dial() -> None:
    assert "tel:" not in to_html(make_answer(status=Status.REFER), WORDING)
    assert "tel:" not in to_html(make_answer(urgency=Urgency.EMERGENCY), WORDING)


@pytest.mark.parametrize(
    ("urgency", "link"),
    [
        (Urgency.EMERGENCY, '<a href="tel:112">Call 112</a>'),
        (Urgency.CONTACT_CLINIC, '<a href="tel:+442079460000">Call your clinic: +44 (0)20 7946-0000</a>'),
    ],
)
def test_urgent_advice_dials_on_a_tap(urgency: Urgency, link: str) -> None:
    advice = WITH_NUMBERS.urgency[urgency.value].format(signs="oozing")

    markup = to_html(make_answer(urgency=urgency, message=advice), WITH_NUMBERS)

    assert f'{advice}</p><p class="call">{link}</p></div>' in markup


@pytest.mark.parametrize("message", [WORDING.screened["small_talk"], WORDING.other_languages["ar"]])
def test_a_reply_to_what_is_no_question_has_no_heading(message: str) -> None:
    assert "<h2" not in to_html(make_answer(status=Status.OFF_TOPIC, message=message), WORDING)


def test_feedback_is_asked_for_where_it_goes_somewhere() -> None:
    def buttons(markup: str) -> list[str | None]:
        return [attributes["class"] for tag, attributes in Page(markup).tags if tag == "button"]

    assert buttons(to_html(make_answer(), WORDING)) == ["copy", "print"]
    assert buttons(to_html(make_answer(), WORDING, asks_feedback=True)) == ["copy", "print", "helped", "did_not_help"]


def test_a_spanish_page_says_which_parts_are_in_english() -> None:
    message = f"{SPANISH.status['refer']}\n\nPlease ask the clinic."
    answer = make_answer(make_quote("Gone."), status=Status.REFER, message=message, nearest=("How long?",))

    markup = to_html(answer, SPANISH)

    assert f'<p>{SPANISH.status["refer"]}</p><p lang="en">Please ask the clinic.</p>' in markup
    assert '<blockquote lang="en"><p>Gone.</p>' in markup
    assert '<span lang="en">How long it lasts</span>. Fuente 1' in markup
    assert 'class="nearest" lang="en">How long?' in markup
    assert 'lang="en"' not in to_html(answer, WORDING).replace('lang="es"', "")


def test_advice_in_two_languages_says_which_is_which() -> None:
    english, spanish = (wording.urgency["emergency"].format(signs="pus") for wording in (WORDING, SPANISH))
    answer = make_answer(urgency=Urgency.EMERGENCY, message=f"{english}\n\n{spanish}")

    assert f'<p>{english}</p><p lang="es">{spanish}</p>' in to_html(answer, WORDING)
    assert f'<p lang="en">{english}</p><p>{spanish}</p>' in to_html(answer, SPANISH)
