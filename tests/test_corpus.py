from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from redness_qa.corpus import Corpus
from redness_qa.errors import CorpusError, CorpusErrors


def write(folder: Path, **contents: str) -> None:
    for name, content in contents.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def test_reads_texts_of_all_folders_by_name(tmp_path: Path) -> None:
    write(tmp_path, b_md="# B", a_txt="A.", sub__c_html="<p>C", README_md="no", sub__readme_txt="no", data_yaml="a: 1")
    write(tmp_path, photo_png="no", sub__x_json="{}")
    (tmp_path / ".hidden.md").write_text("no")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.md").write_text("no")
    (tmp_path / "~$b.docx").write_text("no")
    calls: list[tuple[int, int]] = []
    corpus = Corpus.from_folder(tmp_path, progress=lambda done, total: calls.append((done, total)))
    assert [document.name for document in corpus.documents] == ["a.txt", "b.md", "sub/c.html"]
    assert corpus.folder == tmp_path
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_fingerprint_follows_names_and_contents_only(tmp_path: Path) -> None:
    for folder in ("one", "two", "renamed", "changed"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "one", a_md="text")
    write(tmp_path / "two", a_md="text")
    write(tmp_path / "renamed", b_md="text")
    write(tmp_path / "changed", a_md="text.")
    one, two, renamed, changed = (
        Corpus.from_folder(tmp_path / folder).fingerprint for folder in ("one", "two", "renamed", "changed")
    )
    content = hashlib.sha256(b"text").hexdigest()
    assert one == two == hashlib.sha256(f"a.md\0{content}\n".encode()).hexdigest()
    assert len({one, renamed, changed}) == 3


@pytest.mark.parametrize("suffix", ["doc", "rtf", "odt", "pages"])
def test_texts_of_other_formats_are_named(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a.{suffix}").write_text("text")
    (tmp_path / "b.md").write_text("text")
    with pytest.raises(CorpusError, match=rf"a\.{suffix}: has the suffix '\.{suffix}'") as caught:
        Corpus.from_folder(tmp_path)
    assert not isinstance(caught.value, CorpusErrors)


def test_all_bad_texts_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, a_md="", b_md="fine", c_doc="x", d_pdf="x")
    with pytest.raises(CorpusErrors, match="3 texts cannot be used") as caught:
        Corpus.from_folder(tmp_path)
    assert [error.path.name for error in caught.value.errors] == ["a.md", "c.doc", "d.pdf"]
    assert all(str(error) in str(caught.value) for error in caught.value.errors)


def test_folder_without_texts(tmp_path: Path) -> None:
    write(tmp_path, README_md="no")
    with pytest.raises(CorpusError, match="holds no text"):
        Corpus.from_folder(tmp_path)
    with pytest.raises(CorpusError, match="does not exist"):
        Corpus.from_folder(tmp_path / "none")
    with pytest.raises(CorpusError, match="not a folder"):
        Corpus.from_folder(tmp_path / "README.md")
