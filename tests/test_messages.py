from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.errors import QuestionError
from redness_qa.messages import LabelledMessage, read_messages
from redness_qa.triage import Triage, Urgency

ROOT = Path(__file__).resolve().parent.parent
GOOD = {"id": "m1", "message": "there is pus", "urgency": "contact_clinic", "sort": "pus"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("messages") / "messages.jsonl"


def write(path: Path, *rows: Mapping[str, object] | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return path


def test_rows_are_read_in_their_order(path: Path) -> None:
    write(
        path,
        GOOD,
        {"sort": "routine care", "urgency": "routine", "message": "Red, 红, “ok”\nand fine?", "id": 7, "note": "more"},
        GOOD | {"urgency": "emergency", "sort": "airway", "message": ""},
    )

    assert read_messages(path) == [
        LabelledMessage("m1", "there is pus", Urgency.CONTACT_CLINIC, "pus"),
        LabelledMessage("7", "Red, 红, “ok”\nand fine?", Urgency.ROUTINE, "routine care"),
        LabelledMessage("m1", "", Urgency.EMERGENCY, "airway"),
    ]


def test_a_file_without_rows_has_no_messages(path: Path) -> None:
    path.write_bytes(b"")

    assert read_messages(path) == []


def test_rows_may_end_as_on_windows(path: Path) -> None:
    path.write_bytes(f"{json.dumps(GOOD)}\r\n{json.dumps(GOOD)}".encode())

    assert [message.message for message in read_messages(path)] == ["there is pus"] * 2


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(Urgency), st.text(max_size=5))
def test_what_was_written_as_json_is_read(path: Path, message: str, urgency: Urgency, sort: str) -> None:
    write(path, {"id": "a", "message": message, "urgency": urgency.value, "sort": sort})

    assert read_messages(path) == [LabelledMessage("a", message, urgency, sort)]


def without(key: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name != key}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param('{"id": "a"', "delimiter", id="cut off"),
        pytest.param("there is pus", "Expecting value", id="plain text"),
        pytest.param('["a"]', "indices", id="a list"),
        pytest.param('"a"', "indices", id="a text"),
        pytest.param("3", "not subscriptable", id="a number"),
        pytest.param("null", "not subscriptable", id="null"),
        *(pytest.param(without(key), f"'{key}'", id=f"no {key}") for key in GOOD),
        pytest.param(GOOD | {"urgency": "urgent"}, "'urgent' is not a valid Urgency", id="unknown urgency"),
        pytest.param(GOOD | {"urgency": "Routine"}, "'Routine' is not a valid Urgency", id="urgency in capitals"),
        pytest.param(GOOD | {"urgency": None}, "None is not a valid Urgency", id="urgency null"),
    ],
)
def test_a_bad_row_is_named_by_its_line_with_what_a_row_must_hold(
    path: Path, row: Mapping[str, object] | str, reason: str
) -> None:
    write(path, GOOD, row, GOOD)

    with pytest.raises(QuestionError) as caught:
        read_messages(path)

    said = str(caught.value)
    assert said.startswith(f"{path}, line 2: ")
    assert reason in said
    assert 'give {"id", "message", "urgency", "sort"}' in said
    assert "urgency one of routine, contact_clinic, emergency" in said


@pytest.mark.parametrize("content", [None, b"\xff\xfe{}", b'{"message": "\xe9"}'], ids=["absent", "UTF-16", "latin-1"])
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "messages.jsonl"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(QuestionError, match=r"messages\.jsonl cannot be read"):
        read_messages(path)


@pytest.mark.parametrize("separator", ["\u2028", "\x85"], ids=ascii)
def test_a_line_separator_inside_a_text_ends_no_row(path: Path, separator: str) -> None:
    """As in files of questions; a phone types some of these, and JSON need not escape them."""
    write(path, json.dumps(GOOD | {"message": f"red{separator}pus"}, ensure_ascii=False))

    assert [message.message for message in read_messages(path)] == [f"red{separator}pus"]


# The files of this project


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "benchmarks" / "triage").glob("*.jsonl")))
def test_the_files_of_this_project_can_be_read(name: str) -> None:
    messages = read_messages(ROOT / "benchmarks" / "triage" / name)

    assert messages
    assert all(message.message.strip() and message.sort for message in messages)
    assert len({message.id for message in messages}) == len(messages)
    urgencies = {sign.name: sign.urgency for sign in Triage.load().signs}
    for message in messages:
        assert message.urgency is Urgency.ROUTINE or urgencies[message.sort] is message.urgency, message
