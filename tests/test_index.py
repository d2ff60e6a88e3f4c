from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import struct
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.errors import IndexCorrupted, IndexFault, IndexForeign, IndexMissing, IndexStale
from redness_qa.index import (
    DATA_FILES,
    MANIFEST,
    PASSAGES,
    VECTORS,
    Index,
    question_forms,
    row_texts,
)
from redness_qa.index.vectors_file import map_vectors
from redness_qa.manifest import Manifest
from redness_qa.passages import Hit, Limit, LimitKind, Passage, Source
from redness_qa.testing import WordEncoder
from redness_qa.vectors import FloatMatrix, rounded, unit_rows

DIM = 8
TOLERANCE = 1e-5
"""How far two ways of summing eight float32 products may lie apart; scores of chance vectors seldom lie nearer."""
HALF_PRECISION = 5e-4
"""How far rounding the stored vectors moves a cosine that was worked out by hand."""
LEAST_FLIPS = 200
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def passage(number: int, *, text: str = "", questions: tuple[str, ...] = (), facts: tuple[str, ...] = ()) -> Passage:
    text = text or f"Sentence {number}."
    return Passage(
        id=f"{number:016x}",
        document="guide.md",
        section="Section",
        text=text,
        start=100 * number,
        end=100 * number + len(text),
        facts=facts,
        sources=(Source("Guide", "Clinic"),),
        context="",
        questions=questions,
    )


def manifest_of(passages: list[Passage], vectors: FloatMatrix) -> Manifest:
    return Manifest(
        encoder="chance",
        weights_sha256="0" * 64,
        dim=vectors.shape[1],
        chunking={},
        corpus_fingerprint="1" * 64,
        documents={},
        passages=len(passages),
        rows=len(vectors),
        search={"method": "flat"},
        background_mean=0.0,
        background_deviation=1.0,
        versions={},
        files={},
    )


def index_of(passages: list[Passage], limits: list[Limit], vectors: FloatMatrix) -> Index:
    return Index(passages, limits, vectors, manifest_of(passages, vectors))


def row_count(passages: list[Passage], limits: Sequence[Limit] = ()) -> int:
    texts = row_texts(passages, limits)
    return len(texts.passages) + len(texts.questions) + len(texts.statements)


def index_on(targets: FloatMatrix, passages: list[Passage], limits: Sequence[Limit] = ()) -> Index:
    """Make an index whose statements have the vectors of their passages, which come first among the targets."""
    return index_of(passages, list(limits), np.concatenate([targets, targets[: len(passages)]]))


def chance_vectors(count: int, *, seed: int, dim: int = DIM) -> FloatMatrix:
    return rounded(unit_rows(np.random.default_rng(seed).standard_normal((count, dim))))


@st.composite
def indexes(draw: st.DrawFn) -> Index:
    """Indexes on chance vectors: passages with none, own and shared question forms, and repeated texts."""
    asked = draw(st.lists(st.lists(st.sampled_from("abcdef"), max_size=3, unique=True), min_size=1, max_size=12))
    passages = [passage(number, questions=tuple(questions)) for number, questions in enumerate(asked)]
    limits = [
        Limit(f"limit {number}", draw(st.sampled_from(LimitKind)), "", "", ("x", "y")[: 1 + number % 2])
        for number in range(draw(st.integers(0, 3)))
    ]
    rows = row_count(passages, limits)
    vectors = chance_vectors(rows, seed=draw(st.integers(0, 2**32 - 1)))
    for row in draw(st.lists(st.integers(0, rows - 1), max_size=3)):
        vectors[row] = vectors[0]  # ties
    return index_of(passages, limits, vectors)


def brute_force(index: Index, vectors: FloatMatrix, question: FloatMatrix) -> list[tuple[float, int]]:
    """Score every passage as `Index.search` documents, in double precision, best first."""
    cosines = vectors.astype(np.float64) @ question[0].astype(np.float64)
    forms = list(question_forms(index.passages))
    scores = []
    for position, found in enumerate(index.passages):
        score = cosines[position]
        if found.questions:
            score = 0.4 * score + 0.6 * max(
                cosines[len(index.passages) + forms.index(form)] for form in found.questions
            )
        scores.append((float(score), position))
    return sorted(scores, key=lambda scored: (-scored[0], scored[1]))


