from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.answer import Status
from redness_qa.decision import (
    ANSWERED_FROM,
    FEATURES,
    LISTED_FROM,
    OFF_TOPIC_FROM,
    PARTIAL_FROM,
    REFER_FROM,
    Calibration,
    Decision,
    Features,
    Logistic,
    decide,
)
from redness_qa.errors import EncoderError
from redness_qa.manifest import Manifest
from redness_qa.passages import Hit, Limit, LimitHit, LimitKind, Passage, Source
from redness_qa.readings import Outlook
from redness_qa.retriever import Evidence
from redness_qa.weights import DECISION

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
    search={"method": "flat"},
    background_mean=0.0,
    background_deviation=1.0,
    versions={},
    files={},
)
KINDS = {"answerable": 0.4, "partial": 0.3, "unanswerable": 0.1, "refer": 0.15, "offtopic": 0.05}
OUTLOOK = Outlook(facts={"F12": 0.5, "F13": 0.3, "none": 0.2}, kinds=KINDS)


def evidence(
    *scores: float,
    runner_up: float = 0.0,
    nearest_row: float | None = None,
    limit: float | None = None,
    limits: Mapping[LimitKind, float] | None = None,
    outlook: Outlook | None = None,
    facts: tuple[str, ...] = ("F12",),
) -> Evidence:
    """Make evidence; `limit` is the score of a limit that refers."""
    found = limits if limits is not None else {} if limit is None else {LimitKind.REFER: limit}
    passage = replace(PASSAGE, facts=facts)
    return Evidence(
        hits=tuple(Hit(passage, score, rank) for rank, score in enumerate(scores, start=1)),
        runner_up_score=runner_up,
        nearest_row=scores[0] if nearest_row is None else nearest_row,
        limits={kind: LimitHit(replace(LIMIT, kind=kind), score) for kind, score in found.items()},
        outlook=outlook,
    )


def fixed(probability: float) -> Logistic:
    """Give that probability whatever the evidence is."""
    return Logistic(math.log(probability / (1 - probability)))


def always(right: float, *, helpful: float = 0.01, refer: float = 0.01, off_topic: float = 0.01) -> Calibration:
    """Give those probabilities whatever the evidence is."""
    return Calibration(fixed(right), fixed(helpful), fixed(refer), fixed(off_topic))


def decided(found: Evidence, calibration: Calibration) -> Decision:
    return decide(found, manifest=MANIFEST, calibration=calibration)


# Features


def test_features_are_told_in_deviations_above_the_background() -> None:
    manifest = replace(MANIFEST, background_mean=0.2, background_deviation=0.1)

    features = Features.of(evidence(0.6, runner_up=0.4, nearest_row=0.7, limit=0.9), manifest)

    assert (features.similarity, features.lead, features.limit_lead) == pytest.approx((4.0, 2.0, -2.0))
    assert features.refer == pytest.approx(7.0)
    assert Features.of(evidence(0.7), manifest).limit_lead == 0.0
    assert Features.of(evidence(0.7), manifest).refer == 0.0


def test_only_a_limit_that_refers_speaks_for_referring_and_the_nearest_of_any_kind_leads() -> None:
    both = {LimitKind.REFER: 0.25, LimitKind.NOT_COVERED: 0.75}

    features = Features.of(evidence(0.5, limits=both), MANIFEST)
    declined = Features.of(evidence(0.5, limits={LimitKind.NOT_COVERED: 0.75}), MANIFEST)

    assert (features.limit_lead, features.refer) == (-0.25, 0.25)
    assert (declined.limit_lead, declined.refer) == (-0.25, 0.0)


