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
        return frozenset().union(*(words for part in self.parts for words, _ in part))

    def find(self, clause: Clause) -> Iterator[Places]:
        """Yield the places of the words of each match."""
        for runs in product(*(list(_runs(part, clause)) for part in self.parts)):
            places = frozenset().union(*runs)
            if len(places) == sum(map(len, runs)) and max(places) - min(places) <= max(WINDOW, len(self.parts[0]) * 4):
                yield places


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