def all_vectors(index: Index) -> FloatMatrix:
    return np.asarray(index.vectors, dtype=np.float32)


@given(indexes(), st.integers(0, 2**32 - 1), st.integers(1, 15))
def test_search_equals_brute_force(index: Index, seed: int, k: int) -> None:
    question = chance_vectors(1, seed=seed)
    (hits,) = index.search(question, k=k)
    scored = brute_force(index, all_vectors(index), question)
    assert [hit.rank for hit in hits] == list(range(1, min(k, len(index.passages)) + 1))
    scores = {position: score for score, position in scored}
    for hit, (score, position) in zip(hits, scored, strict=False):
        found = index.passages.index(hit.passage)
        assert hit.score == pytest.approx(score, abs=TOLERANCE)
        assert scores[found] == pytest.approx(hit.score, abs=TOLERANCE)
        # Where brute force sees one winner, it is this one.
        rivals = [other for other in scores if other != position and abs(scores[other] - score) <= 2 * TOLERANCE]
        assert found == position or rivals


def test_search_equals_brute_force_in_ids_and_order_on_many_passages() -> None:
    passages = [passage(n, questions=(f"form {n % 70}", f"own {n}")[: n % 3]) for n in range(300)]
    vectors = chance_vectors(row_count(passages), seed=5, dim=32)
    index = index_of(passages, [], vectors)
    questions = chance_vectors(20, seed=6, dim=32)
    for question, hits in zip(questions, index.search(questions, k=25), strict=True):
        expected = brute_force(index, vectors, question[np.newaxis])[:25]
        assert [hit.passage.id for hit in hits] == [passages[position].id for _, position in expected]
        np.testing.assert_allclose([hit.score for hit in hits], [score for score, _ in expected], atol=1e-6)


def test_the_score_of_hand_worked_numbers() -> None:
    passages = [passage(0), passage(1, questions=("far", "near")), passage(2, questions=("far",))]
    # Rows: three passages, then the forms "far" and "near".
    targets = unit_rows([[3, 4], [4, 3], [1, 0], [-1, 0], [0, 1]])
    (hits,) = index_on(targets, passages).search(unit_rows([[0, 1]]), k=3)
    assert [hit.passage.id for hit in hits] == [passages[n].id for n in (1, 0, 2)]
    assert [hit.score for hit in hits] == pytest.approx([0.4 * 0.6 + 0.6 * 1, 0.8, 0], abs=HALF_PRECISION)


def test_equal_scores_keep_the_order_of_the_passages() -> None:
    targets = np.repeat(chance_vectors(1, seed=1), 50, axis=0)
    passages = [passage(number) for number in range(50)]
    (hits,) = index_on(targets, passages).search(chance_vectors(1, seed=2), k=20)
    assert [hit.passage for hit in hits] == passages[:20]


def test_k_above_the_size_gives_all(guide_index: Index) -> None:
    (hits,) = guide_index.search(WordEncoder().encode_questions(["red"]), k=10_000)
    assert {hit.passage.id for hit in hits} == {found.id for found in guide_index.passages}
    assert len(hits) == len(guide_index.passages)


def test_a_large_flat_index_finds_the_nearest() -> None:
    count = 1500
    passages = [passage(number) for number in range(count)]
    vectors = chance_vectors(count, seed=3)
    index = index_on(vectors, passages)
    question = chance_vectors(1, seed=4)
    expected = [passages[position].id for _, position in brute_force(index, vectors, question)]
    for k in (1, 10, 1000, count):
        assert [hit.passage.id for hit in index.search(question, k=k)[0]] == expected[:k]


def test_no_questions_have_no_hits_and_no_passages_are_never_found() -> None:
    index = index_on(chance_vectors(1, seed=0), [passage(0)])
    assert index.search(np.empty((0, DIM), dtype=np.float32), k=1) == []
    empty = index_of([], [], np.empty((0, DIM), dtype=np.float32))
    assert empty.search(chance_vectors(2, seed=0), k=1) == [[], []]


