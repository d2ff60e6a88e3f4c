"""What a message only denies, asks about, imagines or remembers.

Every rule here can calm, so each is narrow: it reaches no further than its own part of a sentence, a list that goes on
from it, or what a bare answer answers. What none of them clearly covers counts as said of somebody now.
"""

from __future__ import annotations

from collections.abc import Sequence

from redness_qa.triage.asking import POINTED, imaginings, mark_asked, mark_framed
from redness_qa.triage.cue import Cue, Reading
from redness_qa.triage.denial import carry_denials, denials
from redness_qa.triage.past import mark_past
from redness_qa.triage.phrases import Places
from redness_qa.triage.text import Clause


def read_scope(clauses: Sequence[Clause]) -> list[list[Cue]]:
    """Find for each clause the words that deny, ask, imagine or remember, and how far each reaches."""
    cues: list[list[Cue]] = [[] for _ in clauses]
    for place, clause in enumerate(clauses):
        cues[place] += denials(clause)
        cues[place] += imaginings(clause)
    carry_denials(clauses, cues)
    mark_asked(clauses, cues)
    mark_framed(clauses, cues)
    mark_past(clauses, cues)
    return cues


def is_said_now(places: Places, clause: Clause, cues: Sequence[Cue], *, recovers: bool, is_lasting: bool) -> bool:
    """Tell whether the words at some places speak of what somebody has now.

    Args:
        places: Places of the words in the clause.
        clause: The clause.
        cues: Its cues.
        recovers: "It is better now" makes the sign harmless.
        is_lasting: Having begun long ago does not make the sign over.
    """
    is_pointed_at = min(places) > 0 and clause.words[min(places) - 1] in POINTED
    for cue in cues:
        if not cue.at.isdisjoint(places) or cue.reach.isdisjoint(places):
            continue
        if cue.reading is Reading.RECOVERED and not recovers:
            continue
        if cue.reading is Reading.LONG_AGO and is_lasting:
            continue
        if cue.reading in {Reading.ASKED, Reading.IMAGINED} and is_pointed_at:
            continue
        return False
    return True
