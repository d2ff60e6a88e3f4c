"""Passages and their vectors on disk and in memory; the only module that imports faiss."""

from __future__ import annotations

import glob
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from redness_qa.errors import IndexCorrupted, IndexFault, IndexForeign, IndexMissing, IndexStale
from redness_qa.manifest import REBUILD, Manifest, sha256_hex
from redness_qa.passages import Hit, Limit, LimitHit, LimitKind, Passage, Source
from redness_qa.vectors import FloatMatrix, check_unit_rows

MANIFEST = "manifest.json"
PASSAGES = "passages.jsonl"
LIMITS = "limits.jsonl"
TEXTS = "texts.jsonl"
VECTORS = "vectors.faiss"
DATA_FILES = (PASSAGES, TEXTS, LIMITS, VECTORS)
"""The files that the manifest names with their fingerprints; an index folder holds these, the manifest and no other."""

TEXT_SHARE = 0.4
"""Weight of a passage's text in its score, the rest being that of its nearest question form. Chosen on voices a and b
and on the listed questions themselves: with 0.5 or 0.4 as many are right first, and with 0.4 as many as 99 % of the
listed questions find their own passage first, with 0.5 only 97 %."""

CANDIDATE_ROWS = 1000
"""Rows nearest to a question whose passages are scored."""

PREVIOUS_SUFFIX = ".previous"
"""Where a save parks the old index for the instant in which it moves the new one into place."""

_ASIDE_INFIX = ".building-"
_ASIDE_LIFETIME_SECONDS = 3600
"""Age from which a folder written aside belongs to no save that still runs; writing one takes seconds."""


