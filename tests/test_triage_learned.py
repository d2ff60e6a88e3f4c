from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.errors import EncoderError
from redness_qa.triage import Likelihood, Thresholds
from redness_qa.weights import THRESHOLDS, shipped_folder


def test_a_likelihood_is_taken_from_the_outcomes_of_a_head() -> None:
    likelihood = Likelihood.of(
        {
            "urgency:urgent": math.log(3),
            "urgency:emergency": -math.log(4),
            "sign:pus": math.log(1),
            "sign:airway": math.log(7),
            "sign:rash": math.log(2),
            "fact:F12": 99.0,
            "kind:refer": 99.0,
        }
    )

    assert likelihood.urgent == pytest.approx(0.75)
    assert likelihood.emergency == pytest.approx(0.2)
    assert likelihood.sign == "airway"
    assert likelihood.sign_probability == pytest.approx(0.7)


LOG_ODDS = st.floats(-50, 50)


@given(LOG_ODDS, LOG_ODDS, st.dictionaries(st.sampled_from("abc"), LOG_ODDS, min_size=1))
def test_urgency_is_read_one_by_one_and_signs_against_each_other(
    urgent: float, emergency: float, signs: dict[str, float]
) -> None:
    levels = {"urgency:urgent": urgent, "urgency:emergency": emergency}
    outcomes = levels | {f"sign:{name}": value for name, value in signs.items()}

    likelihood = Likelihood.of(outcomes)

    assert 0 <= likelihood.urgent <= 1
    assert (likelihood.urgent > likelihood.emergency) <= (urgent > emergency)
    assert signs[likelihood.sign] == pytest.approx(max(signs.values()), abs=1e-9)
    assert 1 / len(signs) - 1e-9 <= likelihood.sign_probability <= 1
    assert Likelihood.of(outcomes | {"urgency:emergency": -emergency}).urgent == likelihood.urgent
    opposite = Likelihood.of(outcomes | {"urgency:urgent": -urgent}).urgent
    assert opposite + likelihood.urgent == pytest.approx(1)


def test_thresholds_are_loaded_as_they_are_written(tmp_path: Path) -> None:
    thresholds = Thresholds(possible=0.03, sentence=0.42, urgent=0.71, emergency=0.64)

    (tmp_path / THRESHOLDS).write_text(json.dumps(thresholds.to_json()), encoding="utf-8")

    assert thresholds.to_json() == {"possible": 0.03, "sentence": 0.42, "urgent": 0.71, "emergency": 0.64}
    assert Thresholds.load(tmp_path) == thresholds


def test_a_folder_has_none_until_they_are_chosen(tmp_path: Path) -> None:
    assert Thresholds.load(tmp_path) is None
    assert Thresholds.load(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff", id="no text"),
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"[0.1, 0.2, 0.3]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"possible": 0.1, "sentence": 0.2, "urgent": 0.5}', id="one left out"),
        pytest.param(
            b'{"possible": 0.1, "sentence": 0.2, "urgent": 0.5, "emergency": 0.5, "calm": 0.5}', id="one too many"
        ),
    ],
)
def test_damaged_thresholds_are_named_with_the_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / THRESHOLDS).write_bytes(content)

    with pytest.raises(EncoderError, match=r"holds no thresholds.*redness-qa calibrate-triage") as caught:
        Thresholds.load(tmp_path)

    assert str(tmp_path / THRESHOLDS) in str(caught.value)


def test_the_shipped_thresholds_are_probabilities_that_can_be_reached() -> None:
    thresholds = Thresholds.load(shipped_folder())

    assert thresholds is not None, "run `redness-qa calibrate-triage`"
    assert all(0 < value < 1 for value in thresholds.to_json().values())
