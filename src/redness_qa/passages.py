"""The records that every stage shares: documents and their parts, passages, hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from, as a reader is shown it.

    Attributes:
        title: Title of the work.
        publisher: Who stands behind it; empty where nobody is named.
        url: Address of the work, or None.
        year: Year of publication, or None.
        grade: Kind of evidence, "A", "B" or "C" (see corpus/README.md), or None.
        note: What else a reader should know, such as "abstract"; may be empty.
    """

    title: str
    publisher: str
    url: str | None = None
    year: int | None = None
    grade: str | None = None
    note: str = ""


class BlockKind(Enum):
    """What a block of a document is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph or list item: `document.text[start:end]`, without its mark-up.

    Attributes:
        kind: What it is.
        start: First character, counted from 0 in the document's text.
        end: One past the last character.
        level: 1 to 6 for a heading (1 is the outermost), 0 for anything else.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One source text, as read from one file.

    Attributes:
        name: Path of the file below the corpus folder, with forward slashes.
        title: Title that a reader is shown.
        language: Language tag (BCP 47), such as "en".
        text: The characters that every offset counts. For Markdown and plain text the file itself,
            decoded as UTF-8 with newlines as line ends; for other formats the text taken from it.
        blocks: Headings, paragraphs and list items in reading order; they do not overlap.
        footnotes: Sources by footnote label, such as "F12"; empty for texts without footnotes.
        source: The document itself as a source, for sentences without a footnote.
        sha256: Fingerprint of the file's bytes, in hexadecimal.
        metadata: What the front matter says beside title and language; empty where there is none.
    """

    name: str
    title: str
    language: str
    text: str
    blocks: tuple[Block, ...]
    footnotes: Mapping[str, tuple[Source, ...]]
    source: Source
    sha256: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Passage:
    """The smallest part of a document that can be quoted alone, mostly one sentence.

    Attributes:
        id: Stable name made from the document's name, the place and the text.
        document: Name of the document.
        section: Heading above the passage; the document's title where there is none.
        text: Exactly `document.text[start:end]`.
        start: First character in the document's text.
        end: One past the last character.
        facts: Labels of the facts it states, such as ("F12",); empty for texts without labels.
        sources: Where the statement comes from, at least one.
        context: Words above it that tell what it is about; embedded with it, never quoted.
        questions: Ways in which patients ask for it; searched, never quoted.
        companions: Ids of the passages that are quoted whenever it is, itself among them, in the order in which
            they are quoted; none where it may stand alone.
    """

    id: str
    document: str
    section: str
    text: str
    start: int
    end: int
    facts: tuple[str, ...]
    sources: tuple[Source, ...]
    context: str
    questions: tuple[str, ...]
    companions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    Attributes:
        passage: The passage.
        score: Cosine similarity, or a mean of such, -1 to 1, larger is nearer.
        rank: Place among the hits; the best has rank 1.
    """

    passage: Passage
    score: float
    rank: int


class LimitKind(Enum):
    """Why a question is not answered from the guide."""

    REFER = "refer"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True, slots=True)
class Limit:
    """A kind of question that the guide, on purpose, does not answer.

    Attributes:
        name: Short name, unique among the limits.
        kind: Why it is not answered.
        reason: Why, in words for a reviewer.
        advice: Whom to ask and how soon, in words for the patient; may be empty for NOT_COVERED.
        questions: Ways in which patients ask it.
        quotes: Sentences of the guide, word for word, that are quoted under the advice.
    """

    name: str
    kind: LimitKind
    reason: str
    advice: str
    questions: tuple[str, ...]
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitHit:
    """A limit found for a question.

    Attributes:
        limit: The limit.
        score: Cosine similarity of the nearest question form of any limit of its kind, -1 to 1, larger is nearer.
    """

    limit: Limit
    score: float
