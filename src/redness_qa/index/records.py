"""Passages and limits as lines of JSON, and passages that stay on disk until they are wanted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from redness_qa.errors import IndexStale
from redness_qa.manifest import REBUILD
from redness_qa.passages import Limit, LimitKind, Passage, Source

PASSAGES_KEPT = 4096
"""Passages that stay in memory once they were read; a guide has about a thousand."""

MISFIT = "The files are whole but do not fit together ({reason}); another version may have written them."

_PASSAGE_FIELDS = tuple(field.name for field in fields(Passage))


class StoredPassages(Sequence[Passage]):
    """The passages of a file, each read when it is wanted."""

    def __init__(self, path: Path, offsets: NDArray[np.int64]) -> None:
        """Map a file.

        Args:
            path: The file, one passage a line.
            offsets: First byte of each line, ascending, and at last the size of the file.

        Raises:
            ValueError: The offsets are those of another file.
        """
        size = path.stat().st_size
        if not len(offsets) or offsets[0] != 0 or offsets[-1] != size:
            raise ValueError(f"{path.name} has {size} bytes, which is not what its table of lines ends with")
        self._path = path
        self._offsets = offsets
        # An empty file cannot be mapped.
        self._content = np.memmap(path, dtype=np.uint8, mode="r") if size else np.empty(0, dtype=np.uint8)
        self._read = lru_cache(maxsize=PASSAGES_KEPT)(self._parse)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, position: int) -> Passage: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Passage]: ...
    def __getitem__(self, position: int | slice) -> Passage | Sequence[Passage]:
        if isinstance(position, slice):
            return [self._read(each) for each in range(*position.indices(len(self)))]
        place = position + len(self) if position < 0 else position
        if not 0 <= place < len(self):
            raise IndexError(f"there is no passage {position} of {len(self)}")
        return self._read(place)

    def __iter__(self) -> Iterator[Passage]:
        """Read all passages, one after the other; those that were not wanted before are not kept."""
        keeps_all = len(self) <= PASSAGES_KEPT
        return (self._read(place) if keeps_all else self._parse(place) for place in range(len(self)))

    def _parse(self, place: int) -> Passage:
        line = self._content[int(self._offsets[place]) : int(self._offsets[place + 1])].tobytes()
        try:
            return _passage(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            raise IndexStale(self._path, MISFIT.format(reason=error), remedy=REBUILD) from error


def passage_lines(passages: Iterable[Passage]) -> Iterator[bytes]:
    """Write each passage as a line."""
    for passage in passages:
        # `asdict` copies every value, which takes several times as long as writing them out.
        record = {name: getattr(passage, name) for name in _PASSAGE_FIELDS}
        yield json_line({**record, "sources": [asdict(source) for source in passage.sources]})


def limit_lines(limits: Iterable[Limit]) -> Iterator[bytes]:
    """Write each limit as a line."""
    for limit in limits:
        yield json_line({**asdict(limit), "kind": limit.kind.value})


def read_limits(content: bytes) -> list[Limit]:
    """Read limits back from their lines."""
    return [_limit(json.loads(line)) for line in content.splitlines()]


def json_line(record: Mapping[str, Any]) -> bytes:
    """Write a record as one line."""
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def _passage(record: dict[str, Any]) -> Passage:
    record["facts"] = tuple(record["facts"])
    record["sources"] = tuple(Source(**source) for source in record["sources"])
    record["questions"] = tuple(record["questions"])
    record["companions"] = tuple(record["companions"])
    return Passage(**record)


def _limit(record: dict[str, Any]) -> Limit:
    record["kind"] = LimitKind(record["kind"])
    record["questions"] = tuple(record["questions"])
    record["quotes"] = tuple(record["quotes"])
    return Limit(**record)
