from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from redness_qa.build import LIBRARIES, build_index
from redness_qa.corpus import Corpus
from redness_qa.encoder import GUIDE_MODEL, SentenceEncoder
from redness_qa.errors import CorpusError, CorpusErrors, IndexMissing
from redness_qa.index import DATA_FILES, MANIFEST, PASSAGES, Index, row_texts
from redness_qa.testing import WordEncoder
from redness_qa.vectors import rounded

ROOT = Path(__file__).parent.parent
KILLS = 20


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def copy_of(guide_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(guide_folder, tmp_path / "corpus"))


def test_two_builds_give_the_same_bytes(guide_folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_index(guide_folder, tmp_path / name, encoder=WordEncoder())
    assert contents_of(tmp_path / "one") == contents_of(tmp_path / "two")


def test_the_result_does_not_depend_on_where_the_corpus_lies(
    guide_folder: Path, guide_index_folder: Path, tmp_path: Path
) -> None:
    build_index(copy_of(guide_folder, tmp_path), tmp_path / "index", encoder=WordEncoder())
    assert contents_of(tmp_path / "index") == contents_of(guide_index_folder)


def test_passages_are_slices_of_their_files(guide_folder: Path, guide_index: Index) -> None:
    assert len(guide_index.passages) == 9
    for found in guide_index.passages:
        text = (guide_folder / found.document).read_bytes().decode()
        assert text[found.start : found.end] == found.text


def test_the_manifest_tells_what_the_index_was_made_of(guide_folder: Path, guide_index: Index) -> None:
    manifest = guide_index.manifest
    corpus = Corpus.from_folder(guide_folder)
    assert manifest.encoder == "word-encoder"
    assert manifest.weights_sha256 == WordEncoder.weights_sha256
    assert manifest.dim == 64
    assert manifest.chunking["max_tokens"] == WordEncoder().max_tokens
    assert manifest.corpus_fingerprint == corpus.fingerprint
    assert manifest.documents == {document.name: document.sha256 for document in corpus.documents}
    assert list(manifest.documents) == ["aftercare.md", "how-long.md", "when-to-call.md"]
    assert manifest.passages == 9
    assert manifest.rows == 9 + 7 + 3 + 9  # passages, their question forms, those of the limits, statements
    assert set(manifest.versions) == set(LIBRARIES)
    assert set(manifest.files) == set(DATA_FILES)


def test_the_vectors_are_those_of_the_row_texts(guide_index: Index) -> None:
    texts = row_texts(guide_index.passages, guide_index.limits)
    expected = WordEncoder().encode_passages([*texts.passages, *texts.questions, *texts.statements])
    np.testing.assert_array_equal(guide_index.vectors, rounded(expected))


def test_the_background_is_measured_on_questions_about_other_subjects(guide_index: Index) -> None:
    source = ROOT / "src" / "redness_qa" / "background.txt"
    questions = source.read_text(encoding="utf-8").splitlines()
    best = [
        max(hit.score for hit in hits)
        for hits in guide_index.search(WordEncoder().encode_questions(questions), k=len(guide_index.passages))
    ]
    assert guide_index.manifest.background_mean == pytest.approx(sum(best) / len(best))
    mean = sum(best) / len(best)
    deviation = math.sqrt(sum((score - mean) ** 2 for score in best) / len(best))
    assert guide_index.manifest.background_deviation == pytest.approx(deviation)


def test_progress_is_told_for_each_stage(guide_folder: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build_index(guide_folder, tmp_path / "index", encoder=WordEncoder(), report=lambda *progress: told.append(progress))
    files = [("Reading texts", done, 3) for done in (1, 2, 3)]
    cuts = [("Cutting passages", done, 3) for done in (1, 2, 3)]
    assert told == [*files, *cuts, ("Embedding passages", 9, 9), ("Embedding statements", 9, 9)]


def test_a_corpus_without_limits_and_questions_can_be_built(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "note.txt").write_text("Redness fades within two days.\n", encoding="utf-8")
    index = build_index(tmp_path / "corpus", tmp_path / "index", encoder=WordEncoder())
    assert [found.text for found in Index.load(tmp_path / "index").passages] == ["Redness fades within two days."]
    assert index.nearest_limits(WordEncoder().encode_questions(["redness"])) == {}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        pytest.param("bad.txt", b"\xff\xfe\xff", r"bad\.txt", id="not utf-8"),
        pytest.param("empty.md", b"", r"empty\.md", id="empty"),
        pytest.param("fake.pdf", b"no pdf", r"fake\.pdf", id="not a pdf"),
        pytest.param("refer.yaml", b"no list", r"refer\.yaml", id="limits"),
    ],
)
@pytest.mark.parametrize("has_old", [False, True], ids=["first build", "over an index"])
def test_an_unusable_file_leaves_all_as_it_was(
    guide_folder: Path, guide_index_folder: Path, tmp_path: Path, *, name: str, content: bytes, told: str, has_old: bool
) -> None:
    corpus = copy_of(guide_folder, tmp_path)
    if has_old:
        shutil.copytree(guide_index_folder, tmp_path / "index")
    (corpus / name).write_bytes(content)
    with pytest.raises(CorpusError, match=told):
        build_index(corpus, tmp_path / "index", encoder=WordEncoder())
    if has_old:
        assert contents_of(tmp_path / "index") == contents_of(guide_index_folder)
    assert {path.name for path in tmp_path.iterdir()} == ({"corpus", "index"} if has_old else {"corpus"})


