"""Mends slips of the keyboard in the words that patients use, for readers that learned from words spelt right.

After Norvig, How to Write a Spelling Corrector, 2007.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from redness_qa.packaged import packaged_words

LEAST_WORD_LETTERS = 4
"""A shorter word is one slip away from too many others."""

FREQUENT = "frequent_words.txt"
OTHERS = "other_words.txt"
"""The lists that `benchmarks/frequent_words.py` makes."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class Mender:
    """Puts frequent words in the place of what is no word and one slip away from them.

    A slip is a letter missing, swapped, extra or wrong, but for the first one, which is hardly ever wrong. Of several
    words the one is taken whose slip is likeliest, and then the most frequent one.
    """

    def __init__(self, frequent: Sequence[str], others: Iterable[str]) -> None:
        """Take the words.

        Args:
            frequent: Words to mend to, most frequent first; at least one.
            others: Words that are left as they are although a frequent one is near.
        """
        self._rank = {word: rank for rank, word in enumerate(frequent)}
        self._others = frozenset(others)
        self._longest = max(map(len, frequent)) + 1

    def mended(self, text: str) -> str:
        """Mend the words of a text; everything between them stays."""
        return _WORD.sub(lambda found: self._mended_word(found[0]), text)

    def _mended_word(self, word: str) -> str:
        small = word.lower()
        if not LEAST_WORD_LETTERS <= len(small) <= self._longest or not (small.isascii() and small.isalpha()):
            return word
        if small in self._rank or small in self._others:
            return word
        for slip in SLIPS:
            near = [meant for meant in slip(small) if meant in self._rank]
            if near:
                return min(near, key=self._rank.__getitem__)
        return word


@cache
def load_mender() -> Mender:
    """Load the mender with the lists of this package."""
    return Mender(packaged_words("redness_qa.mending", FREQUENT), packaged_words("redness_qa.mending", OTHERS))


def swapped_or_missing(word: str) -> Iterator[str]:
    """List what a word of two letters or more may stand for if two of its letters are swapped, or one is missing."""
    for place in range(1, len(word) + 1):
        yield from (word[:place] + letter + word[place:] for letter in string.ascii_lowercase)
    for place in range(1, len(word)):
        yield word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def extra(word: str) -> Iterator[str]:
    """List what a word may stand for if one of its letters, but the first, is too many."""
    return (word[:place] + word[place + 1 :] for place in range(1, len(word)))


def wrong(word: str) -> Iterator[str]:
    """List what a word may stand for if one of its letters, but the first, is another."""
    for place in range(1, len(word)):
        yield from (word[:place] + letter + word[place + 1 :] for letter in string.ascii_lowercase)


SLIPS = (swapped_or_missing, extra, wrong)
"""What may have slipped, likeliest first."""


def slips(word: str) -> Iterator[str]:
    """List all that a word may stand for by one slip."""
    return itertools.chain.from_iterable(slip(word) for slip in SLIPS)
