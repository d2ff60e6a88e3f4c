"""An answer as JSON-ready fields, as plain text for a terminal, and as HTML for the chat bubble."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from redness_qa.answer import Answer, Quote, Status
from redness_qa.passages import Source
from redness_qa.triage import Urgency
from redness_qa.wording import LANGUAGES, Wording

_UNPRINTABLE = {"Cc", "Cs"}  # control characters and lone surrogates
_REORDER = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}  # bidi controls that can disguise a text


def to_json(answer: Answer) -> dict[str, Any]:
    """Give an answer as fields that `json.dumps` takes; quotes keep every character."""
    return {
        "id": answer.id,
        "question": answer.question,
        "status": answer.status.value,
        "urgency": answer.urgency.value,
        "quotes": [
            {
                "text": quote.text,
                "document": quote.document,
                "section": quote.section,
                "start": quote.start,
                "end": quote.end,
                "facts": list(quote.facts),
                "sources": [
                    {
                        "title": source.title,
                        "publisher": source.publisher,
                        "url": source.url,
                        "year": source.year,
                        "grade": source.grade,
                        "note": source.note,
                    }
                    for source in quote.sources
                ],
            }
            for quote in answer.quotes
        ],
        "message": answer.message,
        "disclaimer": answer.disclaimer,
        "nearest": list(answer.nearest),
        "language": answer.language,
    }


def to_text(answer: Answer, wording: Wording) -> str:
    """Write an answer for a terminal: message, quotes with their sources, disclaimer, with blank lines between.

    Whitespace inside a quote is collapsed and control characters are left out, so that a text cannot
    drive the terminal.
    """
    parts = [_plain_text(answer.message)]
    for quote in answer.quotes:
        lines = [f"> {_plain_text(quote.text)}"]
        lines += [f"  {wording.page['source']}: {_source_as_text(source, wording)}" for source in quote.sources]
        parts.append("\n".join(lines))
    parts.append(_plain_text(answer.disclaimer))
    return "\n\n".join(part for part in parts if part)


def to_html(answer: Answer, wording: Wording, *, asks_feedback: bool = False) -> str:
    """Write an answer for the chat bubble, on one line and with everything from outside escaped.

    One line, because a blank line would end the block of HTML and hand the rest to the Markdown reader of the
    chat. The disclaimer is not in it: the page shows it at all times. Buttons do what the page's script gives them.

    Args:
        answer: The answer.
        wording: The sentences in the language of the page.
        asks_feedback: Whether to ask if it helped.
    """
    parts = [_message_as_html(answer, wording)]
    parts += quotes_as_html(answer.quotes, wording)
    if answer.status is not Status.ANSWERED and answer.urgency is Urgency.ROUTINE:
        parts.append(_next_steps(answer, wording))
    parts.append(_tools(wording, asks_feedback=asks_feedback))
    return f'<div class="answer {answer.status.value}">{"".join(parts)}</div>'


def quotes_as_html(quotes: Iterable[Quote], wording: Wording) -> list[str]:
    """Set sentences of the guide as quotations, and their sources one tap away."""
    quotes = list(quotes)
    numbers = _numbered(source for quote in quotes for source in quote.sources)
    parts = [_quote_as_html(quote, numbers, wording) for quote in quotes]
    if numbers:
        items = "".join(f"<li>{_source_as_html(source, wording)}</li>" for source in numbers)
        parts.append(
            f'<details class="sources"><summary>{_escaped(wording.page["sources_label"])}</summary>'
            f"<ol>{items}</ol></details>"
        )
    return parts


def call_link(label: str, number: str | None) -> str:
    """Make a link that dials a number on a tap; nothing where no number is set."""
    return "" if number is None else f'<p class="call"><a href="{dialling(number)}">{_escaped(label)}</a></p>'


def dialling(number: str) -> str:
    """Write a telephone number as an address that dials it."""
    dialled = number.replace("(0)", "") if number.startswith("+") else number  # not dialled after a country's number
    return "tel:" + "".join(mark for mark in dialled if mark.isdigit() or mark == "+")


def contact_links(wording: Wording, *, is_emergency: bool) -> str:
    """Link whom to call: the emergency number in an emergency, else the clinic's telephone."""
    number, telephone = wording.contacts.emergency_number, wording.contacts.clinic_telephone
    if is_emergency:
        return call_link(wording.page["call_emergency"], number)
    return call_link(wording.page["call_clinic"].format(telephone=telephone), telephone)


def advice_and_rest(answer: Answer, wording: Wording) -> tuple[str, str]:
    """Split a message into its urgent advice and the opening words of its status; either may be empty."""
    if answer.urgency is Urgency.ROUTINE:
        return "", answer.message
    opening = wording.status.get(answer.status.value, "")
    if opening and answer.message.endswith(opening) and answer.message != opening:
        return answer.message.removesuffix(opening).rstrip(), opening
    return answer.message, ""


