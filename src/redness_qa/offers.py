"""Questions to offer a reader: what a guide wants offered first, and what it answers near to one that it does not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from redness_qa.index import Index
from redness_qa.passages import Hit, Passage

MAX_NEAREST = 3
NEAR = 0.4
"""Score from which a passage is near enough to offer its question; below it a reader sees no connection."""


class Offers:
    """The questions that an index lists, each asked once before it is offered."""

    def __init__(self, index: Index, *, is_answered: Callable[[str], bool]) -> None:
        """Take an index, and what tells whether a question that it lists gets a sentence it leads to, and no alarm."""
        self._index = index
        self._ask = is_answered
        self._known: dict[str, bool] = {}

    def suggestions(self, n: int) -> tuple[str, ...]:
        """Choose n questions that are answered.

        First come those that the guide wants offered, then of each document one of the first section, of the second,
        and on.
        """
        return tuple(itertools.islice(filter(self._is_answered, dict.fromkeys(self._in_turn())), n))

    def nearest(self, hits: Sequence[Hit], question: str, *, beside: Iterable[Passage]) -> tuple[str, ...]:
        """Choose questions that are answered, near to one that is not, or not in full.

        Of each section that was found it is the first question, which is well spelt; none leads to what is quoted.
        """
        quoted = {passage.id for passage in beside}
        near_enough = (hit.passage for hit in hits if hit.score >= NEAR)
        sections = dict.fromkeys((passage.document, passage.section) for passage in near_enough)
        passages = (self._first_asked[section] for section in sections if section in self._first_asked)
        found = (passage.questions[0] for passage in passages if passage.id not in quoted)
        near = (asked for asked in found if asked.casefold() != question.casefold() and self._is_answered(asked))
        return tuple(itertools.islice(near, MAX_NEAREST))

    def _in_turn(self) -> Iterator[str]:
        yield from self._index.manifest.suggestions
        columns: dict[str, list[str]] = {}
        for (document, _), passage in self._first_asked.items():
            columns.setdefault(document, []).append(passage.questions[0])
        rounds = itertools.zip_longest(*columns.values())
        yield from (asked for row in rounds for asked in row if asked is not None)

    @cached_property
    def _first_asked(self) -> dict[tuple[str, str], Passage]:
        """The first passage with question forms of each section, by document and section; read once."""
        first: dict[tuple[str, str], Passage] = {}
        for passage in self._index.asked_passages():
            first.setdefault((passage.document, passage.section), passage)
        return first

    def _is_answered(self, listed: str) -> bool:
        if listed not in self._known:
            self._known[listed] = self._ask(listed)
        return self._known[listed]
