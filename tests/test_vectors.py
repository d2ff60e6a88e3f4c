from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from redness_qa.vectors import FloatMatrix, check_unit_rows, cosines, row_cosines, unit_rows


def test_unit_rows_of_hand_worked_numbers() -> None:
    rows = unit_rows([[3.0, 4.0], [0.0, -2.0], [5.0, 12.0], [0.5, 0.0]])
    expected = np.array([[0.6, 0.8], [0, -1], [5 / 13, 12 / 13], [1, 0]], dtype=np.float32)
    np.testing.assert_array_equal(rows, expected)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous


@pytest.mark.parametrize("size", [1e-30, 1e-3, 1e3, 1e38])
def test_unit_rows_of_numbers_whose_squares_leave_float32(size: float) -> None:
    np.testing.assert_allclose(unit_rows([[3 * size, 4 * size / 2, 0]]), [[3 / 13**0.5, 2 / 13**0.5, 0]], rtol=1e-6)


def test_unit_rows_leaves_its_input_alone() -> None:
    values = np.array([[3, 4]], dtype=np.float32)
    unit_rows(values)[0, 0] = 9
    assert values.tolist() == [[3, 4]]


def test_unit_rows_of_columns_in_memory_come_in_c_order() -> None:
    values = np.asfortranarray(np.array([[3, 4], [6, 8]], dtype=np.float32))
    assert unit_rows(values).flags.c_contiguous


def test_no_rows_stay_no_rows() -> None:
    assert unit_rows(np.empty((0, 3))).shape == (0, 3)
    check_unit_rows(np.empty((0, 3), dtype=np.float32), dim=3)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param([1, 2], r"shape \(n, dim\), not \(2,\)", id="one dimension"),
        pytest.param([[[1.0]]], r"not \(1, 1, 1\)", id="three dimensions"),
        pytest.param([[1, 0], [0, 0], [0, 1]], "row 1 is all zeros", id="zero row"),
        pytest.param([[1, float("nan")]], "finite", id="not a number"),
        pytest.param([[1, float("inf")]], "finite", id="infinite"),
    ],
)
def test_unit_rows_refuses(values: list[object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        unit_rows(values)  # type: ignore[arg-type]


@given(arrays(np.float32, (3, 5), elements=st.floats(0.0078125, 1024, width=32)))
def test_unit_rows_keep_direction_and_have_length_one(values: FloatMatrix) -> None:
    rows = unit_rows(values)
    check_unit_rows(rows, dim=5)
    np.testing.assert_allclose(np.linalg.norm(rows.astype(np.float64), axis=1), 1, atol=1e-6)
    lengths = np.linalg.norm(values.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(rows * lengths, values, rtol=1e-5)


@pytest.mark.parametrize(
    ("matrix", "told"),
    [
        pytest.param(np.ones((2, 3), dtype=np.float32), r"shape \(n, 2\), not \(2, 3\)", id="other dimension"),
        pytest.param(np.ones(2, dtype=np.float32), r"not \(2,\)", id="one dimension"),
        pytest.param(np.array([[0.6, 0.8]]), "float32, not float64", id="double"),
        pytest.param(np.array([[0.6, 0.8], [0.6, 0.81]], dtype=np.float32), "length 1", id="one row too long"),
        pytest.param(np.array([[0.6, 0.79]], dtype=np.float32), "length 1", id="too short"),
        pytest.param(np.zeros((1, 2), dtype=np.float32), "length 1", id="zero row"),
        pytest.param(np.array([[np.nan, 1]], dtype=np.float32), "length 1", id="not a number"),
    ],
)
def test_check_unit_rows_refuses(matrix: FloatMatrix, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_unit_rows(matrix, dim=2)


def test_check_unit_rows_allows_rounding() -> None:
    check_unit_rows(np.array([[0.6, 0.8], [0.6, 0.8005]], dtype=np.float32), dim=2)


@pytest.mark.parametrize("stored", [np.float32, np.float16])
def test_both_ways_of_comparing_give_the_cosines(stored: type[np.floating]) -> None:
    chance = np.random.default_rng(3)
    rows = unit_rows(chance.normal(size=(50, 384))).astype(stored)
    vector = unit_rows(chance.normal(size=(1, 384)))[0]
    expected = rows.astype(np.float64) @ vector.astype(np.float64)

    np.testing.assert_allclose(cosines(rows, vector), expected, atol=1e-6)
    np.testing.assert_allclose(row_cosines(rows, vector), expected, atol=1e-6)
    assert cosines(rows[:0], vector).shape == row_cosines(rows[:0], vector).shape == (0,)


def test_equal_rows_compare_alike_wherever_they_stand() -> None:
    chance = np.random.default_rng(4)
    rows = unit_rows(chance.normal(size=(37, 384)))
    rows[[5, 18, 36]] = rows[0]

    compared = row_cosines(rows, unit_rows(chance.normal(size=(1, 384)))[0])

    assert len(set(compared[[0, 5, 18, 36]].tolist())) == 1
