"""Phrases as signs.yaml writes them, and where they stand in a clause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from redness_qa.triage.text import Clause, normalise

GAP = 3  # words that may stand where a phrase has `..`
WINDOW = 8  # words between the first and the last of a phrase joined with `+`

Places = frozenset[int]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase.

    Attributes:
        text: As written.
        parts: Runs of steps that stand in any order; a step is the allowed words and whether others may come before it.
    """

    text: str
    parts: tuple[tuple[tuple[frozenset[str], bool], ...], ...]

    @classmethod
    def parse(cls, text: str, groups: Mapping[str, Iterable[str]]) -> Phrase:
        """Read a phrase; the notation is explained at the top of signs.yaml.

        Raises:
            ValueError: It names an unknown group or has no word.
        """
        parts = []
        for part in str(text).split(" + "):
            steps: list[tuple[frozenset[str], bool]] = []
            is_loose = False
            for piece in part.split():
                if piece == "..":
                    is_loose = True
                    continue
                steps.append((_alternatives(piece, groups), is_loose))
                is_loose = False
            if not steps or is_loose:
                raise ValueError(f"{text!r} is no phrase: it needs a word at its start and end.")
            parts.append(tuple(steps))
        return cls(str(text), tuple(parts))

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word it may consist of."""
        return frozenset().union(*self.steps)

    @property
    def steps(self) -> tuple[frozenset[str], ...]:
        """The allowed words of every step."""
        return tuple(words for part in self.parts for words, _ in part)

    def find(self, clause: Clause) -> Iterator[Places]:
        """Yield the places of the words of each match."""
        window = max(WINDOW, len(self.parts[0]) * 4)
        for runs in product(*(list(_runs(part, clause)) for part in self.parts)):
            places = frozenset().union(*runs)
            if len(places) == sum(map(len, runs)) and max(places) - min(places) <= window:
                yield places


class PhraseList:
    """Phrases that are looked for together.

    For each place in a phrase a word has a number whose bits stand for the phrases that allow it there, so that a few
    operations on whole numbers leave only the phrases of which a clause has a word for every step.
    """

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.phrases = tuple(phrases)
        depth = max((len(phrase.steps) for phrase in self.phrases), default=0)
        self._ended = [0] * depth
        self._allowing: dict[str, list[int]] = {}
        for number, phrase in enumerate(self.phrases):
            for step in range(depth):
                if step >= len(phrase.steps):
                    self._ended[step] |= 1 << number
                    continue
                for word in phrase.steps[step]:
                    self._allowing.setdefault(word, [0] * depth)[step] |= 1 << number

    def find(self, clause: Clause) -> Iterator[tuple[int, Places]]:
        """Yield each match as the number of its phrase and the places of its words, in the order of the phrases."""
        said = [found for form in clause.forms if (found := self._allowing.get(form))]
        if not said:
            return
        waiting = -1
        for step, ended in enumerate(self._ended):
            met = ended
            for found in said:
                met |= found[step]
            waiting &= met
        while waiting:
            number = (waiting & -waiting).bit_length() - 1
            waiting &= waiting - 1
            for places in self.phrases[number].find(clause):
                yield number, places

    def places(self, clause: Clause) -> list[Places]:
        """List the places of the words of each match."""
        return [places for _, places in self.find(clause)]


def phrase_list(*texts: str) -> PhraseList:
    """Read phrases in the notation of signs.yaml, without its groups."""
    return PhraseList(Phrase.parse(text, {}) for text in texts)


def _alternatives(piece: str, groups: Mapping[str, Iterable[str]]) -> frozenset[str]:
    words: set[str] = set()
    for word in piece.split("/"):
        if word.startswith("<"):
            if word[1:-1] not in groups:
                raise ValueError(f"{word} is no group of words; groups are {', '.join(groups)}.")
            words.update(groups[word[1:-1]])
        else:
            words.add(normalise(word))
    return frozenset(words)


def _runs(steps: tuple[tuple[frozenset[str], bool], ...], clause: Clause) -> Iterator[Places]:
    for start in range(len(clause.tokens)):
        if not steps[0][0].isdisjoint(clause.tokens[start].forms):
            yield from _continue(steps[1:], clause, (start,))


def _continue(
    steps: tuple[tuple[frozenset[str], bool], ...], clause: Clause, taken: tuple[int, ...]
) -> Iterator[Places]:
    if not steps:
        yield frozenset(taken)
        return
    words, is_loose = steps[0]
    for place in range(taken[-1] + 1, min(taken[-1] + 2 + GAP * is_loose, len(clause.tokens))):
        if not words.isdisjoint(clause.tokens[place].forms):
            yield from _continue(steps[1:], clause, (*taken, place))
