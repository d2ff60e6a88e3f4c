from __future__ import annotations

import asyncio
import gc
import json
import math
import os
import re
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from threadpoolctl import threadpool_info, threadpool_limits
from typer.testing import CliRunner

import redness_qa.assistant
import redness_qa.readers
from assistants import REDNESS, build_assistant, write_guide
from heads import SIGNS, WORDS, head_for
from redness_qa import cli, serving
from redness_qa.answer import Answer
from redness_qa.assistant import Assistant
from redness_qa.benchmark import Server
from redness_qa.decision import Calibration
from redness_qa.encoder import DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256, GUIDE_MODEL, SentenceEncoder, bundled_folder
from redness_qa.errors import EncoderError, RednessQAError
from redness_qa.guide_lesson import Form, GuideStudent
from redness_qa.head import Head
from redness_qa.index import Index
from redness_qa.judgements import load_judgements, text_key
from redness_qa.learning import Learned, Student
from redness_qa.question_judgements import load_question_judgements
from redness_qa.question_teaching import SmallReader
from redness_qa.settings import Settings
from redness_qa.teaching import load_small, scores_of
from redness_qa.testing import WordEncoder
from redness_qa.triage import Thresholds
from redness_qa.weights import THRESHOLDS, Adapter
from redness_qa.wording import Wording

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    *("ask", "answer", "serve", "build", "check", "sources", "signs", "records", "compile"),
    *("evaluate", "evaluate-public", "evaluate-triage", "evaluate-negation"),
    *("calibrate", "train", "judge-questions", "train-signs", "judge-signs", "average-weights"),
    *("calibrate-triage", "weigh-signs"),
    *("benchmark", "embed"),
)
RECORD = ["id", "question", "status", "urgency", "quotes", "message", "disclaimer", "nearest", "language"]
QUOTE = ["text", "document", "section", "start", "end", "facts", "sources"]
SOURCE = ["title", "publisher", "url", "year", "grade", "note"]
LABELLED = (
    '{"id": "a", "question": "how long does the redness last", "kind": "answerable", "facts": ["F12"], '
    '"kind_all": "refer", "facts_all": []}\n'
    '{"id": "b", "question": "purple dinosaur railway", "kind": "offtopic", "facts": [], '
    '"kind_all": "offtopic", "facts_all": []}\n'
    '{"id": "c", "question": "may i take ibuprofen tablets tonight", "kind": "refer", "facts": [], '
    '"kind_all": "refer", "facts_all": []}\n'
)
MESSAGES = (
    {"id": "m1", "message": "there is pus on my cheek", "urgency": "contact_clinic", "sort": "pus"},
    {"id": "m2", "message": "i cannot breathe", "urgency": "emergency", "sort": "breathing"},
    {"id": "m3", "message": "no pus and no pain, all is fine", "urgency": "routine", "sort": "denied"},
    {"id": "m4", "message": "it throws off sparks", "urgency": "contact_clinic", "sort": "unnamed"},
)


@dataclass(frozen=True)
class Result:
    code: int | str | None
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line as its entry point does, with the word encoder in place of every model."""
    monkeypatch.setattr(SentenceEncoder, "load", lambda name="": WordEncoder())
    monkeypatch.setenv("COLUMNS", "300")  # no line of a message is broken

    def run(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["redness-qa", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            cli.main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(caught.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the small guide and its index those of the settings."""
    write_guide(tmp_path / "corpus")
    build_assistant(tmp_path)
    monkeypatch.setenv("REDNESS_QA_CORPUS", str(tmp_path / "corpus"))
    monkeypatch.setenv("REDNESS_QA_INDEX", str(tmp_path / "index"))
    return tmp_path


