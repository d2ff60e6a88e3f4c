from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.errors import QuestionError
from redness_qa.questions import LabelSet, QuestionRow, read_labelled, read_rows


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("questions") / "questions.jsonl"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(path: Path, content: str | bytes) -> list[QuestionRow | QuestionError]:
    return [row for row, _ in read_rows(write(path, content))]


def test_rows_keep_their_order_names_and_lines(path: Path) -> None:
    content = '{"question": "b", "id": "q9"}\n\n  \n{"question": "a", "previous": "b", "id": 7}\n{"question": "c"}'

    assert rows(path, content) == [
        QuestionRow(line=1, id="q9", question="b", previous=None),
        QuestionRow(line=4, id="7", question="a", previous="b"),
        QuestionRow(line=5, id="5", question="c", previous=None),
    ]


def test_null_is_the_same_as_left_out(path: Path) -> None:
    assert rows(path, '{"question": "a", "previous": null, "id": null}') == [QuestionRow(1, "1", "a", None)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"question": "a"}\r\n{"question": "b"}\r\n', id="CRLF"),
        pytest.param(b'\xef\xbb\xbf{"question": "a"}\n{"question": "b"}', id="byte order mark"),
    ],
)
def test_files_of_other_systems_are_read(path: Path, content: bytes) -> None:
    assert rows(path, content) == [QuestionRow(1, "1", "a", None), QuestionRow(2, "2", "b", None)]


def test_a_line_separator_inside_a_text_ends_no_row(path: Path) -> None:
    assert rows(path, '{"question": "a\u2028b\x85c"}') == [QuestionRow(1, "1", "a\u2028b\x85c", None)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param('{"question": "a"', "not JSON", id="cut off"),
        pytest.param("how long?", "not JSON", id="plain text"),
        pytest.param("[" * 100_000, "not JSON", id="nested without end"),
        pytest.param('["a"]', "a row is an object", id="a list"),
        pytest.param('"a"', "a row is an object", id="a text"),
        pytest.param("null", "a row is an object", id="null"),
        pytest.param("{}", "'question' must be a text that is not empty, not None", id="no question"),
        pytest.param('{"question": ""}', "'question' must be", id="empty question"),
        pytest.param('{"question": " \\n\\t "}', "'question' must be", id="blank question"),
        pytest.param('{"question": 3}', "not 3", id="question a number"),
        pytest.param('{"question": ["a"]}', "'question' must be", id="question a list"),
        pytest.param('{"question": "a", "previous": 3}', "'previous' must be", id="previous a number"),
        pytest.param('{"question": "a", "id": ["x"]}', "'id' must be", id="id a list"),
        pytest.param('{"question": "a", "id": 1.5}', "'id' must be", id="id a fraction"),
        pytest.param('{"question": "a", "id": true}', "'id' must be", id="id a truth value"),
    ],
)
def test_a_bad_row_is_named_and_does_not_stop_the_rest(path: Path, row: str, reason: str) -> None:
    first, bad, last = rows(path, f'{{"question": "a"}}\n{row}\n{{"question": "b"}}\n')

    assert (first, last) == (QuestionRow(1, "1", "a", None), QuestionRow(3, "3", "b", None))
    assert isinstance(bad, QuestionError)
    assert bad.line == 2
    assert reason in str(bad)
    assert str(bad).startswith("line 2: ")


def test_all_fields_come_with_a_row(path: Path) -> None:
    write(path, '{"question": "a", "kind": "answerable", "other": 1}\n[]\n')

    assert [fields for _, fields in read_rows(path)] == [{"question": "a", "kind": "answerable", "other": 1}, {}]


@pytest.mark.parametrize("content", [None, b"\xff\xfe{}", b'{"question": "\xe9"}'], ids=["absent", "UTF-16", "latin-1"])
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "questions.jsonl"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(QuestionError, match=r"questions\.jsonl cannot be read") as caught:
        list(read_rows(path))

    assert caught.value.line is None


LABELLED = {"question": "a", "kind": "answerable", "facts": ["F12", "F12"], "kind_all": "refer", "facts_all": ["X1"]}


@pytest.mark.parametrize(
    ("labels", "kind", "facts"), [(LabelSet.BASE, "answerable", {"F12"}), (LabelSet.ALL, "refer", {"X1"})]
)
def test_labels_are_the_pair_that_was_asked_for(path: Path, labels: LabelSet, kind: str, facts: set[str]) -> None:
    (question,) = read_labelled(write(path, json.dumps(LABELLED)), labels=labels)

    assert (question.row.question, question.kind, set(question.facts)) == ("a", kind, facts)


@pytest.mark.parametrize(
    ("row", "labels", "wanted"),
    [
        pytest.param('{"question": "a"}', LabelSet.BASE, "'kind' and 'facts'", id="none"),
        pytest.param('{"question": "a", "kind": "refer"}', LabelSet.BASE, "'kind' and 'facts'", id="no facts"),
        pytest.param('{"question": "a", "kind": 1, "facts": []}', LabelSet.BASE, "'kind'", id="kind a number"),
        pytest.param('{"question": "a", "kind": "x", "facts": "F1"}', LabelSet.BASE, "'kind'", id="facts a text"),
        pytest.param('{"question": "a", "kind": "x", "facts": []}', LabelSet.ALL, "'kind_all'", id="other pair"),
        pytest.param("{", LabelSet.BASE, "not JSON", id="bad row"),
    ],
)
def test_a_row_without_its_labels_is_refused(path: Path, row: str, labels: LabelSet, wanted: str) -> None:
    write(path, json.dumps(LABELLED) + "\n" + row)

    with pytest.raises(QuestionError, match=wanted) as caught:
        read_labelled(path, labels=labels)

    assert caught.value.line == 2


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_a_file_without_labelled_questions_is_refused(path: Path, content: str) -> None:
    with pytest.raises(QuestionError, match="holds no question"):
        read_labelled(write(path, content), labels=LabelSet.BASE)


@given(st.lists(st.tuples(st.text(min_size=1).filter(str.strip), st.none() | st.text(), st.text()), max_size=5))
def test_what_was_written_is_read(path: Path, asked: list[tuple[str, str | None, str]]) -> None:
    lines = [json.dumps({"question": q, "previous": p, "id": i}, ensure_ascii=False) for q, p, i in asked]

    assert rows(path, "\n".join(lines)) == [QuestionRow(line, i, q, p) for line, (q, p, i) in enumerate(asked, start=1)]
