from __future__ import annotations

from pathlib import Path

import pytest

from assistants import build_assistant, write_guide
from redness_qa.errors import CorpusError
from redness_qa.index import Index
from redness_qa.suggestions import SUGGESTIONS_FILE, read_suggestions

ASKED = ("which sunscreen do i need", "can i go out in the sun")


def write(folder: Path, content: str) -> Path:
    write_guide(folder)
    (folder / SUGGESTIONS_FILE).write_text(content, encoding="utf-8")
    return folder


def test_the_questions_to_offer_are_kept_in_the_index_in_their_order(tmp_path: Path) -> None:
    write(tmp_path / "corpus", "".join(f"- {question}\n" for question in ASKED))

    assistant = build_assistant(tmp_path)

    assert Index.load(tmp_path / "index").manifest.suggestions == ASKED
    assert assistant.suggestions(2) == ASKED
    assert len(assistant.suggestions()) > 2
    assert assistant.suggestions()[:2] == ASKED


def test_a_folder_without_such_a_file_offers_none_first(tmp_path: Path) -> None:
    assert read_suggestions(write_guide(tmp_path), []) == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param("- may i swim\n", "'may i swim' is no question of the guide", id="unknown question"),
        pytest.param("a: b\n", "must be a list of questions", id="no list"),
        pytest.param("- 1\n", "must be a list of questions", id="no text"),
        pytest.param("- [\n", "not YAML", id="no YAML"),
    ],
)
def test_a_bad_list_is_named_with_the_remedy(tmp_path: Path, content: str, told: str) -> None:
    write(tmp_path / "corpus", content)

    with pytest.raises(CorpusError, match=told):
        build_assistant(tmp_path)