@pytest.mark.parametrize("k", [0, -1])
def test_search_refuses_k_below_one(guide_index: Index, k: int) -> None:
    with pytest.raises(ValueError, match=f"k must be at least 1, not {k}"):
        guide_index.search(WordEncoder().encode_questions(["red"]), k=k)


def test_search_refuses_another_dimension(guide_index: Index) -> None:
    with pytest.raises(ValueError, match=r"must have shape \(n, 64\), not \(1, 8\)"):
        guide_index.search(chance_vectors(1, seed=0), k=1)


def test_a_limit_of_each_kind_is_chosen_by_the_mean_of_its_nearest_forms() -> None:
    limits = [
        Limit("one", LimitKind.REFER, "", "", ("a", "b")),
        Limit("two", LimitKind.NOT_COVERED, "", "", ("c",)),
        Limit("three", LimitKind.REFER, "", "", ("d",)),
    ]
    targets = unit_rows([[1, 0], [1, 0], [3, 4], [-1, 0], [4, 3]])
    index = index_on(targets, [passage(0)], limits)
    for question, referred, declined in (
        ([0, 1], (limits[2], 0.8), (limits[1], 0.0)),  # forms of the first score 0 and 0.8, of the third 0.6
        ([-3, 4], (limits[2], 0.28), (limits[1], 0.6)),
        ([4, 3], (limits[2], 1.0), (limits[1], -0.8)),
    ):
        nearest = index.nearest_limits(unit_rows([question]))
        assert set(nearest) == set(LimitKind)
        for kind, (limit, score) in ((LimitKind.REFER, referred), (LimitKind.NOT_COVERED, declined)):
            assert nearest[kind].limit == limit
            assert nearest[kind].score == pytest.approx(score, abs=HALF_PRECISION)
    assert index_on(targets[:1], [passage(0)]).nearest_limits(unit_rows([[0, 1]])) == {}


def test_a_limit_without_question_forms_is_refused() -> None:
    limits = [Limit(name, LimitKind.REFER, "", "", forms) for name, forms in (("one", ("a",)), ("none", ()))]
    with pytest.raises(ValueError, match="limit 'none' has no question form"):
        index_on(unit_rows([[1, 0], [3, 4]]), [passage(0)], limits)


def test_a_kind_without_limits_has_no_nearest() -> None:
    index = index_on(unit_rows([[1, 0], [3, 4]]), [passage(0)], [Limit("one", LimitKind.REFER, "", "", ("a",))])
    assert set(index.nearest_limits(unit_rows([[0, 1]]))) == {LimitKind.REFER}


@given(st.integers(0, 2**32 - 1))
def test_nearest_limits_equal_brute_force(seed: int) -> None:
    kinds = np.random.default_rng(seed).integers(2, size=12).tolist()
    limits = [
        Limit(f"{n}", list(LimitKind)[kind], "", "", tuple(f"{n} {form}" for form in range(n % 4 + 1)))
        for n, kind in enumerate(kinds)
    ]
    asked = [limit for limit in limits for _ in limit.questions]
    vectors = chance_vectors(1 + len(asked), seed=seed)
    question = chance_vectors(1, seed=seed + 1)
    nearest = index_on(vectors, [passage(0)], limits).nearest_limits(question)
    for kind in LimitKind:
        scores = [float(row @ question[0]) for row, limit in zip(vectors[1:], asked, strict=True) if limit.kind is kind]
        assert (kind in nearest) is bool(scores)
        if scores:
            assert nearest[kind].score == pytest.approx(max(scores), abs=TOLERANCE)
            means = {
                limit.name: np.mean(
                    sorted(
                        float(row @ question[0]) for row, one in zip(vectors[1:], asked, strict=True) if one is limit
                    )[-3:]
                )
                for limit in limits
                if limit.kind is kind
            }
            assert means[nearest[kind].limit.name] == pytest.approx(max(means.values()), abs=TOLERANCE)


def test_what_is_added_to_the_forms_chooses_the_limit_and_leaves_its_score() -> None:
    limits = [Limit(name, LimitKind.REFER, "", "", (name,)) for name in ("one", "two")]
    index = index_on(unit_rows([[1, 0], [3, 4], [4, 3]]), [passage(0)], limits)

    nearest = index.nearest_limits(unit_rows([[0, 1]]), bonus=np.array([0.0, 0.5]))[LimitKind.REFER]

    assert index.limit_questions == ("one", "two")
    assert nearest.limit.name == "two"
    assert nearest.score == pytest.approx(0.8, abs=HALF_PRECISION)


