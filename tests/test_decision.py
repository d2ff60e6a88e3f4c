from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.answer import Status
from redness_qa.decision import (
    ANSWERED_FROM,
    OFF_TOPIC_BELOW,
    PARTIAL_FROM,
    REFER_FROM,
    Calibration,
    Decision,
    Features,
    Logistic,
    decide,
)
from redness_qa.manifest import Manifest
from redness_qa.passages import Hit, Limit, LimitKind, Passage, Source
from redness_qa.retriever import Evidence

SHIPPED = Calibration.load()
PASSAGE = Passage("p", "a.md", "A", "A.", 0, 2, ("F12",), (Source("Leaflet", "A Clinic"),), "", ())
LIMIT = Limit("medicines", LimitKind.REFER, "Only a prescriber may say.", "Ask a pharmacist.", ("may i take it",))
# The background makes scores and deviations the same numbers.
MANIFEST = Manifest(
    encoder="word-encoder",
    weights_sha256="0",
    dim=8,
    chunking={},
    corpus_fingerprint="0",
    documents={},
    passages=1,
    rows=1,
    background_mean=0.0,
    background_deviation=1.0,
    versions={},
    files={},
)


def evidence(
    *scores: float,
    runner_up: float = 0.0,
    nearest_row: float | None = None,
    limit: float | None = None,
    kind: LimitKind = LimitKind.REFER,
) -> Evidence:
    return Evidence(
        hits=tuple(Hit(PASSAGE, score, rank) for rank, score in enumerate(scores, start=1)),
        runner_up_score=runner_up,
        nearest_row=scores[0] if nearest_row is None else nearest_row,
        limit=None if limit is None else replace(LIMIT, kind=kind),
        limit_score=limit or 0.0,
    )


def always(probability: float) -> Calibration:
    """Give that probability whatever the evidence is."""
    fixed = Logistic(math.log(probability / (1 - probability)), 0.0, 0.0, 0.0)
    return Calibration(with_limits=fixed, without_limits=fixed)


def decided(found: Evidence, probability: float) -> Decision:
    return decide(found, manifest=MANIFEST, calibration=always(probability))


def test_features_are_told_in_deviations_above_the_background() -> None:
    manifest = replace(MANIFEST, background_mean=0.2, background_deviation=0.1)

    features = Features.of(evidence(0.6, runner_up=0.4, nearest_row=0.7, limit=0.9), manifest)

    assert (features.similarity, features.lead, features.limit_lead) == pytest.approx((4.0, 2.0, -2.0))
    assert Features.of(evidence(0.7), manifest).limit_lead == 0.0


def test_the_probability_is_the_logistic_function_of_the_weighted_features() -> None:
    model = Logistic(intercept=-1.0, similarity=0.5, lead=2.0, limit_lead=-0.25)

    probability = model.probability(Features(similarity=4.0, lead=0.5, limit_lead=2.0))

    assert probability == pytest.approx(1 / (1 + math.exp(-1.5)))


def test_an_index_with_limits_has_weights_of_its_own() -> None:
    calibration = Calibration(with_limits=Logistic(1.0, 0, 0, 0), without_limits=Logistic(-1.0, 0, 0, 0))

    assert calibration.probability(evidence(2.0, limit=1.0), MANIFEST) == pytest.approx(0.7310586)
    assert calibration.probability(evidence(2.0), MANIFEST) == pytest.approx(0.2689414)


