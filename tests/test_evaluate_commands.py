"""The commands evaluate, with its comparison and page, and evaluate-public, through the entry point."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistants import REDNESS, build_assistant, write_guide
from redness_qa import cli
from redness_qa.encoder import SentenceEncoder
from redness_qa.testing import WordEncoder

QUESTIONS = (
    {"id": "a", "question": "how long does the redness last", "kind": "answerable", "facts": ["F12"]},
    {"id": "b", "question": "and <b>that</b> one?", "previous": "which sunscreen do i need", "kind": "answerable",
     "facts": ["F17"]},
    {"id": "c", "question": "purple dinosaur railway", "kind": "offtopic", "facts": []},
)  # fmt: skip
SELQA = (
    {"question": "red cat", "candidates": ["blue dog", "red cat"], "answers": [1]},
    {"question": "old owl", "candidates": ["old bird", "young owl", "tall tree"], "answers": [0, 1]},
    {"question": "grey fox", "candidates": ["grey fox", "brown bear"], "answers": [1]},
)

Run = Callable[..., tuple[int | str | None, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line as its entry point does, with the word encoder in place of every model."""
    monkeypatch.setattr(SentenceEncoder, "load", lambda name="": WordEncoder())
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str | Path) -> tuple[int | str | None, str, str]:
        monkeypatch.setattr(sys, "argv", ["redness-qa", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            cli.main()
        captured = capsys.readouterr()
        return caught.value.code, captured.out, captured.err

    return run


@pytest.fixture
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the small guide and its index those of the settings, with files of questions beside it."""
    write_guide(tmp_path / "corpus")
    build_assistant(tmp_path)
    monkeypatch.setenv("REDNESS_QA_CORPUS", str(tmp_path / "corpus"))
    monkeypatch.setenv("REDNESS_QA_INDEX", str(tmp_path / "index"))
    (tmp_path / "dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), encoding="utf-8")
    selqa = "".join(json.dumps(row) + "\n" for row in SELQA)
    (tmp_path / "selqa.jsonl.gz").write_bytes(gzip.compress(selqa.encode()))
    requests = {"val": [["purple dinosaur railway", "oos"], ["there is pus on my cheek", "joke"]]}
    (tmp_path / "clinc.json").write_text(json.dumps(requests), encoding="utf-8")
    return tmp_path


@pytest.fixture
def other_index(guide: Path) -> Path:
    """An index of the same guide without its sentence on how long redness lasts."""
    (guide / "other").mkdir()
    said = "Redness is mostly gone within 24 to 48 hours.[^F12]"
    assert said in REDNESS
    text = REDNESS.replace(said, "Wait.[^F12]").replace("- how long does the redness last[^F12]", "- wait[^F12]")
    write_guide(guide / "other" / "corpus", redness=text)
    build_assistant(guide / "other")
    return guide / "other" / "index"


def test_two_indexes_are_compared(run: Run, guide: Path, other_index: Path) -> None:
    code, out, _ = run("evaluate", guide / "dev.jsonl", "--compare", other_index)

    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("3 questions, index ")
    (row,) = [line for line in lines if line.startswith("hit at 1 ") and line.endswith("p = 1.000")]
    assert row.split("  ")[-1].strip() == "1, 0, p = 1.000"  # "how long" alone is found in the first alone
    first, second = next(line for line in lines if line.startswith("first: index ")).split("; second: index ")
    assert first.removeprefix("first: index ") != second


def test_the_record_holds_the_comparison(run: Run, guide: Path, other_index: Path) -> None:
    plain = json.loads(run("evaluate", guide / "dev.jsonl", "--json")[1])
    record = json.loads(run("evaluate", guide / "dev.jsonl", "--json", "--compare", other_index)[1])

    (hits,) = [each for each in record.pop("comparison") if each["figure"] == "hit_at_1"]
    assert record == plain
    assert (hits["first"]["count"], hits["second"]["count"]) == (2, 1)
    assert (hits["only_first"], hits["only_second"], hits["p_value"]) == (1, 0, 1.0)
    assert record["follow_ups"]["hit_at_1"]["total"] == 1
    assert all(0 <= question["probability"] <= 1 for question in record["questions"])


def test_the_page_is_written_beside_the_figures(run: Run, guide: Path, other_index: Path) -> None:
    html = guide / "reports" / "page.html"

    code, out, _ = run("evaluate", guide / "dev.jsonl", "--html", html, "--compare", other_index)

    assert code == 0
    assert "hit at 1 " in out
    page = html.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert str(guide / "dev.jsonl") in page
    assert "second index" in page
    assert [path.name for path in html.parent.iterdir()] == ["page.html"]


def test_a_question_that_looks_like_markup_is_shown_as_text(run: Run, guide: Path) -> None:
    (guide / "dev.jsonl").write_text(
        json.dumps({"question": "<b>how</b> long", "kind": "answerable", "facts": ["F99"]}), encoding="utf-8"
    )

    run("evaluate", guide / "dev.jsonl", "--html", guide / "page.html")

    page = (guide / "page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;how&lt;/b&gt; long" in page
    assert "<b>" not in page


def test_what_cannot_be_compared_or_written_is_named(run: Run, guide: Path) -> None:
    code, out, err = run("evaluate", guide / "dev.jsonl", "--compare", guide / "nowhere")
    assert (code, out) == (5, "")
    assert str(guide / "nowhere") in err

    code, out, err = run("evaluate", guide / "dev.jsonl", "--html", guide / "dev.jsonl" / "page.html")
    assert (code, out) == (7, "")
    assert str(guide / "dev.jsonl") in err


def test_a_ranking_set_is_measured_beside_bm25(run: Run, guide: Path) -> None:
    code, out, _ = run("evaluate-public", "selqa", guide / "selqa.jsonl.gz")

    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("selqa: 3 questions, index ")
    assert lines[2].split() == ["word-encoder", "with", "words", "BM25"]
    # Right first in the first two of three; the last is misled by its words.
    assert lines[3].count("66.7 % (20.8 to 93.9; 2 of 3)") == 3
    record = json.loads(run("evaluate-public", "selqa", guide / "selqa.jsonl.gz", "--json")[1])
    assert record["BM25"]["mrr"]["value"] == pytest.approx((1 + 1 + 1 / 2) / 3)
    assert record["BM25"]["map"]["value"] == pytest.approx((1 + 1 + 1 / 2) / 3)
    assert record["BM25"]["answerable_auroc"]["value"] is None


def test_everyday_requests_are_measured_beside_the_majority(run: Run, guide: Path) -> None:
    code, out, _ = run("evaluate-public", "clinc", guide / "clinc.json")

    assert code == 0
    assert out.startswith("clinc: 2 requests, index ")
    assert "declined           50.0 % (9.5 to 90.5; 1 of 2)" in out
    assert "majority class     100.0 % (34.2 to 100.0; 2 of 2)" in out
    assert out.splitlines()[-1].split(maxsplit=2) == ["contact_clinic", "joke", "there is pus on my cheek"]
    record = json.loads(run("evaluate-public", "clinc", guide / "clinc.json", "--json")[1])
    assert record["errors_by_intent"] == {"joke": 1}


@pytest.mark.parametrize(("name", "file"), [("selqa", "selqa.jsonl.gz"), ("clinc", "clinc.json")])
def test_a_limit_makes_it_quick(run: Run, guide: Path, name: str, file: str) -> None:
    out = run("evaluate-public", name, guide / file, "--limit", "1")[1]

    assert out.startswith(f"{name}: 1 ")
    assert out == run("evaluate-public", name, guide / file, "--limit", "1")[1]
    assert run("evaluate-public", name, guide / file, "--limit", "0")[0] == 2


def test_another_set_is_refused(run: Run, guide: Path) -> None:
    code, out, err = run("evaluate-public", "trec", guide / "selqa.jsonl.gz")

    assert (code, out) == (3, "")
    assert "must be one of squad2, selqa, medquad and clinc, not 'trec'" in err


def test_without_bm25_the_extra_is_named(run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm25s", None)

    code, out, err = run("evaluate-public", "selqa", guide / "selqa.jsonl.gz")

    assert (code, out) == (2, "")
    assert "pip install 'redness-qa[dev]'" in err


def test_an_encoder_other_than_that_of_the_index_is_refused(
    run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SentenceEncoder, "load", lambda name="": WordEncoder(dim=32))

    code, out, err = run("evaluate-public", "selqa", guide / "selqa.jsonl.gz")

    assert (code, out) == (5, "")
    assert "The index was built with dimension 64" in err