def test_limits_are_no_hits(guide_index: Index) -> None:
    (hits,) = guide_index.search(WordEncoder().encode_questions(["how much does it cost"]), k=100)
    assert {type(hit.passage) for hit in hits} == {Passage}
    nearest = guide_index.nearest_limits(WordEncoder().encode_questions(["how much does it cost"]))
    assert nearest[LimitKind.NOT_COVERED].limit.name == "cost"
    assert nearest[LimitKind.NOT_COVERED].score == pytest.approx(1, abs=HALF_PRECISION)


# What is added to the scores


def bonus_of(*rows: list[float]) -> FloatMatrix:
    return np.array(rows, dtype=np.float32)


def test_a_bonus_is_added_to_the_score_of_its_passage() -> None:
    passages = [passage(0), passage(1, questions=("form",)), passage(2)]
    targets = unit_rows([[3, 4], [4, 3], [1, 0], [0, 1]])
    index = index_on(targets, passages)
    (hits,) = index.search(unit_rows([[0, 1]]), k=3, bonus=bonus_of([0.125, 0.0, 1.25]))
    assert [hit.passage.id for hit in hits] == [passages[n].id for n in (2, 0, 1)]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.score for hit in hits] == pytest.approx(
        [0 + 1.25, 0.8 + 0.125, 0.4 * 0.6 + 0.6 * 1], abs=HALF_PRECISION
    )


def test_each_question_has_a_bonus_of_its_own() -> None:
    passages = [passage(0), passage(1)]
    index = index_on(unit_rows([[1, 0], [0, 1]]), passages)
    first, second = index.search(unit_rows([[1, 0], [1, 0]]), k=1, bonus=bonus_of([0.0, 0.5], [0.0, 1.5]))
    assert [first[0].passage, second[0].passage] == passages


def test_a_bonus_of_nothing_changes_nothing(guide_index: Index) -> None:
    questions = chance_vectors(4, seed=9, dim=64)
    none = np.zeros((4, len(guide_index.passages)), dtype=np.float32)
    assert guide_index.search(questions, k=5, bonus=none) == guide_index.search(questions, k=5)


@given(indexes(), st.integers(0, 2**32 - 1), st.integers(1, 15))
def test_search_with_a_bonus_equals_brute_force(index: Index, seed: int, k: int) -> None:
    question = chance_vectors(1, seed=seed)
    bonus = np.random.default_rng(seed).random((1, len(index.passages)), dtype=np.float32)
    (hits,) = index.search(question, k=k, bonus=bonus)
    plain = brute_force(index, all_vectors(index), question)
    scores = sorted((score + float(bonus[0, position]) for score, position in plain), reverse=True)
    assert [hit.score for hit in hits] == pytest.approx(scores[:k], abs=TOLERANCE)


def test_the_passages_of_the_highest_bonus_are_scored_however_far_they_are() -> None:
    count = 1500
    passages = [passage(number) for number in range(count)]
    vectors = chance_vectors(count, seed=3)
    index = index_on(vectors, passages)
    question = chance_vectors(1, seed=4)
    far = [position for _, position in brute_force(index, vectors, question)][-3:]
    bonus = np.zeros((1, count), dtype=np.float32)
    bonus[0, far] = [3.0, 5.0, 4.0]
    (hits,) = index.search(question, k=3, bonus=bonus)
    assert [hit.passage.id for hit in hits] == [passages[far[place]].id for place in (1, 2, 0)]
    assert hits[0].score == pytest.approx(float(vectors[far[1]] @ question[0]) + 5.0, abs=TOLERANCE)


def test_rows_and_passages_must_match() -> None:
    vectors = chance_vectors(3, seed=0)
    with pytest.raises(ValueError, match="1 passages with 0 limits need 2 rows; there are 3 vectors"):
        index_of([passage(0)], [], vectors)
    good = manifest_of([passage(0)], vectors[:2])
    with pytest.raises(ValueError, match="the manifest counts 1 passages and 7 rows"):
        Index([passage(0)], [], vectors[:2], replace(good, rows=7))


