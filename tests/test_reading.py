from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from reading_samples import HEADINGS, LABEL_LINES, WEB_TEXT, write_docx, write_html, write_pdf, write_text
from redness_qa.errors import CorpusError
from redness_qa.passages import BlockKind, Document, Source
from redness_qa.reading import MAX_FILE_BYTES, SUFFIXES, files, read_document
from redness_qa.reading import docx as docx_reader
from redness_qa.reading.footnotes import EXPECTED_FORM, parse_source
from redness_qa.reading.markdown import read_markdown
from redness_qa.reading.plain import read_plain

Write = Callable[..., Path]


def read(path: Path, content: str | bytes) -> Document:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(path, name=path.name)


def texts(document: Document, kind: BlockKind) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks if block.kind is kind]


# Markdown


GUIDE = """\
---
title: Redness
language: en-GB
publisher: The clinic
url: https://clinic.example/redness
reviewed: 2026-01-02
final: yes
version: 3
tags: [a, b]
---
# Redness at a glance

First paragraph,
second line.[^F1] <!-- why -->

<!-- a comment -->

Setext heading
--------------

## Closed heading ##

- one
  - two
    goes on
3. 3

> quoted

| Sign | Meaning |
|---|---|
| Pus | infection |

```
code
```

[^F1]: *Needling*. U.S. Food and Drug Administration, 2021. <https://fda.example/n>. Grade A; abstract. Note: 36 people.
    *Is it safe?* Skin Trust.

    *Third*. Dr. Who, Inc.
    Grade B.
"""


def test_markdown_blocks_are_slices_without_their_marks(tmp_path: Path) -> None:
    document = read(tmp_path / "guide.md", GUIDE)
    assert [(block.kind.value, block.level, document.text[block.start : block.end]) for block in document.blocks] == [
        ("heading", 1, "Redness at a glance"),
        ("paragraph", 0, "First paragraph,\nsecond line.[^F1] <!-- why -->"),
        ("heading", 2, "Setext heading"),
        ("heading", 2, "Closed heading"),
        ("list_item", 0, "one"),
        ("list_item", 0, "two\n    goes on"),
        ("list_item", 0, "3"),
        ("paragraph", 0, "quoted"),
        ("list_item", 0, "Pus | infection"),
    ]


def test_markdown_front_matter(tmp_path: Path) -> None:
    document = read(tmp_path / "guide.md", GUIDE)
    assert (document.title, document.language) == ("Redness", "en-GB")
    assert document.source == Source("Redness", "The clinic", "https://clinic.example/redness")
    assert document.metadata == {
        "publisher": "The clinic",
        "url": "https://clinic.example/redness",
        "reviewed": "2026-01-02",
        "final": "true",
        "version": "3",
    }


def test_markdown_footnotes_name_their_sources(tmp_path: Path) -> None:
    assert read(tmp_path / "guide.md", GUIDE).footnotes == {
        "F1": (
            Source(
                "Needling",
                "U.S. Food and Drug Administration",
                "https://fda.example/n",
                2021,
                "A",
                "abstract; 36 people",
            ),
            Source("Is it safe?", "Skin Trust"),
            Source("Third", "Dr. Who, Inc", grade="B"),
        )
    }


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("# *Red* skin[^1]\n\ntext", "Red skin"),
        ("## Second level\n\ntext", "note"),
        ("text only", "note"),
        ("---\ntitle: ''\n---\n# Heading\n\ntext", "Heading"),
    ],
    ids=["first heading", "no outermost heading", "no heading", "empty title"],
)
def test_title_falls_back(tmp_path: Path, content: str, title: str) -> None:
    assert read(tmp_path / "note.md", content).title == title


