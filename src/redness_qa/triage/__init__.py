"""How urgent a message reads, from the message alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from redness_qa.triage.cue import Cue
from redness_qa.triage.durations import is_early, is_fading, is_fresh, is_over, stated_days
from redness_qa.triage.learned import Likelihood, Thresholds
from redness_qa.triage.phrases import PhraseList
from redness_qa.triage.plain import is_plain
from redness_qa.triage.scope import is_said_now, read_scope
from redness_qa.triage.signs import DAYS, SEVERITY, Rule, Sign, SignTable, Urgency
from redness_qa.triage.text import Clause, Token, read_clauses, sentence_places, split_sentences

__all__ = ["Assessment", "Likelihood", "Sign", "Thresholds", "Told", "Triage", "Urgency"]

A_FEW_DAYS = 3  # up to here redness needs no doctor by itself (F11, F31)
A_WEEK = 7  # beyond it it does, fading or not (F31)
NAMED_FROM = 0.5  # probability from which a learned sign is told by name
NO_THRESHOLDS = Thresholds(possible=0.0, sentence=0.0, urgent=1.0, emergency=1.0)
UNNAMED = {Urgency.CONTACT_CLINIC: "unnamed", Urgency.EMERGENCY: "unnamed_emergency"}


@dataclass(frozen=True, slots=True)
class Assessment:
    """How urgent a message reads, and why.

    Attributes:
        urgency: That of the most urgent sign; routine without signs.
        signs: What was seen, most urgent first; in the order of signs.yaml within one urgency.
        is_earlier: Only earlier messages of the conversation call for that urgency.
    """

    urgency: Urgency
    signs: tuple[Sign, ...]
    is_earlier: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What one text tells of.

    Attributes:
        sure: Signs told in phrases that count by themselves.
        possible: Signs told in phrases that count where the learned likelihood bears them out, each with the highest of
            the whole text and, where the rules read a sign of the clinic for sure, of what is left of it without the
            sentences that tell it, where that still tells of it.
        learned: What was learned of messages like the text, if anything was: the highest of the whole and, where the
            rules read a sign of the clinic for sure, of the text without the sentences that tell it.
        by_sentence: The highest likelihood of the sentences that tell of each of the possible signs, where the text
            has several and the whole does not bear it out.
    """

    sure: frozenset[str]
    possible: Mapping[str, float]
    learned: Likelihood | None
    by_sentence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Telling:
    """What makes a message tell of a sign: one of its phrases, or the days it states."""

    rule: Rule
    phrase: str
    is_sure: bool


Reader = Callable[[str], Likelihood | None]
"""Tells what was learned of messages like a text; None where nothing was, as of another language."""