def _message_as_html(answer: Answer, wording: Wording) -> str:
    advice, rest = advice_and_rest(answer, wording)
    parts = []
    if advice:
        is_emergency = answer.urgency is Urgency.EMERGENCY
        # No alert: the conversation is read out as it grows, and nothing may be read out twice.
        parts.append(
            f'<div class="advice {answer.urgency.value}" role="note">'
            f"<h2>{_escaped(wording.page[f'heading_{answer.urgency.value}'])}</h2>{_paragraphs(advice, wording)}"
            f"{contact_links(wording, is_emergency=is_emergency)}</div>"
        )
    if rest:
        # What is no question, such as a greeting, gets its reply alone.
        is_question = rest not in (*wording.screened.values(), *wording.other_languages.values())
        heading = wording.page.get(f"heading_{answer.status.value}", "") if is_question else ""
        kind = f'<h2 class="kind">{_escaped(heading)}</h2>' if heading else ""
        parts.append(f'<div class="message">{kind}{_paragraphs(rest, wording)}</div>')
    return "".join(parts)


def _paragraphs(text: str, wording: Wording) -> str:
    return "".join(
        f"<p{_language_mark(part, wording)}>{_escaped(part)}</p>" for part in text.split("\n\n") if part.strip()
    )


def _language_mark(text: str, wording: Wording) -> str:
    """Say which language a paragraph is in where it is not the page's."""
    notice = next((code for code, said in wording.other_languages.items() if said == text), None)
    if notice is not None:
        return f' lang="{notice}" dir="auto"'
    language = next(
        (code for code in (wording.language, *LANGUAGES) if _is_said(text, wording.in_language(code))), None
    )
    language = language or LANGUAGES[0]  # the guide's own words
    return "" if language == wording.language else f' lang="{language}"'


def _is_said(text: str, wording: Wording) -> bool:
    advice = (*wording.urgency.values(), *wording.urgency_before.values())
    return text in (*wording.status.values(), *wording.screened.values()) or any(
        text.startswith(sentence.split("{signs}")[0]) for sentence in advice
    )


def _next_steps(answer: Answer, wording: Wording) -> str:
    """Offer what to do where the guide does not answer in full: call the clinic, or ask what it does answer."""
    call = contact_links(wording, is_emergency=False)
    if not answer.nearest:
        return f'<div class="next">{call}</div>' if call else ""
    mark = _guide_mark(wording)
    items = "".join(
        f'<li><button type="button" class="nearest"{mark}>{_escaped(asked)}</button></li>' for asked in answer.nearest
    )
    label = _escaped(wording.page["nearest_label"])
    return f'<div class="next">{call}<p class="label">{label}</p><ul>{items}</ul></div>'


def _tools(wording: Wording, *, asks_feedback: bool) -> str:
    names = ["copy", "print", *(("helped", "did_not_help") if asks_feedback else ())]
    buttons = [f'<button type="button" class="{name}">{_escaped(wording.page[name])}</button>' for name in names]
    if asks_feedback:
        buttons.insert(2, f'<span class="label">{_escaped(wording.page["feedback_label"])}</span>')
    return f'<div class="tools">{"".join(buttons)}<span class="said"></span></div>'


def _guide_mark(wording: Wording) -> str:
    """Say that a text is in the guide's language where the page is in another."""
    return "" if wording.language == LANGUAGES[0] else f' lang="{LANGUAGES[0]}"'


def _quote_as_html(quote: Quote, numbers: dict[Source, int], wording: Wording) -> str:
    marks = sorted({numbers[source] for source in quote.sources})
    label = wording.page["source" if len(marks) == 1 else "sources"]
    mark = _guide_mark(wording)
    place = f"<span{mark}>{_escaped(quote.section)}</span>. {_escaped(label)} {', '.join(map(str, marks))}"
    return (
        f"<figure><blockquote{mark}><p>{_escaped(quote.text)}</p></blockquote><figcaption>{place}</figcaption></figure>"
    )


def _numbered(sources: Iterable[Source]) -> dict[Source, int]:
    """Number sources from 1 in the order in which they are first named."""
    numbers: dict[Source, int] = {}
    for source in sources:
        numbers.setdefault(source, len(numbers) + 1)
    return numbers


def _source_as_html(source: Source, wording: Wording) -> str:
    title, mark = _escaped(source.title), _guide_mark(wording)
    if source.url is not None and _is_web_address(source.url):
        title = f'<a href="{html.escape(source.url)}" rel="noopener"{mark}>{title}</a>'
    elif mark:
        title = f"<span{mark}>{title}</span>"
    rest = "".join(f", {_escaped(part)}" for part in _publication(source, wording))
    return f"{title}{rest}"


def _source_as_text(source: Source, wording: Wording) -> str:
    address = source.url if source.url is not None and _is_web_address(source.url) else ""
    return ", ".join(_plain_text(part) for part in (source.title, *_publication(source, wording), address) if part)


def _publication(source: Source, wording: Wording) -> list[str]:
    """Tell who published a source, when, how it was read and of what kind it is, as far as that is known."""
    year = str(source.year) if source.year is not None else ""
    known = (source.publisher, year, source.note, wording.page.get(f"grade_{(source.grade or '').lower()}"))
    return [part for part in known if part]


def _is_web_address(url: str) -> bool:
    """Tell whether a link may be followed: http or https with a host, and nothing that a browser would strip."""
    if any(character.isspace() or not character.isprintable() for character in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _plain_text(text: str) -> str:
    """Collapse whitespace and leave out characters that drive a terminal or reorder the line."""
    return "".join(
        character
        for character in " ".join(text.split())
        if unicodedata.category(character) not in _UNPRINTABLE and unicodedata.bidirectional(character) not in _REORDER
    )


def _escaped(text: str) -> str:
    return html.escape(_plain_text(text))
