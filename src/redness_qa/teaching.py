"""What the larger models share that learn from labels and judge texts for the small readers to learn from.

The small model learns from the larger one's probabilities, on more texts than have labels (Hinton, Vinyals and Dean,
2015, arXiv:1503.02531). A small reader that has learned already may judge beside the larger one: they err on different
texts, and the mean of both errs less than either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from torch import Tensor

from redness_qa.encoder import bundled_folder
from redness_qa.errors import EncoderError
from redness_qa.head import Head
from redness_qa.learning import Student

_BATCH = 64  # texts read at once
_FROZEN_BLOCKS = 4  # lowest ones, which learn nothing: they read letters and words
_NEEDED = ("config.json", "tokenizer.json")

Larger = TypeVar("Larger", bound=Student)


def load_teacher(kind: type[Larger], folder: Path, outcome_count: int) -> tuple[Larger, list[Tensor]]:
    """Load a model with an untaught head, and let the upper blocks of its encoder learn.

    Args:
        kind: What it is loaded as.
        folder: A sentence-transformers model that pools by the mean.
        outcome_count: Of its head.

    Returns:
        The model, and the weights of its encoder that learn.

    Raises:
        EncoderError: The folder holds no model, or one of another shape than BERT's.
    """
    try:
        if missing := [name for name in _NEEDED if not (folder / name).is_file()]:
            raise FileNotFoundError(f"it has no {' and no '.join(missing)}")
        model = kind(folder, outcome_count)
        blocks = model.encoder.encoder.layer
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise EncoderError(
            f"{folder} holds no model that could learn ({error}); give the folder of a sentence-transformers model "
            f"of the shape of BERT or MPNet"
        ) from error
    return model, [weights.requires_grad_(True) for block in blocks[_FROZEN_BLOCKS:] for weights in block.parameters()]


def load_small(kind: type[Larger], folder: Path) -> tuple[Larger, tuple[str, ...]]:
    """Load a small reader that has learned already, with the names of its outcomes.

    Raises:
        EncoderError: The folder holds no weights of the bundled model.
    """
    head = Head.load(folder)
    if head is None:
        raise EncoderError(f"{folder} holds no head; name a folder that `train` or `train-signs` made")
    reader = kind(bundled_folder(), len(head.outcomes))
    reader.go_on_from(folder, head.outcomes)
    return reader, head.outcomes


@torch.no_grad()
def scores_of(
    model: Student, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[str, Tensor]]:
    """Give the scores of the head for texts, each once; they come back in another order, short ones first."""
    model.eval()
    ordered = sorted(dict.fromkeys(texts), key=len)
    for first in range(0, len(ordered), _BATCH):
        batch = ordered[first : first + _BATCH]
        yield from zip(batch, model.head(*model(batch)), strict=True)
        if progress is not None:
            progress(min(first + _BATCH, len(ordered)), len(ordered))


def mean_scores(readings: Sequence[Iterable[tuple[str, Tensor]]]) -> Iterator[tuple[str, Tensor]]:
    """Give the mean of what several models make of the same texts, read in the same order."""
    for each in zip(*readings, strict=True):
        yield each[0][0], torch.stack([scores for _, scores in each]).mean(0)
