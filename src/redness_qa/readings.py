"""What the encoder makes of the texts of one turn, each read once, and how likely they tell of a warning sign."""

from __future__ import annotations

import re

from redness_qa.encoder import Encoder, Reading
from redness_qa.triage import Likelihood
from redness_qa.triage.learned import LearnedTriage

PIECE_WORDS = 60
"""Longest piece of a message that is read at once, in words; the training messages are no longer."""

_SENTENCE_END = re.compile(r"(?<=[.!?\n])\s+")


class Readings:
    """The readings of one turn; nothing of them outlives it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Reading] = {}

    def of(self, text: str, encoder: Encoder) -> Reading:
        """Read a text, or give what was read before."""
        key = encoder.weights_sha256, text
        if key not in self._kept:
            # Half a surrogate pair is no text to an encoder.
            self._kept[key] = encoder.read(text.encode(errors="replace").decode())
        return self._kept[key]


class LikelihoodReader:
    """Pairs what was learned of warning signs with the encoder it was learned on."""

    def __init__(self, learned: LearnedTriage, encoder: Encoder) -> None:
        self._learned = learned
        self._encoder = encoder

    def read(self, text: str, readings: Readings) -> Likelihood:
        """Tell how likely a text tells of a warning sign: as likely as the piece that does most."""
        each = []
        for piece in pieces(text):
            reading = readings.of(piece, self._encoder)
            each.append(self._learned.read(reading.tokens, reading.vector[0]))
        most = max(each, key=lambda likelihood: likelihood.urgent)
        return Likelihood(
            most.urgent, max(likelihood.emergency for likelihood in each), most.sign, most.sign_probability
        )


def pieces(text: str) -> list[str]:
    """Cut a long text between sentences, or between words where a sentence is long; a short one stays whole."""
    if len(text.split()) <= PIECE_WORDS:
        return [text]
    cut: list[list[str]] = [[]]
    for sentence in _SENTENCE_END.split(text):
        words = sentence.split()
        if len(cut[-1]) + len(words) > PIECE_WORDS:
            cut.append([])
        for first in range(0, len(words), PIECE_WORDS):
            if first:
                cut.append([])
            cut[-1] += words[first : first + PIECE_WORDS]
    return [" ".join(words) for words in cut if words]
