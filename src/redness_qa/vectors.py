"""Matrices of unit rows: the one place that makes and checks them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatMatrix = NDArray[np.float32]
"""Vectors as rows: shape (n, dim), float32, each row of length 1."""

StoredMatrix = NDArray[np.float16] | NDArray[np.float32]
"""Such vectors as an index keeps them: in half precision where they stay on disk."""

_BLOCK_ROWS = 65_536

LENGTH_TOLERANCE = 1e-3
"""How far from 1 the length of a row may be; float32 rounding stays far below it."""


def unit_rows(values: ArrayLike) -> FloatMatrix:
    """Scale each row to length 1.

    Args:
        values: Finite numbers, shape (n, dim).

    Returns:
        A new matrix, shape (n, dim), float32, in C order.

    Raises:
        ValueError: Not two-dimensional, not finite, or a row is zero.
    """
    matrix = np.array(values, dtype=np.float32, order="C")
    if matrix.ndim != 2:
        raise ValueError(f"vectors must have shape (n, dim), not {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError("vectors must be finite; at least one value is not a number or infinite")
    # Squares of float32 numbers stay within float64, so no row is too short or too long to have a direction.
    lengths = np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    if (lengths == 0).any():
        raise ValueError(f"row {int(np.argmin(lengths))} is all zeros and has no direction")
    matrix /= lengths
    return matrix


def check_unit_rows(matrix: StoredMatrix, *, dim: int) -> None:
    """Refuse anything but unit rows of the given dimension.

    Raises:
        ValueError: Wrong shape, type or length; the message names what was found.
    """
    if matrix.ndim != 2 or matrix.shape[1] != dim:
        raise ValueError(f"vectors must have shape (n, {dim}), not {matrix.shape}")
    if matrix.dtype != np.float32:
        raise ValueError(f"vectors must be float32, not {matrix.dtype}")
    if len(matrix) and not np.allclose(np.linalg.norm(matrix, axis=1), 1.0, atol=LENGTH_TOLERANCE):
        raise ValueError("vectors must have length 1; pass them through unit_rows")


def rounded(matrix: StoredMatrix) -> FloatMatrix:
    """Round to the nearest numbers of half precision, which an index stores; a cosine moves by less than 0.001."""
    return matrix.astype(np.float16).astype(np.float32)


def cosines(rows: StoredMatrix, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compare unit rows, shape (n, dim), with a unit vector, shape (dim,); rows on disk are read block by block."""
    if rows.dtype == np.float32:
        return rows @ vector
    blocks = (rows[first : first + _BLOCK_ROWS] for first in range(0, len(rows), _BLOCK_ROWS))
    return np.concatenate([np.empty(0, np.float32), *(block.astype(np.float32) @ vector for block in blocks)])


def row_cosines(rows: StoredMatrix, vector: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compare as `cosines` does, in float32, but sum each row by itself: equal rows score alike wherever they stand."""
    each: NDArray[np.float64] = np.einsum("ij,j->i", np.asarray(rows, dtype=np.float32), vector).astype(np.float64)
    return each
