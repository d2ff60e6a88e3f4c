"""The mean of several trainings: it often reads better than each of them, and costs no more to ask.

Wortsman et al., Model soups, 2022, arXiv:2203.05482.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redness_qa.errors import EncoderError
from redness_qa.head import Head
from redness_qa.learning import Learned, low_rank_factors
from redness_qa.weights import Adapter


def average_weights(folders: Sequence[Path], *, rank: int) -> tuple[Learned, str]:
    """Average weights that were learned of the same outcomes, on the same model, each by itself.

    Args:
        folders: Two folders of weights or more.
        rank: Of the change that is kept: the nearest one to the mean.

    Returns:
        The mean, and the fingerprint of the weights that were fine-tuned.

    Raises:
        EncoderError: There is one folder only, or weights are missing, damaged, or of other outcomes, models or layers.
    """
    if len({folder.resolve() for folder in folders}) < max(2, len(folders)):
        raise EncoderError(
            f"a mean is of two different trainings or more, not of {', '.join(map(str, folders))}; name other folders"
        )
    trainings = [_load(folder) for folder in folders]
    adapter, head = trainings[0]
    for folder, training in zip(folders, trainings, strict=True):
        if _shape(*training) != _shape(adapter, head):
            raise EncoderError(
                f"{folder} was learned of other outcomes or on another model than {folders[0]}; average trainings of "
                f"the same command on the same data"
            )
    changes = {}
    for name in adapter.changes:
        each = [up @ down for down, up in (one.changes[name] for one, _ in trainings)]
        changes[name] = low_rank_factors(_mean(each), rank=rank)
    heads = [head for _, head in trainings]
    learned = Learned(
        changes=changes,
        outcomes=head.outcomes,
        token_weights=_mean([head.token_weights for head in heads]),
        token_bias=_mean([head.token_bias for head in heads]),
        message_weights=_mean([head.message_weights for head in heads]),
    )
    return learned, adapter.base_sha256


def _load(folder: Path) -> tuple[Adapter, Head]:
    adapter, head = Adapter.load(folder), Head.load(folder)
    if head is None or head.encoder_sha256 != adapter.sha256:
        raise EncoderError(f"{folder} holds no head of its adapter; name a folder that `train` or `train-signs` made")
    return adapter, head


def _shape(adapter: Adapter, head: Head) -> tuple[object, ...]:
    layers = {name: (down.shape[1], up.shape[0]) for name, (down, up) in adapter.changes.items()}
    return adapter.base_sha256, layers, head.outcomes, head.token_weights.shape


def _mean(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = np.mean(np.stack(arrays), axis=0)
    return mean
