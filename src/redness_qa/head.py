"""What was learned on top of the encoder: a linear reading of its token states, one number for each outcome.

It is read from what the encoder makes of each token, so that a sign or a question in the middle of a long message still
counts, and from the message as a whole. `redness-qa train` makes it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from redness_qa.errors import EncoderError

HEAD = "head.safetensors"
HEAD_NAMES = "head.json"

NO_FACT = "none"
"""Outcome of the section "fact" that stands for "no fact answers"."""

_TENSORS = ("token_weights", "token_bias", "message_weights")


@dataclass(frozen=True)
class Head:
    """A linear reading of token states.

    Attributes:
        outcomes: Name of each outcome, in sections: "urgency:urgent", "sign:pus", "fact:F12", "kind:refer".
        token_weights: Shape (outcomes, dim).
        token_bias: Shape (outcomes,).
        message_weights: Shape (outcomes, dim): what the message as a whole adds.
        encoder_sha256: Fingerprint of the encoder it was learned with.
    """

    outcomes: tuple[str, ...]
    token_weights: NDArray[np.float32]
    token_bias: NDArray[np.float32]
    message_weights: NDArray[np.float32]
    encoder_sha256: str

    @classmethod
    def load(cls, folder: Path) -> Head | None:
        """Load what `redness-qa train` saved; None where nothing was saved.

        Raises:
            EncoderError: It is damaged.
        """
        path = folder / HEAD
        if not (folder / HEAD_NAMES).is_file():
            return None
        try:
            names = json.loads((folder / HEAD_NAMES).read_text(encoding="utf-8"))
            with safe_open(path, framework="numpy") as tensors:
                weights = {name: tensors.get_tensor(name).astype(np.float32) for name in _TENSORS}
            head = cls(outcomes=tuple(names["outcomes"]), encoder_sha256=names["encoder_sha256"], **weights)
            if {len(weights[name]) for name in _TENSORS} != {len(head.outcomes)}:
                raise ValueError(f"{len(head.outcomes)} names for {len(head.token_bias)} rows")
            return head
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{path} is no head ({error}); make it again with `redness-qa train`") from error

    def save(self, folder: Path) -> None:
        """Save for `load`, in half precision."""
        save_file({name: getattr(self, name).astype(np.float16) for name in _TENSORS}, folder / HEAD)
        names = {"encoder_sha256": self.encoder_sha256, "outcomes": list(self.outcomes)}
        (folder / HEAD_NAMES).write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")

    def read(self, tokens: NDArray[np.float32], message: NDArray[np.float32]) -> dict[str, float]:
        """Read one text.

        Args:
            tokens: The encoder's states, shape (tokens, dim).
            message: Their unit mean, shape (dim,).

        Returns:
            The log-odds of each outcome of the section "urgency"; in the other sections log-likelihoods that are equal
            to those of a softmax over the section up to a constant.
        """
        each = tokens @ self.token_weights.T + self.token_bias
        highest = each.max(axis=0)
        pooled = highest + np.log(np.exp(each - highest).sum(axis=0))
        return dict(zip(self.outcomes, (pooled + self.message_weights @ message).tolist(), strict=True))


def section(name: str, outcomes: dict[str, float]) -> dict[str, float]:
    """Give the outcomes of one section by their names within it."""
    prefix = f"{name}:"
    return {outcome[len(prefix) :]: value for outcome, value in outcomes.items() if outcome.startswith(prefix)}


def softmax(values: dict[str, float]) -> dict[str, float]:
    """Turn the log-likelihoods of one section into probabilities that add up to 1."""
    highest = max(values.values())
    weights = {name: math.exp(value - highest) for name, value in values.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
