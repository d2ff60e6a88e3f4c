"""Whether a message says no more than that the skin is red in the first days, in words from a closed list.

What was learned takes many of these for a warning sign. A list of every word that such a message may hold, with one
time named and no more, so that nothing is told of how it was before, is narrower than any rule that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from redness_qa.packaged import packaged_words
from redness_qa.triage.durations import HOURS, is_early, number_of, stated_days
from redness_qa.triage.scope import read_scope
from redness_qa.triage.text import Speller, read_clauses, word_set

MOST_DAYS, MOST_HOURS = 3, 72
"""Up to here redness needs no doctor by itself (F11, F31)."""

WORDS = frozenset(packaged_words("redness_qa.triage", "plain_words.txt"))
REDNESS = word_set("red redness reddish pink pinkish pinkness rosy flush flushed blush")
WHEN = HOURS | word_set("now today tonight yesterday morning afternoon evening night day days just")
ALL_RIGHT = word_set("ok okay normal fine right expected usual common")
_EARLY = re.compile(r"\bjust (?:had|got|been|done|home)\b|\b(?:day|morning|evening|night) after\b")
# "is that ok", and not "it is ok 2 days and red"
_ASKED = re.compile(rf"\b(?:this|that|thats|be|else|is it) (?:{'|'.join(sorted(ALL_RIGHT))})\b")
# Redness that began later ("red since day 3", "first red 2 days after", "got red"), or that is on one side.
_BEGAN = re.compile(
    r"\bsince (?:the )?(?:day|second|third|2nd|3rd)\b"
    r"|\bfirst (?!day|night|evening|morning|treatment|session)\w+|\bone (?:cheek|of)\b"
    rf"|\bgot (?:a |bit |little |quite |slightly )*(?:{'|'.join(sorted(REDNESS))})\b"
)
_NO_SLIPS = Speller((), ())


def is_plain(text: str) -> bool:
    """Tell whether a text says nothing but that the skin is red, and that these are its first days."""
    clauses = read_clauses(text, _NO_SLIPS)
    words = [word for clause in clauses for word in clause.words]
    if not _are_known(words) or REDNESS.isdisjoint(words) or sum(word in WHEN for word in words) != 1:
        return False
    said = " ".join(words)
    if len(_ASKED.findall(said)) != sum(word in ALL_RIGHT for word in words) or _BEGAN.search(said):
        return False
    days = stated_days(clauses, read_scope(clauses))
    is_first = is_early(clauses) or _EARLY.search(said) is not None
    return max(days, default=0) <= MOST_DAYS and (bool(days) or is_first)


def _are_known(words: Sequence[str]) -> bool:
    """Tell whether each word is on the list, or a number of hours up to three days."""
    for word, following in zip_longest(words, words[1:]):
        number = number_of(word)
        is_hours = number is not None and number <= MOST_HOURS and following in HOURS
        if word not in WORDS and not is_hours:
            return False
    return True
