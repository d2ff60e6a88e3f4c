"""Mends slips of the keyboard in the words that patients use, for readers that learned from words spelt right.

After Norvig, How to Write a Spelling Corrector, 2007: of the words one slip away the most frequent one is taken.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from redness_qa.packaged import packaged_words

LEAST_LETTERS = 4
"""A shorter word is one slip away from too many others."""

FREQUENT = "frequent_words.txt"
OTHERS = "other_words.txt"
"""The lists that `benchmarks/frequent_words.py` makes."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class Mender:
    """Puts frequent words in the place of what is no word and one slip away from them.

    A slip is a letter missing, extra, wrong or swapped, but for the first one, which is hardly ever wrong.
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
        if not LEAST_LETTERS <= len(small) <= self._longest or not (small.isascii() and small.isalpha()):
            return word
        if small in self._rank or small in self._others:
            return word
        near = [other for other in slips(small) if other in self._rank]
        return min(near, key=self._rank.__getitem__, default=word)


@cache
def load_mender() -> Mender:
    """Load the mender with the lists of this package."""
    return Mender(packaged_words("redness_qa.mending", FREQUENT), packaged_words("redness_qa.mending", OTHERS))


def slips(word: str) -> Iterator[str]:
    """List what one slip makes of a word of two letters or more: its first one stays, or is swapped with the next."""
    for place in range(1, len(word)):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        yield before + after
        yield before[:-1] + letter + before[-1] + after
        for other in string.ascii_lowercase:
            yield before + other + after
            yield before + other + letter + after
    for other in string.ascii_lowercase:
        yield word + other
