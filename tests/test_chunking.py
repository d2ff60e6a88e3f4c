from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading_samples import (
    HEADINGS,
    LABEL_LINES,
    LEAD_INS,
    SLOGAN,
    WEB_TEXT,
    write_docx,
    write_html,
    write_markdown,
    write_pdf,
    write_text,
)
from redness_qa.boilerplate import is_boilerplate, is_slogan, promises_list
from redness_qa.chunking import ChunkingSettings, chunk, patient_questions, sentences, starts_dangling
from redness_qa.errors import CorpusError
from redness_qa.passages import Block, BlockKind, Document, Passage, Source
from redness_qa.reading import read_document
from redness_qa.reading.markdown import read_markdown
from redness_qa.reading.plain import read_plain

SETTINGS = ChunkingSettings()
LAST_LINES = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "slogans" / "last_lines.tsv").read_text(encoding="utf-8").splitlines()
]


def count_words(text: str) -> int:
    return len(text.split())


def document_of(text: str, *, plain: bool = False) -> Document:
    parsed = read_plain(text) if plain else read_markdown(text, Path("note.md"))
    return Document(
        name="note.md",
        title="Note",
        language="en",
        text=text,
        blocks=parsed.blocks,
        footnotes=parsed.footnotes,
        source=Source("Note", ""),
        sha256="",
        metadata={},
    )


def passages_of(text: str, *, plain: bool = False, settings: ChunkingSettings = SETTINGS) -> tuple[Passage, ...]:
    return chunk(document_of(text, plain=plain), settings=settings, count_tokens=count_words)


def quotes(text: str, *, plain: bool = False, settings: ChunkingSettings = SETTINGS) -> list[str]:
    return [passage.text for passage in passages_of(text, plain=plain, settings=settings)]


GUIDE = """\
# Note

## How long it lasts

Redness fades within 24 to 48 hours.[^F12] Some people, e.g. those with
dry skin, stay red for a week.[^F13][^F12] A third sentence cites nothing.

Please do the following:

- Lay a cool cloth on the skin.[^F21]
  Keep it damp:
  - Use clean water only.
- Stay in the shade.[^no]

### Questions patients ask

- how long will i be red[^F12]
- is my cloth clean enough[^F21][^F13]
- anything else?
- where is pus mentioned[^F28]

## When to call

Call your clinic about any pus.[^F28]

[^F12]: *A*. P.
    *B*. P.
[^F13]: *B*. P.
[^F21]: *C*. P.
[^F28]: *D*. P.
"""


def test_facts_sources_section_and_context() -> None:
    found = passages_of(GUIDE)
    a, b, c, d = (Source(title, "P") for title in "ABCD")
    own = Source("Note", "")
    long, call = "How long it lasts", "When to call"
    lead = "Note > How long it lasts > Please do the following:"
    assert [(p.text, p.facts, p.sources, p.section, p.context) for p in found] == [
        ("Redness fades within 24 to 48 hours.", ("F12",), (a, b), long, f"Note > {long}"),
        (
            "Some people, e.g. those with\ndry skin, stay red for a week.",
            ("F13", "F12"),
            (b, a),
            long,
            f"Note > {long}",
        ),
        ("A third sentence cites nothing.", (), (own,), long, f"Note > {long}"),
        ("Lay a cool cloth on the skin.", ("F21",), (c,), long, lead),
        ("Use clean water only.", (), (own,), long, "Note > How long it lasts > Keep it damp:"),
        ("Stay in the shade.", (), (own,), long, lead),
        ("Call your clinic about any pus.", ("F28",), (d,), call, f"Note > {call}"),
    ]


def test_questions_go_to_the_passages_they_ask_for() -> None:
    by_text = {passage.text.split()[0]: passage.questions for passage in passages_of(GUIDE)}
    assert by_text == {
        "Redness": ("how long will i be red", "anything else?"),
        "Some": ("how long will i be red", "is my cloth clean enough", "anything else?"),
        "A": ("anything else?",),
        "Lay": ("is my cloth clean enough", "anything else?"),
        "Use": ("anything else?",),
        "Stay": ("anything else?",),
        "Call": ("where is pus mentioned",),
    }


def test_questions_under_two_sections_of_one_name_stay_apart() -> None:
    text = "## Help\n\nThe first text here.\n\n## QUESTIONS patients ask\n- one?\n\n## Help\n\nThe second text here.\n"
    assert [passage.questions for passage in passages_of(text)] == [("one?",), ()]


