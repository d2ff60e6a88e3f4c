from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from redness_qa.build import build_index
from redness_qa.embedding import Earlier, embed
from redness_qa.encoder import Progress
from redness_qa.index import PASSAGES, VECTORS, Index, RowTexts, row_texts
from redness_qa.testing import WordEncoder
from redness_qa.vectors import FloatMatrix

BACKGROUND = len((Path(__file__).parents[1] / "src/redness_qa/background.txt").read_text(encoding="utf-8").splitlines())


class CountingEncoder(WordEncoder):
    """Keeps the texts that it was asked to embed."""

    def __init__(self, *, dim: int = 64, max_tokens: int = 128) -> None:
        super().__init__(dim=dim, max_tokens=max_tokens)
        self.questions: list[str] = []
        self.passages: list[str] = []

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        self.questions += texts
        return super().encode_questions(texts)

    def encode_passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        self.passages += texts
        if progress is not None:
            progress(len(texts), len(texts))
        return super().encode_questions(texts)


@pytest.fixture
def corpus(guide_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(guide_folder, tmp_path / "corpus"))


@pytest.fixture
def index_folder(corpus: Path, tmp_path: Path) -> Path:
    build_index(corpus, tmp_path / "index", encoder=WordEncoder())
    return tmp_path / "index"


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_building_again_embeds_nothing_and_changes_nothing(corpus: Path, index_folder: Path) -> None:
    before = contents_of(index_folder)
    encoder = CountingEncoder()
    build_index(corpus, index_folder, encoder=encoder)
    assert encoder.passages == []
    assert len(encoder.questions) == BACKGROUND  # what other questions score is measured each time
    assert contents_of(index_folder) == before


def test_only_what_is_new_is_embedded(corpus: Path, index_folder: Path, tmp_path: Path) -> None:
    (corpus / "more.md").write_text("# More\n\n- How red is red?\n\nRedness is a sign of healing.\n", encoding="utf-8")
    encoder = CountingEncoder()
    told: list[tuple[str, int, int]] = []
    old = Index.load(index_folder)
    index = build_index(corpus, index_folder, encoder=encoder, report=lambda *progress: told.append(progress))
    known = row_texts(old.passages, old.limits)
    now = row_texts(index.passages, index.limits)
    assert set(encoder.passages) == {*now.passages, *now.statements} - {*known.passages, *known.statements}
    assert "Redness is a sign of healing." in encoder.passages
    assert len(encoder.questions) == BACKGROUND + len(set(now.questions) - set(known.questions))
    assert ("Vectors known before", old.manifest.rows, old.manifest.rows) in told
    build_index(corpus, tmp_path / "fresh", encoder=WordEncoder())
    assert contents_of(index_folder) == contents_of(tmp_path / "fresh")


def test_what_is_gone_is_left_out(corpus: Path, index_folder: Path, tmp_path: Path) -> None:
    (corpus / "aftercare.md").unlink()
    encoder = CountingEncoder()
    build_index(corpus, index_folder, encoder=encoder)
    assert encoder.passages == []
    build_index(corpus, tmp_path / "fresh", encoder=WordEncoder())
    assert contents_of(index_folder) == contents_of(tmp_path / "fresh")


@pytest.mark.parametrize("kind", ["weights", "dimension", "longest text", "damaged", "no index", "asked to"])
def test_all_is_embedded_where_vectors_cannot_be_kept(corpus: Path, index_folder: Path, kind: str) -> None:
    encoder = CountingEncoder(dim=32 if kind == "dimension" else 64, max_tokens=100 if kind == "longest text" else 128)
    if kind == "weights":
        encoder.weights_sha256 = "0" * 64
    elif kind == "damaged":
        (index_folder / VECTORS).write_bytes(b"")
    elif kind == "no index":
        shutil.rmtree(index_folder)
    index = build_index(corpus, index_folder, encoder=encoder, keep_vectors=kind != "asked to")
    texts = row_texts(index.passages, index.limits)
    assert sorted(encoder.passages) == sorted([*texts.passages, *texts.statements])
    np.testing.assert_array_equal(Index.load(index_folder).vectors, index.vectors)


def test_an_index_whose_passages_cannot_be_read_gives_no_vectors(index_folder: Path) -> None:
    assert Earlier.of(index_folder, encoder=WordEncoder()).documents.rows
    (index_folder / PASSAGES).write_bytes(b"{}")
    assert not Earlier.of(index_folder, encoder=WordEncoder()).documents.rows


def test_a_text_that_stands_twice_is_embedded_once() -> None:
    encoder = CountingEncoder()
    texts = RowTexts(passages=["A.", "B.", "A."], questions=["q", "A."], statements=["A.", "C.", "B."])
    vectors = embed(texts, encoder=encoder, earlier=Earlier.none(), tell=lambda *_: None)
    assert encoder.passages == ["A.", "B.", "C."]
    assert encoder.questions == ["q", "A."]
    expected = WordEncoder().encode_passages([*texts.passages, *texts.questions, *texts.statements])
    np.testing.assert_array_equal(vectors, expected)


def test_nothing_to_embed_gives_no_rows() -> None:
    texts = RowTexts(passages=[], questions=[], statements=[])
    assert embed(texts, encoder=WordEncoder(), earlier=Earlier.none(), tell=lambda *_: None).shape == (0, 64)
