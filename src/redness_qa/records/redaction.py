"""Takes out of a question what tells who asked: names, e-mail addresses, telephone numbers, dates and addresses.

What to leave out cannot be listed, so what may stay is: ordinary words of patients' questions, small numbers and
punctuation. Everything else becomes a mark in square brackets. The rules before that catch names and addresses that
are made of ordinary words, such as a patient called Rose or a road called Garden Road.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from redness_qa.packaged import packaged_words

_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_NUMBER_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|ct|way|place|square|sq|terrace|gardens?|crescent|"
    r"boulevard|blvd|highway|hwy|park|hill|grove|row|mews|walk|flat|apartment|apt|suite|unit|house|estate|parkway)"
)
_NAME = r"(?:[^\W\d_]\.|[^\W\d_]+(?:['’-][^\W\d_]+)*)"
_STOP = (
    r"(?!(?:and|but|so|i|my|the|a|is|was|has|had|have|did|do|does|said|says|told|tells|gave|at|in|on|for|from|with|who|"
    r"that|this|to|or|if|when|can|could|would|should|not|just|please|put|used|because|about|it|we|she|he|they|"
    r"you|me|am|are|now|then|there|here|as|of)\b)"
)

_TITLE = r"(?:mr|mrs|ms|miss|dr|doctor|prof|professor|nurse|dame)"
_NAMES_2 = rf"(?:{_STOP}{_NAME}\s*){{1,2}}"
_NAMES_3 = rf"(?:{_STOP}{_NAME}\s*){{1,3}}"
_PARTING = r"(?:thanks|thank\s+you|thx|ta|cheers|regards|sincerely|love|yours|wishes|bye|xx?)"
_NAMING = (
    r"(?:(?:my|her|his|our|their)\s+(?:full\s+|first\s+|last\s+)?(?:name|surname)(?:\s+is|['’]?s|\s*:)?|name\s*:|"
    r"named|(?:am|is|was|'m|’m)\s+called|it['’]?s\s+me|call\s+me|ask(?:ed)?\s+for|signed)"
)

_RULES = tuple(
    (re.compile(pattern, re.IGNORECASE), f"{mark} ")
    for pattern, mark in (
        (r"\S+@\S*|\S*@\S+", "[e-mail]"),
        (
            r"\b[\w.+-]+\s*[({]?\s*\bat\b\s*[)}]?\s*[\w-]+(?:\s*[({]?\s*\bdot\b\s*[)}]?\s*|\.)[a-z]{2,6}\b",
            "[e-mail]",
        ),
        (r"\b(?:https?:|www\.)\S+|\b[\w-]+\.(?:com|org|net|co|uk|de|io|me|info|clinic)\b\S*", "[link]"),
        (rf"\b{_DAY}[\s.,/-]+(?:of\s+)?{_MONTHS}\b(?:[\s.,/-]+\d{{2,4}})?", "[date]"),
        (rf"\b{_MONTHS}[\s.,/-]+{_DAY}\b(?:[\s.,/-]+\d{{2,4}}\b)?", "[date]"),
        (r"\+?\(?\d(?:[\s()./\u2010-\u2015-]*\d){8,}", "[number]"),  # longer than any date
        (r"(?<![\d./+()-])\d{1,4}\s*[./-]\s*\d{1,2}\s*[./-]\s*\d{1,4}\b(?!\s*[./()-]*\d)", "[date]"),
        (r"\+?\(?\d(?:[\s()./\u2010-\u2015-]*\d){4,}", "[number]"),
        (r"\b(?:19|20)\d{2}\b", "[date]"),
        (rf"\b{_NUMBER_WORD}(?:[\s,-]+{_NUMBER_WORD}){{4,}}\b", "[number]"),
        (rf"\b\d{{1,5}}[a-z]?\s*,?\s+(?:{_NAME}\s+){{1,3}}{_STREET}\b", "[address]"),
        (rf"\b{_STREET}\s+(?:no\.?\s*)?\d{{1,5}}[a-z]?\b", "[address]"),
        (r"\b[a-z]{1,2}\d[a-z\d]?\s+\d[a-z]{2}\b", "[address]"),
        (rf"\b(?:live|lives|living|stay|staying)\s+(?:at|on|in)\s+(?:the\s+)?{_NAMES_3}", "[address]"),
        (rf"\b{_TITLE}\b\.?\s+{_NAMES_2}", "[name]"),
        (rf"\b{_NAMING}\s*,?\s+{_NAMES_3}", "[name]"),
        (rf"\b{_PARTING}\s*[,.!:\n-]+\s*{_STOP}{_NAME}(?:\s+{_STOP}{_NAME}){{0,2}}\s*[.!x]*\s*$", "[name]"),
    )
)
_GREETED = re.compile(
    r"(?:\b[Tt]his\s+is|\b[Ii]['’]?m|\b[Ii]\s+am|\b[Hh]i|\b[Hh]ello|\b[Dd]ear|\b[Hh]ey)\s+(?:[A-Z][\w'’-]*\s*){1,3}"
)
_PIECE = re.compile(r"\[[a-z-]+\]|\d+(?:[.,]\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)*|_|\s+|.", re.DOTALL)
_SMALL_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?")
_KEPT_CAPITALS = frozenset(
    (
        *("i", "a", "ok", "led", "ipl", "rf", "prp", "spf", "uv", "uva", "uvb", "uk", "us", "usa", "gp", "er", "nhs"),
        *("lol", "omg", "bbl", "retin", "aha", "bha", "hpv", "tca", "ha", "btw", "asap"),
    )
)
_SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?])")
_MARKS = re.compile(r"(\[[a-z-]+\])(?:[\s.,'’-]*\1)+")


def redact(text: str) -> str:
    """Leave out of a text what may tell who wrote it; a mark such as "[name]" stands where something was."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(mark if mark.isprintable() or mark.isspace() else " " for mark in plain).replace("[", "(")
    plain = plain.replace("]", ")")
    for pattern, mark in _RULES:
        plain = pattern.sub(mark, plain)
    if _has_case(plain):
        plain = _GREETED.sub("[name] ", plain)
    kept = _MARKS.sub(r"\1", _with_ordinary_words_only(plain))
    return _SPACE_BEFORE_MARK.sub("", " ".join(kept.split()))


@cache
def ordinary_words() -> frozenset[str]:
    """The words that may stay: those of the guide and of many patients' questions, without names."""
    return frozenset(packaged_words("redness_qa.records", "ordinary_words.txt"))


def _with_ordinary_words_only(text: str) -> str:
    """Replace every word that is not ordinary, every long number, and every name by its capital letter."""
    has_case = _has_case(text)
    kept: list[str] = []
    begins = True  # a sentence: its first word has a capital letter anyway
    for piece in _PIECE.findall(text):
        if piece.isspace() or (piece.startswith("[") and len(piece) > 1):
            kept.append(piece)
            begins = begins or "\n" in piece
            continue
        if piece[0].isalpha():
            kept.append(piece if _may_stay(piece, begins=begins, has_case=has_case) else "[word]")
        elif piece[0].isdigit():
            kept.append(piece if _SMALL_NUMBER.fullmatch(piece) else "[number]")
        else:
            kept.append(piece if piece.isascii() else " ")
        begins = piece in ".!?:"
    return "".join(kept)


def _may_stay(word: str, *, begins: bool, has_case: bool) -> bool:
    parts = re.split(r"['’]", word.lower())
    if not all(part in ordinary_words() for part in parts):
        return False
    if has_case and word[0].isupper() and not begins:
        return parts[0] in _KEPT_CAPITALS
    return True


def _has_case(text: str) -> bool:
    """Tell whether capital letters mean something in a text: there are some, and small letters more often."""
    letters = [mark for mark in text if mark.isalpha()]
    return 0 < sum(mark.isupper() for mark in letters) < len(letters) / 2
