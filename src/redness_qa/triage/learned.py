"""What was learned from labelled messages: how likely a message tells of a warning sign, and of which."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from redness_qa.errors import EncoderError
from redness_qa.head import section, softmax
from redness_qa.weights import THRESHOLDS


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What the model makes of one message.

    Attributes:
        urgent: Probability that it tells of a warning sign that somebody has now, 0 to 1.
        emergency: Probability that the sign is one to call the emergency number for, 0 to 1.
        sign: Name of the sign it most likely is, if it is one.
        sign_probability: Probability that it is that sign and no other, 0 to 1.
    """

    urgent: float
    emergency: float
    sign: str
    sign_probability: float

    @classmethod
    def of(cls, outcomes: dict[str, float]) -> Likelihood:
        """Take it from the outcomes of a head."""
        levels, signs = section("urgency", outcomes), softmax(section("sign", outcomes))
        sign = max(signs, key=signs.__getitem__)
        return cls(_probability(levels["urgent"]), _probability(levels["emergency"]), sign, signs[sign])


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which likelihood on a message is urgent.

    Chosen by `redness-qa calibrate-triage`, on messages that nothing was learned from.

    Attributes:
        possible: A phrase that the table calls possible counts, by the likelihood of the text or of what is left of it
            without the sentences that tell a sign for sure.
        sentence: Such a phrase of a sign for the clinic counts by the likelihood of its own sentence, in a text of
            several; one of an emergency does so from the lower of both.
        urgent: The message is urgent, whatever the rules say.
        emergency: It is an emergency.
    """

    possible: float
    sentence: float
    urgent: float
    emergency: float

    @classmethod
    def load(cls, folder: Path) -> Thresholds | None:
        """Load the thresholds of a folder of weights; None where none were chosen yet.

        Raises:
            EncoderError: The file is damaged.
        """
        path = folder / THRESHOLDS
        if not path.is_file():
            return None
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise EncoderError(
                f"{path} holds no thresholds ({error}); choose them with `redness-qa calibrate-triage`"
            ) from error

    def to_json(self) -> dict[str, float]:
        """Give the thresholds as they stand in thresholds.json."""
        return asdict(self)


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(log_odds, -700.0, 700.0))))
