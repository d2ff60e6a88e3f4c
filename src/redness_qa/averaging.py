"""The mean of several trainings: it reads better than each of them, and costs no more to ask.

Wortsman et al., Model soups, 2022, arXiv:2203.05482.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from redness_qa.errors import EncoderError
from redness_qa.head import Head
from redness_qa.learning import Learned, factors
from redness_qa.weights import Adapter


def mean_of(folders: Sequence[Path], *, rank: int) -> tuple[Learned, str]:
    """Average weights that were learned of the same outcomes, on the same model, each by itself.

    Args:
        folders: Two folders of weights or more.
        rank: Of the change that is kept: the nearest one to the mean.

    Returns:
        The mean, and the fingerprint of the weights that were fine-tuned.

    Raises:
        EncoderError: There is one folder only, or weights are missing, damaged, or of other outcomes or models.
    """
    if len(folders) < 2:
        raise EncoderError(f"a mean is of two trainings or more, not of {len(folders)}; name more folders")
    adapters = [Adapter.load(folder) for folder in folders]
    heads = [_head(folder) for folder in folders]
    for folder, adapter, head in zip(folders[1:], adapters[1:], heads[1:], strict=True):
        if (adapter.base_sha256, adapter.changes.keys(), head.outcomes) != (
            adapters[0].base_sha256,
            adapters[0].changes.keys(),
            heads[0].outcomes,
        ):
            raise EncoderError(
                f"{folder} was learned of other outcomes or on another model than {folders[0]}; average trainings of "
                f"the same command on the same data"
            )
    changes = {}
    for name in adapters[0].changes:
        changes[name] = factors(_mean([up @ down for down, up in (each.changes[name] for each in adapters)]), rank=rank)
    learned = Learned(
        changes=changes,
        outcomes=heads[0].outcomes,
        token_weights=_mean([head.token_weights for head in heads]),
        token_bias=_mean([head.token_bias for head in heads]),
        message_weights=_mean([head.message_weights for head in heads]),
    )
    return learned, adapters[0].base_sha256


def _head(folder: Path) -> Head:
    head = Head.load(folder)
    if head is None:
        raise EncoderError(f"{folder} holds no weights; name a folder that `train` or `train-signs` made")
    return head


def _mean(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = np.mean(np.stack(arrays), axis=0)
    return mean