def test_row_texts_puts_each_form_once_then_limits() -> None:
    one = replace(passage(0, text="A.", questions=("p", "q")), context="Title > Sun")
    two = passage(1, text="B.", questions=("q", "r"))
    limit = Limit("l", LimitKind.REFER, "", "", ("q", "s"))
    texts = row_texts([one, two], [limit])
    assert texts.passages == ["Title > Sun: A.", "B."]
    assert texts.questions == ["p", "q", "r", "q", "s"]
    assert texts.statements == ["A.", "B."]
    assert question_forms([one, two]) == {"p": [0], "q": [0, 1], "r": [1]}


def test_statement_similarity_is_that_of_the_texts_alone(guide_index: Index) -> None:
    one, other = guide_index.passages[0], guide_index.passages[3]
    vectors = rounded(WordEncoder().encode_passages([one.text, other.text]))
    assert guide_index.statement_similarity(one, other) == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-6)
    assert guide_index.statement_similarity(one, one) == pytest.approx(1, abs=HALF_PRECISION)


def test_nearest_row_is_the_nearest_text_or_question_form(guide_index: Index) -> None:
    encoder = WordEncoder()
    assert guide_index.nearest_row(encoder.encode_questions(["can i go in the sun"])) == pytest.approx(
        1, abs=HALF_PRECISION
    )
    assert guide_index.nearest_row(encoder.encode_questions(["how much does it cost"])) < 0.9  # a limit only


def test_check_corpus_refuses_another_fingerprint(guide_index: Index) -> None:
    guide_index.check_corpus(Path("corpus"), fingerprint=guide_index.manifest.corpus_fingerprint)
    with pytest.raises(IndexStale, match=r"^corpus: The source texts were changed.*Build it again"):
        guide_index.check_corpus(Path("corpus"), fingerprint="0" * 64)


# Saving and loading


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


PASSAGE = st.builds(
    Passage,
    id=st.uuids().map(str),
    document=TEXT,
    section=TEXT,
    text=TEXT,
    start=st.integers(0),
    end=st.integers(0),
    facts=st.lists(TEXT, max_size=2).map(tuple),
    sources=st.lists(
        st.builds(
            Source, TEXT, TEXT, st.none() | TEXT, st.none() | st.integers(1, 3000), st.none() | st.just("A"), TEXT
        ),
        max_size=2,
    ).map(tuple),
    context=TEXT,
    questions=st.lists(TEXT, max_size=2, unique=True).map(tuple),
)
LIMIT = st.builds(
    Limit, TEXT, st.sampled_from(LimitKind), TEXT, TEXT, st.lists(TEXT, min_size=1, max_size=2).map(tuple)
)


