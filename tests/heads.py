"""A head that reads words of the word encoder, so that a test can say what was learned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from redness_qa.head import Head
from redness_qa.readings import HeadReader, Readings
from redness_qa.testing import WordEncoder
from redness_qa.triage import Likelihood

WORDS = WordEncoder(dim=256)
"""Wide enough that the states of different words hardly have anything to do with each other."""

SIGNS = {
    "urgency:urgent": "pus",
    "urgency:emergency": "breath",
    "sign:pus": "pus",
    "sign:breathing_trouble": "breath",
}
"""A sign in one word, an emergency in another."""


def head_for(words: Mapping[str, str], encoder: WordEncoder = WORDS) -> Head:
    """Make a head whose outcomes are near 13 with one word each, near -10 without it.

    Args:
        words: Word by outcome.
        encoder: What it reads the states of, as wide as `WORDS`.
    """
    return Head(
        outcomes=tuple(words),
        token_weights=np.stack([0.1 * encoder.read(word).tokens[0] for word in words.values()]),
        token_bias=np.full(len(words), -12.0, dtype=np.float32),
        message_weights=np.zeros((len(words), encoder.dim), dtype=np.float32),
        encoder_sha256=encoder.weights_sha256,
    )


def likelihood_of(reader: HeadReader, text: str, readings: Readings) -> Likelihood:
    """Read a text in English, of which something was learned."""
    likelihood = reader.likelihood(text, readings)
    assert likelihood is not None
    return likelihood
