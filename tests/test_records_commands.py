from __future__ import annotations

import json
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from answering import Canned
from redness_qa import cli
from redness_qa.errors import SettingsError
from redness_qa.records import Store


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["records", *arguments])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("REDNESS_QA_STORE_DAYS", "7")
    monkeypatch.setenv("REDNESS_QA_STORE_FOLDER", str(tmp_path))
    store = Store(tmp_path, days=7)
    store.keep(Canned().ask("old"), door="page", now=datetime.now(timezone.utc) - timedelta(days=8))
    store.keep(Canned().ask("How long?"), door="page")
    store.keep(Canned().ask("I cannot breathe"), door="api")
    return store


def test_what_is_kept_is_listed_without_what_is_too_old(store: Store) -> None:
    lines = run("list").stdout.splitlines()

    assert [line.split()[0] for line in lines] == ["2", "3"]
    assert lines[0].endswith("How long?")
    assert "emergency" in lines[1]


def test_what_is_kept_is_exported_for_its_owner_only(store: Store, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"

    assert run("export", "--output", str(output)).exit_code == 0

    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row["question"] for row in rows] == ["How long?", "I cannot breathe"]
    assert rows[0]["facts"] == ["F12"]
    assert stat.S_IMODE(output.stat().st_mode) == 0o600


def test_one_question_or_all_are_deleted(store: Store) -> None:
    assert run("delete").exit_code == 2
    assert run("delete", "--id", "2", "--all").exit_code == 2
    assert len(store.records()) == 3

    assert "1 deleted" in run("delete", "--id", "2").output
    assert [record.id for record in store.records()] == [3]
    assert "1 deleted" in run("delete", "--all").output
    assert store.records() == []


def test_without_a_store_there_is_nothing_to_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDNESS_QA_STORE_DAYS", raising=False)
    monkeypatch.delenv("REDNESS_QA_STORE_FOLDER", raising=False)

    result = run("list")

    assert isinstance(result.exception, SettingsError)
    assert "neither is set" in str(result.exception)
