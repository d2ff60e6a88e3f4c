"""Labelled questions and messages to weights: fine-tunes the encoder, and learns what to make of its token states.

One encoder serves all: questions are drawn to the passages and question forms that state a labelled fact, and a head on
its token states tells which facts are asked for, what kind of question it is, and whether a message speaks of a
warning sign. Only low-rank changes of its linear layers are learned (Hu et al., LoRA, 2021, arXiv:2106.09685), so what
is shipped stays small.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from redness_qa.head import NO_FACT, Head
from redness_qa.index import question_forms
from redness_qa.messages import LabelledMessage
from redness_qa.passages import Limit, LimitKind, Passage
from redness_qa.questions import LabelledQuestion, QuestionRow, in_context
from redness_qa.triage import Urgency
from redness_qa.weights import ADAPTER, DECISION, THRESHOLDS, Adapter

KINDS = ("answerable", "partial", "unanswerable", "refer", "offtopic")
"""Kinds of questions that are learned."""

STATED = frozenset(("answerable", "partial"))
"""Kinds whose facts the guide states."""

RANK = 32
MAX_TOKENS = 128
_TEMPERATURE = 0.05  # of the softmax over forms
_SMOOTHING = 0.01  # of the labels of urgency
_TYPO_SHARE, _JOINED_SHARE = 0.3, 0.2
_FORMS_EVERY = 120  # steps after which the forms are embedded anew
_POOL = 16  # batches among which texts of like length are put together, so that little is padded
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
        epochs: Passes over the questions and messages.
        batch: Texts in one step.
        learning_rate: Highest, of the encoder; it rises over the first tenth and falls to 0.
        seed: Of everything drawn at random.
    """

    epochs: float = 9.0
    batch: int = 32
    learning_rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Learned:
    """What training gives.

    Attributes:
        changes: For each linear layer its two factors, shapes (rank, inputs) and (outputs, rank).
        outcomes: Names of the rows of the head, as `Head` has them.
        token_weights: Shape (outcomes, dim).
        token_bias: Shape (outcomes,).
        message_weights: Shape (outcomes, dim).
    """

    changes: Mapping[str, tuple[np.ndarray, np.ndarray]]
    outcomes: tuple[str, ...]
    token_weights: np.ndarray
    token_bias: np.ndarray
    message_weights: np.ndarray


def lessons_of(passages: Sequence[Passage], limits: Sequence[Limit]) -> tuple[list[Form], list[LabelledQuestion]]:
    """Take from an index what leads to facts, and the questions that its guide lists itself, labelled by where."""
    listed = question_forms(passages)
    facts = {
        question: frozenset(fact for position in positions for fact in passages[position].facts)
        for question, positions in listed.items()
    }
    forms = [Form(passage.text, frozenset(passage.facts)) for passage in passages]
    forms += [Form(question, facts[question]) for question in listed]
    asked = [LabelledQuestion(_listed_row(question), "answerable", facts[question]) for question in listed]
    kinds = {LimitKind.REFER: "refer", LimitKind.NOT_COVERED: "unanswerable"}
    asked += [
        LabelledQuestion(_listed_row(question), kinds[limit.kind], frozenset())
        for limit in limits
        for question in limit.questions
    ]
    return forms, asked


def _listed_row(question: str) -> QuestionRow:
    return QuestionRow(line=0, id="", question=question, previous=None)


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
    """A number for each outcome, from token states and from the message as a whole."""

    def __init__(self, dim: int, outcomes: int) -> None:
        super().__init__()
        self.token = nn.Linear(dim, outcomes)
        self.message = nn.Linear(dim, outcomes, bias=False)
        self.dropout = nn.Dropout(0.1)
        nn.init.zeros_(self.token.weight)
        nn.init.zeros_(self.message.weight)

    def forward(self, states: Tensor, mask: Tensor, vectors: Tensor) -> Tensor:
        each = self.token(self.dropout(states)).masked_fill(mask[:, :, None] == 0, -1e4)
        pooled = torch.logsumexp(each, 1) - math.log(_TYPICAL_TOKENS)
        whole: Tensor = self.message(self.dropout(vectors))
        return pooled + whole * _MESSAGE_SCALE


