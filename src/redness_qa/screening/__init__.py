"""What kind of input a message is, before anything is looked up for it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum

from redness_qa.screening.language import language_of, load_languages
from redness_qa.screening.noise import is_noise
from redness_qa.screening.remarks import is_abuse, is_instruction, is_small_talk

__all__ = ["Kind", "Screened", "load_languages", "screen"]

READ_CHARACTERS = 4000  # what comes after is not read, so that the time is bounded
_BLANK = frozenset("\u115f\u1160\u3164\uffa0")  # Unicode calls them letters, but nothing is seen of them


class Kind(Enum):
    """What a message is; the value is its name in the block `screened` of the wording."""

    ORDINARY = "ordinary"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    OTHER_LANGUAGE = "other_language"
    GIBBERISH = "gibberish"
    ABUSE = "abuse"
    INSTRUCTION = "instruction"
    SMALL_TALK = "small_talk"


@dataclass(frozen=True, slots=True)
class Screened:
    """What a message is.

    Attributes:
        kind: Its kind; ordinary where it is not plainly of another.
        language: Language of a message in another language (ISO 639-1), else None.
    """

    kind: Kind
    language: str | None


def screen(message: str, *, max_characters: int | None = None) -> Screened:
    """Tell what kind of input a message is.

    It is ordinary unless it is plainly something else: an odd question that is looked up does less harm than a real
    one that is turned away. Warning signs are not read here; whoever asks has read them before.

    Args:
        message: Any text, empty too.
        max_characters: Longest message that is read further, without the space around it; None for no limit.
    """
    if not any(unicodedata.category(letter)[0] in "LN" and letter not in _BLANK for letter in message):
        return Screened(Kind.EMPTY, None)
    if max_characters is not None and len(message.strip()) > max_characters:
        return Screened(Kind.TOO_LONG, None)
    text = message.strip()[:READ_CHARACTERS]
    for kind, is_it in (
        (Kind.INSTRUCTION, is_instruction),
        (Kind.SMALL_TALK, is_small_talk),
        (Kind.ABUSE, is_abuse),
        (Kind.GIBBERISH, is_noise),
    ):
        if is_it(text):
            return Screened(kind, None)
    language = language_of(text)
    return Screened(Kind.OTHER_LANGUAGE, language) if language else Screened(Kind.ORDINARY, None)
