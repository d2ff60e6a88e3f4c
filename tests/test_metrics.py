from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluated import about
from redness_qa.metrics import (
    Z_95,
    CoveragePoint,
    Estimate,
    Paired,
    ReliabilityBin,
    Share,
    auroc,
    average_precision,
    calibration_error_by_chance,
    expected_calibration_error,
    hit_at,
    mcnemar,
    mean,
    precision_by_coverage,
    reciprocal_rank,
    reliability,
)

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


@pytest.mark.parametrize(
    ("ranked", "reciprocal", "precision"),
    [
        pytest.param([True], 1.0, 1.0, id="only one"),
        pytest.param([False, True, True], 1 / 2, (1 / 2 + 2 / 3) / 2, id="second and third"),
        pytest.param([True, False, True, False, False, True], 1.0, (1 + 2 / 3 + 3 / 6) / 3, id="spread out"),
        pytest.param([False, False], 0.0, 0.0, id="none relevant"),
        pytest.param([], 0.0, 0.0, id="no result"),
    ],
)
def test_ranks_are_weighed_as_by_hand(ranked: list[bool], reciprocal: float, precision: float) -> None:
    assert reciprocal_rank(ranked) == pytest.approx(reciprocal)
    assert average_precision(ranked) == pytest.approx(precision)


def test_a_mean_has_the_interval_of_the_normal_distribution() -> None:
    found = mean([0.0, 1.0, 0.5, 0.5])  # variance (0.25 + 0.25) / 3, so the standard error is the root of 1 / 24

    assert (found.value, found.total) == (0.5, 4)
    assert (found.low, found.high) == pytest.approx((0.5 - Z_95 / 24**0.5, 0.5 + Z_95 / 24**0.5))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([0.9, 1.0], (0.95 - Z_95 * 0.05, 1.0), id="cut at 1"),
        pytest.param([0.3], (0.0, 1.0), id="one value tells nothing of the rest"),
    ],
)
def test_a_mean_stays_within_its_range(values: list[float], expected: tuple[float, float]) -> None:
    found = mean(values)

    assert (found.low, found.high) == pytest.approx(expected)


def test_an_estimate_is_written_with_its_interval_and_count() -> None:
    assert str(Estimate(0.625, 0.4581, 0.768, 32)) == "0.625 (0.458 to 0.768; 32)"
    assert str(mean([])) == "no case"


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [
        pytest.param(1, 6, 2 * (1 + 7) / 2**7, id="1 against 6"),
        pytest.param(0, 5, 2 / 2**5, id="0 against 5"),
        pytest.param(3, 3, 1.0, id="equal"),
        pytest.param(0, 0, 1.0, id="never different"),
    ],
)
def test_the_paired_test_is_binomial_in_the_cases_that_differ(
    only_first: int, only_second: int, p_value: float
) -> None:
    first = [True] * only_first + [False] * only_second + [True, False, True]
    second = [False] * only_first + [True] * only_second + [True, False, True]

    assert mcnemar(first, second) == Paired(only_first, only_second, about(p_value))


def test_cases_without_a_partner_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        mcnemar([True], [])


@pytest.mark.parametrize(
    ("positive", "negative", "area"),
    [
        pytest.param([0.9, 0.5, 0.4], [0.5, 0.1], 4.5 / 6, id="one tie of six pairs"),
        pytest.param([0.9, 0.8], [0.1], 1.0, id="parted"),
        pytest.param([0.1], [0.9, 0.8], 0.0, id="upside down"),
        pytest.param([0.5] * 3, [0.5] * 4, 0.5, id="all equal"),
    ],
)
def test_the_area_is_the_share_of_pairs_in_order(positive: list[float], negative: list[float], area: float) -> None:
    found = auroc(positive, negative)

    assert (found.value, found.total) == (about(area), len(positive) + len(negative))
    assert found.low <= area <= found.high


def newcombe_error(area: float, m: int, n: int) -> float:
    """Give the standard error of Newcombe's method 5 at a true area, as the paper writes it."""
    size = 0.5 * (m + n) - 1
    return math.sqrt(area * (1 - area) * (1 + size * (1 - area) / (2 - area) + size * area / (1 + area)) / (m * n))


@pytest.mark.parametrize(("m", "n"), [(3, 2), (40, 25), (200, 1000)])
@pytest.mark.parametrize("above", [0.55, 0.8, 1.0])
def test_the_interval_of_an_area_ends_where_it_is_1_96_errors_away(m: int, n: int, above: float) -> None:
    found = auroc([1.0] * round(above * m) + [-1.0] * (m - round(above * m)), [0.0] * n)

    assert (found.value - found.low) == pytest.approx(Z_95 * newcombe_error(found.low, m, n), rel=1e-6)
    if found.value < 1:
        assert (found.high - found.value) == pytest.approx(Z_95 * newcombe_error(found.high, m, n), rel=1e-6)
    else:
        assert found.high == 1
        assert found.low < 1 - 1e-4


def test_no_area_is_no_number() -> None:
    assert math.isnan(auroc([], [0.5]).value)
    assert math.isnan(auroc([0.5], []).value)


STATED = [0.05, 0.15, 0.15, 0.95, 1.0]
RIGHT = [False, True, False, True, False]


def test_cases_are_sorted_into_bins_of_equal_width() -> None:
    assert reliability(STATED, RIGHT) == [
        ReliabilityBin(0.0, 0.1, about(0.05), Share(0, 1)),
        ReliabilityBin(0.1, 0.2, about(0.15), Share(1, 2)),
        ReliabilityBin(0.9, 1.0, about(0.975), Share(1, 2)),
    ]
    assert reliability([0.1, 0.7], [True, True])[1].low == 0.7
    assert reliability([], []) == []


def test_the_calibration_error_is_the_mean_distance_weighted_by_cases() -> None:
    found = expected_calibration_error(STATED, RIGHT)

    assert found.value == pytest.approx((1 * 0.05 + 2 * 0.35 + 2 * 0.475) / 5)
    assert found.total == 5


def test_the_calibration_error_has_the_interval_of_its_draws() -> None:
    # Of four cases at 0.5, a draw has 0 to 4 right, as often as heads in four throws: 0 or 4 in 2 of 16.
    assert expected_calibration_error([0.5] * 4, [True, True, False, False]) == Estimate(0.0, 0.0, 0.5, 4)
    assert expected_calibration_error([1.0] * 9, [True] * 9) == Estimate(0.0, 0.0, 0.0, 9)
    assert math.isnan(expected_calibration_error([], []).value)


def test_the_calibration_error_by_chance_is_that_of_throws() -> None:
    # Of eight throws 1 or 7 are heads, or more extreme, in 18 of 256; 0 or 8 in 2 of 256.
    assert calibration_error_by_chance([0.5] * 8) == 3 / 8
    assert calibration_error_by_chance([1.0, 0.0]) == 0.0
    assert math.isnan(calibration_error_by_chance([]))


def test_precision_is_given_wherever_a_threshold_can_part() -> None:
    assert precision_by_coverage([0.1, 0.8, 0.9, 0.8], [False, False, True, True]) == [
        CoveragePoint(1 / 4, 0.9, Share(1, 1)),
        CoveragePoint(3 / 4, 0.8, Share(2, 3)),
        CoveragePoint(1.0, 0.1, Share(2, 4)),
    ]
    assert precision_by_coverage([], []) == []
