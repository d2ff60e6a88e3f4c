from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assistants import REVIEWED, write_guide
from redness_qa.check import check_guide
from redness_qa.days import DAYS_FILE, STAGES, read_stages, told_stages
from redness_qa.errors import CorpusError
from redness_qa.index import Index
from redness_qa.settings import default_corpus, default_index

FEW = "Redness is mostly gone within 24 to 48 hours."
CALL = "Call your clinic if redness grows."


def _write(folder: Path, *, days: tuple[object, ...] = (0, 1, 3, 8), sentences: object = (FEW,)) -> Path:
    said = list(sentences) if isinstance(sentences, tuple) else sentences
    entries = [{"stage": name, "from_day": day, "sentences": said} for name, day in zip(STAGES, days, strict=False)]
    (folder / DAYS_FILE).write_text(yaml.safe_dump(entries), encoding="utf-8")
    return folder


def test_every_sentence_of_the_days_is_one_of_the_guide() -> None:
    told = told_stages(default_corpus(), Index.load(default_index()).passages)

    assert [(stage.name, stage.from_day) for stage in told] == list(zip(STAGES, (0, 1, 3, 8), strict=True))
    for stage, said in zip(told, read_stages(default_corpus()), strict=True):
        assert tuple(passage.text for passage in stage.passages) == said.sentences
        assert all(passage.sources for passage in stage.passages)


def test_from_day_four_on_the_guide_says_when_to_call() -> None:
    for stage in told_stages(default_corpus(), Index.load(default_index()).passages)[2:]:
        assert stage.passages[0].text.startswith("Call your clinic or a doctor")


def test_a_guide_without_the_file_has_no_days(tmp_path: Path, guide_index: Index) -> None:
    assert read_stages(tmp_path) == ()
    assert told_stages(tmp_path, guide_index.passages) == ()


def test_what_is_no_sentence_of_the_guide_is_left_out_and_reported(tmp_path: Path, guide_index: Index) -> None:
    text = guide_index.passages[0].text
    folder = _write(write_guide(tmp_path), sentences=(text, "Nobody wrote this."))

    assert [[passage.text for passage in stage.passages] for stage in told_stages(folder, guide_index.passages)] == [
        [text]
    ] * len(STAGES)
    assert told_stages(folder, ()) == ()
    findings = [finding.problem for finding in check_guide(folder, today=REVIEWED).findings]
    assert any("'Nobody wrote this.' (first_hours) is no sentence of the guide" in problem for problem in findings)


def test_a_sound_file_has_no_finding(tmp_path: Path) -> None:
    folder = _write(write_guide(tmp_path), sentences=(FEW, CALL))

    assert check_guide(folder, today=REVIEWED).is_sound


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param("{", "is not YAML", id="no yaml"),
        pytest.param("stage: first_hours", "must be a list", id="no list"),
        pytest.param("- stage: first_hours", "has the fields", id="fields missing"),
        pytest.param("- {stage: first_hours, from_day: 0, sentences: [a]}", "each once and in this order", id="stages"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / DAYS_FILE).write_text(content, encoding="utf-8")

    with pytest.raises(CorpusError, match=problem):
        read_stages(tmp_path)


@pytest.mark.parametrize(
    ("days", "sentences", "problem"),
    [
        pytest.param((0, 1, 1, 8), (FEW,), "each be later", id="same day twice"),
        pytest.param((1, 2, 3, 8), (FEW,), "start with 0", id="not from the start"),
        pytest.param((0, "one", 3, 8), (FEW,), "whole number", id="no number"),
        pytest.param((0, True, 3, 8), (FEW,), "whole number", id="yes"),
        pytest.param((0, 1, 3, 8), (), "at least one", id="no sentence"),
        pytest.param((0, 1, 3, 8), FEW, "list of texts", id="one text"),
    ],
)
def test_days_and_sentences_are_checked(
    tmp_path: Path, days: tuple[object, ...], sentences: object, problem: str
) -> None:
    with pytest.raises(CorpusError, match=problem):
        read_stages(_write(tmp_path, days=days, sentences=sentences))
