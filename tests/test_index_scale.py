"""What holds for indexes of any size: nothing is read before it is wanted, and cells find the nearest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.build import build_index
from redness_qa.errors import IndexCorrupted, IndexStale
from redness_qa.index import CELLS, DATA_FILES, MANIFEST, PASSAGES, Index, cells, search_settings
from redness_qa.index.columns import Columns, Lists, Lookup
from redness_qa.index.records import PASSAGES_KEPT, StoredPassages
from redness_qa.manifest import Manifest
from redness_qa.passages import Passage, Source
from redness_qa.testing import WordEncoder
from redness_qa.vectors import FloatMatrix, unit_rows

DIM = 32
PASSAGES_OF_LARGE = 3000
SETTINGS: Mapping[str, str | int] = {"method": "ivf", "cells": 100, "probes": 30, "candidates": 128}


def near_vectors(count: int, *, seed: int) -> FloatMatrix:
    """Make vectors that lie in clouds, as those of texts do."""
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((40, DIM))
    return unit_rows(centres[chance.integers(40, size=count)] + 0.7 * chance.standard_normal((count, DIM)))


def passage(number: int, *, questions: tuple[str, ...] = (), facts: tuple[str, ...] = ()) -> Passage:
    text = f"Sentence {number}."
    return Passage(
        f"{number:x}", "guide.md", "Section", text, 0, len(text), facts, (Source("Guide", "Clinic"),), "", questions
    )


def manifest_of(*, passages: int, rows: int, search: Mapping[str, str | int], dim: int = DIM) -> Manifest:
    return Manifest(
        encoder="chance",
        weights_sha256="0" * 64,
        dim=dim,
        chunking={},
        corpus_fingerprint="1" * 64,
        documents={},
        passages=passages,
        rows=rows,
        search=search,
        background_mean=0.0,
        background_deviation=1.0,
        versions={},
        files={},
    )


def large_index(search: Mapping[str, str | int]) -> Index:
    """Make an index of which every third passage has a question form of its own, and every fourth a shared one."""
    passages = [
        passage(n, questions=(f"own {n}",) * (n % 3 == 0) + (f"shared {n // 40}",) * (n % 4 == 0))
        for n in range(PASSAGES_OF_LARGE)
    ]
    columns = Columns.of(passages)
    rows = 2 * len(passages) + len(columns.targets)
    manifest = manifest_of(passages=len(passages), rows=rows, search=search)
    return Index(passages, [], near_vectors(rows, seed=1), manifest)


@pytest.fixture(scope="module")
def flat() -> Index:
    return large_index({"method": "flat"})


@pytest.fixture(scope="module")
def celled() -> Index:
    return large_index(SETTINGS)


@pytest.fixture
def celled_folder(celled: Index, tmp_path: Path) -> Path:
    celled.save(tmp_path / "index", texts={})
    return tmp_path / "index"


# The cells


def test_cells_find_nearly_all_that_exact_search_finds(flat: Index, celled: Index) -> None:
    questions = near_vectors(100, seed=2)
    exact = [{hit.passage.id for hit in hits} for hits in flat.search(questions, k=10)]
    found = [{hit.passage.id for hit in hits} for hits in celled.search(questions, k=10)]
    recall = np.mean([len(one & other) / 10 for one, other in zip(exact, found, strict=True)])
    assert recall >= 0.98


def test_what_cells_find_has_its_exact_score(flat: Index, celled: Index) -> None:
    questions = near_vectors(20, seed=3)
    for exact, found in zip(flat.search(questions, k=3000), celled.search(questions, k=10), strict=True):
        scores = {hit.passage.id: hit.score for hit in exact}
        assert [hit.score for hit in found] == [scores[hit.passage.id] for hit in found]
        assert [hit.rank for hit in found] == list(range(1, 11))


def test_the_nearest_row_of_cells_is_that_of_exact_search(flat: Index, celled: Index) -> None:
    for question in near_vectors(30, seed=4):
        assert celled.nearest_row(question[None]) == pytest.approx(flat.nearest_row(question[None]), abs=1e-6)


def test_a_bonus_reaches_passages_that_cells_do_not_find(flat: Index, celled: Index) -> None:
    question = near_vectors(1, seed=5)
    far = [int(hit.passage.id, 16) for hit in flat.search(question, k=3000)[0][-3:]]
    bonus = np.zeros((1, PASSAGES_OF_LARGE), dtype=np.float32)
    bonus[0, far] = [3.0, 5.0, 4.0]
    expected = flat.search(question, k=5, bonus=bonus)
    assert [int(hit.passage.id, 16) for hit in expected[0][:3]] == [far[place] for place in (1, 2, 0)]
    assert celled.search(question, k=5, bonus=bonus) == expected


def test_whoever_wants_all_of_cells_gets_all(flat: Index, celled: Index) -> None:
    question = near_vectors(1, seed=6)
    assert celled.search(question, k=5000) == flat.search(question, k=5000)


def test_cells_whose_near_rows_lead_to_few_passages_still_finds_enough() -> None:
    """The nearest 400 rows are question forms of two passages, more than the cells is asked for at first."""
    asked = [tuple(f"form {n}" for n in range(first, 400, 2)) for first in (0, 1)]
    passages = [passage(n, questions=asked[n] if n < 2 else ()) for n in range(2000)]
    rows = 2 * len(passages) + 400
    vectors = near_vectors(rows, seed=9)
    question = unit_rows([[1.0] + [0.0] * (DIM - 1)])
    near = question + 0.05 * np.random.default_rng(1).standard_normal((400, DIM))
    vectors[len(passages) : len(passages) + 400] = unit_rows(near)
    found = {}
    for search in (SETTINGS, {"method": "flat"}):
        index = Index(passages, [], vectors, manifest_of(passages=len(passages), rows=rows, search=search))
        found[search["method"]] = index.search(question, k=10)[0]
    assert len(found["ivf"]) == 10
    assert found["ivf"][:2] == found["flat"][:2]
    assert len({hit.passage.id for hit in found["ivf"]} & {hit.passage.id for hit in found["flat"]}) >= 9


def test_a_loaded_index_with_cells_finds_the_same(celled: Index, celled_folder: Path) -> None:
    loaded = Index.load(celled_folder)
    questions = near_vectors(20, seed=7)
    assert loaded.search(questions, k=10) == celled.search(questions, k=10)
    assert loaded.manifest.search == SETTINGS
    assert {path.name for path in celled_folder.iterdir()} == {MANIFEST, CELLS, *DATA_FILES}


@pytest.mark.parametrize("harm", ["flipped", "gone"])
def test_a_harmed_file_of_cells_is_told(celled_folder: Path, harm: str) -> None:
    content = bytearray((celled_folder / CELLS).read_bytes())
    (celled_folder / CELLS).unlink()
    if harm == "flipped":
        content[len(content) // 2] ^= 1
        (celled_folder / CELLS).write_bytes(content)
    with pytest.raises(IndexCorrupted, match=r"cells\.faiss.*Build it again"):
        Index.load(celled_folder)


def test_an_index_with_cells_is_replaced_like_any_index(guide_index: Index, celled_folder: Path) -> None:
    guide_index.save(celled_folder, texts={})
    assert {path.name for path in celled_folder.iterdir()} == {MANIFEST, *DATA_FILES}
    assert Index.load(celled_folder).manifest.search == {"method": "flat"}


def test_the_size_decides_how_an_index_is_searched(
    guide_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert search_settings(cells.FLAT_ROWS) == {"method": "flat"}
    assert search_settings(cells.FLAT_ROWS + 1)["method"] == "ivf"
    build_index(guide_folder, tmp_path / "flat", encoder=WordEncoder())
    monkeypatch.setattr(cells, "FLAT_ROWS", 10)
    index = build_index(guide_folder, tmp_path / "celled", encoder=WordEncoder())
    assert index.manifest.search == search_settings(index.manifest.rows - index.manifest.passages)
    questions = WordEncoder().encode_questions(["how long will i be red", "sun"])
    found = Index.load(tmp_path / "celled").search(questions, k=3)
    assert found == Index.load(tmp_path / "flat").search(questions, k=3)


def test_a_flat_index_needs_no_faiss(guide_index_folder: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from redness_qa.index import Index\n"
        "from redness_qa.testing import WordEncoder\n"
        f"index = Index.load(Path({str(guide_index_folder)!r}))\n"
        "index.search(WordEncoder().encode_questions(['sun']), k=3)\n"
        "assert 'faiss' not in sys.modules\n"
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# What stays on disk


def test_loading_reads_no_passage_and_copies_no_vector(celled_folder: Path) -> None:
    index = Index.load(celled_folder)
    assert isinstance(index.passages, StoredPassages)
    assert index.passages._read.cache_info().currsize == 0
    assert isinstance(index.vectors.base, np.memmap)
    index.search(near_vectors(1, seed=8), k=10)
    assert index.passages._read.cache_info().currsize == 10


def test_a_loaded_index_compares_as_it_did_before_it_was_saved(celled: Index, celled_folder: Path) -> None:
    """What stays on disk in half precision is not also summed in half precision."""
    loaded = Index.load(celled_folder)
    question = near_vectors(1, seed=9)
    for one, other in ((0, 1), (2, 77), (5, 300)):
        similarities = [
            index.statement_similarity(index.passages[one], index.passages[other]) for index in (celled, loaded)
        ]
        assert similarities[0] == pytest.approx(similarities[1], abs=1e-6)
    assert loaded.nearest_row(question) == pytest.approx(celled.nearest_row(question), abs=1e-6)
    # So many are wanted that every row is looked at.
    many = [index.search(question, k=len(celled.passages))[0] for index in (celled, loaded)]
    assert [hit.passage.id for hit in many[0]] == [hit.passage.id for hit in many[1]]
    assert [hit.score for hit in many[0]] == pytest.approx([hit.score for hit in many[1]], abs=1e-6)


def test_stored_passages_are_a_sequence(celled: Index, celled_folder: Path) -> None:
    stored, kept = Index.load(celled_folder).passages, celled.passages
    assert len(stored) == len(kept)
    assert stored[7] == kept[7]
    assert stored[-1] == kept[-1]
    assert list(stored[10:14]) == list(kept[10:14])
    assert tuple(stored) == tuple(kept)
    for place in (len(kept), -len(kept) - 1):
        with pytest.raises(IndexError, match=f"there is no passage {place} of {len(kept)}"):
            stored[place]


def test_going_through_many_passages_keeps_a_bounded_number(tmp_path: Path) -> None:
    passages = [passage(n) for n in range(PASSAGES_KEPT + 5)]
    manifest = manifest_of(passages=len(passages), rows=2 * len(passages), search={"method": "flat"}, dim=2)
    vectors = np.repeat(unit_rows([[1, 0]]), 2 * len(passages), axis=0)
    Index(passages, [], vectors, manifest).save(tmp_path / "index", texts={})
    stored = Index.load(tmp_path / "index").passages
    assert isinstance(stored, StoredPassages)
    assert list(stored) == passages
    assert stored._read.cache_info().currsize == 0
    assert [stored[place] for place in range(len(stored))] == passages
    assert stored._read.cache_info().currsize == PASSAGES_KEPT


def test_a_line_that_is_no_passage_is_told_when_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / PASSAGES
    path.write_bytes(b'{"id": 1}\nno json\n')
    stored = StoredPassages(path, np.array([0, 10, 18]))
    for place in (0, 1):
        with pytest.raises(IndexStale, match=r"passages\.jsonl.*do not fit together.*Build it again"):
            stored[place]


@pytest.mark.parametrize("offsets", [[], [0], [0, 5], [1, 10]], ids=str)
def test_a_table_of_lines_of_another_file_is_refused(tmp_path: Path, offsets: list[int]) -> None:
    path = tmp_path / PASSAGES
    path.write_bytes(b'{"id": 1}\n')
    with pytest.raises(ValueError, match=r"passages\.jsonl has 10 bytes"):
        StoredPassages(path, np.array(offsets, dtype=np.int64))


# Look-ups


def test_passages_are_found_by_id_text_and_fact(guide_index: Index) -> None:
    for found in guide_index.passages:
        assert guide_index.passage(found.id) == found
        assert guide_index.with_texts([found.text]) == [
            each for each in guide_index.passages if each.text == found.text
        ]
    texts = [guide_index.passages[place].text for place in (5, 2)]
    assert guide_index.with_texts([*texts, "Not in the guide."]) == [guide_index.passages[place] for place in (2, 5)]
    facts = {fact for found in guide_index.passages for fact in found.facts}
    assert set(guide_index.facts) == facts
    for fact in facts:
        assert guide_index.stating(fact) == [each for each in guide_index.passages if fact in each.facts]
    assert guide_index.stating("F999") == []
    assert list(guide_index.asked_passages()) == [each for each in guide_index.passages if each.questions]
    with pytest.raises(KeyError, match="nobody"):
        guide_index.passage("nobody")


def test_texts_with_one_fingerprint_are_told_apart(guide_index: Index) -> None:
    """A look-up by eight bytes may name a passage too many, which must not come back."""
    one, other = guide_index.passages[:2]
    both = np.array([0, 1], dtype=np.int64)

    class Clashing(Lookup):
        def find(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
            return both

    clash = Clashing(np.zeros(2, dtype=np.uint64), both)
    columns = replace(Columns.of(guide_index.passages), ids=clash, texts=clash)
    index = Index(guide_index.passages, guide_index.limits, guide_index.vectors, guide_index.manifest, columns=columns)
    assert index.passage(other.id) == other
    assert index.with_texts([one.text]) == [one]


@given(st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=8), st.data())
def test_lists_give_back_what_was_laid_end_to_end(lists: list[list[int]], data: st.DataObject) -> None:
    laid = Lists.of(lists)
    assert len(laid) == len(lists)
    assert [laid[number].tolist() for number in range(len(lists))] == lists
    numbers = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=6)) if lists else []
    chosen = laid.chosen(np.array(numbers, dtype=np.int64))
    assert [chosen[number].tolist() for number in range(len(numbers))] == [lists[number] for number in numbers]


@given(st.lists(st.text(max_size=3), max_size=10))
def test_a_look_up_lists_every_place_of_a_text(texts: list[str]) -> None:
    lookup = Lookup.of(texts)
    for text in {*texts, "absent"}:
        assert lookup.find(text).tolist() == [place for place, each in enumerate(texts) if each == text]


def test_the_files_are_the_same_wherever_they_come_from(celled_folder: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in celled_folder.iterdir()}
    copied = Path(shutil.copytree(celled_folder, tmp_path / "copy"))
    Index.load(copied).save(copied, texts={})
    assert {path.name: path.read_bytes() for path in copied.iterdir()} == before
    assert json.loads(before[MANIFEST])["search"] == SETTINGS
