"""What a reader of one format hands back, before it becomes a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from redness_qa.passages import Block, BlockKind, Source

_LABEL = re.compile(r"\[\^[^\[\]\s]{1,64}\]")
_MARKUP = re.compile(r"[*_`]+(?=\w)|(?<=\S)[*_`]+(?!\w)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parts of a document that its file states; None or empty where it does not.

    Attributes:
        text: The characters that every offset counts.
        blocks: Headings, paragraphs and list items in reading order.
        title: Title, or None where the file names none.
        language: Language tag (BCP 47).
        publisher: Who stands behind the text; may be empty.
        url: Address of the text, or None.
        footnotes: Sources by footnote label.
        metadata: Front matter beside title and language.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str | None = None
    language: str = "en"
    publisher: str = ""
    url: str | None = None
    footnotes: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


def title_from_headings(text: str, blocks: tuple[Block, ...]) -> str | None:
    """Return the first outermost heading without footnote labels and emphasis, or None."""
    for block in blocks:
        if block.kind is BlockKind.HEADING and block.level == 1:
            words = _MARKUP.sub("", _LABEL.sub("", text[block.start : block.end]))
            return " ".join(words.split()) or None
    return None