def test_what_was_learned_comes_as_log_odds() -> None:
    features = Features.of(evidence(1.0, outlook=OUTLOOK), MANIFEST)

    assert features.expected == pytest.approx(0.0)  # F12 as likely as not
    assert features.stated == pytest.approx(math.log(0.8 / 0.2))
    assert features.answerable == pytest.approx(math.log(0.4 / 0.6))
    assert features.partial == pytest.approx(math.log(0.3 / 0.7))
    assert features.unanswerable == pytest.approx(math.log(0.1 / 0.9))
    assert features.referred == pytest.approx(math.log(0.15 / 0.85))
    assert features.elsewhere == pytest.approx(math.log(0.05 / 0.95))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(("F12", "F13"), math.log(0.8 / 0.2), id="two facts"),
        pytest.param(("F13", "F99"), math.log(0.3 / 0.7), id="one that was not learned"),
        pytest.param(("F99",), math.log(1e-4 / (1 - 1e-4)), id="none that was learned"),
        pytest.param((), math.log(1e-4 / (1 - 1e-4)), id="no fact"),
    ],
)
def test_what_the_first_hit_states_is_expected_as_its_facts_are_together(
    facts: tuple[str, ...], expected: float
) -> None:
    features = Features.of(evidence(1.0, outlook=OUTLOOK, facts=facts), MANIFEST)

    assert features.expected == pytest.approx(expected)


def test_what_further_hits_state_is_expected_too_where_they_answer_the_same_question_forms() -> None:
    found = evidence(1.0, 0.9, outlook=OUTLOOK)
    first, second = found.hits
    asked = replace(first.passage, questions=("how long",))

    def expected(other: Passage) -> float:
        hits = replace(first, passage=asked), replace(second, passage=other)
        return Features.of(replace(found, hits=hits), MANIFEST).expected

    same = replace(asked, facts=("F13",))
    assert expected(same) == pytest.approx(math.log(0.8 / 0.2))
    assert expected(replace(same, questions=("how often",))) == pytest.approx(0.0)


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_certainty_is_capped(certain: float) -> None:
    """A head may be wrong once in ten thousand questions, however sure it is."""
    outlook = Outlook({"F12": certain, "none": 1 - certain}, KINDS | {"refer": certain})

    features = Features.of(evidence(1.0, outlook=outlook), MANIFEST)

    highest = math.log(9999) * (1 if certain else -1)
    assert (features.expected, features.stated, features.referred) == pytest.approx((highest, highest, highest))


def test_without_an_outlook_nothing_is_expected() -> None:
    features = Features.of(evidence(3.0, runner_up=1.0), MANIFEST)

    assert features == Features(similarity=3.0, lead=2.0, limit_lead=0.0)
    assert {getattr(features, name) for name in FEATURES[4:]} == {0.0}


# Probabilities


def test_the_probability_is_the_logistic_function_of_the_weighted_features() -> None:
    model = Logistic(intercept=-1.0, weights={"similarity": 0.5, "lead": 2.0, "limit_lead": -0.25, "elsewhere": 0.5})

    probability = model.probability(Features(similarity=4.0, lead=0.5, limit_lead=2.0, stated=9.0, elsewhere=-1.0))

    assert probability == pytest.approx(1 / (1 + math.exp(-1.0)))
    assert Logistic(intercept=1.0).probability(Features(9.0, 9.0, 9.0)) == pytest.approx(0.7310586)
    assert Logistic(intercept=-1.0).probability(Features(9.0, 9.0, 9.0)) == pytest.approx(0.2689414)


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_can_be_weighed(name: str) -> None:
    features = replace(Features(0.0, 0.0, 0.0), **{name: 3.0})

    assert Logistic(-1.0, {name: 0.5}).probability(features) == pytest.approx(1 / (1 + math.exp(-0.5)))
    for other in set(FEATURES) - {name}:
        assert Logistic(-1.0, {other: 0.5}).probability(features) == pytest.approx(0.2689414)


# Decisions


