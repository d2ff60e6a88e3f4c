"""Sentences of a document with their offsets and footnote labels."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import syntok.segmenter

from redness_qa.passages import Block, BlockKind, Document

LABEL = re.compile(r"\[\^([^\[\]\s]{1,64})\]")
"""A footnote label in a Markdown text, such as "[^F12]"."""

_QUESTIONS_HEADING = "questions patients ask"
_COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)
_PLAIN_SENTENCE = re.compile(r"\s*([^\W\d_][^\W\d_]*(?:,? [^\W_]+)*[.!?]?)\s*")
"""Words with nothing but commas between them and at most one mark at their end: what nobody can cut in two, which
saves asking, and most of the time of a build."""

# Web texts lose the space after a full stop ("two days.Then"); an address such as "example.Com" keeps its own.
_MISSING_SPACE = re.compile(r"(?<=[a-z0-9][a-z0-9%)][.!?])(?=[A-Z][a-z]*[ ,'\u2019])|(?<=[\u3002\uff01\uff1f])(?=\S)")

_CONNECTIVE = re.compile(
    r"(?:however|but|and|so|also|still|yet|moreover|furthermore|additionally|in addition|therefore|thus|hence|then|"
    r"instead|nevertheless|nonetheless|for example|for instance|in fact|usually|generally|typically|sometimes|often|"
    r"fortunately|luckily|in most cases|in many cases|in some cases|as a result|that said|of course|normally|overall|"
    r"otherwise|that said|meanwhile|similarly|besides|unfortunately|in general|"
    r"if|when|while|once|although|though|because|since|"
    r"unless|until|after|before|as|in|for|at|on|during|with|to|by|from|because of|due to|thanks to|despite)"
    r"(?:,\s+|\s+)",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"(?:this|these|those|such|that|it|they|he|she|its|their|them|it['\u2019]s|that['\u2019]s|they['\u2019]re|it['\u2019]ll|they['\u2019]ll|"
    r"the (?:latter|former)|both of (?:these|them|those))\b",
    re.IGNORECASE,
)
# "It is normal for the skin to ..." points at nothing; nor do "those with rosacea", "these days", "this guide".
_SELF_CONTAINED = re.compile(
    r"""
    it(?:['\u2019]s|\s+(?:is|was|may\s+be|can\s+be|might\s+be|will\s+be))\s+(?:\w+\s+){0,2}?
      (?:important|best|normal|common|essential|crucial|possible|impossible|necessary|advisable|recommended|vital|worth|
         key|helpful|useful|easy|hard|safe|unsafe|rare|natural|wise|better|usual|unusual|uncommon|fine|likely|unlikely|
         okay|OK|advised|tempting|critical|a\s+good\s+idea|time|unclear|clear|known|thought|believed|understandable|
         typical|expected|not\s+yet\s+known)
      \s+(?:\w+\s+){0,4}?(?:to|that|for|if|when|not|how|whether|why|practice|\w+ing)\b
    | it\s+(?:\w+\s+)?takes?\s+.*\b(?:for|to|before|until)\b
    | it\s+(?:\w+\s+)?helps?\s+to\b
    | (?:those|that|these)\s+(?:who|whose|with|without|having|prone|suffering|taking|living|undergoing
      |under|over|of\s+us)\b
    | these\s+days\b
    | this\s+(?:guide|article|page|leaflet|text|post|blog|section)\b
    | such\s+as\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OPENING_MARKS = "\"'\u201c\u201d\u2018\u2019*_( "


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a paragraph or list item: `document.text[start:end]`.

    Attributes:
        start: First character in the document's text.
        end: One past the last character; labels behind the sentence are not inside.
        labels: Footnote labels in the sentence or behind it, in order, whether the document defines them or not.
        block: The paragraph or list item that it stands in.
    """

    start: int
    end: int
    labels: tuple[str, ...]
    block: Block


@dataclass(frozen=True, slots=True)
class PatientQuestion:
    """One question from a list headed "Questions patients ask".

    Attributes:
        text: The question without its labels.
        labels: Footnote labels behind the question.
        block: The list item that it is.
        heading: The heading of the section that it asks about; None where no heading stands above the list.
    """

    text: str
    labels: tuple[str, ...]
    block: Block
    heading: Block | None


def sentences(document: Document) -> tuple[Sentence, ...]:
    """Split every paragraph and list item into sentences, in reading order; patients' questions are left out."""
    asked = {question.block for question in patient_questions(document)}
    return tuple(
        sentence
        for block in document.blocks
        if block.kind is not BlockKind.HEADING and block not in asked
        for sentence in split_block(document.text, block)
    )


def patient_questions(document: Document) -> tuple[PatientQuestion, ...]:
    """Collect the questions that a document lists under the heading "Questions patients ask", in reading order."""
    questions: list[PatientQuestion] = []
    heading: Block | None = None
    in_list = False
    for block in document.blocks:
        content = document.text[block.start : block.end]
        if block.kind is BlockKind.HEADING:
            in_list = is_questions_heading(content)
            heading = heading if in_list else block
        elif in_list and block.kind is BlockKind.LIST_ITEM:
            text = " ".join(LABEL.sub(" ", content).split())
            if text:
                questions.append(PatientQuestion(text, tuple(LABEL.findall(content)), block, heading))
    return tuple(questions)


def is_questions_heading(text: str) -> bool:
    """Tell whether a heading announces a list of patients' questions."""
    return " ".join(text.split()).casefold() == _QUESTIONS_HEADING


def starts_dangling(text: str) -> bool:
    """Tell whether a sentence begins with a word that points at something said before it.

    >>> starts_dangling("However, it settles within two days.")
    True
    >>> starts_dangling("It is normal for the skin to be red.")
    False
    """
    rest = text.lstrip(_OPENING_MARKS)
    while connective := _CONNECTIVE.match(rest):
        rest = rest[connective.end() :]
    return bool(_POINTER.match(rest)) and not _SELF_CONTAINED.match(rest)


def split_block(text: str, block: Block) -> list[Sentence]:
    """Split one block of a text into sentences."""
    content = text[block.start : block.end]
    masked = _COMMENT.sub(_blank, LABEL.sub(_blank, content))
    bounds = [*_sentence_starts(masked), len(content)]
    found: list[Sentence] = []
    for start, next_start in itertools.pairwise(bounds):
        end = start + len(masked[start:next_start].rstrip())
        labels = tuple(dict.fromkeys(LABEL.findall(content, start, next_start)))
        found.append(Sentence(block.start + start, block.start + end, labels, block))
    return found


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _sentence_starts(masked: str) -> list[int]:
    starts: list[int] = []
    cuts = [0, *(match.start() for match in _MISSING_SPACE.finditer(masked)), len(masked)]
    for first, last in itertools.pairwise(cuts):
        for start in _segment(masked[first:last]):
            begins = first + start
            # A lower-case letter goes on with a sentence that an abbreviation seemed to end.
            if not (starts and masked[begins].islower() and _ends_like_abbreviation(masked[starts[-1] : begins])):
                starts.append(begins)
    return starts


def _segment(text: str) -> Iterator[int]:
    if plain := _PLAIN_SENTENCE.fullmatch(text):
        yield plain.start(1)
        return
    yield from _segment_with_syntok(text)


def _segment_with_syntok(text: str) -> Iterator[int]:
    for paragraph in syntok.segmenter.process(text):
        for tokens in paragraph:
            if tokens:
                yield tokens[0].offset


def _ends_like_abbreviation(text: str) -> bool:
    words: Sequence[str] = text.split()
    return bool(words) and words[-1].endswith(".") and len(words[-1]) <= 7
