"""The answer record: verbatim quotes with their sources, or a stated reason for none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from redness_qa.passages import Passage, Source
from redness_qa.triage import Urgency


class Status(Enum):
    """What kind of answer it is."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    REFER = "refer"
    NOT_COVERED = "not_covered"
    OFF_TOPIC = "off_topic"


@dataclass(frozen=True, slots=True)
class Quote:
    """A slice of a document, word for word.

    Attributes:
        text: Exactly `document[start:end]`.
        document: Name of the document.
        section: Heading above the quote.
        start: First character in the document's text.
        end: One past the last character.
        facts: Labels of the facts it states.
        sources: Where the statement comes from, at least one.
    """

    text: str
    document: str
    section: str
    start: int
    end: int
    facts: tuple[str, ...]
    sources: tuple[Source, ...]

    @classmethod
    def from_passage(cls, passage: Passage) -> Quote:
        """Quote the whole of a passage."""
        return cls(
            text=passage.text,
            document=passage.document,
            section=passage.section,
            start=passage.start,
            end=passage.end,
            facts=passage.facts,
            sources=passage.sources,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person is shown for one question, complete in itself.

    Attributes:
        id: The caller's name for the question, or one made from it.
        question: The question as asked.
        status: What kind of answer it is.
        urgency: How urgent the message reads; advice for it stands in `message`.
        quotes: At most three, best first, none saying the same thing twice.
        message: Fixed wording of ours; never generated, never made from the question.
        disclaimer: The fixed medical-safety notice.
        nearest: Questions near to this one that the guide does answer, nearest first; none where it was answered.
        language: Language tag of message and disclaimer; quotes and nearest questions are in the guide's own.
    """

    id: str
    question: str
    status: Status
    urgency: Urgency
    quotes: tuple[Quote, ...]
    message: str
    disclaimer: str
    nearest: tuple[str, ...] = ()
    language: str = "en"