def test_text_is_the_file_as_python_reads_it(tmp_path: Path) -> None:
    content = "\ufeff---\r\ntitle: Red\r\n---\r\n# Heading\r\rText \x0b goes\u2028on.\r\n".encode()
    for name in ("a.md", "a.txt"):
        document = read(tmp_path / name, content)
        assert document.text == (tmp_path / name).read_text(encoding="utf-8")
        assert all("\ufeff" not in document.text[block.start : block.end] for block in document.blocks)
    assert read(tmp_path / "a.md", content).title == "Red"


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("---\ntitle: [x\n---\ntext", 2, "not valid YAML"),
        ("---\n- a\n---\ntext", 1, "is a list"),
        ("---\ntitle: x\n\ntext", 1, "not closed"),
        ("---\nlanguage: no\n---\ntext", 1, "quotes"),
        ("---\nday: 2026-13-45\n---\ntext", 1, "not valid YAML"),
        ("a[^F1]\n\n[^F1]: Title. Publisher.", 3, "expected form"),
        ("a[^F1]\n\n[^F1]: *Title*. <https://x.example>. Grade A.", 3, "expected form"),
        ("a\n\n[^F1]: *Title*. Publisher.\n\n    Also *that*. One.", 5, "expected form"),
        ("a\n\n[^F1]: *Title*. Publisher.\n*Other*. Publisher.", 4, "not indented"),
        ("a\n\n[^F1]: *T*. P.\n\n[^F1]: *T*. P.", 5, "defined twice"),
        ("a\n\n[^F1]:\n", 3, "names no source"),
    ],
    ids=[
        "yaml", "list", "open", "no is False", "no such day", "no asterisks", "no publisher", "second source",
        "not indented", "twice", "empty",
    ],
)  # fmt: skip
def test_markdown_faults_are_named_with_their_line(tmp_path: Path, content: str, line: int, words: str) -> None:
    with pytest.raises(CorpusError, match=words) as caught:
        read(tmp_path / "bad.md", content)
    assert (caught.value.line, caught.value.path) == (line, tmp_path / "bad.md")


@pytest.mark.parametrize(
    "text",
    [
        "*T*. 2021.",
        "*T*. P. https://x.example.",
        "*T*. P. Grade D.",
        "*T*. P, 2021. Grade A",
        "*T* P.",
        "T. P.",
        "*T*.",
        "*T*. Grade A.",
    ],
)
def test_misspelt_sources_are_refused(text: str) -> None:
    assert parse_source(text) is None


def test_the_expected_form_is_of_the_expected_form() -> None:
    assert parse_source(EXPECTED_FORM) == Source("Title", "Publisher", "https://address", 2021, "A", "note; free text")


@given(st.text(alphabet=st.sampled_from("ab# -*>\n|.[^]:1`<!\t\ufeff\u2028"), max_size=80))
def test_markdown_blocks_never_overlap(text: str) -> None:
    try:
        parsed = read_markdown(text, Path("any.md"))
    except CorpusError:
        return
    places = [offset for block in parsed.blocks for offset in (block.start, block.end)]
    assert places == sorted(places)
    for block in parsed.blocks:
        assert text[block.start : block.end] == text[block.start : block.end].strip() != ""


# Text without mark-up


def blocks_of(text: str) -> list[tuple[str, str]]:
    return [(block.kind.value[0], text[block.start : block.end]) for block in read_plain(text).blocks]


BODY = "Keep out of direct sun while the skin is healing, and follow the advice of your clinic."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"A Heading\n{BODY}", [("h", "A Heading"), ("p", BODY)]),
        (f"{BODY}\n1. First step\n{BODY}", [("p", BODY), ("h", "1. First step"), ("p", BODY)]),
        (f"{BODY}\n\nIs it bad?\n{BODY}", [("p", BODY), ("h", "Is it bad?"), ("p", BODY)]),
        ("1. One\n2) Two\n3. Three", [("l", "One"), ("l", "Two"), ("l", "Three")]),
        ("- a\n* b\n\u2022 c", [("l", "a"), ("l", "b"), ("l", "c")]),
        ("It may:\nOne: a.\nEnd here.", [("p", "It may:"), ("l", "One: a."), ("p", "End here.")]),
        (f"Such as:\nItching\nPain\n{BODY}", [("p", "Such as:"), ("l", "Itching"), ("l", "Pain"), ("p", BODY)]),
        (f"Ways to manage it:\nStay Cool\n{BODY}", [("p", "Ways to manage it:"), ("h", "Stay Cool"), ("p", BODY)]),
        (f"Heading\n=======\n{BODY}", [("h", "Heading"), ("p", BODY)]),
        (f"# Marked\n{BODY}", [("h", "Marked"), ("p", BODY)]),
        ("A last line", [("p", "A last line")]),
        (
            "The skin turns red since small vessels in the treated\narea widen. Redness fades\nwithin days."
            "\n\nNext one.",
            [
                ("p", "The skin turns red since small vessels in the treated\narea widen. Redness fades\nwithin days."),
                ("p", "Next one."),
            ],
        ),
    ],
    ids=[
        "heading", "numbered heading", "question", "numbers", "bullets", "labels", "short list", "missing list",
        "underlined", "marked", "last line", "wrapped",
    ],
)  # fmt: skip
def test_structure_without_mark_up(text: str, expected: list[tuple[str, str]]) -> None:
    assert blocks_of(text) == expected


