"""Whether a message is an insult, an order to the program, or small talk, in English; remarks.yaml has the phrases."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from redness_qa.packaged import read_packaged
from redness_qa.screening.text import plain

TALK_CHARACTERS = 120  # a longer message is no small talk, and its parts need not be told

_GROUP = re.compile(r"<([a-z_]+)>")
_NO_LETTER = re.compile(r"[\W_]+")
_SENTENCE_END = re.compile(r"[.!?;:\n]")
_OF_THE_READER = re.compile(r"\b(?:i|im|ive|id|we|she|he|they|if|my|me|whether)\b")
_TO_THE_PROGRAM = re.compile(r"\byou\b")


def is_instruction(text: str) -> bool:
    """Tell whether a text gives orders to the program: to drop its rules, to be another, to run what is typed."""
    if _has(text.casefold(), "markup"):
        return True
    words = plain(text)
    if _has(words, "inside") or _orders(words, "own_rules"):
        return True
    return not _has(words, "topic") and _orders(words, "other_work")


def is_abuse(text: str) -> bool:
    """Tell whether a text only insults the assistant or the staff; one about the reader's skin never does."""
    text = plain(text)
    if _has(text, "topic"):
        return False
    # Masked swear words are read with their stars, insults between commas without.
    readings = (text, _NO_LETTER.sub(" ", text).strip())
    if any(_has(reading, "sexual") or _has(reading, "aimed_question") for reading in readings):
        return True
    return not _has(text, "question") and any(_has(reading, "aimed") for reading in readings)


def is_small_talk(text: str) -> bool:
    """Tell whether a text is made of greetings, thanks and the like, and of nothing else."""
    if len(text) > TALK_CHARACTERS:
        return False
    words = _NO_LETTER.sub(" ", plain(text)).strip() + " "
    whole, with_question = _small_talk()
    # "later?" or "morning?" may follow up a question to the guide.
    asked = "?" in text or "\uff1f" in text
    return whole.fullmatch(words) is not None and (not asked or with_question.fullmatch(words) is not None)


def _has(text: str, name: str) -> bool:
    return any(pattern.search(text) for pattern in _patterns(name))


def _orders(text: str, name: str) -> bool:
    """Tell whether an order of a kind is given, and not said of the reader ("can I go out and ignore ...")."""
    for found in filter(None, (pattern.search(text) for pattern in _patterns(name))):
        before = _SENTENCE_END.split(text[: found.start()])[-1]
        if _TO_THE_PROGRAM.search(found[0]) or not _OF_THE_READER.search(before):
            return True
    return False


@cache
def _small_talk() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile what small talk is as a whole, and what a question among it has."""
    asked, said, between, ending = (
        "|".join(pattern.pattern for pattern in _patterns(name))
        for name in ("small_questions", "small_remarks", "small_words", "small_endings")
    )
    whole = rf"(?:(?:{between}|{ending}) )*(?:{asked}|{said}) (?:(?:{asked}|{said}|{between}|{ending}) )*"
    return re.compile(whole), re.compile(rf"(?:.* )?(?:{asked}) (?:(?:{ending}) )*")


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """Compile the phrases of one name in remarks.yaml."""
    phrases = _phrases()
    groups: dict[str, str] = {}

    def fill(phrase: str) -> str:
        joined = phrase.replace(" |", "|")  # a line was broken there
        return _GROUP.sub(lambda found: groups[found[1]], joined)

    for group, words in phrases["groups"].items():
        groups[group] = f"(?:{fill(words)})"
    return tuple(re.compile(fill(phrase)) for phrase in phrases[name])


@cache
def _phrases() -> dict[str, Any]:
    phrases: dict[str, Any] = read_packaged("redness_qa.screening", "remarks.yaml")
    return phrases
