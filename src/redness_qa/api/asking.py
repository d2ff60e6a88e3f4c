"""An assistant as the doors see it: answers are counted by door, and kept where the settings say so."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Protocol

from redness_qa.answer import Answer
from redness_qa.api.counts import Counts, Door
from redness_qa.bounds import Answering
from redness_qa.errors import Busy, QuestionError

_LOG = logging.getLogger(__name__)


class Keeping(Protocol):
    """Whatever keeps an answered question for the front desk."""

    def keep(self, answer: Answer, *, door: str) -> None:
        """Keep it without what tells who asked; called from several threads at once."""


class Watched:
    """An assistant at one door."""

    def __init__(self, assistant: Answering, *, door: Door, counts: Counts, store: Keeping | None = None) -> None:
        self._assistant = assistant
        self._door = door
        self._counts = counts
        self._store = store

    def ask(
        self, question: str, *, previous: Sequence[str] = (), id: str | None = None, language: str = "en"
    ) -> Answer:
        """Answer a question, count the answer, and keep it where there is a store.

        Raises:
            QuestionError: The question is empty.
            Busy: Too many ask at once.
        """
        start = time.perf_counter()
        self._counts.began()
        try:
            answer = self._assistant.ask(question, previous=previous, id=id, language=language)
        except (Busy, QuestionError):
            raise
        except Exception:
            self._counts.failed(self._door)
            raise
        finally:
            self._counts.ended()
        self._counts.answered(answer, door=self._door, seconds=time.perf_counter() - start)
        if self._store is not None:
            try:
                self._store.keep(answer, door=self._door.value)
            except Exception as error:  # a full disk must not cost a patient the answer
                _LOG.error("A question could not be kept: %s", type(error).__name__)
                self._counts.unstored()
        return answer
