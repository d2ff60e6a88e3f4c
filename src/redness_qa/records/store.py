"""The kept questions: one SQLite file, readable by its owner only, that forgets on time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from redness_qa.answer import Answer
from redness_qa.errors import StoreError
from redness_qa.records.redaction import redact

FILE_NAME = "questions.sqlite3"
_WAIT_SECONDS = 10.0
_CREATE = (
    "CREATE TABLE IF NOT EXISTS questions (id INTEGER PRIMARY KEY, asked_at TEXT NOT NULL, door TEXT NOT NULL, "
    "question TEXT NOT NULL, status TEXT NOT NULL, urgency TEXT NOT NULL, facts TEXT NOT NULL)"
)
_COLUMNS = "id, asked_at, door, question, status, urgency, facts"


@dataclass(frozen=True, slots=True)
class Record:
    """One kept question.

    Attributes:
        id: Its number in the store.
        asked_at: When it was asked, to the hour (UTC, ISO 8601); the minute could tell who sat there.
        door: Where it came in: "page", "api" or "mcp".
        question: What was asked, without what tells who asked.
        status: What kind of answer it got.
        urgency: How urgent it read.
        facts: Labels of the facts that were quoted.
    """

    id: int
    asked_at: str
    door: str
    question: str
    status: str
    urgency: str
    facts: tuple[str, ...]


class Store:
    """Keeps questions for a number of days; used from several threads, and from several processes at once."""

    def __init__(self, folder: Path, *, days: int) -> None:
        self._path = folder / FILE_NAME
        self._days = days
        self._lock = threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
        except OSError as error:
            raise StoreError(self._path, f"cannot be written: {error.strerror}.") from error
        with self._connection() as connection:
            connection.execute(_CREATE)

    def keep(self, answer: Answer, *, door: str, now: datetime | None = None) -> None:
        """Keep an answered question; what tells who asked is left out before anything is written."""
        facts = dict.fromkeys(fact for quote in answer.quotes for fact in quote.facts)
        values = (
            _hour(now or datetime.now(timezone.utc)),
            door,
            redact(answer.question),
            answer.status.value,
            answer.urgency.value,
            " ".join(facts),
        )
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO questions (asked_at, door, question, status, urgency, facts) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )

    def delete_expired(self, *, now: datetime | None = None) -> int:
        """Delete what is older than its days, and tell how many that were."""
        oldest = _hour((now or datetime.now(timezone.utc)) - timedelta(days=self._days))
        with self._connection() as connection:
            return connection.execute("DELETE FROM questions WHERE asked_at < ?", (oldest,)).rowcount

    def delete(self, *, id: int | None = None) -> int:
        """Delete one question, or all of them, and tell how many that were."""
        with self._connection() as connection:
            if id is None:
                return connection.execute("DELETE FROM questions").rowcount
            return connection.execute("DELETE FROM questions WHERE id = ?", (id,)).rowcount

    def records(self) -> list[Record]:
        """List what is kept, oldest first."""
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM questions ORDER BY id").fetchall()  # noqa: S608 - ours
        return [
            Record(id, asked_at, door, question, status, urgency, tuple(facts.split()))
            for id, asked_at, door, question, status, urgency, facts in rows
        ]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction: written wholly or not at all, and overwritten where it is deleted.

        Raises:
            StoreError: The file is damaged, or not to be written.
        """
        try:
            with self._lock, closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS)) as connection:
                connection.execute("PRAGMA journal_mode = TRUNCATE")
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("PRAGMA synchronous = FULL")
                with connection:
                    yield connection
        except sqlite3.Error as error:
            raise StoreError(self._path, f"cannot be used: {error}.") from error


def _hour(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:00Z")