@given(
    st.lists(PASSAGE, max_size=4, unique_by=lambda found: found.id),
    st.lists(LIMIT, max_size=2),
    st.dictionaries(TEXT, TEXT, max_size=2),
)
def test_saving_then_loading_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, passages: list[Passage], limits: list[Limit], texts: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("saved") / "index"
    count = row_count(passages, limits)
    index = index_of(passages, limits, chance_vectors(count, seed=0) if count else np.empty((0, DIM), np.float32))
    index.save(folder, texts=texts)
    loaded = Index.load(folder)
    assert tuple(loaded.passages) == tuple(index.passages)
    assert loaded.limits == index.limits
    assert loaded.manifest == index.manifest
    assert loaded.fingerprint == index.fingerprint == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    np.testing.assert_array_equal(all_vectors(loaded), all_vectors(index))
    lines = (folder / "texts.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert {record["document"]: record["text"] for record in map(json.loads, lines)} == texts
    before = contents_of(folder)
    loaded.save(folder, texts=texts)
    assert contents_of(folder) == before


def test_a_loaded_index_finds_the_same(guide_index: Index, tmp_path: Path) -> None:
    guide_index.save(tmp_path / "index", texts={})
    questions = WordEncoder().encode_questions(["how long will i be red", "sun", "völlig anderes"])
    found: list[list[Hit]] = guide_index.search(questions, k=5)
    assert Index.load(tmp_path / "index").search(questions, k=5) == found


def test_save_writes_the_named_files_and_no_pickle(guide_index_folder: Path) -> None:
    contents = contents_of(guide_index_folder)
    assert set(contents) == {MANIFEST, *DATA_FILES}
    for content in contents.values():
        assert not content.startswith((b"\x80", b"PK"))  # pickle, zip with pickles such as torch writes
    assert contents[VECTORS].startswith(b"IxSQ")


def test_files_can_be_read_by_others(guide_index: Index, tmp_path: Path) -> None:
    guide_index.save(tmp_path / "index", texts={})
    assert (tmp_path / "index").stat().st_mode & 0o777 == 0o755


def test_faiss_itself_opens_the_vectors(guide_index: Index, tmp_path: Path) -> None:
    guide_index.save(tmp_path / "index", texts={})

    flat = faiss.read_index(str(tmp_path / "index" / VECTORS))

    assert isinstance(flat, faiss.IndexScalarQuantizer)
    np.testing.assert_array_equal(flat.reconstruct_n(0, flat.ntotal), Index.load(tmp_path / "index").vectors)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"IxSQ", id="cut in its head"),
        pytest.param(struct.pack("<4siq", b"IxFI", 8, 0) + bytes(40), id="single precision"),
        pytest.param(struct.pack("<4siq", b"IxSQ", 9, 1) + bytes(80), id="other dimension"),
        pytest.param(struct.pack("<4siq", b"IxSQ", 8, 1000) + bytes(80), id="rows that are not there"),
    ],
)
def test_a_file_that_holds_other_vectors_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / VECTORS).write_bytes(content)
    with pytest.raises(ValueError, match=r"vectors\.faiss holds no FAISS index of rows of 8 numbers in half precision"):
        map_vectors(tmp_path / VECTORS, dim=8)


@pytest.fixture
def saved(guide_index: Index, tmp_path: Path) -> Path:
    """A copy of the small index in which no file is empty."""
    folder = tmp_path / "index"
    guide_index.save(folder, texts={"leaflet.html": "A soothing gel may be put on the skin.\n"})
    return folder


@pytest.mark.parametrize("name", [MANIFEST, *DATA_FILES])
def test_flipping_any_byte_is_told(saved: Path, name: str) -> None:
    content = (saved / name).read_bytes()
    places: list[int] = list(range(len(content)))
    if name != MANIFEST:
        chosen = random.Random(name).sample(places, min(LEAST_FLIPS, len(places)))  # noqa: S311 - no secret
        places = sorted({0, len(content) - 1, *chosen})
    assert len(places) >= min(LEAST_FLIPS, len(content))
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1 + random.Random(place).randrange(255)  # noqa: S311 - no secret
        (saved / name).write_bytes(changed)
        with pytest.raises(IndexCorrupted, match=r"was changed after it was written.*Build it again") as caught:
            Index.load(saved)
        assert caught.value.path == saved / name
    (saved / name).write_bytes(content)
    Index.load(saved)


