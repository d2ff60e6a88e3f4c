"""Whether a sentence denies a finding; the reading of negation by itself, so that it can be measured."""

from __future__ import annotations

from redness_qa.triage.cue import Reading
from redness_qa.triage.scope import read_scope
from redness_qa.triage.text import Speller, read_clauses

_NO_SLIPS = Speller((), ())


def is_denied(sentence: str, *, finding: str) -> bool:
    """Tell whether every mention of a finding in a sentence is denied.

    Args:
        sentence: One or several sentences.
        finding: Words that stand in it next to each other; where they do not, nothing is denied.
    """
    words = tuple(token.text for clause in read_clauses(finding, _NO_SLIPS) for token in clause.tokens)
    clauses = read_clauses(sentence, _NO_SLIPS)
    denied = []
    for clause, cues in zip(clauses, read_scope(clauses), strict=True):
        for first in range(len(clause.words) - len(words) + 1):
            if words and clause.words[first : first + len(words)] == words:
                places = frozenset(range(first, first + len(words)))
                denied.append(
                    any(
                        cue.reading is Reading.DENIED and cue.at.isdisjoint(places) and not cue.reach.isdisjoint(places)
                        for cue in cues
                    )
                )
    return bool(denied) and all(denied)