def test_sentences_carry_all_labels_and_leave_questions_out() -> None:
    document = document_of(GUIDE)
    found = sentences(document)
    assert {label for sentence in found for label in sentence.labels} == {"F12", "F13", "F21", "F28", "no"}
    assert not {sentence.block for sentence in found} & {question.block for question in patient_questions(document)}
    assert [question.labels for question in patient_questions(document)] == [("F12",), ("F21", "F13"), (), ("F28",)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Red skin heals. It itches too.", ["Red skin heals.", "Red skin heals. It itches too."]),
        ("It itches a lot. Red skin heals.", ["It itches a lot.", "Red skin heals."]),
        ("Red skin heals.\n\nIt itches a lot.", ["Red skin heals.", "It itches a lot."]),
        ("Red skin heals.[^1] It itches a lot.\n\n[^1]: *T*. P.", ["Red skin heals.", "It itches a lot."]),
        (
            "Red skin heals. It itches too. However, this fades.",
            ["Red skin heals.", "Red skin heals. It itches too.", "It itches too. However, this fades."],
        ),
        ("Is red skin bad? It is not so.", ["Is red skin bad? It is not so."]),
    ],
    ids=["with the one before", "first", "other block", "label between", "chain", "after a question"],
)
def test_dangling_sentences_are_quoted_with_the_one_before(text: str, expected: list[str]) -> None:
    assert quotes(text) == expected


def test_dangling_sentence_stays_alone_where_both_are_too_long() -> None:
    settings = replace(SETTINGS, max_tokens=5)
    assert quotes("Red skin heals. It itches too.", settings=settings) == ["Red skin heals.", "It itches too."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This lasts a day.", True),
        ("These signs need care.", True),
        ("Such redness is rare.", True),
        ("They fade soon.", True),
        ("That is why it stings.", True),
        ("She will tell you.", True),
        ("However, it settles.", True),
        ("But these fade.", True),
        ("If it gets worse, call.", True),
        ("In this case, call.", True),
        ("Its colour fades.", True),
        ("\u201cIt\u2019s common.", True),
        ("It is normal to be red.", False),
        ("It\u2019s best to wait.", False),
        ("It takes about a week for the skin to heal.", False),
        ("Those with rosacea stay red for longer.", False),
        ("This guide is about redness.", False),
        ("However, redness fades.", False),
        ("Thistles sting.", False),
        ("Italy is sunny.", False),
        ("If redness gets worse, call.", False),
        ("", False),
    ],
)
def test_starts_dangling(text: str, *, expected: bool) -> None:
    assert starts_dangling(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "There are several ways to manage redness:",
        "Is redness normal after needling?",
        "Here are some tips.",
        "Share this article",
        "Copyright 2024 The Skin Site. All rights reserved.",
        "Read more about skin care",
        "Two words.",
        "[^F1]",
        "**Signs to watch for:**",
    ],
)
def test_what_states_nothing_is_never_a_passage(text: str) -> None:
    assert quotes(text) == []
    assert quotes(f"Redness fades within days.\n\n{text}\n\n# Next heading") == ["Redness fades within days."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("There are several ways to manage it.\n\n# Next", []),
        ("There are several ways to manage it.", []),
        ("There are several ways to manage it.\n\n- Use a cool cloth.", ["Use a cool cloth."]),
        ("There are several ways to help. One is shade.", ["There are several ways to help.", "One is shade."]),
        ("There are several ways, such as shade and rest.", ["There are several ways, such as shade and rest."]),
        ("Redness fades. Symptoms may include\n\n- hot and hard skin", ["hot and hard skin"]),
    ],
    ids=["before a heading", "at the end", "before its list", "before text", "fulfilled", "no colon"],
)
def test_promises_of_a_list(text: str, expected: list[str]) -> None:
    assert [quote for quote in quotes(text) if quote != "Redness fades."] == expected


def test_labelled_short_sentence_is_kept() -> None:
    assert quotes("It fades.[^1]\n\n[^1]: *T*. P.") == ["It fades."]


def test_last_line_that_is_a_slogan_is_dropped_only_at_the_end_and_below_other_text() -> None:
    slogan, fact = "Glow with confidence.", "Redness fades within two days."
    assert quotes(f"{fact}\n\n{slogan}") == [fact]
    assert quotes(f"{fact}\n\n{slogan}\n\nShare this article") == [fact]
    assert quotes(slogan) == [slogan]
    assert quotes(f"{slogan}\n\n{fact}") == [slogan, fact]


@pytest.mark.parametrize(("half", "kind", "line"), LAST_LINES, ids=lambda value: value)
def test_tuned_half_of_the_last_lines_is_told_apart(half: str, kind: str, line: str) -> None:
    if half == "tune":
        assert (is_slogan(line) or is_boilerplate(line)) is (kind == "slogan")


def test_unseen_half_of_the_last_lines_is_mostly_told_apart() -> None:
    found = {"slogan": 0, "content": 0}
    for half, kind, line in LAST_LINES:
        found[kind] += half == "unseen" and (is_slogan(line) or is_boilerplate(line))
    assert found == {"slogan": 26, "content": 0}


@pytest.mark.parametrize("text", ["Let's look at the details.", "See the following.", "Here is what helps: shade."])
def test_promises_need_a_promised_list(text: str) -> None:
    assert promises_list(text) is (text == "See the following.")


