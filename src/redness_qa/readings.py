"""What encoder and head make of the texts of one turn, each read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from redness_qa.encoder import Encoder, Reading
from redness_qa.head import Head, section, softmax
from redness_qa.mending import load_mender
from redness_qa.screening import Kind, Screened, screen
from redness_qa.triage import Likelihood
from redness_qa.triage.text import split_sentences

PIECE_WORDS = 60
"""Longest piece of a message that is read at once for warning signs, in words; few training messages are longer."""

LEAST_LETTERS = 3
"""A text with fewer letters says nothing."""

OWN_SHARE = 0.1
"""Chosen on the messages of tune.jsonl and its letters d to f, with the reader of signs of commit 2e5a431 before its
last pass: false alarms, and misses at ten of them each, come to 247, 245, 250, 261 and 282 with 0, 0.1, 0.2, 0.3 and
0.5."""

_LEAST_SHARE = 1e-12  # of a sign in the mean of several readers


class Readings:
    """The readings of one turn; nothing of them outlives it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Reading] = {}
        self._outcomes: dict[tuple[int, str], dict[str, float]] = {}
        self._screened: dict[str, Screened] = {}
        self._mended: dict[str, str] = {}

    def of(self, text: str, encoder: Encoder) -> Reading:
        """Read a text, or give what was read before."""
        key = encoder.weights_sha256, text
        if key not in self._kept:
            # Half a surrogate pair is no text to an encoder.
            self._kept[key] = encoder.read(text.encode(errors="replace").decode())
        return self._kept[key]

    def outcomes(self, text: str, head: Head, encoder: Encoder) -> dict[str, float]:
        """Read a text with a head, or give what it made of it before."""
        key = id(head), text
        if key not in self._outcomes:
            reading = self.of(text, encoder)
            self._outcomes[key] = head.read(reading.tokens, reading.vector[0])
        return self._outcomes[key]

    def screened(self, text: str) -> Screened:
        """Tell what kind of message a text is, or what was told before."""
        if text not in self._screened:
            self._screened[text] = screen(text)
        return self._screened[text]

    def mended(self, text: str) -> str:
        """Mend slips of the keyboard in a text, or give what was mended before."""
        if text not in self._mended:
            self._mended[text] = load_mender().mended(text)
        return self._mended[text]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the head makes of a question, before anything is looked up.

    Attributes:
        facts: Probability by fact that it is the one asked for, with that of "none"; they add up to 1.
        kinds: Probability by kind of question; they add up to 1.
    """

    facts: Mapping[str, float]
    kinds: Mapping[str, float]


class HeadReader:
    """Pairs a head with the encoder it was learned on."""

    def __init__(self, head: Head, encoder: Encoder, *, beside: Sequence[HeadReader] = ()) -> None:
        """Refuse an encoder other than its own.

        Args:
            head: What reads.
            encoder: What it reads the token states of.
            beside: Readers that learned nothing but warning signs; beside them its own likelihood counts `OWN_SHARE`,
                in log-odds, and theirs the rest in equal parts.

        Raises:
            ValueError: The head was learned on another encoder.
        """
        if head.encoder_sha256 != encoder.weights_sha256:
            raise ValueError(f"the head was learned on {head.encoder_sha256}, not on {encoder.weights_sha256}")
        self._head = head
        self._encoder = encoder
        self._beside = tuple(beside)
        self._shares = [OWN_SHARE, *[(1 - OWN_SHARE) / len(beside)] * len(beside)] if beside else [1.0]

    def likelihood(self, text: str, readings: Readings) -> Likelihood | None:
        """Tell how likely a text tells of a warning sign: as likely as the piece that does most, as typed or mended.

        Returns:
            None for a text in another language than the messages that were learned from, for one of hardly a letter,
            and for one that is nothing but greetings and the like: what is short and odd looks like confusion.
        """
        screened = readings.screened(text)
        is_unlike = screened.language is not None or screened.kind is Kind.SMALL_TALK
        if is_unlike or sum(map(str.isalpha, text)) < LEAST_LETTERS:
            return None
        read = dict.fromkeys((*pieces(text), *pieces(readings.mended(text))))
        each = [Likelihood.of(self._of_signs(piece, readings)) for piece in read]
        most = max(each, key=lambda likelihood: likelihood.urgent)
        return Likelihood(
            most.urgent, max(likelihood.emergency for likelihood in each), most.sign, most.sign_probability
        )

    def outlook(self, question: str, readings: Readings) -> Outlook:
        """Tell which facts a question asks for, and of what kind it is."""
        outcomes = self._outcomes(question, readings)
        return Outlook(softmax(section("fact", outcomes)), softmax(section("kind", outcomes)))

    def _of_signs(self, text: str, readings: Readings) -> dict[str, float]:
        """Read what tells of urgency and signs; of several readers the weighted mean of what all of them know."""
        each = [reader._signs_alone(text, readings) for reader in (self, *self._beside)]
        known = set(each[0]).intersection(*each[1:])
        return {name: float(np.dot(self._shares, [one[name] for one in each])) for name in each[0] if name in known}

    def _signs_alone(self, text: str, readings: Readings) -> dict[str, float]:
        outcomes = self._outcomes(text, readings)
        levels, signs = section("urgency", outcomes), softmax(section("sign", outcomes))
        return {f"urgency:{name}": value for name, value in levels.items()} | {
            f"sign:{name}": float(np.log(max(share, _LEAST_SHARE))) for name, share in signs.items()
        }

    def _outcomes(self, text: str, readings: Readings) -> dict[str, float]:
        return readings.outcomes(text, self._head, self._encoder)


def pieces(text: str) -> list[str]:
    """Cut a long text between sentences, or between words where a sentence is long; a short one stays whole."""
    if len(text.split()) <= PIECE_WORDS:
        return [text]
    cut: list[list[str]] = [[]]
    for sentence in split_sentences(text):
        words = sentence.split()
        if len(cut[-1]) + len(words) > PIECE_WORDS:
            cut.append([])
        for first in range(0, len(words), PIECE_WORDS):
            if first:
                cut.append([])
            cut[-1] += words[first : first + PIECE_WORDS]
    return [" ".join(words) for words in cut if words]