@pytest.mark.parametrize(
    ("found", "probability", "status"),
    [
        pytest.param(evidence(2.0), ANSWERED_FROM, Status.ANSWERED, id="just likely enough"),
        pytest.param(evidence(2.0), ANSWERED_FROM - 1e-6, Status.PARTIAL, id="just not likely enough"),
        pytest.param(evidence(2.0), PARTIAL_FROM + 1e-6, Status.PARTIAL, id="just related"),
        pytest.param(evidence(2.0), PARTIAL_FROM - 1e-6, Status.NOT_COVERED, id="just not related"),
        pytest.param(evidence(OFF_TOPIC_BELOW), 0.01, Status.NOT_COVERED, id="just near"),
        pytest.param(evidence(OFF_TOPIC_BELOW - 1e-6), 0.49, Status.OFF_TOPIC, id="just not near"),
        pytest.param(evidence(0.0), 0.9, Status.ANSWERED, id="likely though not near"),
        pytest.param(evidence(0.0, limit=1.4), 0.01, Status.OFF_TOPIC, id="limit not near either"),
        pytest.param(evidence(0.0, limit=1.6), 0.01, Status.NOT_COVERED, id="limit near makes it no other subject"),
        pytest.param(evidence(2.0, limit=REFER_FROM), 0.4, Status.REFER, id="limit near enough to refer"),
        pytest.param(evidence(2.0, limit=REFER_FROM - 1e-6), 0.4, Status.NOT_COVERED, id="limit too far to refer"),
        pytest.param(evidence(2.0, limit=9.0, kind=LimitKind.NOT_COVERED), 0.4, Status.NOT_COVERED, id="not covered"),
        pytest.param(evidence(2.0, nearest_row=4.0, limit=3.5), 0.4, Status.PARTIAL, id="a row nearer than the limit"),
        pytest.param(evidence(2.0, limit=9.0), 0.6, Status.ANSWERED, id="likely in spite of the limit"),
    ],
)
def test_the_status_follows_from_probability_and_nearness(found: Evidence, probability: float, status: Status) -> None:
    decision = decided(found, probability)

    assert decision.status is status
    assert decision.probability == pytest.approx(probability)
    assert (decision.quoted > 0) is (status in (Status.ANSWERED, Status.PARTIAL, Status.REFER))


def test_an_index_without_limits_can_call_a_question_off_topic_whatever_its_background() -> None:
    manifest = replace(MANIFEST, background_mean=-0.5, background_deviation=0.1)

    assert decide(evidence(-0.5), manifest=manifest, calibration=always(0.1)).status is Status.OFF_TOPIC


@pytest.mark.parametrize(
    ("scores", "quoted"),
    [
        pytest.param((5.0,), 1, id="one hit"),
        pytest.param((5.0, 4.0, 3.9), 2, id="up to one deviation below"),
        pytest.param((5.0, 3.9, 3.8), 1, id="none near the first"),
        pytest.param((5.0, 5.0, 5.0), 3, id="ties"),
    ],
)
def test_further_hits_are_quoted_near_the_first(scores: tuple[float, ...], quoted: int) -> None:
    assert decided(evidence(*scores), 0.9).quoted == quoted
    assert decided(evidence(*scores), 0.3).quoted == quoted


SCORE = st.floats(-1, 1)


@given(st.lists(SCORE, min_size=2, max_size=2), SCORE, st.none() | SCORE, st.none() | SCORE, st.floats(0.01, 0.5))
def test_a_higher_first_score_never_lowers_the_probability(
    scores: list[float], runner_up: float, nearest_row: float | None, limit: float | None, deviation: float
) -> None:
    manifest = replace(MANIFEST, background_mean=0.2, background_deviation=deviation)
    low, high = (
        SHIPPED.probability(evidence(score, runner_up=runner_up, nearest_row=nearest_row, limit=limit), manifest)
        for score in sorted(scores)
    )

    assert low <= high


@given(SCORE, st.lists(SCORE, min_size=2, max_size=2), SCORE)
def test_a_nearer_limit_never_raises_the_probability(score: float, limits: list[float], runner_up: float) -> None:
    low, high = (
        SHIPPED.probability(evidence(score, runner_up=runner_up, limit=limit), MANIFEST)
        for limit in sorted(limits, reverse=True)
    )

    assert low <= high


@pytest.mark.parametrize("score", [-1e300, -1e4, 1e4, 1e300])
def test_extreme_scores_do_not_overflow(score: float) -> None:
    decision = decide(evidence(score), manifest=MANIFEST, calibration=SHIPPED)

    assert decision.probability == pytest.approx(0.0 if score < 0 else 1.0)


def test_the_calibration_is_written_as_it_is_read() -> None:
    fields = SHIPPED.to_json()

    assert Calibration(**{name: Logistic(**weights) for name, weights in fields.items()}) == SHIPPED
    assert SHIPPED.without_limits.limit_lead == 0.0
