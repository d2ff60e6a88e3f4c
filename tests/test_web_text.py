"""Text as websites have it, in each format, from the file to the hits; the traps that facts of such texts set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from reading_samples import LEAD_INS, SLOGAN, write_docx, write_html, write_markdown, write_pdf, write_text
from redness_qa.build import build_index
from redness_qa.encoder import SentenceEncoder
from redness_qa.passages import Hit
from redness_qa.retriever import Retriever

pytestmark = pytest.mark.model

QUESTIONS = {
    "how long does the redness last": "How Long Does the Redness Last",
    "why is my skin red after needling": "Why Skin Turns Red After Needling",
    "can i go in the sun": "Looking After Red Skin",
    "what sunscreen should i wear": "Stay Out of the Sun",
    "does a cold cloth help": "Stay Cool",
    "which cream helps with the redness": "Creams and Gels",
    "my redness gets worse and worse": "When to Seek Help",
    "is swelling around the eyes common": "Redness and Other Effects of Microneedling",
    "what is microneedling": "Is It Normal to Be Red After Microneedling?",
    "does it make collagen": "What Happens in the Skin",
}
"""Each with the heading above the passage that answers it."""
DURATIONS = (
    "In most people the redness is mild to moderate and fades by itself within a few hours to a couple of days.",
    "Redness after the procedure is temporary, a matter of hours or a few days for nearly everyone.",
)


class Write(Protocol):
    def __call__(self, path: Path, *, styled: bool) -> Path: ...


FORMATS: dict[str, Write] = {
    ".txt": write_text,
    ".md": write_markdown,
    ".html": write_html,
    ".pdf": write_pdf,
    ".docx": write_docx,
}
Find = Callable[[str], list[Hit]]


@pytest.fixture(
    scope="module",
    # Markdown marks its headings, so lines without a mark are paragraphs there.
    params=[(suffix, styled) for suffix in FORMATS for styled in (False, True)],
    ids=lambda param: f"{param[0]}, {'headings marked' if param[1] else 'plain lines'}",
)
def find(
    request: pytest.FixtureRequest, sentence_encoder: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Find:
    suffix, styled = request.param
    folder = tmp_path_factory.mktemp("web")
    (folder / "corpus").mkdir()
    FORMATS[suffix](folder / "corpus" / f"redness{suffix}", styled=styled)
    index = build_index(folder / "corpus", folder / "index", encoder=sentence_encoder)
    retriever = Retriever(sentence_encoder, index)
    cache: dict[str, list[Hit]] = {}

    def find_all(question: str) -> list[Hit]:
        if question not in cache:
            cache[question] = list(retriever.find(question, k=len(index.passages)).hits)
        return cache[question]

    return find_all


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("question", [*QUESTIONS, *LEAD_INS, SLOGAN, "ways to manage it", "Radiant skin"])
def test_no_lead_in_and_no_slogan_is_ever_found(find: Find, question: str) -> None:
    traps = [plain(trap) for trap in (*LEAD_INS, SLOGAN)]
    hits = find(question)
    assert len(hits) > 20
    for hit in hits:
        assert not any(trap in plain(hit.passage.text) for trap in traps)


@pytest.mark.parametrize(("question", "section"), QUESTIONS.items())
def test_the_answer_is_found_under_its_heading(find: Find, question: str, section: str) -> None:
    assert section in [plain(hit.passage.section) for hit in find(question)[:3]]


def test_a_statement_in_other_words_takes_one_place(find: Find) -> None:
    texts = [plain(hit.passage.text) for hit in find("how long does the redness last")]
    assert len([text for text in texts if text in DURATIONS]) == 1
    assert [text for text in texts[:3] if text in DURATIONS]


def test_statements_of_one_section_do_not_hide_each_other(find: Find) -> None:
    texts = [plain(hit.passage.text) for hit in find("why is my skin red after needling")]
    assert "Blood vessels in the treated area widen, and the skin looks red." in texts
    assert any(text.startswith("The redness comes from the inflammatory response") for text in texts)


FOUR_TIMES = """\
Redness After Microneedling
For most patients, redness after microneedling is gone within 24 to 48 hours.

What Happens to the Skin
Fine needles make tiny wounds, and these start the repair of the skin.
The redness after microneedling disappears within 24 to 48 hours in most patients.

How to Care for It
Keep out of direct sun while the skin heals.
In most cases, the redness has gone away 24 to 48 hours after microneedling.

When to Call
Redness with pus or a fever needs a doctor.
Most patients find that their redness after microneedling fades in 24 to 48 hours.
In some cases the redness takes up to a week to fade.
"""


def test_a_statement_told_four_times_takes_one_place(sentence_encoder: SentenceEncoder, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "redness.txt").write_text(FOUR_TIMES, encoding="utf-8")
    index = build_index(tmp_path / "corpus", tmp_path / "index", encoder=sentence_encoder)
    assert sum("24 to 48 hours" in passage.text for passage in index.passages) == 4
    hits = Retriever(sentence_encoder, index).find("when will the redness be gone", k=5).hits
    assert ["24 to 48 hours" in hit.passage.text for hit in hits] == [True, False, False, False, False]
    assert "In some cases the redness takes up to a week to fade." in [hit.passage.text for hit in hits[:2]]