class _Student(nn.Module):
    """The encoder with its head."""

    def __init__(self, folder: Path, outcomes: int) -> None:
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
        self.head = _Head(self.encoder.config.hidden_size, outcomes)
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
    schedule: Schedule,
    progress: Callable[[int, int], None] | None = None,
) -> Learned:
    """Fine-tune a model.

    Args:
        folder: A sentence-transformers model of BERT's shape that pools by the mean.
        forms: What the index leads to facts.
        questions: Labelled with kind and facts; those of a kind that is not in `KINDS` are left out.
        messages: Labelled with urgency and sign.
        schedule: How long and how fast.
        progress: Told the number of steps done and the number of all.
    """
    chance = random.Random(schedule.seed)  # noqa: S311
    torch.manual_seed(schedule.seed)
    questions = [question for question in questions if question.kind in KINDS]
    signs = sorted({message.sort for message in messages if message.urgency is not Urgency.ROUTINE})
    outcomes = _Outcomes.of(forms, signs)
    student = _Student(folder, len(outcomes.names))
    lesson = _Lesson(student, outcomes, forms, questions, messages, chance)
    encoder = [parameter for change in student.changes.values() for parameter in (change.down, change.up)]
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder, "lr": schedule.learning_rate},
            {"params": student.head.parameters(), "lr": 3 * schedule.learning_rate},
            {"params": [student.null], "lr": 10 * schedule.learning_rate},
        ],
        weight_decay=0.01,
    )
    items: list[LabelledQuestion | LabelledMessage] = [*questions, *messages]
    steps = int(schedule.epochs * len(items) / schedule.batch)
    rising = max(1, steps // 10)
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
    )
    student.train()
    batches: list[list[LabelledQuestion | LabelledMessage]] = []
    for step in range(steps):
        if not batches:
            batches = _batches(items, schedule.batch, chance)
        if step % _FORMS_EVERY == 0:
            lesson.embed_forms()
        batch = batches.pop()
        optimizer.zero_grad()
        lesson.loss(batch).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(encoder, 1.0)
        optimizer.step()
        pace.step()
        if progress is not None:
            progress(step + 1, steps)
    return _learned(student, outcomes)


def _batches(
    items: Sequence[LabelledQuestion | LabelledMessage], size: int, chance: random.Random
) -> list[list[LabelledQuestion | LabelledMessage]]:
    """Deal the items into batches of like length, in random order."""
    dealt = chance.sample(items, len(items))
    batches = []
    for first in range(0, len(dealt), size * _POOL):
        pool = sorted(dealt[first : first + size * _POOL], key=lambda item: len(_text(item)))
        batches += [pool[start : start + size] for start in range(0, len(pool), size)]
    chance.shuffle(batches)
    return batches


def _text(item: LabelledQuestion | LabelledMessage) -> str:
    if isinstance(item, LabelledMessage):
        return item.message
    return in_context(item.row.question, item.row.previous)


@dataclass(frozen=True)
class _Outcomes:
    """The outcomes of the head and where each section of them stands."""

    names: tuple[str, ...]
    urgency: slice
    signs: slice
    facts: slice
    kinds: slice

    @classmethod
    def of(cls, forms: Sequence[Form], signs: Sequence[str]) -> _Outcomes:
        facts = sorted({fact for form in forms for fact in form.facts})
        sections = [
            ["urgency:urgent", "urgency:emergency"],
            [f"sign:{name}" for name in signs],
            [f"fact:{name}" for name in (*facts, NO_FACT)],
            [f"kind:{name}" for name in KINDS],
        ]
        stops = list(itertools.accumulate(map(len, sections)))
        places = [slice(stop - len(section), stop) for section, stop in zip(sections, stops, strict=True)]
        return cls(tuple(itertools.chain(*sections)), *places)

    def within(self, section: slice) -> dict[str, int]:
        """Give the place of each outcome within its section, by its name there."""
        return {name.partition(":")[2]: place for place, name in enumerate(self.names[section])}