@pytest.mark.parametrize(
    ("right", "helpful", "refer", "off_topic", "status", "quoted"),
    [
        pytest.param(ANSWERED_FROM, 0.99, 0.01, 0.01, Status.ANSWERED, 1, id="just likely enough"),
        pytest.param(ANSWERED_FROM - 1e-6, 0.99, 0.01, 0.01, Status.PARTIAL, 1, id="just not likely enough"),
        pytest.param(0.01, PARTIAL_FROM + 1e-6, 0.01, 0.01, Status.PARTIAL, 1, id="just related"),
        pytest.param(0.01, 0.99, 0.01, OFF_TOPIC_FROM, Status.OFF_TOPIC, 0, id="related, but of another subject"),
        pytest.param(0.01, PARTIAL_FROM - 1e-6, 0.01, 0.01, Status.NOT_COVERED, 0, id="just not related"),
        pytest.param(0.01, 0.01, 0.01, OFF_TOPIC_FROM, Status.OFF_TOPIC, 0, id="just another subject"),
        pytest.param(0.01, 0.01, 0.01, OFF_TOPIC_FROM - 1e-6, Status.NOT_COVERED, 0, id="just no other subject"),
        pytest.param(0.99, 0.01, 0.01, 0.99, Status.ANSWERED, 1, id="likely though of another subject"),
        pytest.param(0.4, 0.4, REFER_FROM, 0.01, Status.REFER, 0, id="just to be referred"),
        pytest.param(0.4, 0.4, REFER_FROM - 1e-6, 0.01, Status.PARTIAL, 1, id="just not to be referred"),
        pytest.param(0.01, 0.01, REFER_FROM, 0.99, Status.REFER, 0, id="referred though of another subject"),
        pytest.param(0.5, 0.99, 0.99, 0.01, Status.REFER, 1, id="referred with what the guide says"),
        pytest.param(0.5 - 1e-6, 0.99, 0.99, 0.01, Status.REFER, 0, id="referred without what hardly answers"),
        pytest.param(0.99, 0.99, REFER_FROM, 0.01, Status.REFER, 1, id="referred though answered"),
    ],
)
def test_the_status_follows_from_four_probabilities_in_their_order(
    right: float, helpful: float, refer: float, off_topic: float, status: Status, quoted: int
) -> None:
    decision = decided(evidence(2.0), always(right, helpful=helpful, refer=refer, off_topic=off_topic))

    assert decision.status is status
    assert decision.quoted == quoted
    assert decision.probability == pytest.approx(right)


@pytest.mark.parametrize(
    ("score", "status"), [(LISTED_FROM, Status.NOT_COVERED), (LISTED_FROM - 1e-6, Status.OFF_TOPIC)]
)
def test_what_the_guide_lists_as_not_covered_is_no_other_subject(score: float, status: Status) -> None:
    found = evidence(0.5, limits={LimitKind.NOT_COVERED: score})

    assert decided(found, always(0.01, off_topic=0.99)).status is status


def test_the_bars_are_the_odds_at_which_the_stated_costs_are_equal() -> None:
    """A wrong answer costs ten declines, so it is given where it is right ten times as often as it is wrong."""
    odds = [bar / (1 - bar) for bar in (ANSWERED_FROM, PARTIAL_FROM, REFER_FROM, OFF_TOPIC_FROM)]

    assert odds == pytest.approx([10.0, 0.1, 1 / 3, 1.0])


# Bars in whole deviations: referred from a limit 2 above the background on, of another subject up to 1 above it,
# related where the limit is not nearer than what is stated.
BY_EVIDENCE = Calibration(
    right=fixed(0.5),
    helpful=Logistic(math.log(PARTIAL_FROM / (1 - PARTIAL_FROM)) + 1e-6, {"limit_lead": 1.0}),
    refer=Logistic(-2.0 - math.log(3) + 1e-9, {"refer": 1.0}),
    off_topic=Logistic(1.0, {"similarity": -1.0}),
)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        pytest.param(evidence(3.0, limit=2.0), Status.REFER, id="limit near enough to refer"),
        pytest.param(evidence(3.0, nearest_row=1.0, limit=2.0 - 1e-6), Status.NOT_COVERED, id="limit too far to refer"),
        pytest.param(evidence(3.0, limits={LimitKind.NOT_COVERED: 9.0}), Status.NOT_COVERED, id="not covered"),
        pytest.param(evidence(1.0, nearest_row=1.0, limit=1.4), Status.OFF_TOPIC, id="limit not near either"),
        pytest.param(evidence(1.0 + 1e-6, nearest_row=1.0, limit=1.4), Status.NOT_COVERED, id="just near"),
        pytest.param(evidence(1.0 + 1e-6, nearest_row=1.5, limit=1.4), Status.PARTIAL, id="a row nearer than that"),
    ],
)
def test_evidence_decides_by_its_features(found: Evidence, status: Status) -> None:
    assert decided(found, BY_EVIDENCE).status is status


