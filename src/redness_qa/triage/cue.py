"""A few words of a message that take from others what they say of somebody now, and how far that reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from redness_qa.triage.phrases import Places
from redness_qa.triage.text import Clause, word_set

NOW = word_set(
    """
    still now today tonight again currently have has ive am im is are atm yet getting keeps since ongoing tengo
    """
)


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


def whole(reading: Reading, clause: Clause) -> Cue:
    """Reach over a whole clause."""
    return Cue(reading, frozenset(), frozenset(range(len(clause.tokens))))
