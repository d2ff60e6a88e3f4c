"""Holds a guide to its rules: every fact stated, every sentence sourced, quotable alone and easy to read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from redness_qa.corpus import Corpus
from redness_qa.days import DAYS_FILE, read_stages
from redness_qa.facts import FACTS_FILE, Fact, read_facts
from redness_qa.limits import read_limits
from redness_qa.passages import Document
from redness_qa.readability import flesch_kincaid_grade
from redness_qa.sentences import Sentence, patient_questions, sentences, starts_dangling

REQUIRED_METADATA = ("title", "language", "reviewed", "reviewer_role", "licence")
MAX_GRADE_OF_FILE = 8.0
MAX_GRADE_OF_SENTENCE = 12.0
REVIEW_VALID_DAYS = 365

_FRONT_MATTER = re.compile(r"\ufeff?-{3,}[ \t]*\n(.*?)\n-{3,}[ \t]*\n", re.DOTALL)
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a guide that breaks a rule, or soon will.

    Attributes:
        place: File below the corpus folder, with the line where there is one, such as "aftercare.md:12".
        problem: What is wrong and what to do.
        is_error: False for a warning.
    """

    place: str
    problem: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class FileReading:
    """How hard one file is to read.

    Attributes:
        document: Name of the file.
        sentences: Number of its sentences.
        grade: Flesch-Kincaid grade of the file.
        hardest_grade: Grade of its hardest sentence.
        hardest: That sentence.
    """

    document: str
    sentences: int
    grade: float
    hardest_grade: float
    hardest: str


@dataclass(frozen=True, slots=True)
class GuideReport:
    """What a check of a guide found.

    Attributes:
        findings: What breaks a rule, by file and line.
        readings: How hard each file is to read.
        stated: For each fact the sentences that state it, in the order of facts.yaml.
        left_out: For each fact that is left out on purpose the reason.
    """

    findings: tuple[Finding, ...]
    readings: tuple[FileReading, ...]
    stated: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]

    @property
    def is_sound(self) -> bool:
        """No finding is an error."""
        return not any(finding.is_error for finding in self.findings)


def check_guide(folder: Path, *, today: date) -> GuideReport:
    """Check every text of a guide, its facts and its limits.

    Args:
        folder: The corpus folder.
        today: What the dates of review are compared with.

    Raises:
        CorpusError: A file cannot be read at all.
    """
    corpus = Corpus.from_folder(folder)
    read_limits(folder)
    facts = read_facts(folder)
    stated: dict[str, list[str]] = {fact: [] for fact in facts}
    findings: list[Finding] = []
    readings: list[FileReading] = []
    quotable: set[str] = set()
    for document in corpus.documents:
        # What has no word, such as "***", is neither read nor quoted.
        found = tuple(sentence for sentence in sentences(document) if _WORD.search(_text(document, sentence)))
        findings += _metadata_findings(document, today=today)
        findings += [finding for sentence in found for finding in _sentence_findings(document, sentence, facts)]
        findings += _question_findings(document, found)
        findings += _footnote_findings(document, found)
        quotable |= {_text(document, sentence) for sentence in found}
        for sentence in found:
            for label in sentence.labels:
                stated.setdefault(label, []).append(_text(document, sentence))
        if found:
            readings.append(_reading(document, found))
    findings += [
        Finding(reading.document, f"the file reads at grade {reading.grade:.1f}; simplify it to {MAX_GRADE_OF_FILE:g}")
        for reading in readings
        if reading.grade > MAX_GRADE_OF_FILE
    ]
    findings += [
        Finding(DAYS_FILE, f"{text!r} ({stage.name}) is no sentence of the guide; mend one of the two")
        for stage in read_stages(folder)
        for text in stage.sentences
        if text not in quotable
    ]
    findings += [finding for fact in facts.values() for finding in _fact_findings(fact, stated[fact.label])]
    return GuideReport(
        findings=tuple(findings),
        readings=tuple(readings),
        stated={label: tuple(stated[label]) for label in facts},
        left_out={label: fact.left_out for label, fact in facts.items() if fact.left_out},
    )


