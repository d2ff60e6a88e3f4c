"""The errors this package raises on purpose.

::

    RednessQAError
    ├── BenchmarkError     something that was to be measured does not run
    ├── CorpusError        a source text that cannot be used, or a folder of them
    │   └── CorpusErrors   several of them at once, each named
    ├── EncoderError       an embedding model that is missing, altered or unusable
    │   └── NotCompilable  a sound model that can only be used uncompiled
    ├── IndexFault         an index that cannot be loaded
    │   ├── IndexMissing   nothing is there
    │   ├── IndexForeign   what is there was not written by this package
    │   ├── IndexCorrupted a file of it is damaged or gone
    │   └── IndexStale     a sound index that does not fit the model, format or corpus in use
    ├── MissingExtra       a library that only some need is not installed
    ├── QuestionError      a question or a row of questions that cannot be answered
    │   └── QuestionTooLong a routine question longer than one may be
    ├── Busy               more questions at once than can be answered
    ├── SettingsError      a setting with a value that cannot be used
    └── StoreError         the kept questions cannot be read or written

A message says what is wrong, with which value, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class RednessQAError(Exception):
    """Parent of every error this package raises on purpose."""


class BenchmarkError(RednessQAError):
    """Something that was to be measured does not run."""


class CorpusError(RednessQAError):
    """A source text cannot be used.

    Attributes:
        path: The file or folder at fault.
        line: Line of the fault, counted from 1; None where a file as a whole is at fault.
    """

    def __init__(self, path: Path | str, reason: str, *, line: int | None = None) -> None:
        self.path = Path(path)
        self.line = line
        self.reason = reason
        place = f"{self.path}:{line}" if line is not None else f"{self.path}"
        super().__init__(f"{place}: {reason}")


class CorpusErrors(CorpusError):
    """Several source texts of one folder cannot be used.

    Attributes:
        errors: One error for each of them, in the order of their names.
    """

    def __init__(self, folder: Path | str, errors: Sequence[CorpusError]) -> None:
        self.errors = tuple(errors)
        listed = "".join(f"\n  {error}" for error in self.errors)
        super().__init__(folder, f"{len(self.errors)} texts cannot be used:{listed}")


class EncoderError(RednessQAError):
    """An embedding model is missing, altered or cannot be used."""


class NotCompilable(EncoderError):
    """A sound embedding model has parts, or loses too much, so that it can only be used uncompiled."""


class IndexFault(RednessQAError):
    """An index cannot be loaded.

    Attributes:
        path: The index folder, or the file in it that is at fault.
    """

    def __init__(self, path: Path | str, reason: str, *, remedy: str) -> None:
        self.path = Path(path)
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{self.path}: {reason} {remedy}")


class IndexMissing(IndexFault):
    """There is no index at the given place."""


class IndexCorrupted(IndexFault):
    """A file of the index is damaged or gone."""


class IndexForeign(IndexFault):
    """What is there was not written by this package."""


class IndexStale(IndexFault):
    """A sound index does not fit the format, model or corpus in use."""


class QuestionError(RednessQAError):
    """A question, or a row of a questions file, cannot be answered.

    Attributes:
        line: Line of the row in its file, counted from 1; None for a single question.
    """

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}" if line is not None else reason)


class QuestionTooLong(QuestionError):
    """A routine question is longer than the settings let one be.

    Attributes:
        characters: Longest question that is answered.
    """

    def __init__(self, characters: int) -> None:
        self.characters = characters
        super().__init__(f"the question is too long; shorten it to {characters} characters or fewer")


class Busy(RednessQAError):
    """More questions came at once than can wait for an answer; asking again a little later helps."""


class SettingsError(RednessQAError):
    """A setting has a value that cannot be used."""


class MissingExtra(RednessQAError):
    """A library that only some need is not installed.

    Attributes:
        extra: Name of the extra that brings it.
    """

    def __init__(self, extra: str, *, needed_for: str, reason: str = "it is not installed") -> None:
        self.extra = extra
        super().__init__(
            f"{needed_for} needs the library {extra}, and {reason}. Install it: pip install 'redness-qa[{extra}]'"
        )


class StoreError(RednessQAError):
    """The kept questions cannot be read or written.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path = Path(path)
        super().__init__(f"{self.path}: {reason} Name another folder, or mend this one.")
