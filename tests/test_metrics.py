from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.metrics import Share, hit_at

RANKED = [("F01",), ("F12", "F13"), (), ("F30",)]


@pytest.mark.parametrize(
    ("k", "relevant", "expected"),
    [
        pytest.param(1, {"F01"}, True, id="first"),
        pytest.param(1, {"F12"}, False, id="second is not looked at"),
        pytest.param(2, {"F13"}, True, id="last of the k, second label"),
        pytest.param(3, {"F30"}, False, id="just behind k"),
        pytest.param(4, {"F30", "F99"}, True, id="one of several"),
        pytest.param(99, {"F99"}, False, id="k above size"),
        pytest.param(4, set(), False, id="nothing relevant"),
    ],
)
def test_hit_at_looks_at_the_first_k(k: int, relevant: set[str], expected: bool) -> None:
    assert hit_at(k, RANKED, relevant) is expected


def test_no_results_are_no_hit() -> None:
    assert not hit_at(1, [], {"F01"})


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
# table I, method 3 (score without continuity correction).
@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_the_published_ones(count: int, total: int, low: float, high: float) -> None:
    assert Share(count, total).interval == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_no_case_says_nothing() -> None:
    share = Share(0, 0)

    assert math.isnan(share.value)
    assert share.interval == (0.0, 1.0)
    assert str(share) == "no case"


def test_a_share_is_written_with_its_interval_and_counts() -> None:
    assert str(Share(1, 29)) == "3.4 % (0.6 to 17.2; 1 of 29)"


@given(st.integers(1, 2000), st.data())
def test_the_interval_of_the_rest_is_the_mirror(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    low, high = Share(count, total).interval
    rest_low, rest_high = Share(total - count, total).interval

    assert (low, high) == pytest.approx((1 - rest_high, 1 - rest_low))
    assert low - 1e-12 <= count / total <= high + 1e-12
    assert high - low > Share(4 * count, 4 * total).interval[1] - Share(4 * count, 4 * total).interval[0]
