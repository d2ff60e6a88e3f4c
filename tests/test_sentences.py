from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from redness_qa.corpus import Corpus
from redness_qa.sentences import _PLAIN_SENTENCE, _segment, _segment_with_syntok

ROOT = Path(__file__).parent.parent
WORDS = st.sampled_from(
    [
        *("Skin", "is", "red", "a", "I", "AM", "Dr", "St", "etc", "e", "g", "vs", "No", "Mr", "approx", "Jan", "Fig"),
        *("24", "1", "48", "3rd", "x2", "SPF", "UVA", "naïve", "straße", "кожа", "é", "ist", "Haut", "皮膚", "p", "m"),
    ]
)


@settings(max_examples=500)
@given(st.lists(WORDS, min_size=1, max_size=12), st.sampled_from([" ", ", "]), st.sampled_from(["", ".", "!", "?"]))
@example(["a"], " ", ".")
@example(["No", "1", "is", "red"], " ", ".")
@example(["No", "AM", "St", "Dr"], ", ", ".")
def test_a_plain_sentence_is_one_to_the_library_too(words: list[str], between: str, end: str) -> None:
    text = f"  {between.join(words)}{end} "
    assert list(_segment(text)) == list(_segment_with_syntok(text))


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=30))
def test_any_text_is_segmented_as_by_the_library(text: str) -> None:
    assert list(_segment(text)) == list(_segment_with_syntok(text))


def test_the_texts_of_the_guide_are_segmented_as_by_the_library() -> None:
    blocks = [
        document.text[block.start : block.end]
        for document in Corpus.from_folder(ROOT / "corpus").documents
        for block in document.blocks
    ]
    plain = [text for text in blocks if _PLAIN_SENTENCE.fullmatch(text)]
    assert len(plain) > 50
    assert all(list(_segment_with_syntok(text)) == list(_segment(text)) for text in plain)
