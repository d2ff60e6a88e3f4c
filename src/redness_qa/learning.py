"""What trainings share: a head on token states, changes of low rank, schedules, batches, and how texts are worn."""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from redness_qa.errors import EncoderError
from redness_qa.head import Head
from redness_qa.weights import DECISION, THRESHOLDS, Adapter, Factors, adapter_fingerprint

MAX_TOKENS = 128
_HEAD_RATE = 3e-3
_TYPO_SHARE, _JOINED_SHARE = 0.3, 0.2
_POOL = 16  # batches among which texts of like length are put together, so that little is padded
_MESSAGE_SCALE = 4.0  # a unit vector moves the log-odds as much as a token does
_TYPICAL_TOKENS = 8.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: Passes over all that is learned from.
        batch: Texts in one step.
        learning_rate: Highest, of the encoder; it rises over the first tenth and falls to 0.
        seed: Of everything drawn at random.
    """

    epochs: float
    batch: int
    learning_rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What training gives.

    Attributes:
        changes: For each linear layer its two factors.
        outcomes: Names of the rows of the head, as `Head` has them.
        token_weights: Shape (outcomes, dim).
        token_bias: Shape (outcomes,).
        message_weights: Shape (outcomes, dim).
    """

    changes: Mapping[str, Factors]
    outcomes: tuple[str, ...]
    token_weights: np.ndarray
    token_bias: np.ndarray
    message_weights: np.ndarray

    @classmethod
    def of(
        cls,
        head: StudentHead,
        outcomes: tuple[str, ...],
        changes: Mapping[str, Factors],
    ) -> Learned:
        """Take it from a head and from the changes of the encoder below it."""
        return cls(
            changes=changes,
            outcomes=outcomes,
            token_weights=head.token.weight.detach().numpy(),
            # The constants of training are folded in, so that whoever reads the head need not know them.
            token_bias=head.token.bias.detach().numpy() - math.log(_TYPICAL_TOKENS),
            message_weights=head.message.weight.detach().numpy() * _MESSAGE_SCALE,
        )

    def save(self, folder: Path, *, base_sha256: str) -> None:
        """Save beside its place and move it there when whole.

        Args:
            folder: Where the weights shall be.
            base_sha256: Fingerprint of the weights that were fine-tuned.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".learned-") as aside:
            Adapter.save(Path(aside), self.changes, base_sha256=base_sha256)
            head = Head(
                self.outcomes,
                self.token_weights,
                self.token_bias,
                self.message_weights,
                encoder_sha256=adapter_fingerprint(Path(aside)),
            )
            head.save(Path(aside))
            for stale in (DECISION, THRESHOLDS):  # they were fitted to other weights
                (folder / stale).unlink(missing_ok=True)
            for path in Path(aside).iterdir():
                path.chmod(0o644)
                path.replace(folder / path.name)


def low_rank_factors(change: NDArray[np.float32], *, rank: int) -> Factors:
    """Give the factors of the nearest matrix of a rank.

    By truncated singular value decomposition (Eckart and Young, 1936, doi:10.1007/BF02288367).
    """
    left, values, right = np.linalg.svd(change, full_matrices=False)
    roots = np.sqrt(values[:rank])
    return roots[:, None] * right[:rank], left[:, :rank] * roots


class StudentHead(nn.Module):
    """A number for each outcome, from token states and from the message as a whole."""

    def __init__(self, dim: int, outcomes: int) -> None:
        super().__init__()
        self.token = nn.Linear(dim, outcomes)
        self.message = nn.Linear(dim, outcomes, bias=False)
        self.dropout = nn.Dropout(0.1)
        nn.init.zeros_(self.token.weight)
        nn.init.zeros_(self.message.weight)

    def forward(self, states: Tensor, mask: Tensor, vectors: Tensor) -> Tensor:
        """Give the scores, shape (texts, outcomes)."""
        each = self.token(self.dropout(states)).masked_fill(mask[:, :, None] == 0, -1e4)
        pooled = torch.logsumexp(each, 1) - math.log(_TYPICAL_TOKENS)
        whole: Tensor = self.message(self.dropout(vectors))
        return pooled + whole * _MESSAGE_SCALE


class Student(nn.Module):
    """The encoder with its head; who makes it says which of its weights learn."""

    def __init__(self, folder: Path, outcome_count: int) -> None:
        super().__init__()
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.encoder = AutoModel.from_pretrained(folder, local_files_only=True)
        self.tokenizer.enable_padding(pad_id=self.encoder.config.pad_token_id)
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.encoder.requires_grad_(False)
        self.head = StudentHead(self.encoder.config.hidden_size, outcome_count)

    def forward(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Give token states, their mask and unit vectors of texts."""
        encoded = self.tokenizer.encode_batch(list(texts))
        ids = torch.tensor([each.ids for each in encoded])
        mask = torch.tensor([each.attention_mask for each in encoded])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        states, weights = states.float(), mask[:, :, None].float()
        return states, mask, functional.normalize((states * weights).sum(1) / weights.sum(1), dim=1)

    @torch.no_grad()
    def go_on_from(self, folder: Path, outcomes: Sequence[str]) -> None:
        """Take over what was learned before of the same outcomes.

        Raises:
            EncoderError: The weights are missing, damaged or of other outcomes.
        """
        adapter, head = Adapter.load(folder), Head.load(folder)
        if head is None or head.outcomes != tuple(outcomes):
            raise EncoderError(
                f"{folder} holds no weights that were learned of the same outcomes; learn from the beginning"
            )
        layers = self.linear_layers()
        for name, (down, up) in adapter.changes.items():
            layers[name].weight += torch.from_numpy(up @ down)
        # `Learned.of` has folded the constants of training in.
        self.head.token.weight.copy_(torch.from_numpy(head.token_weights))
        self.head.token.bias.copy_(torch.from_numpy(head.token_bias + np.float32(math.log(_TYPICAL_TOKENS))))
        self.head.message.weight.copy_(torch.from_numpy(head.message_weights / np.float32(_MESSAGE_SCALE)))

    def linear_weights(self) -> dict[str, Tensor]:
        """Copy the weights of the linear layers as they are now."""
        return {name: layer.weight.detach().clone() for name, layer in self.linear_layers().items()}

    def changes_since(self, before: Mapping[str, Tensor], *, rank: int) -> dict[str, Factors]:
        """Give the factors of what the linear layers have learned since, of each the nearest of a rank."""
        return {
            name: low_rank_factors((layer.weight.detach() - before[name]).numpy(), rank=rank)
            for name, layer in self.linear_layers().items()
        }

    def linear_layers(self) -> dict[str, nn.Linear]:
        """Name the linear layers of the encoder's blocks, as an adapter does."""
        return {
            f"encoder.{name}": module
            for name, module in self.encoder.encoder.named_modules()
            if isinstance(module, nn.Linear)
        }


