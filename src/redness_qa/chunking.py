"""Cut documents into passages, the sentences that can be quoted alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from redness_qa.boilerplate import is_boilerplate, is_lead_in, is_question, is_slogan, promises_list
from redness_qa.passages import Block, BlockKind, Document, Passage, Source
from redness_qa.sentences import (
    LABEL,
    PatientQuestion,
    Sentence,
    is_questions_heading,
    patient_questions,
    sentences,
    starts_dangling,
)

__all__ = [
    "ChunkingSettings",
    "PatientQuestion",
    "Sentence",
    "chunk",
    "patient_questions",
    "sentences",
    "starts_dangling",
]

CountTokens = Callable[[str], int]

# Scripts without spaces between words; each character counts as one.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['\u2019.-][^\W_]+)*")
_MARKUP = re.compile(r"[*_`]+(?=\w)|(?<=\S)[*_`]+(?!\w)")
_CLAUSE_BOUNDARIES = (
    re.compile(r"(?<=[;:])\s+"),
    re.compile(
        r"(?<=,)\s+(?=(?:and|but|or|so|because|which|while|although|whereas|if|when|unless|until)\b)|\s+(?=[\u2013\u2014]\s)"
    ),
    re.compile(r"(?<=[,)])\s+|\s+(?=(?:because|which|while|although|whereas|unless|until)\b)"),
    re.compile(r"\s+"),
    re.compile(r"(?<=\w)(?=\w)"),
)
"""Where an over-long sentence may be cut, best first; the last two are between words and inside one."""
_FEWEST_WORDS_OF_A_CLAUSE = 3


@dataclass(frozen=True, slots=True)
class ChunkingSettings:
    """How documents are cut.

    Attributes:
        max_tokens: Longest passage, counted by the function given to `chunk`.
        max_context_tokens: Longest context of a passage, counted likewise.
        max_sentences: Most sentences that a passage spans when its own begins with a dangling pronoun.
        min_words: Fewest words of a passage without a footnote.
        version: Raised whenever the same document and settings would give other passages than before.
    """

    max_tokens: int = 128
    max_context_tokens: int = 64
    max_sentences: int = 2
    min_words: int = 3
    version: int = 1

    def __post_init__(self) -> None:
        for name in ("max_tokens", "max_context_tokens", "max_sentences", "min_words"):
            least = 1 if name in ("max_tokens", "max_sentences") else 0
            if getattr(self, name) < least:
                msg = f"{name} is {getattr(self, name)}; give at least {least}."
                raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands: the headings above it, outermost first, and the lead-in of its list."""

    headings: tuple[Block, ...]
    lead_in: str


def chunk(document: Document, *, settings: ChunkingSettings, count_tokens: CountTokens) -> tuple[Passage, ...]:
    """Cut a document into passages, in the order of their own sentences.

    A passage is one sentence. Where the sentence begins with a dangling pronoun, the passage begins with the sentence
    before it in the same block, which is a passage of its own as well; no other passages overlap. A sentence
    longer than `settings.max_tokens` gives several passages, none of it being lost.

    Args:
        document: The document.
        settings: How to cut.
        count_tokens: Length of a text in tokens of the encoder.
    """
    found = sentences(document)
    places = _places(document, found)
    slogans = _slogan_blocks(document, found)
    passages: list[Passage] = []
    headings: list[Block | None] = []
    for number, sentence in enumerate(found):
        if not _is_content(document, found, number, slogans, settings):
            continue
        place = places[sentence.block]
        context = _context(document, place, settings, count_tokens)
        first = _first_sentence(document, found, number, settings, count_tokens)
        labels = tuple(dict.fromkeys(label for part in found[first : number + 1] for label in part.labels))
        span = (found[first].start, sentence.end)
        for start, end in _split(document.text, span, settings, count_tokens):
            passages.append(_passage(document, start, end, labels, place, context))
            headings.append(place.headings[-1] if place.headings else None)
    return _with_questions(document, passages, headings)


def _passage(document: Document, start: int, end: int, labels: Sequence[str], place: _Place, context: str) -> Passage:
    text = document.text[start:end]
    facts = tuple(label for label in labels if label in document.footnotes)
    sources: dict[Source, None] = {source: None for fact in facts for source in document.footnotes[fact]}
    return Passage(
        id=hashlib.sha256(f"{document.name}\n{start}\n{text}".encode()).hexdigest()[:16],
        document=document.name,
        section=_plain(document, place.headings[-1]) if place.headings else document.title,
        text=text,
        start=start,
        end=end,
        facts=facts,
        sources=tuple(sources) or (document.source,),
        context=context,
        questions=(),
    )


def _places(document: Document, found: Sequence[Sentence]) -> dict[Block, _Place]:
    """Find the headings and the lead-in above each block; a heading over patients' questions opens no section."""
    last_sentences = {sentence.block: document.text[sentence.start : sentence.end] for sentence in found}
    places: dict[Block, _Place] = {}
    headings: list[Block] = []
    lead_ins: list[tuple[int, str]] = []  # with the column that it stands in; deeper list items belong to it
    for block in document.blocks:
        if block.kind is BlockKind.HEADING:
            lead_ins = []
            if not is_questions_heading(document.text[block.start : block.end]):
                headings = [*(heading for heading in headings if heading.level < block.level), block]
            continue
        column = block.start - (document.text.rfind("\n", 0, block.start) + 1)
        if block.kind is BlockKind.LIST_ITEM:
            while lead_ins and lead_ins[-1][0] >= column:
                lead_ins.pop()
        else:
            lead_ins, column = [], -1
        places[block] = _Place(tuple(headings), lead_ins[-1][1] if lead_ins else "")
        last = last_sentences.get(block, "")
        if is_lead_in(last) or (block.kind is BlockKind.PARAGRAPH and promises_list(last)):
            lead_ins.append((column, last))
    return places


