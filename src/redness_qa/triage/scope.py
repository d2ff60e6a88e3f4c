"""What a message only denies, asks about, imagines or remembers.

Every rule here can calm, so each is narrow: it reaches no further than its own part of a sentence, a list that goes on
from it, or what a bare answer answers. What none of them clearly covers counts as said of somebody now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from redness_qa.triage import cues as cues_of
from redness_qa.triage.phrases import Places
from redness_qa.triage.text import PRONOUNS, Clause


class Reading(Enum):
    """Why a mention is not one of a sign somebody has now."""

    DENIED = "denied"
    ASKED = "asked"
    IMAGINED = "imagined"
    LONG_AGO = "long ago"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Cue:
    """A few words of a clause and the places their meaning reaches."""

    reading: Reading
    at: Places
    reach: Places


def read_scope(clauses: Sequence[Clause]) -> list[list[Cue]]:
    """Find for each clause the words that deny, ask, imagine or remember, and how far each reaches."""
    cues: list[list[Cue]] = [[] for _ in clauses]
    for place, clause in enumerate(clauses):
        cues[place] += _denials(clause)
        cues[place] += _imaginings(clause)
    _carry_denials(clauses, cues)
    _mark_asked(clauses, cues)
    _mark_past(clauses, cues)
    return cues


def _imaginings(clause: Clause) -> list[Cue]:
    void: Places = frozenset().union(*cues_of.NOT_IMAGINED.places(clause))
    cues = [
        Cue(Reading.IMAGINED, at, _until(clause, at)) for at in cues_of.CONDITIONS.places(clause) if at.isdisjoint(void)
    ]
    for at in cues_of.WORRIES.places(clause):
        stop = next(
            (place for place in range(max(at) + 1, len(clause.tokens)) if clause.words[place] in cues_of.TIMES), None
        )
        if cues_of.OWN.isdisjoint(clause.words[max(at) + 1 : stop]):
            cues.append(Cue(Reading.IMAGINED, at, frozenset(range(min(at), len(clause.tokens)))))
    return cues


def _until(clause: Clause, at: Places) -> Places:
    """Reach from the cue to the end of the clause, or to a condition or reason after it."""
    stops = (place for place in range(max(at) + 1, len(clause.tokens)) if clause.words[place] in cues_of.IMAGINED_STOPS)
    return frozenset(range(min(at), next(stops, len(clause.tokens))))


def is_said_now(places: Places, clause: Clause, cues: Sequence[Cue], *, recovers: bool, is_lasting: bool) -> bool:
    """Tell whether the words at some places speak of what somebody has now.

    Args:
        places: Places of the words in the clause.
        clause: The clause.
        cues: Its cues.
        recovers: "It is better now" makes the sign harmless.
        is_lasting: Having begun long ago does not make the sign over.
    """
    is_pointed_at = min(places) > 0 and clause.words[min(places) - 1] in cues_of.POINTED
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


def _whole(reading: Reading, clause: Clause) -> Cue:
    return Cue(reading, frozenset(), frozenset(range(len(clause.tokens))))


def _denials(clause: Clause) -> list[Cue]:
    void: Places = frozenset().union(*cues_of.NO_DENIALS.places(clause))
    cues = []
    words = clause.words
    for at in cues_of.DENIALS.places(clause):
        if not at.isdisjoint(void):
            continue
        reach = []
        for place in range(max(at) + 1, min(max(at) + 1 + cues_of.DENIAL_REACH, len(words))):
            if words[place] in cues_of.DENIAL_STOPS or _ends_list(words, place, at):
                break
            reach.append(place)
        cues.append(Cue(Reading.DENIED, at, frozenset(reach)))
    if not cues and void.isdisjoint(range(len(words))):
        cues += [Cue(Reading.DENIED, frozenset(), at) for at in cues_of.WELL.places(clause)]
    if len(words) > 1 and words[-1] in {"none", "nil", "nope"}:
        cues.append(_whole(Reading.DENIED, clause))
    cues += [
        Cue(Reading.DENIED, frozenset(), frozenset((place - 1,)))
        for place, word in enumerate(words)
        if word == "free" and place
    ]
    for at in cues_of.LATE_DENIALS.places(clause):
        if at.isdisjoint(void):
            cues.append(Cue(Reading.DENIED, at, frozenset(range(min(at)))))
    return cues


def _ends_list(words: tuple[str, ...], place: int, at: Places) -> bool:
    """Tell whether an "and" ends what is denied: "no pus and got fever", "not using it and sore"."""
    if words[place] not in {"and", "n", "y"}:
        return False
    is_list = not cues_of.LISTING.isdisjoint(words[spot] for spot in at)
    return not is_list or place + 1 == len(words) or words[place + 1] in cues_of.TELLING


def _carry_denials(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Let a denial go on through a list that ends in "or", and back from a bare answer: "Fever? Nope"."""
    for place, clause in enumerate(clauses):
        before = clauses[place - 1] if place else None
        is_bare_no = clause.words in cues_of.DENIED_ANSWERS and before is not None and len(before.tokens) <= 3
        if before is not None and (is_bare_no or cues_of.ANSWERED_NO.search(" ".join(clause.words))):
            cues[place - 1].append(_whole(Reading.DENIED, before))
        last = len(clause.tokens) - 1
        if any(cue.reading is Reading.DENIED and last in cue.reach for cue in cues[place]):
            for member in _listed(clauses, cues, place):
                cues[member].append(_whole(Reading.DENIED, clauses[member]))


