"""Labelled questions and messages to weights: fine-tunes the encoder, and learns what a warning sign reads like.

One encoder serves both: questions are drawn to the passages and question forms that state a labelled fact, and its
token states tell whether a message speaks of a warning sign. Only low-rank changes of its linear layers are learned
(Hu et al., LoRA, 2021, arXiv:2106.09685), so what is shipped stays small.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from redness_qa.messages import LabelledMessage
from redness_qa.questions import LabelledQuestion
from redness_qa.triage import Urgency

RANK = 16
MAX_TOKENS = 128
_TEMPERATURE = 0.05  # of the softmax over forms
_SMOOTHING = 0.01  # of the labels of urgency
_TYPO_SHARE, _JOINED_SHARE = 0.3, 0.2
_FORMS_EVERY = 60  # steps after which the forms are embedded anew
_MESSAGE_SCALE = 4.0  # a unit vector moves the log-odds as much as a token does
_TYPICAL_TOKENS = 8.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Form:
    """A text that leads to facts: a passage, or a question that its section answers."""

    text: str
    facts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: Passes over the questions; each message is seen twice in one.
        batch: Texts in one step.
        learning_rate: Highest, of the encoder; it rises over the first tenth and falls to 0.
        seed: Of everything drawn at random.
    """

    epochs: float = 5.0
    batch: int = 32
    learning_rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Learned:
    """What training gives.

    Attributes:
        changes: For each linear layer its two factors, shapes (rank, inputs) and (outputs, rank).
        token_weights: Shape (2 + signs, dim).
        token_bias: Shape (2 + signs,).
        message_weights: Shape (2, dim).
    """

    changes: Mapping[str, tuple[np.ndarray, np.ndarray]]
    token_weights: np.ndarray
    token_bias: np.ndarray
    message_weights: np.ndarray


