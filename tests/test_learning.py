from __future__ import annotations

import numpy as np
import pytest

from redness_qa.learning import low_rank_factors


def test_the_factors_of_a_change_of_low_rank_give_it_back() -> None:
    generator = np.random.default_rng(1)
    change = (generator.normal(size=(40, 3)) @ generator.normal(size=(3, 20))).astype(np.float32)

    down, up = low_rank_factors(change, rank=3)

    assert (down.shape, up.shape) == ((3, 20), (40, 3))
    np.testing.assert_allclose(up @ down, change, atol=1e-4)


def test_the_factors_of_a_change_of_high_rank_are_the_nearest_of_their_rank() -> None:
    """What is left is the root of the sum of the squares of the singular values that were cut (Eckart and Young)."""
    change = np.random.default_rng(2).normal(size=(12, 9)).astype(np.float32)

    down, up = low_rank_factors(change, rank=4)

    cut = np.linalg.svd(change, compute_uv=False)[4:]
    assert np.linalg.norm(change - up @ down) == pytest.approx(np.sqrt((cut**2).sum()), rel=1e-4)