@given(st.text(alphabet=st.sampled_from("aB .:-1?\n\t\ufeff\u2028#="), max_size=80))
def test_plain_blocks_never_overlap_and_lose_no_words(text: str) -> None:
    blocks = read_plain(text).blocks
    places = [offset for block in blocks for offset in (block.start, block.end)]
    assert places == sorted(places)
    kept = "".join(text[block.start : block.end] for block in blocks)
    assert kept.count("B") == text.count("B")  # not "a", which numbers a list item where a period follows


# One text, every format


@pytest.mark.parametrize("styled", [True, False], ids=["styled", "flat"])
@pytest.mark.parametrize(
    ("write", "suffix"),
    [(write_text, "txt"), (write_html, "html"), (write_docx, "docx"), (write_pdf, "pdf")],
    ids=["txt", "html", "docx", "pdf"],
)
def test_web_text_reads_alike_in_every_format(tmp_path: Path, write: Write, suffix: str, *, styled: bool) -> None:
    document = read_document(write(tmp_path / f"redness.{suffix}", styled=styled), name="redness")
    expected = read_document(WEB_TEXT, name="redness")
    assert texts(document, BlockKind.HEADING) == texts(expected, BlockKind.HEADING) == HEADINGS
    assert texts(document, BlockKind.LIST_ITEM) == texts(expected, BlockKind.LIST_ITEM) == LABEL_LINES
    words = " ".join(" ".join(texts(document, BlockKind.PARAGRAPH)).split())
    assert words == " ".join(texts(expected, BlockKind.PARAGRAPH))
    assert document.sha256 != expected.sha256 or suffix == "txt"


def test_html_names_title_publisher_language_and_address(tmp_path: Path) -> None:
    document = read_document(write_html(tmp_path / "page.html", styled=True), name="page.html")
    assert document.source == Source("Redness", "Skin Site", "https://skin.example/red")
    assert document.language == "en-GB"
    for dropped in ("Home page", "Sign up", "Copyright", "color"):
        assert dropped not in document.text


def test_html_lists_tables_and_breaks(tmp_path: Path) -> None:
    page = (
        "<?xml version='1.0' encoding='utf-8'?><h1>Red &amp; hot</h1><p>One <b>bold</b>\n word.<br>Two.</p>"
        "<ul><li>a<ul><li>b</li></ul></li></ul><table><tr><th>Sign</th><th>Why</th></tr>"
        "<tr><td>Pus</td><td>infection</td></tr></table><!-- no --><p hidden>no</p><article><header><h2>In</h2>no"
        "</header>End.</article>"
    )
    document = read(tmp_path / "page.htm", page)
    assert document.text == "Red & hot\n\nOne bold word.\n\nTwo.\n\na\n\n  b\n\nPus | infection\n\nIn\n\nEnd."
    assert texts(document, BlockKind.LIST_ITEM) == ["a", "b", "Pus | infection"]


def test_html_in_a_declared_encoding(tmp_path: Path) -> None:
    page = "<meta charset='iso-8859-1'><p>Br\u00fbl\u00e9</p>"
    assert read(tmp_path / "page.html", page.encode("latin-1")).text == "Br\u00fbl\u00e9"
    with pytest.raises(CorpusError, match="not known"):
        read(tmp_path / "odd.html", "<meta charset='klingon'>text")


