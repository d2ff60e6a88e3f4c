"""A message in the plain form that the patterns of this package are written in."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys("'‘’‛ʼ′´`＇", ""))
_WORD = re.compile(r"[^\W\d_]+")


def plain(text: str) -> str:
    """Lower case, without accents, apostrophes and invisible characters, one space between words."""
    parts = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    return " ".join("".join(letter for letter in parts if unicodedata.category(letter) not in {"Mn", "Cf"}).split())


def words_of(text: str) -> list[str]:
    """List the words, in order: runs of letters."""
    return _WORD.findall(text)