class _Lesson:
    """What the student is asked, and how far off its answers are."""

    def __init__(
        self,
        student: _Student,
        outcomes: _Outcomes,
        forms: Sequence[Form],
        questions: Sequence[LabelledQuestion],
        messages: Sequence[LabelledMessage],
        chance: random.Random,
    ) -> None:
        self._student, self._outcomes, self._chance = student, outcomes, chance
        self._texts = [form.text for form in forms]
        self._signs = outcomes.within(outcomes.signs)
        self._facts = outcomes.within(outcomes.facts)
        self._kinds = outcomes.within(outcomes.kinds)
        self._states = torch.stack([self._row(form.facts) for form in forms])
        self._calm = [
            *(question.row.question for question in questions),
            *(message.message for message in messages if message.urgency is Urgency.ROUTINE),
        ]
        self._forms = Tensor()

    def embed_forms(self) -> None:
        """Embed the forms with the student as it is now."""
        self._forms = self._student.embed(self._texts)

    def loss(self, batch: Sequence[LabelledQuestion | LabelledMessage]) -> Tensor:
        """Say how far off the student is on a batch."""
        texts, levels, signs, kinds, asked = [], [], [], [], []
        for place, item in enumerate(batch):
            text = _text(item)
            if isinstance(item, LabelledQuestion):
                levels.append([0.0, 0.0])
                signs.append(-1)
                kinds.append(self._kinds[item.kind])
                asked.append((place, self._row(item.facts if item.kind in STATED else ()), item.kind))
            else:
                text = self._joined(text)
                levels.append([item.urgency is not Urgency.ROUTINE, item.urgency is Urgency.EMERGENCY])
                signs.append(self._signs.get(item.sort, -1))
                kinds.append(-1)
            texts.append(self._worn(text))
        states, mask, vectors = self._student(texts)
        scores = self._student.head(states, mask, vectors)
        wanted = torch.tensor(levels, dtype=torch.float32) * (1 - 2 * _SMOOTHING) + _SMOOTHING
        loss = functional.binary_cross_entropy_with_logits(scores[:, self._outcomes.urgency], wanted)
        for labels, section in ((signs, self._outcomes.signs), (kinds, self._outcomes.kinds)):
            if max(labels) >= 0:
                named = torch.tensor(labels)
                loss = loss + 0.5 * functional.cross_entropy(scores[:, section], named, ignore_index=-1)
        if asked:
            places, facts, kinds_asked = zip(*asked, strict=True)
            stated = torch.stack(facts)
            loss = loss + self._retrieval_loss(vectors[list(places)], stated)
            loss = loss + self._fact_loss(scores[list(places), self._outcomes.facts], stated, kinds_asked)
        return loss

    def _fact_loss(self, scores: Tensor, facts: Tensor, kinds: Sequence[str]) -> Tensor:
        """Cross-entropy with all labelled facts alike, or with "none"; a partial answer is half of each."""
        halves = torch.tensor([[0.5 if kind == "partial" else 0.0] for kind in kinds])
        none = torch.where(facts.any(1, keepdim=True), halves, 1.0)
        wanted = facts.clone()
        wanted[:, self._facts[NO_FACT]] = 0
        wanted = wanted / wanted.sum(1, keepdim=True).clamp(min=1) * (1 - none)
        wanted[:, self._facts[NO_FACT]] += 1 - wanted.sum(1)
        return functional.cross_entropy(scores, wanted)

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


def _learned(student: _Student, outcomes: _Outcomes) -> Learned:
    head = student.head
    return Learned(
        changes={
            name: (change.down.detach().numpy(), change.up.detach().numpy()) for name, change in student.changes.items()
        },
        outcomes=outcomes.names,
        token_weights=head.token.weight.detach().numpy(),
        # The constants of training are folded in, so that whoever reads the head need not know them.
        token_bias=head.token.bias.detach().numpy() - math.log(_TYPICAL_TOKENS),
        message_weights=head.message.weight.detach().numpy() * _MESSAGE_SCALE,
    )


def save(learned: Learned, folder: Path, *, base_sha256: str) -> None:
    """Save what was learned beside its place and move it there when whole.

    Args:
        learned: What `train` gave.
        folder: Where the weights shall be.
        base_sha256: Fingerprint of the weights that were fine-tuned.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".learned-") as aside:
        Adapter.save(Path(aside), learned.changes, base_sha256=base_sha256)
        head = Head(
            learned.outcomes,
            learned.token_weights,
            learned.token_bias,
            learned.message_weights,
            encoder_sha256=hashlib.sha256((Path(aside) / ADAPTER).read_bytes()).hexdigest(),
        )
        head.save(Path(aside))
        for stale in (DECISION, THRESHOLDS):  # they were fitted to other weights
            (folder / stale).unlink(missing_ok=True)
        for path in Path(aside).iterdir():
            path.chmod(0o644)
            path.replace(folder / path.name)
