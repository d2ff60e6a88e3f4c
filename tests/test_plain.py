from __future__ import annotations

import json
from pathlib import Path

import pytest

from redness_qa.triage import Likelihood, Thresholds, Triage, Urgency
from redness_qa.triage.plain import WORDS, is_plain

TRIAGE_FILES = Path(__file__).parent.parent / "benchmarks" / "triage"
PLAIN = (
    "my face is still red 2 days after microneedling is this normal",
    "had microneedling yesterday and my face is red",
    "Red since yesterday.",
    "day 3, still red",
    "it's been two days and I'm still pink",
    "just had it done and my face is red",
    "red since yesterday is that ok",
    "my cheeks are pink the morning after",
    "red 24 hours after the needling, can I work?",
)
TRIAGE = Triage.load(thresholds=Thresholds(possible=0.2, sentence=0.2, urgent=0.2, emergency=0.2))


def alarmed(text: str) -> Likelihood:
    return Likelihood(0.9, 0.1, "pus", 0.9)


@pytest.mark.parametrize("message", PLAIN)
def test_plain_redness_of_the_first_days_is_not_read_for_what_was_learned(message: str) -> None:
    assert is_plain(message)
    assert TRIAGE.assess(message, likelihood=alarmed).urgency is Urgency.ROUTINE


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("day 4, still red", id="beyond three days"),
        pytest.param("red 80 hours after needling", id="beyond so many hours"),
        pytest.param("my face is red", id="nobody knows since when"),
        pytest.param("fine yesterday and red", id="it was well before"),
        pytest.param("yesterday is normal, red", id="it was well before, as some say it"),
        pytest.param("it is ok 2 days and is red", id="it was well before, as others say it"),
        pytest.param("red since day 3", id="it began on a later day"),
        pytest.param("first red 2 days after needling", id="it began later, as others say it"),
        pytest.param("my face got a bit red 3 days after the treatment", id="it came"),
        pytest.param("one cheek is red since yesterday", id="one side"),
        pytest.param("red goes from cheek to chin since yesterday", id="it moves"),
        pytest.param("red go from cheek to chin since yesterday", id="it moves, as others say it"),
        pytest.param("pink yesterday, red today", id="two times"),
        pytest.param("red again since yesterday", id="a word that is not on the list"),
        pytest.param("very red since yesterday", id="strong redness"),
        pytest.param("my face is red and hot since yesterday", id="another feeling"),
        pytest.param("red after sunscreen today", id="a product"),
        pytest.param("I had it done yesterday", id="no redness"),
        pytest.param(f"red since yesterday {'9' * 5000}", id="a number without end"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_may_tell_of_more_is_read_for_what_was_learned(message: str) -> None:
    assert not is_plain(message)


@pytest.mark.parametrize("message", PLAIN)
@pytest.mark.parametrize("sign", ["my cheek is hot", "it itches", "there is pus", "more each hour", "I feel faint"])
def test_a_sign_beside_it_counts(message: str, sign: str) -> None:
    assert not is_plain(f"{message}. {sign}")
    assert TRIAGE.assess(f"{message}. {sign}", likelihood=alarmed).urgency is not Urgency.ROUTINE
    assert TRIAGE.assess(message, previous=[sign], likelihood=alarmed).urgency is not Urgency.ROUTINE


def test_no_word_of_the_list_tells_of_a_sign_by_itself() -> None:
    rules_alone = Triage.load()

    assert [word for word in sorted(WORDS) if rules_alone.assess(word).urgency is not Urgency.ROUTINE] == []


def test_no_labelled_message_with_a_sign_is_plain() -> None:
    """Of some twenty thousand, and some of the calm ones are."""
    plain = {True: 0, False: 0}
    for path in sorted(TRIAGE_FILES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            plain[row["urgency"] != "routine"] += is_plain(row["message"])

    assert plain[True] == 0
    assert plain[False] > 20