@pytest.fixture
def taught(run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ship a head of words in place of the one that was learned, and read the guide with its encoder."""
    folder = guide / "weights"
    folder.mkdir()
    for module in (redness_qa.assistant, redness_qa.readers):
        monkeypatch.setattr(module, "shipped_folder", lambda: folder)
    monkeypatch.setattr(SentenceEncoder, "load", lambda name="": WORDS)
    head_for(SIGNS).save(folder)
    build_assistant(guide, encoder=WORDS)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(cli.app, ["--version"])

    assert (result.exit_code, result.stdout.strip()) == (0, version("redness-qa"))


def test_the_help_lists_every_command() -> None:
    assert set(typer.main.get_group(cli.app).commands) == set(COMMANDS)

    result = CliRunner().invoke(cli.app, ["--help"], env={"COLUMNS": "200"})

    assert result.exit_code == 0
    assert all(f" {command} " in result.stdout for command in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["ask"], ["answer", "q.jsonl"], ["tell", "me"], ["ask", "hi", "--loud"]])
def test_wrong_usage_exits_with_two(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)

    assert result.code == 2
    assert "Usage: " in result.out + result.err


def test_every_family_of_errors_has_an_exit_code_of_its_own() -> None:
    families = {family for family in RednessQAError.__subclasses__() if family.__module__.startswith("redness_qa")}

    assert set(cli.EXIT_CODES) == families
    codes = [*cli.EXIT_CODES.values(), cli.EXIT_CODE_OF_FILES]
    assert len(set(codes)) == len(codes)
    assert min(codes) > 1


# ask


def test_ask_prints_message_quotes_with_sources_and_disclaimer(run: Run, guide: Path) -> None:
    result = run("ask", "how long does the redness last?")
    wording = Wording.load()

    assert (result.code, result.err) == (0, "")
    assert result.out.split("\n\n") == [
        wording.status["answered"],
        "> Redness is mostly gone within 24 to 48 hours.\n"
        "  Source: Review of redness, A Journal, 2020, https://example.org/review",
        f"{wording.disclaimer}\n",
    ]


def assert_is_record(record: dict[str, Any], corpus: Path) -> None:
    """Hold a record to the schema that README and issue promise, order of the fields included."""
    assert list(record) == RECORD
    assert record["status"] in {"answered", "partial", "refer", "not_covered", "off_topic"}
    assert record["urgency"] in {"routine", "contact_clinic", "emergency"}
    assert all(isinstance(record[name], str) for name in RECORD if name not in ("quotes", "nearest"))
    assert all(isinstance(asked, str) for asked in record["nearest"])
    assert record["disclaimer"] == Wording.load().disclaimer
    for quote in record["quotes"]:
        assert list(quote) == QUOTE
        text = (corpus / quote["document"]).read_text(encoding="utf-8")
        assert text[quote["start"] : quote["end"]] == quote["text"]
        assert all(isinstance(fact, str) for fact in quote["facts"])
        assert [list(source) for source in quote["sources"]] == [SOURCE] * len(quote["sources"]) != []


def test_ask_prints_the_record_as_json(run: Run, guide: Path) -> None:
    record = json.loads(run("ask", "which sunscreen do i need", "--json").out)

    assert_is_record(record, guide / "corpus")
    assert record["question"] == "which sunscreen do i need"
    assert (record["status"], record["urgency"]) == ("answered", "routine")
    assert record["quotes"] == [
        {
            "text": "Wear a sunscreen of at least SPF 30 after needling.",
            "document": "sun.md",
            "section": "Sunscreen",
            "start": record["quotes"][0]["start"],
            "end": record["quotes"][0]["end"],
            "facts": ["F17"],
            "sources": [
                {
                    "title": "Sun leaflet",
                    "publisher": "A Clinic",
                    "url": "https://example.org/sun",
                    "year": 2021,
                    "grade": "B",
                    "note": "",
                },
                {
                    "title": "Sunscreen in trials",
                    "publisher": "A Journal",
                    "url": None,
                    "year": None,
                    "grade": None,
                    "note": "",
                },
            ],
        }
    ]


def test_ask_takes_the_previous_question(run: Run, guide: Path) -> None:
    result = run("ask", "is that normal", "--previous", "there is pus on my cheek", "--json")

    assert json.loads(result.out)["urgency"] == "contact_clinic"


def test_ask_answers_from_a_named_index_whatever_the_settings_say(
    run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDNESS_QA_INDEX", str(guide / "nowhere"))

    assert run("ask", "which sunscreen do i need", "--index", guide / "index").code == 0


@pytest.mark.parametrize("named", [True, False])
def test_ask_is_for_one_asker_alone(run: Run, guide: Path, named: bool) -> None:
    with threadpool_limits(limits=None):  # gives back, at its end, the threads that it found
        assert run("ask", "which sunscreen do i need", *(["--index", guide / "index"] if named else [])).code == 0

        assert {pool["num_threads"] for pool in threadpool_info()} == {1}


def test_ask_prints_what_was_typed_even_if_no_terminal_can_show_it(run: Run, guide: Path) -> None:
    result = run("ask", "how long \udcff \u202e", "--json")

    assert result.code == 0
    assert json.loads(result.out)["question"] == "how long \udcff \u202e"


@pytest.mark.parametrize("question", ["", "  "])
def test_an_empty_question_is_refused(run: Run, guide: Path, question: str) -> None:
    result = run("ask", question)

    assert (result.code, result.out, result.err) == (3, "", "redness-qa: the question is empty; type one\n")


# What can be wrong with an index, for each command that needs one.

ANSWERING = ["ask", "answer", "evaluate", "calibrate", "calibrate-triage", "evaluate-triage", "serve"]
NEED_INDEX = [*ANSWERING, "train", "judge-questions"]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text(LABELLED, encoding="utf-8")
    messages = "".join(json.dumps(message) + "\n" for message in MESSAGES)
    path.with_name("messages.jsonl").write_text(messages, encoding="utf-8")
    return path


def arguments_of(command: str, questions: Path) -> list[str | Path]:
    output, messages = questions.with_name("output"), questions.with_name("messages.jsonl")
    teacher = bundled_folder()
    arguments: dict[str, list[str | Path]] = {
        "ask": ["ask", "how long"],
        "answer": ["answer", questions, "--output", output],
        "evaluate": ["evaluate", questions],
        "calibrate": ["calibrate", questions, "--output", output],
        "train": ["train", "--questions", questions, "--messages", messages, "--output", output],
        "judge-questions": ["judge-questions", "--teacher", teacher, "--questions", questions, "--output", output],
        "judge-signs": [
            *("judge-signs", "--teacher", teacher, "--questions", questions, "--messages", messages),
            *("--output", output),
        ],
        "train-signs": ["train-signs", "--questions", questions, "--messages", messages, "--output", output],
        "calibrate-triage": ["calibrate-triage", messages, "--questions", questions, "--output", output],
        "evaluate-triage": ["evaluate-triage", messages],
        "serve": ["serve"],
    }
    return arguments[command]


@pytest.mark.parametrize("command", NEED_INDEX)
def test_a_missing_index_is_named_with_the_remedy(run: Run, guide: Path, questions: Path, command: str) -> None:
    result = run(*arguments_of(command, questions), "--index", guide / "nowhere")

    assert (result.code, result.out) == (5, "")
    assert result.err.startswith(f"redness-qa: {guide / 'nowhere'}: There is no index here.")
    assert "redness-qa build" in result.err
    assert not (guide / "output").exists()


@pytest.mark.parametrize("command", NEED_INDEX)
def test_a_foreign_folder_is_named(run: Run, guide: Path, questions: Path, command: str) -> None:
    result = run(*arguments_of(command, questions), "--index", guide / "corpus")

    assert (result.code, result.out) == (5, "")
    assert f"{guide / 'corpus'}: The folder has no manifest.json, so it is not an index." in result.err


@pytest.mark.parametrize("command", [*ANSWERING, "check"])
def test_an_edited_text_makes_the_index_stale(run: Run, guide: Path, questions: Path, command: str) -> None:
    (guide / "corpus" / "redness.md").write_text(REDNESS.replace("mostly", "often"), encoding="utf-8")

    result = run(*(["check"] if command == "check" else arguments_of(command, questions)))

    assert result.code == 5
    assert "The source texts were changed after the index was built. Build it again: redness-qa build" in result.err
    assert not (guide / "output").exists()


def test_a_damaged_file_of_the_index_is_named(run: Run, guide: Path) -> None:
    with (guide / "index" / "passages.jsonl").open("ab") as file:
        file.write(b"\n")

    result = run("ask", "how long")

    assert result.code == 5
    assert f"{guide / 'index' / 'passages.jsonl'}: The file was changed" in result.err


def test_a_setting_that_cannot_be_used_is_named(run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDNESS_QA_INDEX", " ")

    result = run("ask", "how long")

    assert result.code == 2
    assert result.err.startswith("redness-qa: REDNESS_QA_INDEX: ' ' names no folder.")


# answer


def test_answers_come_in_the_order_of_the_rows_and_bad_rows_are_named(run: Run, guide: Path) -> None:
    rows = [
        '{"id": "q2", "question": "which sunscreen do i need"}',
        "not JSON",
        '{"question": "is that normal", "previous": "there is pus on my cheek", "id": 7}',
        "",
        '{"question": ""}',
        '{"question": "half a pair \\ud800, 红肿, \\u2028"}',
    ]
    questions, output = guide / "questions.jsonl", guide / "made" / "answers.jsonl"
    questions.write_text("\n".join(rows), encoding="utf-8")

    result = run("answer", questions, "--output", output)

    assert (result.code, result.out) == (0, "")
    named = result.err.splitlines()
    assert named[0].startswith(f"{questions}: line 2: this is not JSON")
    assert named[1].startswith(f"{questions}: line 5: 'question' must be a text")
    assert named[2:] == [f"3 answered, 2 bad rows: {output}"]
    records = [json.loads(line) for line in output.read_bytes().decode().split("\n")[:-1]]
    for record in records:
        assert_is_record(record, guide / "corpus")
    assert [(record["id"], record["question"]) for record in records] == [
        ("q2", "which sunscreen do i need"),
        ("7", "is that normal"),
        ("6", "half a pair \ud800, 红肿, \u2028"),
    ]
    assert records[1]["urgency"] == "contact_clinic"
    assert [path.name for path in output.parent.iterdir()] == ["answers.jsonl"]


def test_a_file_without_a_good_row_gives_an_empty_output(run: Run, guide: Path) -> None:
    questions, output = guide / "questions.jsonl", guide / "answers.jsonl"
    questions.write_text("[]\n", encoding="utf-8")

    result = run("answer", questions, "--output", output)

    assert (result.code, output.read_bytes()) == (0, b"")
    assert f"0 answered, 1 bad rows: {output}" in result.err


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()])
def test_an_interrupted_run_leaves_the_old_answers(
    run: Run, guide: Path, questions: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    output = guide / "out" / "answers.jsonl"
    assert run("answer", questions, "--output", output).code == 0
    before = contents(output.parent)
    ask = Assistant.ask
    asked: list[str] = []

    def ask_once(self: Assistant, question: str, *, previous: str | None = None, id: str | None = None) -> Answer:
        asked.append(question)
        if len(asked) == 2:
            raise stop
        return ask(self, question, previous=previous, id=id)

    monkeypatch.setattr(Assistant, "ask", ask_once)
    if isinstance(stop, MemoryError):
        with pytest.raises(MemoryError):
            run("answer", questions, "--output", output)
    else:
        assert run("answer", questions, "--output", output).code not in (0, None)

    assert len(asked) == 2
    assert contents(output.parent) == before


@pytest.mark.parametrize("command", ["answer", "evaluate", "calibrate", "train", "judge-questions", "calibrate-triage"])
@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["absent", "no text"])
def test_a_questions_file_that_cannot_be_read_is_named(
    run: Run, guide: Path, questions: Path, command: str, content: bytes | None
) -> None:
    questions.unlink()
    if content:
        questions.write_bytes(content)

    result = run(*arguments_of(command, questions))

    assert result.code == 3
    assert result.err.startswith(f"redness-qa: {questions} cannot be read")


@pytest.mark.usefixtures("taught")
@pytest.mark.parametrize("command", ["answer", "calibrate", "calibrate-triage"])
def test_an_output_that_cannot_be_written_is_named(run: Run, guide: Path, questions: Path, command: str) -> None:
    arguments = arguments_of(command, questions)[:-1]

    below_a_file = run(*arguments, questions / "output")
    a_folder = run(*arguments, guide / "corpus")

    assert below_a_file.code == 7
    assert str(questions) in below_a_file.err
    assert a_folder.code == 2
    assert "is a directory" in a_folder.err
    assert questions.read_text(encoding="utf-8") == LABELLED


# build


def test_build_makes_an_index_that_answers(run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("build", "--corpus", guide / "corpus", "--index", guide / "new")

    assert result.code == 0
    assert result.out == f"6 passages from 2 texts, by word-encoder: {guide / 'new'}\n"
    assert "Reading texts: 2\n" in result.err
    assert contents(guide / "new") == contents(guide / "index")
    assert run("ask", "which sunscreen do i need", "--index", guide / "new").code == 0


@pytest.mark.parametrize(
    ("arguments", "has_facts", "model"),
    [
        pytest.param([], True, GUIDE_MODEL, id="a guide with facts"),
        pytest.param([], False, DEFAULT_MODEL, id="texts without"),
        pytest.param(["--model", "some/model"], True, "some/model", id="a model that is named"),
    ],
)
def test_a_guide_with_facts_is_built_with_the_weights_learned_for_it(
    run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], *, has_facts: bool, model: str
) -> None:
    loaded: list[str] = []

    def load(name: str) -> WordEncoder:
        loaded.append(name)
        return WordEncoder()

    monkeypatch.setattr(SentenceEncoder, "load", load)
    if not has_facts:
        (guide / "corpus" / "facts.yaml").unlink()

    assert run("build", *arguments).code == 0
    assert loaded == [model]


def test_build_takes_both_folders_from_the_settings(run: Run, guide: Path) -> None:
    (guide / "corpus" / "redness.md").write_text(REDNESS.replace("mostly", "often"), encoding="utf-8")

    assert run("build").code == 0
    assert "often gone" in run("ask", "how long does the redness last").out


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param("empty.md", b"", "is empty", id="empty"),
        pytest.param("latin.txt", b"caf\xe9", "is not UTF-8 text", id="not UTF-8"),
        pytest.param("broken.pdf", b"%PDF-1.7", "", id="damaged PDF"),
        pytest.param("old.doc", b"text", "cannot be read", id="unknown format"),
    ],
)
def test_a_bad_text_is_named_and_leaves_the_old_index(
    run: Run, guide: Path, name: str, content: bytes, reason: str
) -> None:
    before = contents(guide / "index")
    (guide / "corpus" / name).write_bytes(content)

    result = run("build")

    assert (result.code, result.out) == (4, "")
    assert f"redness-qa: {guide / 'corpus' / name}" in result.err
    assert reason in result.err
    assert contents(guide / "index") == before
    assert {path.name for path in guide.iterdir()} == {"corpus", "index"}


def test_every_bad_text_of_a_folder_is_named(run: Run, guide: Path) -> None:
    for name in ("one.md", "two.md"):
        (guide / "corpus" / name).write_bytes(b"")

    result = run("build")

    assert result.code == 4
    assert "2 texts cannot be used" in result.err
    assert all(f"{guide / 'corpus' / name}: is empty" in result.err for name in ("one.md", "two.md"))


@pytest.mark.parametrize("exists", [False, True], ids=["absent", "empty"])
def test_a_corpus_without_texts_is_named(run: Run, guide: Path, exists: bool) -> None:
    if exists:
        (guide / "nothing").mkdir()

    result = run("build", "--corpus", guide / "nothing", "--index", guide / "new")

    assert result.code == 4
    assert str(guide / "nothing") in result.err
    assert not (guide / "new").exists()


def test_build_overwrites_no_folder_of_other_things(run: Run, guide: Path) -> None:
    result = run("build", "--index", guide / "corpus")

    assert result.code == 5
    assert "is not overwritten" in result.err
    assert "redness.md" in contents(guide / "corpus")


def test_build_names_a_place_where_no_folder_can_be(run: Run, guide: Path) -> None:
    result = run("build", "--index", guide / "corpus" / "sun.md" / "index")

    assert result.code == 7
    assert "sun.md" in result.err


@pytest.mark.parametrize("model", ["no such model!", "."], ids=["no name", "folder without weights"])
def test_a_model_that_cannot_be_used_is_named(guide: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(guide / "corpus")
    before = contents(guide / "index")

    result = CliRunner().invoke(cli.app, ["build", "--model", model])

    assert isinstance(result.exception, RednessQAError)
    assert cli.EXIT_CODES[type(result.exception)] == 6
    assert model in str(result.exception)
    assert contents(guide / "index") == before


# check


def test_check_prints_a_table_of_grades_for_a_sound_guide(run: Run, guide: Path) -> None:
    result = run("check")

    lines = result.out.splitlines()
    assert result.code == 0
    assert lines[0].split() == ["File", "Sentences", "Grade", "Hardest"]
    assert [line.split()[:2] for line in lines[1:3]] == [["redness.md", "4"], ["sun.md", "2"]]
    assert lines[-1] == "The guide is sound: 6 facts stated in 6 sentences, 0 left out for a stated reason."


def test_check_lists_facts_on_request(run: Run, guide: Path) -> None:
    listed = run("check", "--facts").out

    assert "\nF12\n  Redness is mostly gone within 24 to 48 hours.\n" in listed
    assert "Redness is mostly" not in run("check").out


def test_findings_make_check_fail_with_one(run: Run, guide: Path, tmp_path: Path) -> None:
    redness = guide / "corpus" / "redness.md"
    redness.write_text(REDNESS.replace("Redness is mostly gone", "It is mostly gone"), encoding="utf-8")

    result = run("check", "--corpus", guide / "corpus")

    line = REDNESS[: REDNESS.index("Redness is mostly")].count("\n") + 1
    assert result.code == 1
    assert f"error: redness.md:{line}: 'It is mostly gone" in result.out
    assert "sound" not in result.out


def test_a_warning_does_not_make_check_fail(run: Run, guide: Path) -> None:
    redness = guide / "corpus" / "redness.md"
    redness.write_text(REDNESS.replace("reviewed: 2026-03-01", "reviewed: 2020-03-01"), encoding="utf-8")

    result = run("check", "--corpus", guide / "corpus")

    assert result.code == 0
    assert "warning: redness.md:1: the last review was on 2020-03-01" in result.out


def test_a_folder_without_a_list_of_facts_cannot_be_checked(run: Run, guide: Path) -> None:
    (guide / "corpus" / "facts.yaml").unlink()

    result = run("check", "--corpus", guide / "corpus")

    assert result.code == 4
    assert "facts.yaml: the list of facts is missing" in result.err


# evaluate and calibrate


def test_evaluate_prints_the_figures(run: Run, guide: Path, questions: Path) -> None:
    result = run("evaluate", questions, questions)

    assert result.code == 0
    assert result.out.startswith("6 questions, index ")
    assert "hit at 1           100.0 % (34.2 to 100.0; 2 of 2)" in result.out


@pytest.mark.parametrize(("labels", "answerable"), [("base", 1), ("all", 0)])
def test_evaluate_takes_the_labels_asked_for(
    run: Run, guide: Path, questions: Path, labels: str, answerable: int
) -> None:
    record = json.loads(run("evaluate", questions, "--labels", labels, "--json").out)

    assert record["hit_at_1"]["total"] == answerable
    assert [question["id"] for question in record["questions"]] == ["a", "b", "c"]


def test_evaluate_refuses_other_labels(run: Run, guide: Path, questions: Path) -> None:
    result = run("evaluate", questions, "--labels", "best")

    assert result.code == 3
    assert "--labels must be 'base' or 'all', not 'best'" in result.err


@pytest.mark.parametrize("command", ["evaluate", "calibrate"])
def test_a_row_without_labels_is_named_with_its_file(run: Run, guide: Path, questions: Path, command: str) -> None:
    bad = guide / "bad.jsonl"
    bad.write_text(LABELLED + '{"question": "a"}\n', encoding="utf-8")

    result = run(*arguments_of(command, questions), bad)

    assert result.code == 3
    assert f"{bad}, line 4: the row has no labels 'kind' and 'facts'" in result.err


def test_calibrate_writes_weights_that_can_be_loaded(run: Run, guide: Path, questions: Path) -> None:
    output = guide / "calibration.json"

    result = run("calibrate", questions, "--output", output)

    assert (result.code, result.out) == (0, f"fitted on 3 questions: {output}\n")
    fitted = json.loads(output.read_text(encoding="utf-8"))
    assert set(fitted) == {"with_limits", "without_limits"}
    with_limits, without = (Calibration.from_json(fitted[name]) for name in ("with_limits", "without_limits"))
    assert with_limits.right.weights["lead"] > 0
    assert without.right.weights["lead"] > 0
    assert with_limits.refer.weights["refer"] > 0
    assert without.refer.weights == {}


def test_calibrate_needs_both_right_and_wrong(run: Run, guide: Path, questions: Path) -> None:
    questions.write_text(LABELLED.splitlines()[0], encoding="utf-8")

    result = run("calibrate", questions, "--output", guide / "calibration.json")

    assert result.code == 3
    assert "right for 1 of 1 questions" in result.err
    assert not (guide / "calibration.json").exists()


# Messages, and what is learned of them


@pytest.mark.parametrize("arguments", [[], ["--rules-only"]])
def test_evaluate_triage_prints_the_figures(run: Run, guide: Path, questions: Path, arguments: list[str]) -> None:
    result = run("evaluate-triage", guide / "messages.jsonl", guide / "messages.jsonl", *arguments)

    lines = result.out.splitlines()
    assert result.code == 0
    assert lines[0] == "8 messages"
    assert "warning signs seen            66.7 % (30.0 to 90.3; 4 of 6)" in lines
    assert "  emergencies as such         100.0 % (34.2 to 100.0; 2 of 2)" in lines
    assert "false alarms                  0.0 % (0.0 to 65.8; 0 of 2)" in lines
    assert "AUROC" not in result.out  # nothing was learned
    assert "sparks" not in result.out


def test_evaluate_triage_tells_how_well_the_likelihood_parts_them(
    run: Run, guide: Path, questions: Path, taught: Path
) -> None:
    """The head knows the word pus alone: what denies it is as likely as what tells it, and likelier than the rest."""
    lines = run("evaluate-triage", guide / "messages.jsonl").out.splitlines()

    (line,) = (line for line in lines if line.startswith("AUROC of the likelihood"))
    assert re.fullmatch(r"AUROC of the likelihood       0\.167 \(.*; 4\)", line)  # half a win in three


def test_weigh_signs_counts_messages_and_calm_questions(run: Run, guide: Path, questions: Path) -> None:
    output = guide / "counts.csv"

    result = run("weigh-signs", guide / "messages.jsonl", "--questions", questions, "--output", output)

    assert result.code == 0
    assert "phrases counted in 7 messages" in result.out
    lines = output.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "sign,phrase,with a sign,calm"
    assert "pus,<pus>,1,0" in lines


def test_signs_tells_how_often_a_phrase_is_right(run: Run) -> None:
    line = next(line for line in run("signs").out.splitlines() if "| lumps under the skin |" in line)

    assert re.search(r"\bgranulomas/plaque/plaques/cyst/cysts \(\d+, \d+\)", line)


def test_signs_tells_from_which_day_redness_counts_and_whether_by_itself(run: Run) -> None:
    lines = [line.split(" | ") for line in run("signs").out.splitlines()]
    by_itself, possible = ({cells[1]: cells[column] for cells in lines} for column in (4, 5))

    assert re.fullmatch(r"redness for 8 days or more \(\d+, \d+\)", by_itself["redness for more than a week"])
    assert re.search(r"; redness for 4 days or more \(\d+, \d+\)$", possible["redness that is not getting better"])


def test_evaluate_triage_lists_errors_on_request(run: Run, guide: Path, questions: Path) -> None:
    result = run("evaluate-triage", guide / "messages.jsonl", "--errors")

    assert result.out.splitlines()[-1] == "  m4 contact_clinic (unnamed) read routine (no sign): it throws off sparks"


def test_the_rules_alone_need_no_index(run: Run, guide: Path, questions: Path) -> None:
    result = run("evaluate-triage", guide / "messages.jsonl", "--rules-only", "--index", guide / "nowhere")

    assert result.code == 0


@pytest.mark.parametrize("command", ["train", "calibrate-triage", "evaluate-triage"])
def test_a_bad_message_is_named_with_its_file(run: Run, guide: Path, questions: Path, command: str) -> None:
    messages = guide / "messages.jsonl"
    messages.write_text(messages.read_text(encoding="utf-8") + '{"id": "m5"}\n', encoding="utf-8")

    result = run(*arguments_of(command, questions))

    assert result.code == 3
    assert f"redness-qa: {messages}, line 5: 'message'; give" in result.err
    assert not (guide / "output").exists()


@pytest.mark.usefixtures("taught")
def test_calibrate_triage_writes_thresholds_that_can_be_loaded(run: Run, guide: Path, questions: Path) -> None:
    with questions.open("a", encoding="utf-8") as file:
        file.write('{"question": "there is pus, how long", "kind": "urgent", "facts": []}\n')
    output = guide / "made" / THRESHOLDS

    result = run("calibrate-triage", guide / "messages.jsonl", "--questions", questions, "--output", output)

    # Four messages, and the three questions that are not urgent.
    assert (result.code, result.out) == (0, f"chosen on 7 messages: {output}\n")
    assert "Reading: 7\n" in result.err
    assert Thresholds.load(output.parent) is not None


@pytest.mark.parametrize("has_head", [False, True], ids=["no head", "another encoder's head"])
def test_calibrate_triage_refuses_where_nothing_was_learned(
    run: Run, guide: Path, questions: Path, taught: Path, *, has_head: bool
) -> None:
    """Without a likelihood any thresholds would do, and those that are there would be lost."""
    head = replace(head_for(SIGNS), encoder_sha256="f" * 64)
    for path in taught.iterdir():
        path.unlink()
    if has_head:
        head.save(taught)
    output = guide / "output"
    output.write_text("as it was", encoding="utf-8")

    result = run(*arguments_of("calibrate-triage", questions))

    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("redness-qa: nothing was learned about warning signs")
    assert "redness-qa train" in result.err
    assert output.read_text(encoding="utf-8") == "as it was"


def test_evaluate_negation_prints_the_figures(run: Run, tmp_path: Path) -> None:
    sentences = tmp_path / "sentences.tsv"
    rows = ["1\tfever\tThere is no FEVER.\tNegated", "2\tfever\tThere is FEVER.\tAffirmed"]
    sentences.write_text("\n".join(rows) + "\n", encoding="utf-8")

    result = run("evaluate-negation", sentences)

    assert result.code == 0
    assert result.out.splitlines() == [
        "negated, read as denied       100.0 % (20.7 to 100.0; 1 of 1)",
        "read as denied, rightly       100.0 % (20.7 to 100.0; 1 of 1)",
        "affirmed, not read as denied  100.0 % (20.7 to 100.0; 1 of 1)",
    ]


def test_evaluate_negation_names_a_file_of_another_form(run: Run, questions: Path) -> None:
    result = run("evaluate-negation", questions)

    assert result.code == 3
    assert result.err.startswith(f"redness-qa: {questions}, line 1: give number, finding, sentence")


@pytest.mark.parametrize("command", ["train", "train-signs"])
@pytest.mark.parametrize("rate", ["0", "-0.001"])
def test_a_learning_rate_must_be_above_0(run: Run, guide: Path, questions: Path, command: str, rate: str) -> None:
    result = run(*arguments_of(command, questions), "--rate", rate)

    assert (result.code, result.out) == (2, "")
    assert "'--rate'" in result.err
    assert not (guide / "output").exists()


@pytest.mark.parametrize("command", ["judge-questions", "judge-signs"])
@pytest.mark.parametrize("teacher", ["nowhere", "questions.jsonl"])
def test_a_teacher_must_be_a_folder(run: Run, guide: Path, questions: Path, command: str, teacher: str) -> None:
    result = run(*arguments_of(command, questions), "--teacher", guide / teacher)

    assert (result.code, result.out) == (2, "")
    assert "'--teacher'" in result.err
    assert str(guide / teacher) in result.err
    assert not (guide / "output").exists()


@pytest.mark.parametrize("command", ["judge-questions", "judge-signs"])
def test_a_folder_without_a_teacher_is_named(
    run: Run, guide: Path, questions: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("redness_qa.augmentation.RECOMBINED_TEXTS", 20)

    result = run(*arguments_of(command, questions), "--teacher", guide / "corpus")

    assert (result.code, result.out) == (6, "")
    assert result.err.splitlines()[-1].startswith(f"redness-qa: {guide / 'corpus'} holds no model that could learn")
    assert not (guide / "output").exists()


@pytest.mark.model
def test_train_writes_weights_that_can_be_loaded(run: Run, guide: Path, questions: Path) -> None:
    result = run(*arguments_of("train", questions), "--epochs", "2.5", "--seed", "3")

    # Three labelled questions, five that the guide lists, three of its limits, and four messages: one step of 32.
    assert result.code == 0
    assert "Learning: 1\n" in result.err
    assert result.out == (
        f"learned from 11 questions and 4 messages: {guide / 'output'}\n"
        "Now build the index anew, then run calibrate and calibrate-triage.\n"
    )
    head, adapter = Head.load(guide / "output"), Adapter.load(guide / "output")
    assert head is not None
    assert head.encoder_sha256 == adapter.sha256
    assert adapter.base_sha256 == DEFAULT_WEIGHTS_SHA256
    assert {"urgency:urgent", "sign:pus", "sign:breathing", "sign:unnamed", "fact:F12", "kind:refer"} <= {
        *head.outcomes
    }
    assert "sign:denied" not in head.outcomes


@pytest.mark.model
def test_train_signs_writes_weights_that_can_be_loaded(run: Run, guide: Path, questions: Path) -> None:
    result = run(*arguments_of("train-signs", questions), "--epochs", "5", "--seed", "3")

    # Three labelled questions and four messages, five times: one step of 32.
    assert result.code == 0
    assert "Learning: 1\n" in result.err
    assert result.out == (f"learned from 4 messages and 3 questions: {guide / 'output'}\nNow run calibrate-triage.\n")
    head, adapter = Head.load(guide / "output"), Adapter.load(guide / "output")
    assert head is not None
    assert head.encoder_sha256 == adapter.sha256
    assert {name.partition(":")[0] for name in head.outcomes} == {"urgency", "sign"}


@pytest.mark.model
def test_what_judge_signs_writes_is_what_train_signs_learns_from(
    run: Run, guide: Path, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redness_qa.augmentation.RECOMBINED_TEXTS", 20)
    messages, more, judged = guide / "messages.jsonl", guide / "more.jsonl", guide / "judged.csv.gz"
    row = {"id": "f1", "message": "a hot cheek, and shivering", "urgency": "contact_clinic", "sort": "fever"}
    more.write_text(json.dumps(row) + "\n", encoding="utf-8")
    heard = ["--questions", questions, "--messages", messages]

    judge = ["judge-signs", "--teacher", bundled_folder(), *heard, "--messages", more, "--epochs", 10]
    result = run(*judge, "--output", judged)

    # Five messages, up to twenty texts of their parts, and each with words changed; questions have their labels alone.
    judgements = load_judgements(judged)
    assert (result.code, result.out) == (0, f"judged {len(judgements)} texts: {judged}\n")
    assert 25 < len(judgements) <= 25 + 4 * 5
    assert text_key(row["message"]) in judgements
    asked = [json.loads(line)["question"] for line in questions.read_text(encoding="utf-8").splitlines()]
    assert all(text_key(question) not in judgements for question in asked)

    learn = ["train-signs", *heard, "--messages", more, "--judged", judged, "--output", guide / "output"]
    result = run(*learn, "--epochs", 2)
    assert result.code == 0
    assert "learned from 5 messages and 3 questions" in result.out

    # Beside a reader that has learned, each judgement is the mean of both, in log-odds with one decimal.
    both = guide / "both.csv.gz"
    assert run(*judge, "--beside", guide / "output", "--output", both).code == 0
    reader, _ = load_small(Student, guide / "output")
    ((_, scores),) = scores_of(reader, [row["message"]])
    urgent = [each[text_key(row["message"])].urgent for each in (judgements, load_judgements(both))]
    alone, together = (math.log(each / (1 - each)) for each in urgent)
    assert together == pytest.approx((alone + float(scores[0])) / 2, abs=0.11)
    empty = run(*judge, "--beside", guide / "corpus", "--output", guide / "other.csv.gz")
    assert (empty.code, empty.out) == (6, "")
    assert f"{guide / 'corpus'} holds no head" in empty.err

    nothing = guide / "nothing.csv.gz"
    for command in ("train", "train-signs"):
        told = run(command, *heard, "--judged", nothing, "--output", guide / "output")
        assert told.code == 3
        assert f"{nothing} holds no judgements" in told.err

    # Of fewer messages other texts are put together, and those were not judged.
    fewer = run(*learn[:5], "--judged", judged, "--output", guide / "output", "--epochs", 0)
    assert fewer.code == 0
    assert re.match(
        r"\d+ of \d+ texts made of others are left out, as they were not judged \(`judge-signs`\)", fewer.out
    )


@pytest.mark.model
def test_what_judge_questions_writes_is_what_train_learns_from(run: Run, guide: Path, questions: Path) -> None:
    with questions.open("a", encoding="utf-8") as file:
        file.write('{"question": "and the sun", "previous": "may i swim", "kind": "answerable", "facts": ["F16"]}\n')
        file.write('{"question": "there is yellow pus, how long", "kind": "urgent", "facts": ["F12"]}\n')  # not learned
    judged, output = guide / "judged.csv.gz", guide / "output"

    result = run(*arguments_of("judge-questions", questions)[:-1], judged, "--epochs", 8)

    # Four questions and four texts of each, two of them alike; three steps of 32 on twelve questions, with the guide's.
    judgements = load_question_judgements(judged)
    assert (result.code, result.out) == (0, f"judged 19 texts: {judged}\n")
    assert "Learning: 3\n" in result.err
    assert "Judging: 19\n" in result.err
    assert len(judgements) == 19
    assert {text_key("how long does the redness last"), text_key("may i swim | and the sun")} <= judgements.keys()
    assert text_key("which sunscreen do i need") not in judgements
    assert text_key("there is yellow pus, how long") not in judgements

    learn = [*arguments_of("train", questions), "--judged-questions", judged]
    result = run(*learn, "--epochs", 4)
    # Four questions, eight that the guide lists, four messages and fifteen texts, four times: three steps of 32.
    assert result.code == 0
    assert "Learning: 3\n" in result.err
    assert "learned from 12 questions and 4 messages" in result.out

    # From there on, without a step.
    assert run(*learn[:-3], guide / "same", "--start", output, "--epochs", 0).code == 0
    first, same = Head.load(output), Head.load(guide / "same")
    assert first is not None
    assert same is not None
    np.testing.assert_array_equal(same.token_weights, first.token_weights)

    both = guide / "both.csv.gz"
    judge = [*arguments_of("judge-questions", questions)[:-1], both, "--epochs", 8]
    assert run(*judge, "--beside", output).code == 0
    reader, names = load_small(GuideStudent, output)
    asked = "how long does the redness last"
    ((_, scores),) = scores_of(reader, [asked])
    own = [float(score) for name, score in zip(names, scores, strict=True) if name in ("kind:refer", "kind:offtopic")]
    alone, together = (each[text_key(asked)].kinds for each in (judgements, load_question_judgements(both)))
    wanted = (math.log(alone["refer"] / alone["offtopic"]) + own[0] - own[1]) / 2
    assert math.log(together["refer"] / together["offtopic"]) == pytest.approx(wanted, abs=0.2)  # of hundredths

    # What is no reader of the same facts is refused before anything is learned.
    other = run(*judge, "--beside", guide / "corpus")
    assert (other.code, other.out) == (6, "")
    assert "Learning" not in other.err
    with pytest.raises(EncoderError, match=r"has not learned of fact:F99; judge without it"):
        SmallReader.load(output, forms=[Form("new", frozenset({"F99"}))])

    nothing = run(*learn[:-1], guide / "nothing.csv.gz")
    assert nothing.code == 3
    assert f"{guide / 'nothing.csv.gz'} holds no judgements (" in nothing.err
    # What is made of a question that is newer than the judgements is left out.
    questions.write_text(LABELLED.replace("redness last", "soreness last"), encoding="utf-8")
    newer = run(*learn, "--epochs", 0)
    assert newer.code == 0
    assert re.match(r"4 of \d+ texts made of others are left out, as they were not .* \(`judge-questions`\)", newer.out)


def test_average_weights_writes_the_mean_and_leaves_what_was_there_on_a_fault(run: Run, tmp_path: Path) -> None:
    for name in ("one", "other"):
        chance = np.random.default_rng(len(name))
        down, up, *readings = (
            chance.normal(size=shape).astype(np.float32) for shape in ((2, 5), (4, 2), (1, 5), (1,), (1, 5))
        )
        learned = Learned({"encoder.layer.0.dense": (down, up)}, ("urgency:urgent",), *readings)
        learned.save(tmp_path / name, base_sha256="b" * 64)

    result = run("average-weights", tmp_path / "one", tmp_path / "other", "--rank", 4, "--output", tmp_path / "mean")

    assert (result.code, result.out.splitlines()[0]) == (0, f"the mean of 2 trainings: {tmp_path / 'mean'}")
    head = Head.load(tmp_path / "mean")
    assert head is not None
    assert head.encoder_sha256 == Adapter.load(tmp_path / "mean").sha256

    alone = run("average-weights", tmp_path / "one", "--rank", 4, "--output", tmp_path / "mean")
    assert alone.code == 6
    assert "a mean is of two different trainings or more, not of" in alone.err
    assert Adapter.load(tmp_path / "mean").sha256 == head.encoder_sha256


# serve


def test_serve_hands_settings_to_the_page(run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Settings] = []

    def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
        served.append(settings)
        announce(f"http://{settings.host}:{settings.port}/")

    monkeypatch.setattr(serving, "serve", serve)
    monkeypatch.setenv("REDNESS_QA_PORT", "8123")

    result = run("serve")
    run("serve", "--host", "::1", "--port", "8124", "--index", guide / "other")

    assert (result.code, result.out) == (0, "http://127.0.0.1:8123/\n")
    assert [(each.host, each.port, each.index.name) for each in served] == [
        ("127.0.0.1", 8123, "index"),
        ("::1", 8124, "other"),
    ]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--port", "0"], "0 is out of range"),
        (["--port", "65536"], "65536 is out of range"),
        (["--port", "http"], "Invalid value for '--port'"),
        (["--host", "http://localhost"], "'http://localhost' is not a host"),
    ],
)
def test_serve_refuses_what_it_cannot_listen_on(run: Run, guide: Path, arguments: list[str], named: str) -> None:
    result = run("serve", *arguments)

    assert (result.code, result.out) == (2, "")
    assert named in result.err


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


@pytest.fixture
def _cleared_away() -> Iterator[None]:
    """Collect the loops that Gradio leaves open, before they are held against another test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.set_event_loop(None)
        gc.collect()


@pytest.mark.usefixtures("_cleared_away")
@pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated")  # Gradio's use of pandas
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # Gradio's loops and probing socket
def test_serve_names_a_port_that_is_in_use(run: Run, guide: Path, used_port: int) -> None:
    result = run("serve", "--port", str(used_port))

    assert result.code == 2
    assert f"cannot listen on 127.0.0.1 port {used_port}" in result.err


# The real process


def process(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REDNESS_QA_")}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "redness_qa", *arguments],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    result = process("--version", folder=tmp_path)

    assert (result.returncode, result.stdout.decode().strip()) == (0, version("redness-qa"))


def test_an_error_of_the_program_is_one_sentence(tmp_path: Path) -> None:
    result = process("ask", "how long", "--index", "nowhere", folder=tmp_path)

    assert (result.returncode, result.stdout) == (5, b"")
    assert result.stderr.decode().count("\n") == 1
    assert result.stderr.startswith(b"redness-qa: nowhere: There is no index here.")


@pytest.mark.model
def test_the_guide_answers_from_any_folder_on_a_terminal_of_ascii(tmp_path: Path) -> None:
    result = process(
        "ask", "how long will my face stay red \udcff é?", "--json", folder=tmp_path, PYTHONIOENCODING="ascii"
    )

    assert result.returncode == 0
    assert all(b"is compiled for this machine, once" in line for line in result.stderr.splitlines())
    record = json.loads(result.stdout)
    assert_is_record(record, ROOT / "corpus")
    assert record["quotes"]
    assert list(tmp_path.iterdir()) == []


# benchmark


def test_benchmark_prints_tables_and_writes_them_with_a_record_and_a_picture(run: Run, guide: Path) -> None:
    parts = ["--part", "stages", "--part", "growth", "--count", "3", "--size", "20", "--size", "40"]

    result = run("benchmark", *parts, "--output", guide / "figures")

    assert result.code == 0
    assert result.out == (guide / "figures" / "benchmark.txt").read_text(encoding="utf-8")
    assert {"machine", "Stages", "Growth"} <= {line.split(" ")[0] for line in result.out.splitlines()}
    assert "Cold start" not in result.out
    record = json.loads((guide / "figures" / "benchmark.json").read_text(encoding="utf-8"))
    assert record["index"] == Index.load(guide / "index").fingerprint
    assert [each["passages"] for each in record["growth"]] == [20, 40]
    assert (guide / "figures" / "growth.svg").read_text(encoding="utf-8").startswith("<svg")


def test_benchmark_asks_a_server_that_is_there(run: Run, guide: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "how long"}\n{"question": "may i swim"}\n', encoding="utf-8")
    script = Path(__file__).parent / "data" / "answering_server.py"
    with Server.started([], log=tmp_path / "log", command=(sys.executable, str(script))) as server:
        options = ["--part", "load", "--askers", "1", "--askers", "2", "--seconds", "0.2", "--json"]
        result = run("benchmark", *options, "--address", server.address, "--questions", questions)

    record = json.loads(result.out)
    assert record["serving"]["url"] == f"{server.address}/api/ask"
    assert [load["askers"] for load in record["serving"]["loads"]] == [1, 2]
    assert all(load["per_second"] > 0 and load["refused"] == {} for load in record["serving"]["loads"])
    assert record["settings"]["questions"] == "2"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(["--part", "all"], "--part must be one of start, stages, load, growth, not all", id="part"),
        pytest.param(["--questions", "empty.jsonl"], "empty.jsonl: there is no question", id="no questions"),
    ],
)
def test_benchmark_refuses_what_it_cannot_measure(
    run: Run, guide: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    monkeypatch.chdir(guide)
    (guide / "empty.jsonl").write_text("", encoding="utf-8")

    result = run("benchmark", *options)

    assert result.code == 3
    assert told in result.err
