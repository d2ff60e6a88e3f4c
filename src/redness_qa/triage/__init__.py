"""How urgent a message reads, from the message alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redness_qa.triage.durations import is_early, is_fading, is_fresh, stated_days
from redness_qa.triage.phrases import Phrase
from redness_qa.triage.scope import Cue, is_said_now, read_scope
from redness_qa.triage.signs import SEVERITY, Rule, Sign, SignTable, Urgency
from redness_qa.triage.text import Clause, Token, read_clauses

__all__ = ["Assessment", "Sign", "Triage", "Urgency"]

A_FEW_DAYS = 3  # up to here redness needs no doctor by itself (F11, F31)
A_WEEK = 7  # beyond it it does, fading or not (F31)


@dataclass(frozen=True, slots=True)
class Assessment:
    """How urgent a message reads, and why.

    Attributes:
        urgency: That of the most urgent sign; routine without signs.
        signs: What was seen, most urgent first; in the order of signs.yaml within one urgency.
    """

    urgency: Urgency
    signs: tuple[Sign, ...]


class Triage:
    """Reads a message for warning signs; a rule that could calm is narrow, and what is unclear escalates."""

    def __init__(self, table: SignTable) -> None:
        self._table = table
        self._phrases: dict[str, list[tuple[int, Rule, Phrase]]] = {}
        number = 0
        for rule in table.rules:
            for phrase in rule.phrases:
                number += 1
                for word in phrase.parts[0][0][0]:
                    self._phrases.setdefault(word, []).append((number, rule, phrase))

    @classmethod
    def load(cls) -> Triage:
        """Load the signs that ship with the package."""
        return cls(SignTable.load())

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Every sign it knows, in the order of signs.yaml."""
        return tuple(rule.sign for rule in self._table.rules)

    def assess(self, message: str, *, previous: str | None = None) -> Assessment:
        """Read how urgent a message is.

        Args:
            message: Any text, empty too.
            previous: The question before it in the conversation; it can raise the urgency, never lower it.
        """
        texts = [message] if previous is None else [message, previous, f"{previous}\n{message}"]
        names = set().union(*(self._names(text) for text in texts))
        signs = sorted((sign for sign in self.signs if sign.name in names), key=lambda sign: -SEVERITY[sign.urgency])
        return Assessment(signs[0].urgency if signs else Urgency.ROUTINE, tuple(signs))

    def _names(self, text: str) -> set[str]:
        """Name the signs in one text."""
        clauses = [self._without_everyday(clause) for clause in read_clauses(text, self._table.speller)]
        cues = read_scope(clauses)
        groups = self._groups(clauses, cues)
        names = {
            rule.sign.name for clause, scope in zip(clauses, cues, strict=True) for rule in self._rules(clause, scope)
        }
        names = self._weigh_days(names, groups, clauses, cues)
        has = names | groups
        return {rule.sign.name for rule in self._table.rules if rule.sign.name in names and has.issuperset(rule.needs)}

    def _without_everyday(self, clause: Clause) -> Clause:
        """Blank the words that are part of an everyday phrase, so that no sign is read in them."""
        places = {place for phrase in self._table.everyday for match in phrase.find(clause) for place in match}
        if not places:
            return clause
        tokens = (
            Token(token.text, frozenset()) if place in places else token for place, token in enumerate(clause.tokens)
        )
        return Clause(tuple(tokens), clause.sentence, clause.is_question, clause.after_comma)

    def _rules(self, clause: Clause, scope: Sequence[Cue]) -> list[Rule]:
        candidates = {
            number: (rule, phrase)
            for token in clause.tokens
            for form in token.forms
            for number, rule, phrase in self._phrases.get(form, ())
        }
        return [
            rule
            for rule, phrase in candidates.values()
            if any(
                is_said_now(places, clause, scope, recovers=rule.recovers, is_lasting=rule.is_lasting)
                for places in phrase.find(clause)
            )
        ]

    def _groups(self, clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]]) -> set[str]:
        """Name the word groups of which the message says at least one word of somebody now."""
        return {
            name
            for name, words in self._table.groups.items()
            for clause, scope in zip(clauses, cues, strict=True)
            for place, token in enumerate(clause.tokens)
            if not words.isdisjoint(token.forms)
            and is_said_now(frozenset((place,)), clause, scope, recovers=True, is_lasting=True)
        }

    def _weigh_days(
        self, names: set[str], groups: set[str], clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]]
    ) -> set[str]:
        """Add the signs that rest on the days stated, and drop "no improvement" where it is too early to say."""
        days = stated_days(clauses, cues)
        longest = max(days, default=0)
        if is_fresh(clauses):
            longest = 0  # the other days are of something else
        is_too_early = longest <= A_FEW_DAYS and (bool(days) or is_early(clauses))
        names = set(names)
        for rule in self._table.rules:
            if rule.from_day is None:
                continue
            is_long = longest >= rule.from_day and "redness" in groups
            if is_long and (longest > A_WEEK or not is_fading(clauses)):
                names.add(rule.sign.name)
            elif is_too_early:
                names.discard(rule.sign.name)
        return names