class Index:
    """Passages and their vectors in one order, with exact search."""

    def __init__(
        self, passages: Sequence[Passage], limits: Sequence[Limit], vectors: FloatMatrix, manifest: Manifest
    ) -> None:
        """Pair passages and limits with their vectors.

        Args:
            passages: What can be quoted.
            limits: What the guide does not answer on purpose.
            vectors: Unit rows, shape (manifest.rows, manifest.dim), of all the texts that `row_texts` lists.
            manifest: What they were made of.
        """
        check_unit_rows(vectors, dim=manifest.dim)
        forms = question_forms(passages)
        asked = [(limit, question) for limit in limits for question in limit.questions]
        rows = len(passages) + len(forms) + len(asked) + len(passages)
        if not rows == len(vectors) == manifest.rows or len(passages) != manifest.passages:
            raise ValueError(
                f"{len(passages)} passages with {len(limits)} limits need {rows} rows; there are {len(vectors)} "
                f"vectors, and the manifest counts {manifest.passages} passages and {manifest.rows} rows"
            )
        self.passages = tuple(passages)
        self.limits = tuple(limits)
        self.manifest = manifest
        self._vectors = vectors
        self._targets = [[position] for position in range(len(passages))] + list(forms.values())
        self._asked_limits = [limit for limit, _ in asked]
        self._positions = {passage.id: position for position, passage in enumerate(self.passages)}
        self._form_rows: list[list[int]] = [[] for _ in passages]
        for row, positions in enumerate(forms.values(), start=len(passages)):
            for position in positions:
                self._form_rows[position].append(row)
        first_statement = rows - len(passages)
        self._searched = _flat(vectors[: len(self._targets)])
        self._searched_limits = _flat(vectors[len(self._targets) : first_statement])
        self._statements = vectors[first_statement:]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the manifest, which names every other file by its own."""
        return sha256_hex(self.manifest.to_bytes())

    def statement_similarity(self, one: Passage, other: Passage) -> float:
        """Give the cosine similarity of what two passages say, whatever headings they stand under."""
        return float(self._statements[self._positions[one.id]] @ self._statements[self._positions[other.id]])

    def check_corpus(self, folder: Path, *, fingerprint: str) -> None:
        """Refuse to go on if the corpus is no longer as it was when the index was built.

        Raises:
            IndexStale: The fingerprint of the corpus differs.
        """
        if fingerprint != self.manifest.corpus_fingerprint:
            raise IndexStale(folder, "The source texts were changed after the index was built.", remedy=REBUILD)

    def search(self, questions: FloatMatrix, *, k: int, bonus: FloatMatrix | None = None) -> list[list[Hit]]:
        """Find the passages nearest to each question, best first.

        A passage scores the cosine similarity of its text, or where patients' question forms lead
        to it the mean of that and of the nearest form, weighted by `TEXT_SHARE`. The passages behind the nearest
        `CANDIDATE_ROWS` rows are scored; a smaller index is searched whole.

        Args:
            questions: Unit rows, shape (n, dim), float32.
            k: Hits wanted per question; fewer come back if the index is smaller.
            bonus: What is added to the score of each passage, shape (n, passages); the k passages with the highest
                are scored in any case.

        Raises:
            ValueError: k is below 1, or dim differs from the index.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        check_unit_rows(questions, dim=self.manifest.dim)
        if not self.passages:
            return [[] for _ in questions]
        rows = min(max(CANDIDATE_ROWS, 2 * k), len(self._targets))
        _, nearest = self._searched.search(questions, rows)
        if bonus is None:
            bonus = np.zeros((len(questions), len(self.passages)), dtype=np.float32)
        return [self._rank(*each, k=k) for each in zip(questions, nearest, bonus, strict=True)]

    def nearest_row(self, question: FloatMatrix) -> float:
        """Tell the cosine similarity of the nearest row that leads to a passage, a text or a question form.

        Args:
            question: One unit row, shape (1, dim), float32.
        """
        scores, _ = self._searched.search(question, 1)
        return float(scores[0][0])

    def nearest_limits(self, question: FloatMatrix) -> dict[LimitKind, LimitHit]:
        """Find for each kind of limit the one whose question forms come nearest to a question.

        Args:
            question: One unit row, shape (1, dim), float32.

        Returns:
            Nothing for a kind of which the index has no limits.
        """
        if not self._asked_limits:
            return {}
        scores, rows = self._searched_limits.search(question, len(self._asked_limits))
        nearest: dict[LimitKind, LimitHit] = {}
        for score, row in zip(scores[0].tolist(), rows[0].tolist(), strict=True):
            limit = self._asked_limits[row]
            nearest.setdefault(limit.kind, LimitHit(limit, score))
        return nearest

    def _rank(
        self, question: NDArray[np.float32], rows: NDArray[np.int64], bonus: NDArray[np.float32], *, k: int
    ) -> list[Hit]:
        """Score the passages behind the given rows, and keep the k best; equal ones in their own order."""
        found = {position for row in rows for position in self._targets[row]}
        candidates = sorted(found.union(np.argsort(-bonus, kind="stable")[:k].tolist() if bonus.any() else ()))
        scores = {position: self._score(question, position) + float(bonus[position]) for position in candidates}
        order = sorted(candidates, key=lambda position: -scores[position])[:k]
        return [Hit(self.passages[position], scores[position], rank) for rank, position in enumerate(order, start=1)]

    def _score(self, question: NDArray[np.float32], position: int) -> float:
        own = float(self._vectors[position] @ question)
        forms = self._form_rows[position]
        if not forms:
            return own
        return TEXT_SHARE * own + (1 - TEXT_SHARE) * float((self._vectors[forms] @ question).max())

    def save(self, folder: Path, *, texts: Mapping[str, str]) -> None:
        """Write the index aside, then move it into place; an older one serves until that instant.

        Args:
            folder: Where the index shall be; its parent must be writable.
            texts: Text of each document whose offsets do not count the characters of its own file
                (HTML, PDF, DOCX), by name.

        Raises:
            IndexForeign: Something else is there, or in the way; it is left as it is.
        """
        folder = folder.resolve()  # so that a link stays a link, and "." has a name
        _refuse_other_things(folder)
        _refuse_other_things(_previous(folder))
        recover(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}{_ASIDE_INFIX}", dir=folder.parent))
        try:
            aside.chmod(0o755)
            files = {
                PASSAGES: _json_lines(asdict(passage) for passage in self.passages),
                TEXTS: _json_lines({"document": name, "text": texts[name]} for name in sorted(texts)),
                LIMITS: _json_lines({**asdict(limit), "kind": limit.kind.value} for limit in self.limits),
                VECTORS: faiss.serialize_index(_flat(self._vectors)).tobytes(),
            }
            self.manifest = replace(self.manifest, files={name: sha256_hex(files[name]) for name in files})
            for name, content in {**files, MANIFEST: self.manifest.to_bytes()}.items():
                _write(aside / name, content)
            _move_into_place(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Load an index, and verify that every byte of it is as it was written.

        Raises:
            IndexMissing: There is nothing at that place.
            IndexForeign: There is something, but not an index of this package.
            IndexCorrupted: A file was changed, cut off or removed.
            IndexStale: The index has another format.
        """
        if not folder.exists() and _previous(folder).is_dir():
            folder = _previous(folder)
        if not folder.is_dir() or not any(folder.iterdir()):
            raise IndexMissing(folder, "There is no index here.", remedy=REBUILD)
        if not (folder / MANIFEST).is_file():
            raise IndexForeign(folder, f"The folder has no {MANIFEST}, so it is not an index.", remedy=REBUILD)
        manifest = Manifest.from_bytes(_read(folder / MANIFEST), path=folder / MANIFEST)
        contents = {name: _read_verified(folder / name, manifest.files.get(name)) for name in DATA_FILES}
        try:
            passages = [_passage(json.loads(line)) for line in contents[PASSAGES].splitlines()]
            limits = [_limit(json.loads(line)) for line in contents[LIMITS].splitlines()]
            stored = faiss.deserialize_index(np.frombuffer(contents[VECTORS], dtype=np.uint8))
            return cls(passages, limits, stored.reconstruct_n(0, stored.ntotal), manifest)
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            reason = f"The files are whole but do not fit together ({error}); another version may have written them."
            raise IndexStale(folder, reason, remedy=REBUILD) from error


def question_forms(passages: Sequence[Passage]) -> dict[str, list[int]]:
    """List each question form with the positions of the passages it leads to, in order of appearance."""
    forms: dict[str, list[int]] = {}
    for position, passage in enumerate(passages):
        for question in passage.questions:
            forms.setdefault(question, []).append(position)
    return forms


@dataclass(frozen=True, slots=True)
class RowTexts:
    """What is embedded, in the order of the rows of an index.

    Attributes:
        passages: Each passage with its context, for search.
        questions: Question forms of the passages, each once, then those of the limits; embedded as questions.
        statements: Each passage alone. Passages of one section share their context, which lifts the similarity of
            any two of them above that of true paraphrases under other headings.
    """

    passages: list[str]
    questions: list[str]
    statements: list[str]


def row_texts(passages: Sequence[Passage], limits: Sequence[Limit]) -> RowTexts:
    """List what is embedded for an index of these passages and limits."""
    return RowTexts(
        passages=[f"{passage.context}: {passage.text}" if passage.context else passage.text for passage in passages],
        questions=[*question_forms(passages), *(question for limit in limits for question in limit.questions)],
        statements=[passage.text for passage in passages],
    )


def recover(folder: Path) -> None:
    """Finish what a killed save left half done: put the parked index back or clear it away, and what it wrote aside."""
    previous = _previous(folder)
    if previous.is_dir():
        if folder.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(folder)
    for aside in previous.parent.glob(f".{glob.escape(folder.name)}{_ASIDE_INFIX}*"):
        if time.time() - aside.stat().st_mtime > _ASIDE_LIFETIME_SECONDS:
            shutil.rmtree(aside, ignore_errors=True)


def _refuse_other_things(folder: Path) -> None:
    """Refuse to replace or remove anything but an index, whole or damaged, or an empty folder."""
    if not folder.exists():
        return
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else [folder.name]
    others = [name for name in names if name not in (MANIFEST, *DATA_FILES)]
    try:
        if MANIFEST in names and not others:
            Manifest.from_bytes((folder / MANIFEST).read_bytes(), path=folder / MANIFEST)
    except IndexForeign:
        others = [MANIFEST]
    except (IndexFault, OSError):
        pass  # damaged or of an older format, but ours
    # Half a removed index has lost its manifest, perhaps; a new index folder never has.
    if not others and names and MANIFEST not in names and not folder.name.endswith(PREVIOUS_SUFFIX):
        others = names
    if others:
        raise IndexForeign(
            folder,
            f"There is something else than an index here ({', '.join(others[:3])}), and it is not overwritten.",
            remedy="Name another folder, or move that away.",
        )


def _flat(vectors: FloatMatrix) -> Any:  # noqa: ANN401 - faiss publishes no types
    """Make an index with exact search over unit rows, so that inner product is cosine."""
    rows = faiss.IndexFlatIP(vectors.shape[1])
    rows.add(vectors)
    return rows


def _previous(folder: Path) -> Path:
    folder = folder.resolve()
    return folder.with_name(folder.name + PREVIOUS_SUFFIX)


def _move_into_place(aside: Path, folder: Path) -> None:
    """Swap folders; whoever is killed between the two moves is repaired by `recover` and `load`."""
    if folder.exists():
        folder.rename(_previous(folder))
    aside.rename(folder)
    shutil.rmtree(_previous(folder), ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise IndexCorrupted(path, "The file is gone.", remedy=REBUILD) from error
    except OSError as error:
        raise IndexCorrupted(path, f"The file cannot be read ({error.strerror}).", remedy=REBUILD) from error


def _read_verified(path: Path, sha256: str | None) -> bytes:
    content = _read(path)
    if sha256_hex(content) != sha256:
        raise IndexCorrupted(path, "The file was changed after it was written.", remedy=REBUILD)
    return content


def _json_lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def _passage(record: dict[str, Any]) -> Passage:
    """Read a passage back from its line in passages.jsonl."""
    record["facts"] = tuple(record["facts"])
    record["sources"] = tuple(Source(**source) for source in record["sources"])
    record["questions"] = tuple(record["questions"])
    record["companions"] = tuple(record["companions"])
    return Passage(**record)


def _limit(record: dict[str, Any]) -> Limit:
    """Read a limit back from its line in limits.jsonl."""
    record["kind"] = LimitKind(record["kind"])
    record["questions"] = tuple(record["questions"])
    record["quotes"] = tuple(record["quotes"])
    return Limit(**record)