def test_over_long_sentence_is_split_at_clauses_and_never_cut() -> None:
    text = "Redness fades in a day, but swelling may stay for two; the skin flakes, and it itches while it heals."
    assert quotes(text, settings=replace(SETTINGS, max_tokens=11)) == [
        "Redness fades in a day, but swelling may stay for two;",
        "the skin flakes, and it itches while it heals.",
    ]
    for max_tokens in (1, 2, 5):
        parts = quotes(text, settings=replace(SETTINGS, max_tokens=max_tokens))
        assert " ".join(parts) == text
        assert max(map(count_words, parts)) <= max_tokens


def test_over_long_word_is_split_and_never_cut() -> None:
    text = "See https://example.org/" + "x" * 100 + " for details."
    passages = chunk(document_of(text), settings=replace(SETTINGS, max_tokens=20), count_tokens=len)
    assert "".join(passage.text.replace(" ", "") for passage in passages) == text.replace(" ", "")
    assert max(len(passage.text) for passage in passages) <= 20


def test_context_drops_its_outermost_parts_where_it_is_too_long() -> None:
    text = "# One two three\n\n## Four five\n\nRedness fades within days."
    assert passages_of(text)[0].context == "Note > One two three > Four five"
    assert passages_of(text, settings=replace(SETTINGS, max_context_tokens=6))[0].context == "One two three > Four five"
    assert passages_of(text, settings=replace(SETTINGS, max_context_tokens=1))[0].context == ""


def test_settings_refuse_values_without_sense() -> None:
    with pytest.raises(ValueError, match="max_tokens is 0"):
        ChunkingSettings(max_tokens=0)


@pytest.mark.parametrize("styled", [True, False], ids=["styled", "flat"])
@pytest.mark.parametrize(
    ("write", "suffix"),
    [(write_text, "txt"), (write_html, "html"), (write_docx, "docx"), (write_pdf, "pdf"), (write_markdown, "md")],
    ids=["txt", "html", "docx", "pdf", "md"],
)
def test_web_text_in_every_format(tmp_path: Path, write: Callable[..., Path], suffix: str, *, styled: bool) -> None:
    document = read_document(write(tmp_path / f"redness.{suffix}", styled=styled), name="redness")
    expected = read_document(WEB_TEXT, name="redness")
    found, wanted = (chunk(text, settings=SETTINGS, count_tokens=count_words) for text in (document, expected))
    texts = [passage.text for passage in found]
    assert not set(texts) & {*LEAD_INS, SLOGAN}
    assert set(LABEL_LINES) <= set(texts)
    if suffix == "md" and not styled:
        return  # Markdown marks its headings, so lines without a mark are paragraphs
    assert not set(texts) & set(HEADINGS)
    assert texts == [passage.text for passage in wanted]
    assert [passage.section for passage in found] == [passage.section for passage in wanted]


WORDS = st.sampled_from(
    ["Redness", "fades.", "It", "is", "This", "skin?", "e.g.", "a", "b,", "and", "ways:", "\u4f60\u597d\u3002", "[^1]",
     "[^2]", "\n", "\n\n", "\n# ", "\n- ", "\n\n[^1]: *T*. P.\n\n", "2.5", "U.S.", "\u201cOK!\u201d", ";", "<!-- x -->"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=40), st.integers(1, 12), st.booleans())
def test_passages_keep_their_promises(words: list[str], max_tokens: int, plain: bool) -> None:
    text = " ".join(words)
    try:
        document = document_of(text, plain=plain)
    except CorpusError:  # one footnote is defined twice
        return
    settings = replace(SETTINGS, max_tokens=max_tokens)
    passages = chunk(document, settings=settings, count_tokens=count_words)
    assert passages == chunk(document, settings=settings, count_tokens=count_words)
    assert len({passage.id for passage in passages}) == len(passages)
    inside = [block for block in document.blocks if block.kind is not BlockKind.HEADING]
    whole = {(sentence.start, sentence.end) for sentence in sentences(document)}
    for passage in passages:
        assert passage.text == text[passage.start : passage.end] == passage.text.strip() != ""
        assert any(block.start <= passage.start < passage.end <= block.end for block in inside)
        assert count_words(passage.text) <= max_tokens
        assert set(passage.facts) <= set(document.footnotes)
        assert passage.sources
        assert not passage.text.endswith(":") or (passage.start, passage.end) not in whole
    for above, below in pairwise(passages):
        assert above.end <= below.end
        if below.start < above.end:
            sentence = next(s for s in sentences(document) if s.end == below.end)
            assert starts_dangling(text[sentence.start : sentence.end])


@given(st.lists(WORDS, max_size=40))
def test_sentences_cover_every_word_of_their_block(words: list[str]) -> None:
    text = " ".join(word for word in words if not word.startswith("\n"))
    block = Block(BlockKind.PARAGRAPH, 0, len(text))
    document = replace(document_of(""), text=text, blocks=(block,))
    found = sentences(document)
    kept = " ".join(text[sentence.start : sentence.end] for sentence in found)
    for word in ("Redness", "fades.", "It", "2.5", "U.S."):
        assert kept.count(word) == text.count(word)
    assert all(above.end <= below.start for above, below in pairwise(found))
