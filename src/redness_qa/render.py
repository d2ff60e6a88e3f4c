"""An answer as JSON-ready fields, as plain text for a terminal, and as HTML for the chat bubble."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from redness_qa.answer import Answer, Quote
from redness_qa.passages import Source
from redness_qa.triage import Urgency
from redness_qa.wording import Wording

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
                    {"title": source.title, "publisher": source.publisher, "url": source.url}
                    for source in quote.sources
                ],
            }
            for quote in answer.quotes
        ],
        "message": answer.message,
        "disclaimer": answer.disclaimer,
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


def to_html(answer: Answer, wording: Wording) -> str:
    """Write an answer for the chat bubble, on one line and with everything from outside escaped.

    One line, because a blank line would end the block of HTML and hand the rest to the Markdown reader of the
    chat. The disclaimer is not in it: the page shows it at all times.
    """
    numbers = _numbered(source for quote in answer.quotes for source in quote.sources)
    parts = [_message_as_html(answer, wording)]
    parts += [_quote_as_html(quote, numbers, wording) for quote in answer.quotes]
    if numbers:
        items = "".join(f"<li>{_source_as_html(source, wording)}</li>" for source in numbers)
        parts.append(
            f'<details class="sources"><summary>{_escaped(wording.page["sources_label"])}</summary>'
            f"<ol>{items}</ol></details>"
        )
    return f'<div class="answer">{"".join(parts)}</div>'


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
        heading = wording.page[f"heading_{answer.urgency.value}"]
        # An alert is read out at once; only an emergency may interrupt.
        role = "alert" if answer.urgency is Urgency.EMERGENCY else "note"
        parts.append(
            f'<div class="advice {answer.urgency.value}" role="{role}">'
            f"<h2>{_escaped(heading)}</h2>{_paragraphs(advice)}</div>"
        )
    if rest:
        language = next((code for code, notice in wording.other_languages.items() if notice == rest), None)
        attributes = f' lang="{language}" dir="auto"' if language is not None else ""
        parts.append(f'<div class="message"{attributes}>{_paragraphs(rest)}</div>')
    return "".join(parts)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_escaped(part)}</p>" for part in text.split("\n\n") if part.strip())


def _quote_as_html(quote: Quote, numbers: dict[Source, int], wording: Wording) -> str:
    marks = sorted({numbers[source] for source in quote.sources})
    label = wording.page["source" if len(marks) == 1 else "sources"]
    place = _escaped(f"{quote.section}. {label} {', '.join(map(str, marks))}")
    return f"<figure><blockquote><p>{_escaped(quote.text)}</p></blockquote><figcaption>{place}</figcaption></figure>"


def _numbered(sources: Iterable[Source]) -> dict[Source, int]:
    """Number sources from 1 in the order in which they are first named."""
    numbers: dict[Source, int] = {}
    for source in sources:
        numbers.setdefault(source, len(numbers) + 1)
    return numbers


def _source_as_html(source: Source, wording: Wording) -> str:
    title = _escaped(source.title)
    if source.url is not None and _is_web_address(source.url):
        title = f'<a href="{html.escape(source.url)}" rel="noopener">{title}</a>'
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
