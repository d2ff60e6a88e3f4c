"""Lines joined to running text, a word that was cut at a line's end made whole again."""

from __future__ import annotations

import re
from collections.abc import Iterable

HYPHENATED = re.compile(r"([^\W\d_]+)-$")
"""A hyphen at a line's end, with the letters before it."""

# Before a line's end these keep their hyphen when the rest of the text does not show the word.
_HYPHEN_PREFIXES = frozenset(
    [
        "after",
        "all",
        "anti",
        "broad",
        "co",
        "cold",
        "cross",
        "ex",
        "first",
        "follow",
        "fragrance",
        "full",
        "half",
        "high",
        "ill",
        "long",
        "low",
        "mid",
        "multi",
        "non",
        "oil",
        "one",
        "on",
        "over",
        "patch",
        "post",
        "pre",
        "re",
        "self",
        "semi",
        "short",
        "skin",
        "so",
        "sub",
        "sun",
        "two",
        "ultra",
        "up",
        "water",
        "well",
        "x",
    ]
)


class Vocabulary:
    """The words of a text, to tell a hyphen that a line's end brought from one that belongs to its word."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Take the words of all lines of a text."""
        self._known = {word for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.lower())}

    def join(self, lines: Iterable[str]) -> str:
        """Join the lines of one paragraph, none of them empty."""
        words = ""
        for line in lines:
            if words.endswith("\u00ad"):
                words = words[:-1] + line
            elif (match := HYPHENATED.search(words)) and line[0].islower():
                words = (words if self._keeps_hyphen(match[1], line) else words[:-1]) + line
            else:
                words = f"{words} {line}".lstrip()
        return words.replace("\u00ad", "")

    def _keeps_hyphen(self, left: str, following: str) -> bool:
        right = re.match(r"[^\W\d_]*", following)
        left, rest = left.lower(), right[0].lower() if right else ""
        if f"{left}{rest}" in self._known:
            return False
        return f"{left}-{rest}" in self._known or left in _HYPHEN_PREFIXES
