from __future__ import annotations

from pathlib import Path

import pytest

from redness_qa.errors import CorpusError
from redness_qa.limits import read_limits
from redness_qa.passages import Limit, LimitKind

GOOD = """\
- name: diagnosis
  reason: Nobody can tell from a message.
  advice: >-
    Please ask
    the clinic.
  questions: [what is wrong with me, "is it an infection?"]
"""


def test_reads_both_files_in_order(guide_folder: Path) -> None:
    assert read_limits(guide_folder) == (
        Limit(
            name="diagnosis",
            kind=LimitKind.REFER,
            reason="Nobody can tell from a message what a person's skin has.",
            advice="Please show your skin to the clinic that treated you.",
            questions=("what is wrong with my skin", "can you diagnose my rash"),
        ),
        Limit(
            name="cost",
            kind=LimitKind.NOT_COVERED,
            reason="Clinics differ.",
            advice="",
            questions=("how much does it cost",),
        ),
    )


def test_a_folder_without_the_files_has_no_limits(tmp_path: Path) -> None:
    assert read_limits(tmp_path) == ()


@pytest.mark.parametrize("name", ["refer.yaml", "not-covered.yaml"])
def test_a_folder_may_have_one_of_the_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    (limit,) = read_limits(tmp_path)
    assert limit.kind.value == name.removesuffix(".yaml").replace("-", "_")
    assert limit.advice == "Please ask the clinic."
    assert limit.questions == ("what is wrong with me", "is it an infection?")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"- name: [", "not YAML in UTF-8", id="no yaml"),
        pytest.param("- name: caf\u00e9".encode("latin-1"), "not YAML in UTF-8", id="latin-1"),
        pytest.param(b"", "must be a list of limits", id="empty"),
        pytest.param(b"name: diagnosis", "must be a list of limits", id="mapping"),
        pytest.param(b"- diagnosis", "found: 'diagnosis'", id="text for a limit"),
        pytest.param(GOOD.replace("reason", "cause").encode(), "found: advice, cause, name, questions", id="field"),
        pytest.param((GOOD + "  quotes: Rest.\n").encode(), "must be a list of sentences", id="quote no list"),
        pytest.param((GOOD + "  more: 1\n").encode(), "found: advice, more, name, questions, reason", id="extra field"),
        pytest.param(GOOD.replace("[what", "what").replace('?"]', '?"').encode(), "list of texts", id="no list"),
        pytest.param((GOOD.split("  questions")[0] + "  questions: []\n").encode(), "at least one", id="no question"),
        pytest.param((GOOD.split("  questions")[0] + "  questions: [7]\n").encode(), "list of texts", id="number"),
        pytest.param((GOOD.split("  questions")[0] + '  questions: [" "]\n').encode(), "list of texts", id="blank"),
        pytest.param((GOOD + GOOD).encode(), "'diagnosis' is there twice", id="twice"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "refer.yaml").write_bytes(content)
    with pytest.raises(CorpusError, match=told) as caught:
        read_limits(tmp_path)
    assert tmp_path in (caught.value.path, caught.value.path.parent)


def test_one_name_in_both_files_is_named(tmp_path: Path) -> None:
    for name in ("refer.yaml", "not-covered.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(CorpusError, match="'diagnosis' is there twice"):
        read_limits(tmp_path)


def test_a_limit_may_name_what_is_quoted_under_its_advice(tmp_path: Path) -> None:
    (tmp_path / "refer.yaml").write_text(f"{GOOD}  quotes: [Show it to your clinic.]\n{GOOD.replace('diagnosis', 'b')}")

    assert [limit.quotes for limit in read_limits(tmp_path)] == [("Show it to your clinic.",), ()]
