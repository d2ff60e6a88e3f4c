"""Evidence to status: how likely the first quote is right, and what follows from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from importlib import resources
from typing import Any

from redness_qa.answer import Status
from redness_qa.manifest import Manifest
from redness_qa.passages import LimitKind
from redness_qa.retriever import Evidence

ANSWERED_FROM = 0.5
"""Probability from which the first quote is given as the answer: where it is likelier right than wrong."""

PARTIAL_FROM = 0.25
"""Probability from which quotes are given as related guidance, and said to be no more than that."""

OFF_TOPIC_BELOW = 1.5
"""Deviations above the background below which nothing the index holds is near, so the question is about
another subject. Chosen on the questions of voices a and b, where 3 % of the answerable ones lie below."""

REFER_FROM = 3.0
"""Deviations above the background from which the nearest limit is near enough to refer the question."""

QUOTED_WITHIN = 1.0
"""Further hits are quoted up to this many deviations below the first."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the probability is computed from, each in standard deviations of the background score.

    Attributes:
        similarity: How far the first hit lies above the background.
        lead: How far it lies above the best passage that states something else.
        limit_lead: How far the nearest row that leads to a passage lies above the nearest limit of the
            guide; 0 in an index without limits.
    """

    similarity: float
    lead: float
    limit_lead: float

    @classmethod
    def of(cls, evidence: Evidence, manifest: Manifest) -> Features:
        """Measure the evidence for a question."""
        score = evidence.hits[0].score
        return cls(
            similarity=(score - manifest.background_mean) / manifest.background_deviation,
            lead=(score - evidence.runner_up_score) / manifest.background_deviation,
            limit_lead=(evidence.nearest_row - evidence.limit_score) / manifest.background_deviation
            if evidence.limit
            else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model of the probability that the first hit answers the question.

    Attributes:
        intercept: Log-odds where all features are 0.
        similarity: Weight of the feature of that name.
        lead: Weight of the feature of that name.
        limit_lead: Weight of the feature of that name.
    """

    intercept: float
    similarity: float
    lead: float
    limit_lead: float

    def probability(self, features: Features) -> float:
        """Estimate the probability, 0 to 1."""
        weights = (self.similarity, self.lead, self.limit_lead)
        log_odds = self.intercept + sum(w * x for w, x in zip(weights, astuple(features), strict=True))
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, log_odds))))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns evidence into probabilities; fitted by `redness-qa calibrate`.

    Attributes:
        with_limits: For an index whose corpus lists what it does not answer.
        without_limits: For any other.
    """

    with_limits: Logistic
    without_limits: Logistic

    @classmethod
    def load(cls) -> Calibration:
        """Load the calibration that the package carries."""
        text = resources.files("redness_qa").joinpath("calibration.json").read_text(encoding="utf-8")
        fields: Mapping[str, Mapping[str, float]] = json.loads(text)
        return cls(**{name: Logistic(**weights) for name, weights in fields.items()})

    def to_json(self) -> dict[str, Any]:
        """Give the weights as they stand in calibration.json."""
        return asdict(self)

    def probability(self, evidence: Evidence, manifest: Manifest) -> float:
        """Estimate the probability that the first hit answers the question, 0 to 1."""
        model = self.with_limits if evidence.limit is not None else self.without_limits
        return model.probability(Features.of(evidence, manifest))


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a question.

    Attributes:
        status: The kind of answer.
        quoted: Number of hits that are quoted, best first.
        probability: Estimated probability that the first hit answers the question, 0 to 1.
    """

    status: Status
    quoted: int
    probability: float


def decide(evidence: Evidence, *, manifest: Manifest, calibration: Calibration) -> Decision:
    """Choose the status for a question, and how many of the hits are quoted."""
    probability = calibration.probability(evidence, manifest)
    features = Features.of(evidence, manifest)
    lowest = evidence.hits[0].score - QUOTED_WITHIN * manifest.background_deviation
    quoted = sum(hit.score >= lowest for hit in evidence.hits)
    if probability >= ANSWERED_FROM:
        return Decision(Status.ANSWERED, quoted, probability)
    limit = -math.inf
    if evidence.limit is not None:
        limit = (evidence.limit_score - manifest.background_mean) / manifest.background_deviation
    if max(features.similarity, limit) < OFF_TOPIC_BELOW:
        return Decision(Status.OFF_TOPIC, 0, probability)
    if evidence.limit is not None and features.limit_lead < 0:
        refer = evidence.limit.kind is LimitKind.REFER and limit >= REFER_FROM
        if refer:
            return Decision(Status.REFER, int(probability >= PARTIAL_FROM), probability)
        return Decision(Status.NOT_COVERED, 0, probability)
    if probability >= PARTIAL_FROM:
        return Decision(Status.PARTIAL, quoted, probability)
    return Decision(Status.NOT_COVERED, 0, probability)