def _listed(clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]], place: int) -> list[int]:
    """Number the clauses that go on a list up to its "or"; none if there is no "or"."""
    listed = []
    for later in range(place + 1, len(clauses)):
        item = clauses[later]
        goes_on = item.sentence == clauses[place].sentence and item.after_comma and len(item.tokens) <= 6
        if not goes_on or cues[later] or not PRONOUNS.isdisjoint(item.words):
            return []
        listed.append(later)
        if not {"or", "nor", "ni"}.isdisjoint(item.words):
            return listed
    return []


def _mark_asked(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    if any(cues_of.TELLS_AFTER_ALL.places(clause) for clause in clauses):
        return
    asked_sentence = -1
    for place, clause in enumerate(clauses):
        goes_on = asked_sentence == clause.sentence and clause.after_comma and cues_of.NOW.isdisjoint(clause.words)
        is_asked = goes_on or _is_asked(clause, is_first=place == 0 or clauses[place - 1].sentence != clause.sentence)
        if (
            is_asked
            and cues_of.PERSONAL.isdisjoint(_without_frame(clause))
            and cues_of.PRESENT.isdisjoint(clause.words)
            and "its" not in clause.words
        ):
            asked_sentence = clause.sentence
            cues[place].append(_whole(Reading.ASKED, clause))
        else:
            asked_sentence = -1


def _is_asked(clause: Clause, *, is_first: bool) -> bool:
    words = _without_frame(clause)
    start = next(
        (place for place, word in enumerate(words) if word not in cues_of.FILLERS or word in cues_of.OPENERS),
        len(words),
    )
    if cues_of.ASIDES.places(clause):
        return True
    if start == len(words):
        return False
    if words[start] in cues_of.RELATIVES and not is_first:
        return False
    if words[start] in {"is", "are"} and not clause.is_question and cues_of.INQUIRIES.isdisjoint(words):
        return False
    start_in_clause = start + len(clause.words) - len(words)
    if any(min(at) == start_in_clause for at in cues_of.STATEMENTS.places(clause)):
        return False
    if words[start] in {"when", "where", "what"} and not clause.is_question:
        return not cues_of.OPENERS.isdisjoint(words[start + 1 : start + 3])
    return words[start] in cues_of.OPENERS or words[start] == "if"


def _without_frame(clause: Clause) -> tuple[str, ...]:
    """Drop "can you tell me", "I wonder" and their like from the head of a clause."""
    text = " ".join(clause.words)
    return tuple(text[len(match[0]) :].split()) if (match := cues_of.FRAMES.match(text)) else clause.words


def _mark_past(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    _mark_long_ago(clauses, cues)
    returned: int | None = None  # the sentence that a later clause says it returned in
    over: int | None = None  # the nearest later sentence that says all before it is over
    for place in reversed(range(len(clauses))):
        clause = clauses[place]
        if over is not None and clause.sentence >= over - 1:
            cues[place].append(_whole(Reading.RECOVERED, clause))
        recoveries = [] if returned == clause.sentence else list(_recoveries(clause))
        cues[place] += [Cue(Reading.RECOVERED, frozenset(), frozenset(range(max(at)))) for at in recoveries]
        if any(min(at) < 3 for at in recoveries) and _refers_back(clause):
            over = clause.sentence
        if not cues_of.RETURNS.isdisjoint(clause.words):
            returned = clause.sentence


def _recoveries(clause: Clause) -> Iterator[Places]:
    """Find where a clause says that something is over, and does not take it back."""
    for at in cues_of.RECOVERIES.places(clause):
        rest = {word for spot, word in enumerate(clause.words) if spot not in at}
        if not rest & (cues_of.RELAPSES - {"now", "nearly", "almost"}):
            yield at


def _refers_back(clause: Clause) -> bool:
    """Tell whether a clause speaks of what was told before it, and of more than the redness: "it all went down"."""
    return not cues_of.REFERS_BACK.isdisjoint(clause.words[:2]) and cues_of.REDNESS.isdisjoint(clause.words)


def _mark_long_ago(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Mark what tells of long ago, what goes on from it, and what it is added to: "puffy, back in May"."""
    goes_on: int | None = None  # the sentence that tells of long ago from an earlier clause on
    for place, clause in enumerate(clauses):
        said = set(clause.words)
        goes_on = goes_on if goes_on == clause.sentence and not said & cues_of.BACK_TO_NOW else None
        if goes_on is not None:
            cues[place].append(_whole(Reading.LONG_AGO, clause))
        if said & (cues_of.NOW | cues_of.TREATED) or not cues_of.LONG_AGO.places(clause):
            continue
        if said & cues_of.BEFORE:
            cues[place].append(_whole(Reading.LONG_AGO, clause))
            goes_on = clause.sentence
        elif place and len(said) <= 5:
            before = clauses[place - 1]
            words = set(before.words)
            if before.sentence == clause.sentence and words & cues_of.BEFORE and not words & cues_of.NOW:
                cues[place - 1].append(_whole(Reading.LONG_AGO, before))
