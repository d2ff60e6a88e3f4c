from __future__ import annotations

from pathlib import Path

import pytest

from redness_qa.companions import COMPANIONS_FILE, Company, read_companies, with_companions
from redness_qa.errors import CorpusError
from redness_qa.passages import Passage, Source

SOUND = """\
- point: make-up
  whole: false
  sentences: ["Wait two days.", "Wait one day."]
- point: length
  whole: true
  sentences: ["Hours.", "Days."]
"""


def passages(*texts: str) -> list[Passage]:
    return [
        Passage(text, "a.md", "A", text, place, place + 1, ("F1",), (Source("A", "B"),), "", ())
        for place, text in enumerate(texts)
    ]


def read(folder: Path, text: str) -> tuple[Company, ...]:
    (folder / COMPANIONS_FILE).write_text(text, encoding="utf-8")
    return read_companies(folder)


def test_a_corpus_may_go_without(tmp_path: Path) -> None:
    assert read_companies(tmp_path) == ()


def test_the_file_is_read_in_order(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND) == (
        Company("make-up", ("Wait two days.", "Wait one day."), False),
        Company("length", ("Hours.", "Days."), True),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a: [", "this is not YAML", id="no YAML"),
        pytest.param("a: b", "must be a list", id="a mapping"),
        pytest.param("- a", "has the fields point, sentences, whole", id="a text"),
        pytest.param("- point: a\n  sentences: [a, b]", "has the fields", id="a field gone"),
        pytest.param("- point: a\n  whole: true\n  sentences: [a]", "at least two", id="one sentence"),
        pytest.param("- point: a\n  whole: true\n  sentences: [a, 2]", "at least two", id="a number"),
    ],
)
def test_a_file_of_another_form_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CorpusError, match=told) as raised:
        read(tmp_path, text)
    assert COMPANIONS_FILE in str(raised.value)


def test_the_first_of_a_pair_leads_the_others_and_a_range_opens_with_what_was_found(tmp_path: Path) -> None:
    told = with_companions(
        passages("Wait one day.", "Hours.", "Wait two days.", "Days.", "Else."), read(tmp_path, SOUND), path=tmp_path
    )

    assert {each.id: each.companions for each in told} == {
        "Wait one day.": ("Wait two days.", "Wait one day."),
        "Wait two days.": (),
        "Hours.": ("Hours.", "Days."),
        "Days.": ("Days.", "Hours."),
        "Else.": (),
    }


def test_a_sentence_that_the_guide_no_longer_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"'Wait one day.' \(make-up\) is no sentence of the guide"):
        with_companions(passages("Wait two days.", "Hours.", "Days."), read(tmp_path, SOUND), path=tmp_path)