def _fact_findings(fact: Fact, stated: Sequence[str]) -> list[Finding]:
    if not stated and not fact.left_out:
        problem = f"no sentence states {fact.label} ({fact.text}); write one and label it [^{fact.label}]"
        return [Finding(FACTS_FILE, problem)]
    if stated and fact.left_out:
        problem = f"{fact.label} is left out on purpose, yet {stated[0]!r} states it; mend one of the two"
        return [Finding(FACTS_FILE, problem)]
    return []


def _metadata_findings(document: Document, *, today: date) -> list[Finding]:
    given = _front_matter(document)
    missing = [name for name in REQUIRED_METADATA if not given.get(name, "").strip()]
    findings = [Finding(f"{document.name}:1", f"the front matter has no {name!r}; add it") for name in missing]
    if "reviewed" in missing:
        return findings
    try:
        reviewed = date.fromisoformat(given["reviewed"])
    except ValueError:
        problem = f"'reviewed' is {given['reviewed']!r}; write a date such as {today.isoformat()}"
        return [*findings, Finding(f"{document.name}:1", problem)]
    if reviewed > today:
        findings.append(Finding(f"{document.name}:1", f"'reviewed' is {reviewed}, a day to come; write the true date"))
    elif (today - reviewed).days > REVIEW_VALID_DAYS:
        problem = f"the last review was on {reviewed}, over a year ago; have the file reviewed again"
        findings.append(Finding(f"{document.name}:1", problem, is_error=False))
    return findings


def _front_matter(document: Document) -> Mapping[str, str]:
    """Give the front matter as written; where it has no title or language, a document has one from elsewhere."""
    match = _FRONT_MATTER.match(document.text)
    written = yaml.safe_load(match[1]) if match else None
    names = written if isinstance(written, dict) else {}
    return {**document.metadata, **{name: str(names[name] or "") for name in ("title", "language") if name in names}}


def _sentence_findings(document: Document, sentence: Sentence, facts: Mapping[str, Fact]) -> list[Finding]:
    place, text = f"{document.name}:{_line(document, sentence.start)}", _text(document, sentence)
    findings = []
    if not sentence.labels:
        findings.append(Finding(place, f"{text!r} has no footnote label; add the fact it states, such as [^F12]"))
    for label in sentence.labels:
        if label not in document.footnotes:
            findings.append(Finding(place, f"the label [^{label}] has no footnote in this file; add '[^{label}]: ...'"))
        if label not in facts:
            findings.append(Finding(place, f"{label} is not in {FACTS_FILE}; add it there or mend the label"))
    if starts_dangling(text):
        findings.append(Finding(place, f"{text!r} starts with a word that points back; name the subject instead"))
    grade = flesch_kincaid_grade([text])
    if grade > MAX_GRADE_OF_SENTENCE:
        findings.append(
            Finding(place, f"{text!r} reads at grade {grade:.1f}; simplify it to {MAX_GRADE_OF_SENTENCE:g}")
        )
    return findings


def _question_findings(document: Document, found: Sequence[Sentence]) -> list[Finding]:
    stated = {label for sentence in found for label in sentence.labels}
    return [
        Finding(
            f"{document.name}:{_line(document, question.block.start)}",
            f"the question {question.text!r} is labelled {label}, which no sentence of the file states; mend the label",
        )
        for question in patient_questions(document)
        for label in question.labels
        if label not in stated
    ]


def _footnote_findings(document: Document, found: Sequence[Sentence]) -> list[Finding]:
    stated = {label for sentence in found for label in sentence.labels}
    findings = []
    for label in document.footnotes:
        if label not in stated:
            definition = re.search(rf"^[ >\t]*\[\^{re.escape(label)}\]:", document.text, re.MULTILINE)
            line = _line(document, definition.start() if definition else 0)
            problem = f"no sentence uses the footnote [^{label}]; label a sentence with it or take it out"
            findings.append(Finding(f"{document.name}:{line}", problem))
    return findings


def _reading(document: Document, found: Sequence[Sentence]) -> FileReading:
    texts = [_text(document, sentence) for sentence in found]
    grades = [flesch_kincaid_grade([text]) for text in texts]
    hardest = max(range(len(texts)), key=grades.__getitem__)
    return FileReading(document.name, len(texts), flesch_kincaid_grade(texts), grades[hardest], texts[hardest])


def _text(document: Document, sentence: Sentence) -> str:
    return document.text[sentence.start : sentence.end]


def _line(document: Document, position: int) -> int:
    return document.text.count("\n", 0, position) + 1
