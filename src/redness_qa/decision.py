"""Evidence to status: how likely the first quote is right, and what follows from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from redness_qa.answer import Status
from redness_qa.errors import EncoderError
from redness_qa.head import NO_FACT
from redness_qa.manifest import Manifest
from redness_qa.passages import LimitKind
from redness_qa.retriever import Evidence, answers_another
from redness_qa.weights import DECISION

WRONG_ANSWER_COST = 10.0
"""What a wrong answer costs, in declined questions that have an answer: nothing is calmer than a wrong one."""

WRONG_RELATED_COST = 0.1
"""What it costs to show related guidance where nothing helps: it is said to be no more than that."""

ANSWERED_FROM = WRONG_ANSWER_COST / (WRONG_ANSWER_COST + 1)
"""Probability from which the first quote is given as the answer: the least at which that costs less than declining."""

PARTIAL_FROM = WRONG_RELATED_COST / (WRONG_RELATED_COST + 1)
"""Probability from which quotes are given as related guidance, by the same reckoning."""

NOT_REFERRED_COST = 3.0
"""What it costs to answer or decline a question that is for a clinician, in questions referred for nothing."""

REFER_FROM = 1 / (NOT_REFERRED_COST + 1)
"""Probability from which a question is passed on to a clinician, by the same reckoning."""

QUOTED_BESIDE_FROM = 0.5
"""Probability from which the first hit is quoted under a referral: where it is likelier right than not."""

OFF_TOPIC_FROM = 0.5
"""Probability from which a question without an answer is said to be about another subject: likelier so than not."""

LISTED_FROM = 0.9
"""Cosine similarity to a question that the guide lists as not covered from which it is that question, all but word for
word, and so about no other subject."""

QUOTED_WITHIN = 1.0
"""Further hits are quoted up to this many deviations below the first."""

_LEAST, _MOST = 1e-4, 1 - 1e-4


@dataclass(frozen=True, slots=True)
class Features:
    """What the probabilities are computed from.

    The first five are in standard deviations of the background score, the others log-odds; these are 0 where nothing
    was learned for the index.

    Attributes:
        similarity: How far the first hit lies above the background.
        lead: How far it lies above the best passage that states something else.
        limit_lead: How far the nearest row that leads to a passage lies above the nearest limit of the
            guide; 0 in an index without limits.
        refer: How far the nearest question that is referred lies above the background; 0 without one.
        refer_lead: How far it lies above whatever else is nearest; 0 without one.
        expected: That the first hit, or another one that answers the same question forms, states the fact asked for.
        stated: That the guide states any fact asked for.
        answerable: That the question is of that kind.
        partial: The same.
        unanswerable: The same.
        referred: The same for the kind that only a clinician may answer.
        elsewhere: The same for other subjects.
    """

    similarity: float
    lead: float
    limit_lead: float
    refer: float = 0.0
    refer_lead: float = 0.0
    expected: float = 0.0
    stated: float = 0.0
    answerable: float = 0.0
    partial: float = 0.0
    unanswerable: float = 0.0
    referred: float = 0.0
    elsewhere: float = 0.0

    @classmethod
    def of(cls, evidence: Evidence, manifest: Manifest) -> Features:
        """Measure the evidence for a question."""
        score = evidence.hits[0].score
        deviation = manifest.background_deviation
        refer = evidence.limits.get(LimitKind.REFER)
        return cls(
            similarity=(score - manifest.background_mean) / deviation,
            lead=(score - evidence.runner_up_score) / deviation,
            limit_lead=(evidence.nearest_row - evidence.limit_score) / deviation if evidence.limits else 0.0,
            refer=(refer.score - manifest.background_mean) / deviation if refer else 0.0,
            refer_lead=(refer.score - _nearest_but(LimitKind.REFER, evidence)) / deviation if refer else 0.0,
            **_outlook_features(evidence),
        )


def _nearest_but(kind: LimitKind, evidence: Evidence) -> float:
    """Tell how near the nearest row is that is no question of a limit of that kind."""
    return max(evidence.nearest_row, *(hit.score for other, hit in evidence.limits.items() if other is not kind), -1.0)


FEATURES = tuple(each.name for each in fields(Features))


def _outlook_features(evidence: Evidence) -> dict[str, float]:
    if (outlook := evidence.outlook) is None:
        return {}
    kinds = outlook.kinds
    first = evidence.hits[0].passage
    facts = {fact for hit in evidence.hits if not answers_another(hit.passage, first) for fact in hit.passage.facts}
    return {
        "expected": _log_odds(sum(outlook.facts.get(fact, 0.0) for fact in facts)),
        "stated": _log_odds(1 - outlook.facts[NO_FACT]),
        "answerable": _log_odds(kinds["answerable"]),
        "partial": _log_odds(kinds["partial"]),
        "unanswerable": _log_odds(kinds["unanswerable"]),
        "referred": _log_odds(kinds["refer"]),
        "elsewhere": _log_odds(kinds["offtopic"]),
    }


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _LEAST), _MOST)
    return math.log(kept / (1 - kept))


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model of a probability.

    Attributes:
        intercept: Log-odds where all features are 0.
        weights: Weight by name of feature; those not named have none.
    """

    intercept: float
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no feature could be weighed by."""
        for name, weight in {"": self.intercept, **self.weights}.items():
            if (name and name not in FEATURES) or not isinstance(weight, int | float):
                raise ValueError(f"{name!r}: {weight!r} is no weight of a feature ({', '.join(FEATURES)})")

    def probability(self, features: Features) -> float:
        """Estimate the probability, 0 to 1."""
        log_odds = self.intercept + sum(weight * getattr(features, name) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, log_odds))))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns evidence into probabilities; fitted by `redness-qa calibrate`.

    Attributes:
        right: That the first hit answers the question.
        helpful: That one of the hits answers it, or a part of it.
        refer: That only a clinician may answer.
        off_topic: That the question is about another subject.
    """

    right: Logistic
    helpful: Logistic
    refer: Logistic
    off_topic: Logistic

    @classmethod
    def load(cls, *, has_limits: bool, learned: Path | None = None) -> Calibration:
        """Load a calibration that the package carries.

        Args:
            has_limits: The index knows what its guide does not answer.
            learned: Folder of the weights, for an index whose evidence has an outlook; one without a calibration of
                its own gets the general one.

        Raises:
            EncoderError: The file in the folder is damaged.
        """
        if learned is not None and (path := learned / DECISION).is_file():
            try:
                return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError) as error:
                raise EncoderError(f"{path} is no calibration ({error}); fit it with `redness-qa calibrate`") from error
        text = resources.files("redness_qa").joinpath("calibration.json").read_text(encoding="utf-8")
        return cls.from_json(json.loads(text)["with_limits" if has_limits else "without_limits"])

    @classmethod
    def from_json(cls, models: Mapping[str, Mapping[str, Any]]) -> Calibration:
        """Take the models as `to_json` gives them.

        Raises:
            TypeError: A model is missing, or one more is there.
            ValueError: A weight is no number, or that of no feature.
        """
        if not isinstance(models, Mapping):
            raise TypeError(f"{models!r} is no mapping of models")
        return cls(**{name: Logistic(**model) for name, model in models.items()})

    def to_json(self) -> dict[str, Any]:
        """Give the models as they stand in a file."""
        return asdict(self)


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
    features = Features.of(evidence, manifest)
    right = calibration.right.probability(features)
    lowest = evidence.hits[0].score - QUOTED_WITHIN * manifest.background_deviation
    quoted = sum(hit.score >= lowest for hit in evidence.hits)
    if calibration.refer.probability(features) >= REFER_FROM:
        return Decision(Status.REFER, int(right >= QUOTED_BESIDE_FROM), right)
    if right >= ANSWERED_FROM:
        return Decision(Status.ANSWERED, quoted, right)
    listed = evidence.limits.get(LimitKind.NOT_COVERED)
    is_listed = listed is not None and listed.score >= LISTED_FROM
    if not is_listed and calibration.off_topic.probability(features) >= OFF_TOPIC_FROM:
        return Decision(Status.OFF_TOPIC, 0, right)
    if calibration.helpful.probability(features) >= PARTIAL_FROM:
        return Decision(Status.PARTIAL, quoted, right)
    return Decision(Status.NOT_COVERED, 0, right)