def test_a_question_farther_than_most_about_other_subjects_is_off_topic_whatever_the_background() -> None:
    shipped = Calibration.load(has_limits=False)
    for mean, deviation in ((-0.5, 0.1), (0.2, 0.3), (0.9, 0.01)):
        manifest = replace(MANIFEST, background_mean=mean, background_deviation=deviation)
        found = evidence(mean - deviation, runner_up=mean - deviation)

        assert decide(found, manifest=manifest, calibration=shipped).status is Status.OFF_TOPIC


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
    assert decided(evidence(*scores), always(0.95)).quoted == quoted
    assert decided(evidence(*scores), always(0.3, helpful=0.3)).quoted == quoted
    assert decided(evidence(*scores), always(0.95, refer=0.9)).quoted == 1


PROBABILITY = st.floats(1e-3, 1 - 1e-3)


@given(PROBABILITY, PROBABILITY, PROBABILITY, PROBABILITY, PROBABILITY)
def test_nothing_is_answered_that_may_well_be_for_a_clinician(
    right: float, helpful: float, refer: float, off_topic: float, higher: float
) -> None:
    calibration = always(right, helpful=helpful, refer=refer, off_topic=off_topic)
    decision = decided(evidence(2.0, 1.5), calibration)

    assert (decision.status is Status.REFER) is (calibration.refer.probability(Features(2.0, 2.0, 0.0)) >= REFER_FROM)
    assert (decision.quoted > 0) or decision.status not in (Status.ANSWERED, Status.PARTIAL)
    assert decision.quoted == 0 or decision.status not in (Status.NOT_COVERED, Status.OFF_TOPIC)
    # Whoever is likelier to be right is never declined where the other was answered.
    if decision.status is Status.ANSWERED and higher >= right:
        likelier = always(higher, helpful=helpful, refer=refer, off_topic=off_topic)
        assert decided(evidence(2.0, 1.5), likelier).status is Status.ANSWERED


# The calibration that is shipped

SCORE = st.floats(-1, 1)


@given(st.lists(SCORE, min_size=2, max_size=2), SCORE, st.none() | SCORE, st.none() | SCORE, st.floats(0.01, 0.5))
def test_a_higher_first_score_never_lowers_the_probability(
    scores: list[float], runner_up: float, nearest_row: float | None, limit: float | None, deviation: float
) -> None:
    manifest = replace(MANIFEST, background_mean=0.2, background_deviation=deviation)
    low, high = (
        Features.of(evidence(score, runner_up=runner_up, nearest_row=nearest_row, limit=limit), manifest)
        for score in sorted(scores)
    )

    shipped = Calibration.load(has_limits=limit is not None)
    assert shipped.right.probability(low) <= shipped.right.probability(high)
    assert shipped.helpful.probability(low) <= shipped.helpful.probability(high)
    assert shipped.off_topic.probability(low) >= shipped.off_topic.probability(high)


@given(SCORE, st.lists(SCORE, min_size=2, max_size=2), SCORE, st.sampled_from(LimitKind))
def test_a_nearer_limit_never_raises_the_probability(
    score: float, limits: list[float], runner_up: float, kind: LimitKind
) -> None:
    far, near = (
        Features.of(evidence(score, runner_up=runner_up, limits={kind: limit}), MANIFEST) for limit in sorted(limits)
    )

    shipped = Calibration.load(has_limits=True)
    assert shipped.right.probability(near) <= shipped.right.probability(far)
    assert shipped.helpful.probability(near) <= shipped.helpful.probability(far)