@dataclass(frozen=True, slots=True)
class Wear:
    """Makes texts less tidy, so that what is learned holds on a phone at night.

    Attributes:
        chance: What is drawn from.
        calm: Calm texts that may stand beside a message.
    """

    chance: random.Random
    calm: Sequence[str]

    def joined(self, message: str) -> str:
        """Put a calm message beside some: what is said of one sign holds in any company."""
        if self.chance.random() >= _JOINED_SHARE:
            return message
        pair = [message, self.chance.choice(self.calm)]
        self.chance.shuffle(pair)
        return " ".join(pair)

    def worn(self, text: str) -> str:
        """Make slips of the keyboard in some."""
        if self.chance.random() >= _TYPO_SHARE:
            return text
        letters = list(text)
        for _ in range(max(1, len(text) // 40)):
            if len(letters) < 4:
                break
            place = self.chance.randrange(len(letters) - 1)
            if letters[place].isalpha():
                here, after = letters[place], letters[place + 1]
                letters[place : place + 2] = self.chance.choice(
                    ([after], [after, here], [here, here, after], [self.chance.choice(_LETTERS), after])
                )
        return "".join(letters)


def dealt(
    items: Sequence[Item], size: int, chance: random.Random, *, length: Callable[[Item], int]
) -> list[list[Item]]:
    """Deal items into batches of like length, in random order."""
    shuffled = chance.sample(items, len(items))
    batches = []
    for first in range(0, len(shuffled), size * _POOL):
        pool = sorted(shuffled[first : first + size * _POOL], key=length)
        batches += [pool[start : start + size] for start in range(0, len(pool), size)]
    chance.shuffle(batches)
    return batches


def descend(
    student: Student,
    learning: Sequence[Tensor],
    *,
    steps: int,
    learning_rate: float,
    deal: Callable[[], list[list[Item]]],
    loss: Callable[[list[Item]], Tensor],
    others: Sequence[dict[str, Any]] = (),
    before: Callable[[int], None] = lambda step: None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Follow the loss down, batch after batch; the learning rates rise over a tenth of the steps, then fall to 0.

    Args:
        student: The model; its head learns too.
        learning: Weights of its encoder that learn; they do not decay, and their gradient is held to a length of 1.
        steps: Batches to learn from.
        learning_rate: Highest, of these weights.
        deal: Deals all batches of one pass, when those of the last are used up.
        loss: Says how far off a batch is.
        others: Groups of other weights that learn, as the optimizer takes them.
        before: Done before each step; told its number.
        progress: Told the number of steps done and the number of all.
    """
    encoder = {"params": learning, "lr": learning_rate, "weight_decay": 0.0}
    head = {"params": student.head.parameters(), "lr": _HEAD_RATE}
    optimizer = torch.optim.AdamW([encoder, head, *others], weight_decay=0.01)
    student.train()
    rising = max(1, steps // 10)
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
    )
    batches: list[list[Item]] = []
    for step in range(steps):
        batches = batches or deal()
        before(step)
        optimizer.zero_grad()
        loss(batches.pop()).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        pace.step()
        if progress is not None:
            progress(step + 1, steps)
