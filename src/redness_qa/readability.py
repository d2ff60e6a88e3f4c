"""How hard an English text is to read."""

from __future__ import annotations

import re
from collections.abc import Sequence

import syllapy

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")


def flesch_kincaid_grade(sentences: Sequence[str]) -> float:
    """Compute the Flesch-Kincaid grade level: school years in the United States that a text asks for.

    0.39 words per sentence + 11.8 syllables per word - 15.59. Parts of a hyphenated word count as
    words, a number as a word of one syllable. Other figures of that name count syllables by rule;
    here they come from a word list, and from a rule for the words it lacks.

    Source: J. P. Kincaid et al., "Derivation of new readability formulas for Navy enlisted
    personnel", Research Branch Report 8-75, 1975.

    Args:
        sentences: The sentences of the text.

    Raises:
        ValueError: There is no word in them.
    """
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    if not words:
        raise ValueError("a text without words has no reading grade")
    syllables: int = sum(max(1, syllapy.count(word)) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