@given(SCORE, st.lists(SCORE, min_size=2, max_size=2), SCORE)
def test_a_nearer_limit_that_refers_never_lowers_the_probability_of_referring(
    score: float, limits: list[float], runner_up: float
) -> None:
    far, near = (Features.of(evidence(score, runner_up=runner_up, limit=limit), MANIFEST) for limit in sorted(limits))

    refer = Calibration.load(has_limits=True).refer
    assert refer.probability(far) <= refer.probability(near)


@pytest.mark.parametrize("score", [-1e300, -1e4, 1e4, 1e300])
def test_extreme_scores_do_not_overflow(score: float) -> None:
    decision = decided(evidence(score), Calibration.load(has_limits=False))

    assert decision.probability == pytest.approx(0.0 if score < 0 else 1.0)


@pytest.mark.parametrize("has_limits", [True, False])
def test_the_calibration_is_written_as_it_is_read(has_limits: bool) -> None:
    shipped = Calibration.load(has_limits=has_limits)

    assert Calibration.from_json(json.loads(json.dumps(shipped.to_json()))) == shipped
    assert set(shipped.to_json()) == {"right", "helpful", "refer", "off_topic"}


def test_an_index_with_limits_has_weights_of_its_own() -> None:
    """Without limits nothing is known of them, and without an outlook nothing of it: such weights would be noise."""
    with_limits, without = Calibration.load(has_limits=True), Calibration.load(has_limits=False)

    assert with_limits != without
    for model in (without.right, without.helpful, without.refer, without.off_topic):
        assert set(model.weights) <= {"similarity", "lead"}
    for model in (with_limits.right, with_limits.helpful, with_limits.refer, with_limits.off_topic):
        assert set(model.weights) <= set(FEATURES[:5])


# A calibration beside learned weights

LEARNED = Calibration(
    right=Logistic(-1.5, {"expected": 0.5, "similarity": 0.25}),
    helpful=Logistic(0.5, {"stated": 1.0}),
    refer=Logistic(-3.0, {"referred": 1.5}),
    off_topic=Logistic(-2.0, {"elsewhere": 0.75}),
)


def test_a_learned_calibration_is_read_from_beside_the_weights(tmp_path: Path) -> None:
    (tmp_path / DECISION).write_text(json.dumps(LEARNED.to_json()), encoding="utf-8")

    for has_limits in (True, False):
        assert Calibration.load(has_limits=has_limits, learned=tmp_path) == LEARNED


@pytest.mark.parametrize("has_limits", [True, False])
def test_weights_without_a_calibration_of_their_own_get_the_general_one(tmp_path: Path, has_limits: bool) -> None:
    assert Calibration.load(has_limits=has_limits, learned=tmp_path) == Calibration.load(has_limits=has_limits)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty file"),
        pytest.param("{", id="no JSON"),
        pytest.param("{}", id="empty"),
        pytest.param("[]", id="a list"),
        pytest.param('{"right": {"intercept": 1}}', id="one model only"),
        pytest.param(json.dumps(LEARNED.to_json() | {"calm": {"intercept": 0}}), id="one model too many"),
        pytest.param(json.dumps(LEARNED.to_json() | {"refer": 3}), id="a number for a model"),
        pytest.param(json.dumps(LEARNED.to_json() | {"refer": {"weights": {}}}), id="no intercept"),
    ],
)
def test_a_damaged_learned_calibration_is_named_with_the_remedy(tmp_path: Path, content: str) -> None:
    path = tmp_path / DECISION
    path.write_text(content, encoding="utf-8")

    with pytest.raises(EncoderError, match=r"is no calibration.*redness-qa calibrate") as caught:
        Calibration.load(has_limits=True, learned=tmp_path)

    assert str(path) in str(caught.value)