def test_all_unusable_files_are_named(guide_folder: Path, tmp_path: Path) -> None:
    corpus = copy_of(guide_folder, tmp_path)
    (corpus / "one.txt").write_bytes(b"\xff")
    (corpus / "two.md").write_bytes(b"")
    with pytest.raises(CorpusErrors, match=r"(?s)2 texts.*one\.txt.*two\.md"):
        build_index(corpus, tmp_path / "index", encoder=WordEncoder())


def test_a_corpus_without_a_sentence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "note.md").write_text("# Redness\n\nHow long?\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no text here holds a sentence that can be quoted"):
        build_index(tmp_path / "corpus", tmp_path / "index", encoder=WordEncoder())
    assert not (tmp_path / "index").exists()


# Builds that are killed


class Killer:
    """Has builds killed in another process, and looks at what they leave."""

    def __init__(self, process: subprocess.Popen[str], *, folder: Path, corpus: Path, old: Path, new: Path) -> None:
        self._process = process
        self._corpus = corpus
        self._old = old
        self.index = folder / "killed" / "index"
        self.old = contents_of(old)
        self.new = contents_of(new)

    def build(self, *, has_old: bool = True, **when: float) -> dict[str, float]:
        order = {
            "corpus": str(self._corpus),
            "index": str(self.index),
            "old": str(self._old) if has_old else None,
            **when,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def loaded(self) -> str:
        """Load what serves now, and tell whether it is the old index or the new one, to the byte."""
        index = Index.load(self.index)
        folder = self.index if self.index.exists() else self.index.with_name("index.previous")
        contents = contents_of(folder)
        assert contents in (self.old, self.new)
        assert index.manifest.to_bytes() == contents[MANIFEST]
        return "old" if contents == self.old else "new"

    def check_next_build(self) -> None:
        """A build over what a killed one left must work, and leave at most folders that wait for their removal."""
        build_index(self._corpus, self.index, encoder=WordEncoder())
        assert contents_of(self.index) == self.new
        left = {path.name for path in self.index.parent.iterdir()}
        assert {name for name in left if not name.startswith(".index.building-")} == {"index"}


@pytest.fixture(scope="module")
def killer(guide_folder: Path, guide_index_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    folder = tmp_path_factory.mktemp("kill")
    corpus = Path(shutil.copytree(guide_folder, folder / "corpus"))
    (corpus / "more.md").write_text("# More\n\nRedness is a sign of healing.\n", encoding="utf-8")
    build_index(corpus, folder / "new", encoder=WordEncoder())
    script = Path(__file__).parent / "data" / "kill_builds.py"
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Killer(process, folder=folder, corpus=corpus, old=guide_index_folder, new=folder / "new")
        assert process.stdin is not None
        process.stdin.close()


def test_a_build_killed_at_random_moments_leaves_an_index_that_loads(killer: Killer) -> None:
    whole = killer.build()
    assert not whole["killed"]
    assert killer.loaded() == "new"
    moments = random.Random(35)  # noqa: S311 - no secret
    killed = 0
    for number in range(KILLS):
        seconds = whole["seconds"] * (number + moments.random()) / KILLS  # spread over the whole build
        killed += bool(killer.build(seconds=seconds)["killed"])
        killer.loaded()
    assert killed >= KILLS / 2  # so that the test has seen killed builds
    killer.check_next_build()


def test_a_build_killed_at_any_file_operation_leaves_the_old_index_or_the_new(killer: Killer) -> None:
    operations = int(killer.build()["operations"])
    assert operations >= 20  # make a folder, open five files, move twice, remove the old one
    found = []
    for operation in range(operations):
        assert killer.build(operation=operation)["killed"]
        found.append(killer.loaded())
        if operation % 4 == 0:
            killer.check_next_build()
    # First the old index serves, and from one operation on the new.
    assert found == sorted(found, reverse=True)
    assert set(found) == {"old", "new"}


def test_a_first_build_killed_at_any_file_operation_leaves_none_or_the_new_index(killer: Killer) -> None:
    operations = int(killer.build(has_old=False)["operations"])
    missing = 0
    for operation in range(operations):
        assert killer.build(has_old=False, operation=operation)["killed"]
        try:
            assert killer.loaded() == "new"
        except IndexMissing:
            missing += 1
        killer.check_next_build()
    assert 0 < missing < operations


# The committed index


@pytest.mark.model
def test_the_committed_index_is_what_the_corpus_gives(tmp_path: Path) -> None:
    committed, folder = ROOT / "index", tmp_path / "index"
    encoder = SentenceEncoder.load(GUIDE_MODEL)
    index, loaded = build_index(ROOT / "corpus", folder, encoder=encoder), Index.load(committed)
    for name in (PASSAGES, "limits.jsonl", "texts.jsonl"):
        assert (committed / name).read_bytes() == (folder / name).read_bytes(), f"{name}: run `redness-qa build`"
    # Machines sum in other orders, and what lies between two numbers of half precision may go to either.
    np.testing.assert_allclose(loaded.vectors, index.vectors, rtol=2**-10, atol=1e-4)
    for field in (
        "encoder",
        "weights_sha256",
        "dim",
        "chunking",
        "corpus_fingerprint",
        "documents",
        "passages",
        "rows",
    ):
        assert getattr(loaded.manifest, field) == getattr(index.manifest, field), field
    assert loaded.manifest.background_mean == pytest.approx(index.manifest.background_mean, abs=1e-4)
    assert loaded.manifest.background_deviation == pytest.approx(index.manifest.background_deviation, abs=1e-4)
    assert set(loaded.manifest.versions) == set(index.manifest.versions)
    assert sum(path.stat().st_size for path in committed.iterdir()) < 5_000_000