@pytest.mark.parametrize("name", [MANIFEST, *DATA_FILES])
@pytest.mark.parametrize("harm", ["half", "empty", "garbage", "gone", "folder", "swapped"])
def test_a_harmed_file_is_told(saved: Path, name: str, harm: str) -> None:
    path = saved / name
    content = path.read_bytes()
    other = (saved / (PASSAGES if name == VECTORS else VECTORS)).read_bytes()
    path.unlink()
    if harm == "folder":
        path.mkdir()
    elif harm != "gone":
        path.write_bytes(
            {"half": content[: len(content) // 2], "empty": b"", "garbage": content + b"\n", "swapped": other}[harm]
        )
    with pytest.raises((IndexCorrupted, IndexForeign), match="Build it again") as caught:
        Index.load(saved)
    is_no_manifest = name == MANIFEST and harm not in ("half", "garbage")
    assert type(caught.value) is (IndexForeign if is_no_manifest else IndexCorrupted)


def test_files_of_two_builds_do_not_pass_for_one(saved: Path, guide_index: Index, tmp_path: Path) -> None:
    other = tmp_path / "other"
    guide_index.save(other, texts={"leaflet.html": "Another text."})
    shutil.copy(other / "texts.jsonl", saved / "texts.jsonl")
    with pytest.raises(IndexCorrupted, match=r"texts\.jsonl"):
        Index.load(saved)


def resign(folder: Path, **changes: object) -> None:
    """Change the manifest and close it with a valid checksum, as another version of the program may write it."""
    record = json.loads((folder / MANIFEST).read_bytes())
    del record["checksum"]
    record.update(changes)
    body = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    record["checksum"] = hashlib.sha256(body.encode()).hexdigest()
    (folder / MANIFEST).write_text(
        json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def test_a_signed_manifest_loads(saved: Path) -> None:
    before = (saved / MANIFEST).read_bytes()
    resign(saved)
    assert (saved / MANIFEST).read_bytes() == before
    Index.load(saved)


def test_another_format_is_stale(saved: Path) -> None:
    resign(saved, format_version=1)
    with pytest.raises(IndexStale, match=r"has format 1, this program reads format 4.*Build it again"):
        Index.load(saved)


@pytest.mark.parametrize("changes", [{"dim": 63}, {"passages": 3}, {"rows": 5}], ids=str)
def test_files_that_do_not_fit_their_manifest_are_stale(saved: Path, changes: dict[str, object]) -> None:
    resign(saved, **changes)
    with pytest.raises(IndexStale, match=r"do not fit together.*Build it again"):
        Index.load(saved)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(PASSAGES, b'{"id": "1", "colour": "red"}\n', id="other fields"),
        pytest.param(PASSAGES, b"no json\n", id="no json"),
        pytest.param(PASSAGES, b"7\n", id="no record"),
        pytest.param("limits.jsonl", b'{"kind": "new", "questions": []}\n', id="other kind"),
        pytest.param(VECTORS, b"no array", id="no array"),
        pytest.param(VECTORS, b"", id="no vectors"),
    ],
)
def test_signed_files_of_another_make_are_stale(saved: Path, name: str, content: bytes) -> None:
    (saved / name).write_bytes(content)
    files = json.loads((saved / MANIFEST).read_bytes())["files"]
    resign(saved, files={**files, name: hashlib.sha256(content).hexdigest()})
    with pytest.raises(IndexStale, match=r"do not fit together.*Build it again"):
        Index.load(saved)


def test_a_manifest_that_leaves_a_file_out_does_not_vouch_for_it(saved: Path) -> None:
    files = json.loads((saved / MANIFEST).read_bytes())["files"]
    del files[VECTORS]
    resign(saved, files=files)
    with pytest.raises(IndexCorrupted, match=r"vectors\.faiss"):
        Index.load(saved)


@pytest.mark.parametrize("kind", ["absent", "empty", "file"])
def test_no_index_is_missing(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "index"
    if kind == "empty":
        folder.mkdir()
    elif kind == "file":
        folder.write_text("hello")
    with pytest.raises(IndexMissing, match=r"no index here.*redness-qa build") as caught:
        Index.load(folder)
    assert caught.value.path == folder


def test_a_folder_with_other_things_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(IndexForeign, match=r"has no manifest\.json, so it is not an index.*Build it again"):
        Index.load(tmp_path)


@pytest.mark.parametrize(
    "contents",
    [
        pytest.param({"notes.txt": "mine"}, id="notes"),
        pytest.param({"passages.jsonl": "{}"}, id="a name of ours without a manifest"),
        pytest.param({"manifest.json": '{"name": "My app"}'}, id="manifest of a web app"),
        pytest.param({"manifest.json": '{"name": "My app"}', "index.html": "<p>"}, id="web app"),
    ],
)
def test_save_leaves_other_things_alone(guide_index: Index, tmp_path: Path, contents: dict[str, str]) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_text(content)
    with pytest.raises(IndexForeign, match=r"something else than an index here.*Name another folder"):
        guide_index.save(folder, texts={})
    assert {path.name: path.read_text() for path in folder.iterdir()} == contents
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_save_leaves_an_index_with_notes_alone(guide_index: Index, saved: Path) -> None:
    (saved / "notes.txt").write_text("mine")
    with pytest.raises(IndexForeign, match=r"notes\.txt"):
        guide_index.save(saved, texts={})
    assert (saved / "notes.txt").read_text() == "mine"


def test_save_leaves_a_file_alone(guide_index: Index, tmp_path: Path) -> None:
    (tmp_path / "index").write_text("mine")
    with pytest.raises(IndexForeign, match="something else"):
        guide_index.save(tmp_path / "index", texts={})
    assert (tmp_path / "index").read_text() == "mine"


def test_save_leaves_somebodys_previous_alone(guide_index: Index, saved: Path) -> None:
    previous = saved.with_name("index.previous")
    previous.mkdir()
    (previous / "notes.txt").write_text("mine")
    with pytest.raises(IndexForeign, match=r"index\.previous.*notes\.txt"):
        guide_index.save(saved, texts={})
    assert (previous / "notes.txt").read_text() == "mine"
    Index.load(saved)


@pytest.mark.parametrize("harm", ["empty folder", "damaged manifest", "other format", "file gone"])
def test_save_replaces_what_is_ours_or_nothing(guide_index: Index, saved: Path, harm: str) -> None:
    if harm == "empty folder":
        shutil.rmtree(saved)
        saved.mkdir()
    elif harm == "damaged manifest":
        (saved / MANIFEST).write_bytes((saved / MANIFEST).read_bytes()[:-5])
    elif harm == "other format":
        resign(saved, format_version=1)
    else:
        (saved / VECTORS).unlink()
    guide_index.save(saved, texts={})
    assert tuple(Index.load(saved).passages) == tuple(guide_index.passages)
    assert [path.name for path in saved.parent.iterdir()] == ["index"]


def test_save_makes_the_folders_above(guide_index: Index, tmp_path: Path) -> None:
    guide_index.save(tmp_path / "a" / "b" / "index", texts={})
    assert tuple(Index.load(tmp_path / "a" / "b" / "index").passages) == tuple(guide_index.passages)


def test_save_follows_a_link_again_and_again(guide_index: Index, saved: Path) -> None:
    link = saved.with_name("link")
    link.symlink_to(saved, target_is_directory=True)
    for _ in range(3):
        guide_index.save(link, texts={})
        assert link.is_symlink()
        assert Index.load(link).fingerprint == Index.load(saved).fingerprint
    assert sorted(path.name for path in saved.parent.iterdir()) == ["index", "link"]


def test_save_into_the_folder_one_stands_in(
    guide_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.chdir(folder)
    guide_index.save(Path(), texts={})
    assert tuple(Index.load(folder).passages) == tuple(guide_index.passages)


def test_a_failing_save_leaves_the_old_index_and_no_litter(
    guide_index: Index, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents_of(saved)

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        guide_index.save(saved, texts={})
    assert contents_of(saved) == before
    assert [path.name for path in saved.parent.iterdir()] == ["index"]


def test_a_parked_index_serves_and_comes_back(guide_index: Index, saved: Path) -> None:
    previous = saved.with_name("index.previous")
    saved.rename(previous)  # killed between the two moves
    assert tuple(Index.load(saved).passages) == tuple(guide_index.passages)
    guide_index.save(saved, texts={})
    assert [path.name for path in saved.parent.iterdir()] == ["index"]


def test_save_clears_away_what_killed_saves_left_long_ago(guide_index: Index, saved: Path) -> None:
    names = {".index.building-old": 2, ".index.building-new": 0, ".index-notes": 2, ".other.building-old": 2}
    for name, hours in names.items():
        folder = saved.with_name(name)
        folder.mkdir()
        then = time.time() - hours * 3600
        os.utime(folder, (then, then))
    guide_index.save(saved, texts={})
    left = {path.name for path in saved.parent.iterdir()}
    assert left == {"index", ".index.building-new", ".index-notes", ".other.building-old"}


def test_every_load_error_says_what_to_do(saved: Path) -> None:
    for kind in (IndexMissing, IndexForeign, IndexCorrupted, IndexStale):
        assert issubclass(kind, IndexFault)
    (saved / VECTORS).unlink()
    with pytest.raises(IndexFault) as caught:
        Index.load(saved)
    assert caught.value.remedy in str(caught.value)
    assert str(caught.value).startswith(f"{saved / VECTORS}: ")
