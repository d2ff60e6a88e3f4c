"""What search and look-ups need of all passages, as arrays, so that no passage is read before it is shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from redness_qa.index.rows import question_forms
from redness_qa.passages import Passage

Positions = NDArray[np.int64]
"""Places of passages or rows, counted from 0."""


@dataclass(frozen=True)
class Lists:
    """Lists of positions, end to end: list `n` is `values[starts[n]:starts[n + 1]]`."""

    starts: Positions
    values: Positions

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> Lists:
        """Lay lists end to end."""
        starts = np.zeros(len(lists) + 1, dtype=np.int64)
        np.cumsum([len(each) for each in lists], out=starts[1:])
        return cls(starts, np.array([value for each in lists for value in each], dtype=np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> Positions:
        return self.values[self.starts[number] : self.starts[number + 1]]

    def chosen(self, numbers: Positions) -> Lists:
        """Give some of the lists, in the order of their numbers."""
        lengths = self.starts[numbers + 1] - self.starts[numbers]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(starts[-1]) + np.repeat(self.starts[numbers] - starts[:-1], lengths)
        return Lists(starts, self.values[places])


@dataclass(frozen=True)
class Lookup:
    """Fingerprints of texts in ascending order, each with the position of its passage.

    Eight bytes stand for a text, so whoever looks one up reads the passages it names and compares.
    """

    fingerprints: NDArray[np.uint64]
    positions: Positions

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lookup:
        """Sort the fingerprints of texts; equal ones keep their order."""
        fingerprints = np.array([_fingerprint(text) for text in texts], dtype=np.uint64)
        order = np.argsort(fingerprints, kind="stable")
        return cls(fingerprints[order], order)

    def find(self, text: str) -> Positions:
        """List the positions whose text may be this one, in ascending order."""
        wanted = np.uint64(_fingerprint(text))
        first, end = np.searchsorted(self.fingerprints, wanted), np.searchsorted(self.fingerprints, wanted, "right")
        return self.positions[first:end]


@dataclass(frozen=True)
class Columns:
    """What search and look-ups need of all passages.

    Attributes:
        forms: For each passage the rows of its question forms.
        targets: For each question form, in the order of their rows, the passages it leads to.
        ids: The passages by id.
        texts: The passages by text.
        facts: The passages by the facts they state.
    """

    forms: Lists
    targets: Lists
    ids: Lookup
    texts: Lookup
    facts: Mapping[str, Positions]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Columns:
        """Take from passages what search needs of them."""
        targets = question_forms(passages)
        forms: list[list[int]] = [[] for _ in passages]
        facts: dict[str, list[int]] = {}
        for row, positions in enumerate(targets.values(), start=len(passages)):
            for position in positions:
                forms[position].append(row)
        for position, passage in enumerate(passages):
            for fact in passage.facts:
                facts.setdefault(fact, []).append(position)
        return cls(
            forms=Lists.of(forms),
            targets=Lists.of(list(targets.values())),
            ids=Lookup.of([passage.id for passage in passages]),
            texts=Lookup.of([passage.text for passage in passages]),
            facts={fact: np.array(positions, dtype=np.int64) for fact, positions in facts.items()},
        )

    def asked(self) -> Iterator[int]:
        """List the positions of passages that have question forms."""
        yield from np.flatnonzero(np.diff(self.forms.starts)).tolist()

    def to_bytes(self, *, offsets: Positions) -> bytes:
        """Write the columns out with the place of each passage in its file, as safetensors."""
        stated = Lists.of([positions.tolist() for positions in self.facts.values()])
        arrays: dict[str, NDArray[Any]] = {
            "offsets": offsets,
            "fact_starts": stated.starts,
            "fact_positions": stated.values,
        }
        for name, lists in (("form", self.forms), ("target", self.targets)):
            arrays |= {f"{name}_starts": lists.starts, f"{name}_values": lists.values}
        for name, lookup in (("id", self.ids), ("text", self.texts)):
            arrays |= {f"{name}_fingerprints": lookup.fingerprints, f"{name}_positions": lookup.positions}
        return save(arrays, metadata={"facts": json.dumps(list(self.facts), ensure_ascii=False)})

    @classmethod
    def read(cls, path: Path) -> tuple[Columns, Positions]:
        """Read the columns and the place of each passage in its file.

        Raises:
            ValueError: The arrays do not fit each other.
        """
        with safe_open(path, framework="numpy") as file:
            arrays: dict[str, NDArray[Any]] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            names = json.loads(file.metadata()["facts"])
        stated = Lists(arrays["fact_starts"], arrays["fact_positions"])
        columns = cls(
            forms=Lists(arrays["form_starts"], arrays["form_values"]),
            targets=Lists(arrays["target_starts"], arrays["target_values"]),
            ids=Lookup(arrays["id_fingerprints"], arrays["id_positions"]),
            texts=Lookup(arrays["text_fingerprints"], arrays["text_positions"]),
            facts={fact: stated[number] for number, fact in enumerate(names)},
        )
        lengths = {len(columns.forms), len(columns.ids.positions), len(columns.texts.positions)}
        if lengths != {len(arrays["offsets"]) - 1} or len(names) != len(stated):
            raise ValueError(f"columns of {sorted(lengths)} passages, with {len(arrays['offsets'])} places")
        return columns, arrays["offsets"]


def _fingerprint(text: str) -> int:
    """Sum a text up in eight bytes; a lone surrogate counts as itself."""
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