class _LowRank(nn.Module):
    """A linear layer whose weights are fixed but for a change of low rank."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Parameter(torch.randn(RANK, linear.in_features) / math.sqrt(linear.in_features))
        self.up = nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, states: Tensor) -> Tensor:
        return functional.linear(states, self.linear.weight + self.up @ self.down, self.linear.bias)


class _Head(nn.Module):
    """Log-odds of urgent and of emergency, and a score for each sign, from token states."""

    def __init__(self, dim: int, signs: int) -> None:
        super().__init__()
        self.token = nn.Linear(dim, 2 + signs)
        self.message = nn.Linear(dim, 2, bias=False)
        self.dropout = nn.Dropout(0.1)
        nn.init.zeros_(self.token.weight)
        nn.init.zeros_(self.message.weight)

    def forward(self, states: Tensor, mask: Tensor, vectors: Tensor) -> Tensor:
        each = self.token(self.dropout(states)).masked_fill(mask[:, :, None] == 0, -1e4)
        pooled = torch.logsumexp(each, 1) - math.log(_TYPICAL_TOKENS)
        whole = self.message(self.dropout(vectors)) * _MESSAGE_SCALE
        return torch.cat([pooled[:, :2] + whole, pooled[:, 2:]], 1)


class _Student(nn.Module):
    """The encoder with its head."""

    def __init__(self, folder: Path, signs: int) -> None:
        super().__init__()
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.encoder = AutoModel.from_pretrained(folder, local_files_only=True)
        self.encoder.requires_grad_(False)
        self.changes: dict[str, _LowRank] = {}
        for name, module in list(self.encoder.encoder.named_modules()):
            if isinstance(module, nn.Linear):
                parent, _, attribute = name.rpartition(".")
                change = _LowRank(module)
                setattr(self.encoder.encoder.get_submodule(parent), attribute, change)
                self.changes[f"encoder.{name}"] = change
        self.head = _Head(self.encoder.config.hidden_size, signs)
        self.null = nn.Parameter(torch.tensor(0.3))  # the similarity below which no form answers

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
    def embed(self, texts: Sequence[str], batch: int = 64) -> Tensor:
        """Embed texts as unit rows, the short ones together."""
        self.eval()
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows = [Tensor()] * len(texts)
        for first in range(0, len(order), batch):
            places = order[first : first + batch]
            for place, row in zip(places, self([texts[place] for place in places])[2], strict=True):
                rows[place] = row
        self.train()
        return torch.stack(rows)


def train(
    folder: Path,
    *,
    forms: Sequence[Form],
    questions: Sequence[LabelledQuestion],
    messages: Sequence[LabelledMessage],
    signs: Sequence[str],
    schedule: Schedule,
    progress: Callable[[int, int], None] | None = None,
) -> Learned:
    """Fine-tune a model.

    Args:
        folder: A sentence-transformers model of BERT's shape that pools by the mean.
        forms: What the index leads to facts.
        questions: Labelled with facts; those of kind "urgent" teach urgency only.
        messages: Labelled with urgency and sign.
        signs: Names of signs, in the order of the rows of the head.
        schedule: How long and how fast.
        progress: Told the number of steps done and the number of all.
    """
    chance = random.Random(schedule.seed)  # noqa: S311
    torch.manual_seed(schedule.seed)
    student = _Student(folder, len(signs))
    lesson = _Lesson(student, forms, questions, messages, signs, chance)
    encoder = [parameter for change in student.changes.values() for parameter in (change.down, change.up)]
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder, "lr": schedule.learning_rate},
            {"params": student.head.parameters(), "lr": 3 * schedule.learning_rate},
            {"params": [student.null], "lr": 10 * schedule.learning_rate},
        ],
        weight_decay=0.01,
    )
    items: list[LabelledQuestion | LabelledMessage] = [*questions, *messages, *messages]
    steps = int(schedule.epochs * len(items) / schedule.batch)
    rising = max(1, steps // 10)
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
    )
    student.train()
    queue: list[LabelledQuestion | LabelledMessage] = []
    for step in range(steps):
        if len(queue) < schedule.batch:
            queue = chance.sample(items, len(items))
        if step % _FORMS_EVERY == 0:
            lesson.embed_forms()
        batch, queue = queue[: schedule.batch], queue[schedule.batch :]
        optimizer.zero_grad()
        lesson.loss(batch).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(encoder, 1.0)
        optimizer.step()
        pace.step()
        if progress is not None:
            progress(step + 1, steps)
    return _learned(student)


class _Lesson:
    """What the student is asked, and how far off its answers are."""

    def __init__(
        self,
        student: _Student,
        forms: Sequence[Form],
        questions: Sequence[LabelledQuestion],
        messages: Sequence[LabelledMessage],
        signs: Sequence[str],
        chance: random.Random,
    ) -> None:
        self._student, self._chance = student, chance
        self._texts = [form.text for form in forms]
        self._signs = {name: place for place, name in enumerate(signs)}
        self._facts = {fact: place for place, fact in enumerate(sorted({f for form in forms for f in form.facts}))}
        self._states = torch.stack([self._row(form.facts) for form in forms])
        self._calm = [
            *(question.row.question for question in questions if question.kind != "urgent"),
            *(message.message for message in messages if message.urgency is Urgency.ROUTINE),
        ]
        self._forms = Tensor()

    def embed_forms(self) -> None:
        """Embed the forms with the student as it is now."""
        self._forms = self._student.embed(self._texts)

    def loss(self, batch: Sequence[LabelledQuestion | LabelledMessage]) -> Tensor:
        """Say how far off the student is on a batch."""
        texts, levels, signs, asked = [], [], [], []
        for place, item in enumerate(batch):
            if isinstance(item, LabelledQuestion):
                texts.append(self._worn(f"{item.row.previous or ''} {item.row.question}".strip()))
                # A question labelled urgent may be an emergency or not; only the first is known.
                levels.append([1.0, math.nan] if item.kind == "urgent" else [0.0, 0.0])
                signs.append(-1)
                if item.kind != "urgent":
                    asked.append((place, self._row(item.facts if item.kind in {"answerable", "partial"} else ())))
            else:
                texts.append(self._worn(self._joined(item.message)))
                levels.append([item.urgency is not Urgency.ROUTINE, item.urgency is Urgency.EMERGENCY])
                signs.append(self._signs.get(item.sort, -1))
        states, mask, vectors = self._student(texts)
        scores = self._student.head(states, mask, vectors)
        wanted = torch.tensor(levels, dtype=torch.float32)
        known = ~wanted.isnan()
        smooth = wanted.nan_to_num() * (1 - 2 * _SMOOTHING) + _SMOOTHING
        urgency = functional.binary_cross_entropy_with_logits(scores[:, :2], smooth, reduction="none")
        loss = urgency[known].mean()
        named = torch.tensor(signs)
        if (named >= 0).any():
            loss = loss + 0.5 * functional.cross_entropy(scores[:, 2:], named, ignore_index=-1)
        if asked:
            places, facts = zip(*asked, strict=True)
            loss = loss + self._retrieval_loss(vectors[list(places)], torch.stack(facts))
        return loss

    def _retrieval_loss(self, vectors: Tensor, facts: Tensor) -> Tensor:
        """Cross-entropy over all forms and "none of them"; whatever states a labelled fact is right."""
        right = (facts @ self._states.T) > 0
        similarities = torch.cat([vectors @ self._forms.T, self._student.null.expand(len(vectors), 1)], 1)
        right = torch.cat([right, ~right.any(1, keepdim=True)], 1)
        scores = similarities / _TEMPERATURE
        return (torch.logsumexp(scores, 1) - torch.logsumexp(scores.masked_fill(~right, -1e4), 1)).mean()

    def _row(self, facts: Sequence[str] | frozenset[str]) -> Tensor:
        row = torch.zeros(len(self._facts))
        row[[self._facts[fact] for fact in facts if fact in self._facts]] = 1
        return row

    def _joined(self, message: str) -> str:
        """Put a calm message beside some: what is said of one sign holds in any company."""
        if self._chance.random() >= _JOINED_SHARE:
            return message
        pair = [message, self._chance.choice(self._calm)]
        self._chance.shuffle(pair)
        return " ".join(pair)

    def _worn(self, text: str) -> str:
        """Make slips of the keyboard in some."""
        if self._chance.random() >= _TYPO_SHARE:
            return text
        letters = list(text)
        for _ in range(max(1, len(text) // 40)):
            if len(letters) < 4:
                break
            place = self._chance.randrange(len(letters) - 1)
            if letters[place].isalpha():
                here, after = letters[place], letters[place + 1]
                letters[place : place + 2] = self._chance.choice(
                    ([after], [after, here], [here, here, after], [self._chance.choice(_LETTERS), after])
                )
        return "".join(letters)


def _learned(student: _Student) -> Learned:
    head = student.head
    return Learned(
        changes={
            name: (change.down.detach().numpy(), change.up.detach().numpy()) for name, change in student.changes.items()
        },
        token_weights=head.token.weight.detach().numpy(),
        # The constant that training takes off is folded in, so that whoever reads the head need not know it.
        token_bias=head.token.bias.detach().numpy(),
        message_weights=head.message.weight.detach().numpy() * _MESSAGE_SCALE,
    )
