"""Remembers the last answers, without the questions they were given to."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from redness_qa.answer import Answer


class AnswerCache:
    """The last answers of one assistant, in memory alone.

    It lives and dies with the assistant, whose index, weights and signs never change: no answer outlasts them.

    No question is kept: an answer is found by a keyed digest of it, with a key that is drawn anew for each cache, and
    is kept without the question and without its name.
    """

    def __init__(self, size: int) -> None:
        """Remember up to a number of answers; the least lately asked for goes first.

        Args:
            size: Answers that are kept; 0 keeps none.

        Raises:
            ValueError: The size is below 0.
        """
        if size < 0:
            raise ValueError(f"a cache cannot keep {size} answers; give 0 or more")
        self._size = size
        self._secret = secrets.token_bytes(32)
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()
        self._guard = threading.Lock()

    def __len__(self) -> int:
        """Count the answers that are kept."""
        return len(self._answers)

    def find(self, question: str, previous: Sequence[str], *, language: str) -> Answer | None:
        """Find the answer to a question that followed others, without its name; None where it is not kept."""
        key = self._key(question, previous, language)
        with self._guard:
            answer = self._answers.get(key)
            if answer is None:
                return None
            self._answers.move_to_end(key)
        return replace(answer, question=question)

    def keep(self, answer: Answer, previous: Sequence[str]) -> None:
        """Keep an answer to a question that followed others."""
        if not self._size:
            return
        key = self._key(answer.question, previous, answer.language)
        with self._guard:
            self._answers[key] = replace(answer, id="", question="")
            self._answers.move_to_end(key)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)

    def _key(self, question: str, previous: Sequence[str], language: str) -> bytes:
        digest = hashlib.blake2b(key=self._secret, digest_size=32)
        for text in (language, question, *previous):
            content = text.encode(errors="surrogatepass")
            digest.update(len(content).to_bytes(8, "big") + content)
        return digest.digest()
