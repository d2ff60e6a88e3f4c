"""What was learned from labelled messages: how likely a message tells of a warning sign, and of which.

The numbers come from the weights that `redness-qa train` makes. They are read from what the encoder makes of each
token, so that a sign in the middle of a long, calm message still counts, and from the whole message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

WEIGHTS = "triage.safetensors"
DESCRIPTION = "triage.json"


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


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which likelihood on a message is urgent; chosen by `redness-qa train` on messages it did not learn from.

    Attributes:
        possible: A phrase that the table calls possible counts.
        urgent: The message is urgent, whatever the rules say.
        emergency: It is an emergency.
    """

    possible: float
    urgent: float
    emergency: float


@dataclass(frozen=True)
class LearnedTriage:
    """A linear reading of the encoder's tokens.

    Attributes:
        token_weights: Shape (2 + signs, dim): urgent, emergency, then each sign.
        token_bias: Shape (2 + signs,).
        message_weights: Shape (2, dim): what the whole message adds to the first two.
        signs: Names, in the order of the rows.
        thresholds: What follows from a likelihood.
        encoder_sha256: Fingerprint of the encoder it was learned with.
    """

    token_weights: NDArray[np.float32]
    token_bias: NDArray[np.float32]
    message_weights: NDArray[np.float32]
    signs: tuple[str, ...]
    thresholds: Thresholds
    encoder_sha256: str

    @classmethod
    def load(cls, folder: Path) -> LearnedTriage | None:
        """Load what `redness-qa train` saved; None where nothing was saved."""
        if not (folder / DESCRIPTION).is_file():
            return None
        description: Mapping[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        with safe_open(folder / WEIGHTS, framework="numpy") as tensors:
            return cls(
                token_weights=tensors.get_tensor("token_weights"),
                token_bias=tensors.get_tensor("token_bias"),
                message_weights=tensors.get_tensor("message_weights"),
                signs=tuple(description["signs"]),
                thresholds=Thresholds(**description["thresholds"]),
                encoder_sha256=description["encoder_sha256"],
            )

    def save(self, folder: Path) -> None:
        """Save for `load`."""
        tensors = {
            "token_weights": self.token_weights,
            "token_bias": self.token_bias,
            "message_weights": self.message_weights,
        }
        save_file(tensors, folder / WEIGHTS)
        description = {
            "signs": list(self.signs),
            "thresholds": asdict(self.thresholds),
            "encoder_sha256": self.encoder_sha256,
        }
        (folder / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")

    def read(self, tokens: NDArray[np.float32], message: NDArray[np.float32]) -> Likelihood:
        """Read one message.

        Args:
            tokens: The encoder's states, shape (tokens, dim).
            message: Their unit mean, shape (dim,).
        """
        each = tokens @ self.token_weights.T + self.token_bias
        highest = each.max(axis=0)
        pooled = highest + np.log(np.exp(each - highest).sum(axis=0))
        urgent, emergency = (1 / (1 + np.exp(-(pooled[:2] + self.message_weights @ message)))).tolist()
        each_sign = np.exp(pooled[2:] - pooled[2:].max())
        place = int(each_sign.argmax())
        return Likelihood(urgent, emergency, self.signs[place], float(each_sign[place] / each_sign.sum()))
