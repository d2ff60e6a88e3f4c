"""Warning signs as data: what signs.yaml says, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from redness_qa.packaged import packaged_words, read_packaged
from redness_qa.triage.counts import NEVER_SAID, Counts, shipped_counts
from redness_qa.triage.phrases import Phrase, PhraseList
from redness_qa.triage.text import FEVER, HIGH_FEVER, Speller, normalise

DAYS = "(days)"
"""Stands in counts for the days of redness that a message states."""


class Urgency(Enum):
    """How urgent a message reads, from the least to the most urgent."""

    ROUTINE = "routine"
    CONTACT_CLINIC = "contact_clinic"
    EMERGENCY = "emergency"


SEVERITY = {urgency: rank for rank, urgency in enumerate(Urgency)}


@dataclass(frozen=True, slots=True)
class Sign:
    """A warning sign, as a reader is told of it.

    Attributes:
        name: For programs.
        label: Fixed words shown to a patient.
        urgency: What it calls for; never routine.
        facts: Labels of the facts it rests on.
        source: Where else it is from.
        quotes: Sentences of the guide, word for word, that stand under the advice.
    """

    name: str
    label: str
    urgency: Urgency
    facts: tuple[str, ...]
    source: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """When a sign counts; the fields are explained at the top of signs.yaml.

    Attributes:
        sign: What is told.
        phrases: Those that count by themselves.
        possible: Those that count where what was learned bears them out.
        needs: Word groups or other signs of which the message must tell too.
        from_day: Days of redness from which it counts; None where days do not matter.
        are_days_sure: So many days count by themselves.
        is_lasting: Having begun long ago does not make it over.
        recovers: "It is better now" makes it harmless.
    """

    sign: Sign
    phrases: tuple[Phrase, ...]
    possible: tuple[Phrase, ...]
    needs: tuple[str, ...]
    from_day: int | None
    are_days_sure: bool
    is_lasting: bool
    recovers: bool


@dataclass(frozen=True)
class SignTable:
    """Everything signs.yaml says."""

    groups: Mapping[str, frozenset[str]]
    everyday: PhraseList
    rules: tuple[Rule, ...]
    real_words: frozenset[str]

    @classmethod
    def load(cls) -> SignTable:
        """Read the table that ships with the package.

        Raises:
            ValueError: The table has a mistake; the message names the sign.
        """
        content = read_packaged("redness_qa", "signs.yaml")
        groups = {name: frozenset(normalise(str(word)) for word in words) for name, words in content["groups"].items()}
        counts = shipped_counts()
        rules = tuple(_rule(entry, groups, counts) for entry in content["signs"])
        names = [rule.sign.name for rule in rules]
        if len(set(names)) != len(names):
            raise ValueError("Two signs in signs.yaml bear one name.")
        for rule in rules:
            if unknown := set(rule.needs) - set(groups) - set(names):
                raise ValueError(f"{rule.sign.name} needs {', '.join(unknown)}: no group or sign of that name.")
        everyday = PhraseList(Phrase.parse(phrase, groups) for phrase in content["everyday"])
        return cls(groups, everyday, rules, frozenset(packaged_words("redness_qa.triage", "real_words.txt")))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word a sign may be told in."""
        return frozenset().union(
            *self.groups.values(),
            *(phrase.vocabulary for rule in self.rules for phrase in (*rule.phrases, *rule.possible)),
        ) - {FEVER, HIGH_FEVER}

    @cached_property
    def speller(self) -> Speller:
        """Sees through slips in the words of signs."""
        return Speller(self.vocabulary, self.real_words)


def _rule(entry: dict[str, Any], groups: Mapping[str, frozenset[str]], counts: Counts) -> Rule:
    known = {
        "name",
        "label",
        "urgency",
        "facts",
        "source",
        "quotes",
        "always",
        "words",
        "words_es",
        "needs",
        "from_day",
        "lasting",
        "recovers",
    }
    if missing := {"name", "label", "urgency", "facts", "source", "quotes", "words"} - set(entry):
        raise ValueError(f"Sign {entry.get('name')!r} lacks {', '.join(sorted(missing))}.")
    if unknown := set(entry) - known:
        raise ValueError(f"Sign {entry['name']!r} has unknown keys: {', '.join(sorted(unknown))}.")
    sign = Sign(
        name=entry["name"],
        label=entry["label"],
        urgency=Urgency(entry["urgency"]),
        facts=tuple(entry["facts"]),
        source=entry["source"],
        quotes=tuple(entry["quotes"]),
    )
    is_emergency = sign.urgency is Urgency.EMERGENCY
    named = entry.get("always", ())
    always = [Phrase.parse(phrase, groups) for phrase in named if phrase != DAYS]
    others = [Phrase.parse(phrase, groups) for phrase in (*entry["words"], *entry.get("words_es", ()))]

    def counts_by_itself(text: str) -> bool:
        return counts.get((sign.name, text), NEVER_SAID).is_hardly_ever_wrong(is_emergency=is_emergency)

    by_itself = {phrase: counts_by_itself(phrase.text) for phrase in others}
    return Rule(
        sign=sign,
        phrases=(*always, *(phrase for phrase, is_sure in by_itself.items() if is_sure)),
        possible=tuple(phrase for phrase, is_sure in by_itself.items() if not is_sure),
        needs=tuple(entry.get("needs", ())),
        from_day=entry.get("from_day"),
        are_days_sure=DAYS in named or counts_by_itself(DAYS),
        is_lasting=entry.get("lasting", False),
        recovers=entry.get("recovers", True),
    )