class Triage:
    """Reads a message for warning signs; a rule that could calm is narrow, and what is unclear escalates.

    Rules and what was learned stand beside each other: either can raise the urgency. A phrase that the table calls
    possible counts where the learned likelihood does not make it very unlikely, and always where nothing was learned.
    What says no more than that the skin is red in its first days (`plain.py`) is not read for what was learned.
    """

    def __init__(self, table: SignTable, *, thresholds: Thresholds | None = None) -> None:
        self._table = table
        self._thresholds = thresholds
        self._by_name = {rule.sign.name: rule.sign for rule in table.rules}
        told = [
            (phrase, rule, is_sure)
            for rule in table.rules
            for phrases, is_sure in ((rule.phrases, True), (rule.possible, False))
            for phrase in phrases
        ]
        self._phrases = PhraseList(phrase for phrase, _, _ in told)
        self._tellings = [_Telling(rule, phrase.text, is_sure) for phrase, rule, is_sure in told]

    @classmethod
    def load(cls, *, thresholds: Thresholds | None = None) -> Triage:
        """Load the signs that ship with the package.

        Args:
            thresholds: Of the likelihoods that `assess` is given; None where nothing was learned.
        """
        return cls(SignTable.load(), thresholds=thresholds)

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Every sign it knows, in the order of signs.yaml."""
        return tuple(self._by_name.values())

    def assess(
        self,
        message: str,
        *,
        previous: Sequence[str] = (),
        likelihood: Reader | None = None,
    ) -> Assessment:
        """Read how urgent a message is.

        Args:
            message: Any text, empty too.
            previous: The messages before it in the conversation; they can raise the urgency, never lower it.
            likelihood: Tells what was learned of messages like a text; without it the rules stand alone.
        """
        own = now = self._names_in(message, likelihood)
        earlier: set[str] = set()
        if previous:
            earlier = set().union(*(self._names_in(text, likelihood) for text in previous))
            # What the two say together and the earlier one alone is said by the earlier one.
            now = own | (self._names_in(f"{previous[-1]}\n{message}", likelihood) - earlier)
        signs = sorted(
            (sign for sign in self.signs if sign.name in now | earlier), key=lambda sign: -SEVERITY[sign.urgency]
        )
        urgency = signs[0].urgency if signs else Urgency.ROUTINE
        is_earlier = bool(signs) and all(self._by_name[name].urgency is not urgency for name in now)
        if is_earlier:
            signs = [sign for sign in signs if sign.urgency is urgency]
        return Assessment(urgency, tuple(signs), is_earlier)

    def read(self, text: str, likelihood: Reader | None, *, least: float = 1.0) -> Told:
        """Read what one text tells of, before it is decided what counts.

        Args:
            text: Any text.
            likelihood: Tells what was learned of messages like a text.
            least: Support from which it need not be known better.
        """
        sure, possible = self._read(text)
        if not sure and not possible and is_plain(text):
            return Told(frozenset(), {}, None)
        whole = likelihood(text) if likelihood is not None else None
        if likelihood is None or whole is None:
            return Told(frozenset(sure), dict.fromkeys(possible, 1.0), None)
        support = dict.fromkeys(possible, whole.urgent)
        readings = [whole]
        sentences = split_sentences(text)
        if len(sentences) > 1 and sure and not self._is_emergency(sure):
            for rest in self._without_sure(text):
                read = likelihood(rest)
                readings += [read] if read is not None else []
                urgent = read.urgent if read is not None else 1.0
                support |= {name: max(support[name], urgent) for name in self._read(rest)[1] & possible}
        by_sentence: dict[str, float] = {}
        if possible and whole.urgent < least and len(sentences) > 1:
            for sentence in sentences:
                if names := set().union(*self._read(sentence)) & possible:
                    told = likelihood(sentence)
                    urgent = told.urgent if told is not None else 1.0
                    by_sentence |= {name: max(by_sentence.get(name, 0.0), urgent) for name in names}
        return Told(frozenset(sure), support, _highest(readings), by_sentence)

    def _without_sure(self, text: str) -> Iterator[str]:
        """Give a text without the last sentence that tells of a sign for sure, then without the last two, and so on.

        What was learned of the text as it was before such a sentence was added counts too, so that the sentence
        lowers nothing.
        """
        for start, end in reversed(sentence_places(text)):
            if self._read(text[start:end])[0]:
                text = text[:start] + text[end:]
                if rest := text.strip():
                    yield rest

    def names(self, told: Told, thresholds: Thresholds) -> set[str]:
        """Name the signs that count in what a text tells."""
        names = {*told.sure, *(name for name, support in told.possible.items() if support >= thresholds.possible)}
        names |= {name for name, support in told.by_sentence.items() if support >= self._least(name, thresholds)}
        learned = told.learned
        if learned is None:
            return names
        if learned.emergency >= thresholds.emergency and not self._is_emergency(names):
            names = names | {self._named(learned, among={*told.sure, *told.possible}, urgency=Urgency.EMERGENCY)}
        elif learned.urgent >= thresholds.urgent and not names:
            names = {self._named(learned, among=told.possible, urgency=Urgency.CONTACT_CLINIC)}
        return names

    def _least(self, name: str, thresholds: Thresholds) -> float:
        """Give the likelihood from which a sign counts by its sentence alone: an emergency is lost in no company."""
        if self._is_emergency((name,)):
            return min(thresholds.possible, thresholds.sentence)
        return thresholds.sentence

    def _names_in(self, text: str, likelihood: Reader | None) -> set[str]:
        """Name the signs in one text, by the rules and by what was learned."""
        thresholds = self._thresholds or NO_THRESHOLDS
        return self.names(self.read(text, likelihood, least=thresholds.possible), thresholds)

    def said(self, text: str) -> set[tuple[str, str]]:
        """List the sign and the phrase of everything in a text that the rules take for a sign."""
        return {(telling.rule.sign.name, telling.phrase) for telling in self._tell(text)}

    def _read(self, text: str) -> tuple[set[str], set[str]]:
        """Name the signs that the rules read for sure, and those they read as possible, in one text."""
        told = self._tell(text)
        sure = {telling.rule.sign.name for telling in told if telling.is_sure}
        return sure, {telling.rule.sign.name for telling in told} - sure

    def _tell(self, text: str) -> list[_Telling]:
        clauses = [self._without_everyday(clause) for clause in read_clauses(text, self._table.speller)]
        cues = read_scope(clauses)
        groups = self._groups(clauses, cues)
        told = [telling for clause, scope in zip(clauses, cues, strict=True) for telling in self._find(clause, scope)]
        told = self._weigh_days(told, groups, clauses, cues)
        has = {*groups, *(telling.rule.sign.name for telling in told)}
        return [telling for telling in told if has.issuperset(telling.rule.needs)]

    def _is_emergency(self, names: Iterable[str]) -> bool:
        return any(self._by_name[name].urgency is Urgency.EMERGENCY for name in names)

    def _named(self, likely: Likelihood, *, among: Iterable[str], urgency: Urgency) -> str:
        """Name the sign that was learned of: as a phrase of the message does, as likely, or not at all."""
        said = [name for name in among if self._by_name[name].urgency is urgency]
        if said:
            return min(said, key=list(self._by_name).index)
        sign = self._by_name.get(likely.sign)  # None where it was renamed after the training
        is_plain = sign is not None and sign.urgency is urgency and likely.sign_probability >= NAMED_FROM
        return likely.sign if is_plain else UNNAMED[urgency]

    def _without_everyday(self, clause: Clause) -> Clause:
        """Blank the words that are part of an everyday phrase, so that no sign is read in them."""
        places = frozenset().union(*self._table.everyday.places(clause))
        if not places:
            return clause
        tokens = (
            Token(token.text, frozenset()) if place in places else token for place, token in enumerate(clause.tokens)
        )
        return Clause(tuple(tokens), clause.sentence, clause.is_question, clause.after_comma)

    def _find(self, clause: Clause, scope: Sequence[Cue]) -> Iterable[_Telling]:
        """Find what a clause tells of now."""
        found = {}
        for number, places in self._phrases.find(clause):
            telling = self._tellings[number]
            rule = telling.rule
            if number not in found and is_said_now(
                places, clause, scope, recovers=rule.recovers, is_lasting=rule.is_lasting
            ):
                found[number] = telling
        return found.values()

    def _groups(self, clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]]) -> set[str]:
        """Name the word groups of which the message says at least one word of somebody now."""
        return {
            name
            for name, words in self._table.groups.items()
            for clause, scope in zip(clauses, cues, strict=True)
            if not words.isdisjoint(clause.forms)
            for place, token in enumerate(clause.tokens)
            if not words.isdisjoint(token.forms)
            and is_said_now(frozenset((place,)), clause, scope, recovers=True, is_lasting=True)
        }

    def _weigh_days(
        self, told: list[_Telling], groups: set[str], clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]]
    ) -> list[_Telling]:
        """Add the signs that rest on the days stated, and drop "no improvement" where it is too early to say."""
        days = stated_days(clauses, cues)
        longest = max(days, default=0)
        if is_fresh(clauses):
            longest = 0  # the other days are of something else
        is_too_early = longest <= A_FEW_DAYS and (bool(days) or is_early(clauses))
        for rule in self._table.rules:
            if rule.from_day is None:
                continue
            is_long = longest >= rule.from_day and "redness" in groups and not is_over(clauses)
            if is_long and (longest > A_WEEK or not is_fading(clauses)):
                told = [*told, _Telling(rule, DAYS, rule.are_days_sure)]
            elif is_too_early:
                told = [telling for telling in told if telling.rule is not rule]
        return told


def _highest(readings: Sequence[Likelihood]) -> Likelihood:
    """Take the highest likelihoods of several readings, and the sign of the reading most like an emergency."""
    most = max(readings, key=lambda reading: (reading.emergency, reading.urgent))
    return replace(
        most,
        urgent=max(reading.urgent for reading in readings),
        emergency=max(reading.emergency for reading in readings),
    )