def _context(document: Document, place: _Place, settings: ChunkingSettings, count_tokens: CountTokens) -> str:
    """Join what stands above a passage; where it is too long the outermost parts go first."""
    parts: list[str] = []
    for part in (
        document.title,
        *(_plain(document, heading) for heading in place.headings),
        _without_marks(place.lead_in),
    ):
        if part and part.casefold() not in (known.casefold() for known in parts):
            parts.append(part)
    while parts and count_tokens(" > ".join(parts)) > settings.max_context_tokens:
        parts.pop(0)
    return " > ".join(parts)


def _plain(document: Document, heading: Block) -> str:
    return _without_marks(document.text[heading.start : heading.end])


def _without_marks(text: str) -> str:
    return " ".join(_MARKUP.sub("", LABEL.sub("", text)).split())


def _slogan_blocks(document: Document, found: Sequence[Sentence]) -> set[Block]:
    """Find the slogan in the last lines of a document, above which there must be other text."""
    by_block: dict[Block, list[Sentence]] = {}
    for sentence in found:
        by_block.setdefault(sentence.block, []).append(sentence)
    slogans: set[Block] = set()
    for block in document.blocks[:0:-1]:
        parts = by_block.get(block, [])
        if block.kind is not BlockKind.PARAGRAPH or any(part.labels for part in parts) or len(by_block) < 2:
            break
        if all(is_boilerplate(document.text[part.start : part.end]) for part in parts):
            continue
        if not is_slogan(document.text[block.start : block.end]):
            break
        slogans.add(block)
    return slogans


def _is_content(
    document: Document, found: Sequence[Sentence], number: int, slogans: set[Block], settings: ChunkingSettings
) -> bool:
    """Tell whether a sentence states something, as far as its form tells."""
    sentence = found[number]
    text = document.text[sentence.start : sentence.end]
    if sentence.block in slogans or is_lead_in(text) or is_question(text):
        return False
    if promises_list(text) and not _goes_on(document, found, number, slogans):
        return False
    if sentence.labels:
        return True
    return len(_WORD.findall(text)) >= settings.min_words and not is_boilerplate(text)


def _goes_on(document: Document, found: Sequence[Sentence], number: int, slogans: set[Block]) -> bool:
    """Tell whether running text follows a sentence, rather than a heading, a list or the end."""
    block = found[number].block
    if number + 1 < len(found) and found[number + 1].block == block:
        return True
    following = document.blocks[document.blocks.index(block) + 1 :]
    return bool(following) and following[0].kind is BlockKind.PARAGRAPH and following[0] not in slogans


def _first_sentence(
    document: Document, found: Sequence[Sentence], number: int, settings: ChunkingSettings, count_tokens: CountTokens
) -> int:
    """Go back to the sentence that a dangling one needs before it; a footnote label never gets inside a passage."""
    first = number
    while (
        number - first + 1 < settings.max_sentences
        and first > 0
        and found[first - 1].block == found[number].block
        and not found[first - 1].labels
        and starts_dangling(document.text[found[first].start : found[first].end])
        and count_tokens(document.text[found[first - 1].start : found[number].end]) <= settings.max_tokens
    ):
        first -= 1
    return first


def _split(
    text: str, span: tuple[int, int], settings: ChunkingSettings, count_tokens: CountTokens
) -> list[tuple[int, int]]:
    """Cut a span into parts that are short enough, at the best boundary nearest to its middle."""
    pending = [span]
    parts: list[tuple[int, int]] = []
    while pending:
        start, end = pending.pop()
        if count_tokens(text[start:end]) <= settings.max_tokens or end - start < 2:
            parts.append((start, end))
            continue
        left_end, right_start = _cut(text, start, end)
        pending += [(right_start, end), (start, left_end)]
    return parts


def _cut(text: str, start: int, end: int) -> tuple[int, int]:
    """Choose the end of the left part and the start of the right one."""
    middle = (start + end) / 2
    for number, boundary in enumerate(_CLAUSE_BOUNDARIES):
        fewest = _FEWEST_WORDS_OF_A_CLAUSE if number < len(_CLAUSE_BOUNDARIES) - 2 else 0
        cuts = sorted(
            ((match.start(), match.end()) for match in boundary.finditer(text, start, end)),
            key=lambda cut: abs(cut[0] - middle),
        )
        for left_end, right_start in cuts:
            sides = (text[start:left_end], text[right_start:end])
            if all(side.strip() and len(_WORD.findall(side)) >= fewest for side in sides):
                return left_end, right_start
    halfway = (start + end) // 2
    return halfway, halfway


def _with_questions(
    document: Document, passages: Sequence[Passage], headings: Sequence[Block | None]
) -> tuple[Passage, ...]:
    """Give each patients' question to the passages that it asks for."""
    asked: list[list[str]] = [[] for _ in passages]
    for question in patient_questions(document):
        in_section = [number for number, heading in enumerate(headings) if heading == question.heading]
        chosen = in_section
        if question.labels:
            stating = [n for n, passage in enumerate(passages) if set(question.labels) & set(passage.facts)]
            chosen = [number for number in stating if number in set(in_section)] or stating
        for number in chosen:
            asked[number].append(question.text)
    return tuple(
        replace(passage, questions=tuple(dict.fromkeys(texts))) for passage, texts in zip(passages, asked, strict=True)
    )