def test_docx_lists_tables_and_bold_headings(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph().add_run("Bold words as heading").bold = True
    document.add_paragraph("Some text.\nNext line.")
    document.add_paragraph("outer", style="List Bullet")
    document.add_paragraph("inner", style="List Bullet 2")
    table = document.add_table(2, 2)
    for cell, words in zip((*table.rows[0].cells, *table.rows[1].cells), ("Sign", "Why", "Pus", "Germs."), strict=True):
        cell.text = words
    document.core_properties.title = "The title"
    document.save(str(tmp_path / "a.docx"))
    read_back = read_document(tmp_path / "a.docx", name="a.docx")
    assert read_back.text == ("Bold words as heading\n\nSome text.\n\nNext line.\n\nouter\n\n  inner\n\nPus | Germs.")
    assert texts(read_back, BlockKind.HEADING) == ["Bold words as heading"]
    assert texts(read_back, BlockKind.LIST_ITEM) == ["outer", "inner", "Pus | Germs."]
    assert read_back.title == "The title"


def test_pdf_rejoins_words_cut_at_line_ends(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    for line in (
        "The inflammatory response of the body is a needed part of heal-",
        "ing. Put on a cream that is free of perfume, or an anti-",
        "inflammatory one, and a broad-spectrum sunscreen of at least",
        "SPF 30. The needles make very small wounds, and the skin then",
        "repairs itself.",
    ):
        pdf.cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(tmp_path / "a.pdf"))
    assert read_document(tmp_path / "a.pdf", name="a.pdf").text == (
        "The inflammatory response of the body is a needed part of healing. Put on a cream that is free of perfume, "
        "or an anti-inflammatory one, and a broad-spectrum sunscreen of at least SPF 30. The needles make very small "
        "wounds, and the skin then repairs itself."
    )


# What cannot be read


def _encrypted_pdf(path: Path) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(write_pdf(path.with_suffix(".plain.pdf"), styled=False)))
    writer.encrypt("secret", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _picture_pdf() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.rect(10, 10, 50, 50, style="F")
    return bytes(pdf.output())


def _docx_without_document() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("other.xml", "<a/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.md", b"", "is empty"),
        ("a.md", b" \n\n", "holds no text"),
        ("a.md", b"---\ntitle: x\n---\n", "holds no text"),
        ("a.html", b"<script>x</script>", "holds no text"),
        ("a.txt", b"Caf\xe9", "offset 3"),
        ("a.txt", "text".encode("utf-16"), "UTF-16"),
        ("a.txt", b"a\x00b", "NUL"),
        ("a.html", b"<p>Caf\xe9", "offset 6"),
        ("a.html", b"<div>" * 30_000 + b"x", "nested too deeply"),
        ("a.pdf", b"no pdf at all", "damaged"),
        ("a.pdf", b"%PDF-1.4\n%%EOF", "damaged"),
        ("a.pdf", _picture_pdf(), "no text layer"),
        ("a.docx", b"PK\x03\x04 broken", "damaged"),
        ("a.docx", _docx_without_document(), "damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0 old", "password"),
        ("a.rtf", b"{}", "'.rtf', which cannot be read"),
        ("noend", b"text", "cannot be read"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_unusable_files_are_refused_in_plain_words(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    with pytest.raises(CorpusError, match=words) as caught:
        read(tmp_path / name, content)
    assert caught.value.path == tmp_path / name


def test_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is encrypted") as caught:
        read(tmp_path / "a.pdf", _encrypted_pdf(tmp_path / "a.pdf"))
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(("write", "suffix"), [(write_docx, "docx"), (write_pdf, "pdf")], ids=["docx", "pdf"])
def test_cut_off_files_are_read_or_refused(
    tmp_path: Path, write: Write, suffix: str, part: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    whole = write(tmp_path / f"whole.{suffix}", styled=True).read_bytes()
    try:
        document = read(tmp_path / f"cut.{suffix}", whole[: int(len(whole) * part)])
    except CorpusError:
        return
    assert document.blocks


def test_missing_and_forbidden_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="No such file"):
        read_document(tmp_path / "none.md", name="none.md")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(CorpusError, match="cannot be read"):
        read_document(tmp_path / "folder.md", name="folder.md")


def test_too_large_files_are_refused_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(CorpusError, match="20,000,001 bytes"):
        read_document(path, name="large.txt")
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 3)
    assert read(tmp_path / "fits.txt", "abc").text == "abc"


def test_docx_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx_reader, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(CorpusError, match="unpacks to"):
        read_document(write_docx(tmp_path / "a.docx", styled=True), name="a.docx")


def test_suffixes_are_read_in_any_case(tmp_path: Path) -> None:
    assert SUFFIXES == (".md", ".txt", ".html", ".htm", ".pdf", ".docx")
    assert read(tmp_path / "A.TXT", "text").name == "A.TXT"
