"""What is published: the public names, what importing costs, the wheel, and what the README promises."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

import redness_qa
from redness_qa import cli

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEAVY = ("torch", "faiss", "gradio", "sentence_transformers", "transformers", "sklearn", "numpy", "yaml")


def test_public_names_are_those_of_their_homes() -> None:
    assert sorted(redness_qa.__all__) == redness_qa.__all__
    assert set(redness_qa.__all__) == set(redness_qa._HOMES)
    for name, home in redness_qa._HOMES.items():
        module = importlib.import_module(f"redness_qa.{home}")
        assert getattr(redness_qa, name) is getattr(module, name)
        assert getattr(module, name).__module__.startswith(f"redness_qa.{home}")


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'redness_qa' has no attribute 'Oracle'"):
        redness_qa.Oracle  # noqa: B018


def modules_after(statement: str) -> set[str]:
    """Name what a fresh interpreter has loaded after a statement."""
    result = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(result.stdout.split())


def test_importing_the_package_loads_no_model_and_no_library() -> None:
    loaded = modules_after("import redness_qa")

    assert "redness_qa" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_command_line_starts_without_model_index_and_page() -> None:
    loaded = modules_after("import redness_qa.cli")

    assert loaded.isdisjoint({"torch", "faiss", "gradio", "sentence_transformers", "sklearn"})
    assert loaded.isdisjoint({"numpy", "importlib.metadata", "sqlite3", "tqdm"})  # each would take its hundredths


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(  # noqa: S603 - the build tool of the environment
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=True,
        timeout=120,
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


def test_the_wheel_carries_guide_and_index(wheel: zipfile.ZipFile) -> None:
    for folder in ("corpus", "index"):
        held = {path.name: path.read_bytes() for path in (ROOT / folder).iterdir() if path.is_file()}
        inside = {
            name.rsplit("/", 1)[1]: wheel.read(name)
            for name in wheel.namelist()
            if name.startswith(f"redness_qa/guide/{folder}/")
        }
        assert inside == held
        assert len(held) >= 5


def test_the_wheel_carries_every_file_of_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    source = ROOT / "src" / "redness_qa"
    expected = {
        f"redness_qa/{path.relative_to(source).as_posix()}"
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {name for name in wheel.namelist() if "/guide/" not in name and ".dist-info/" not in name}

    assert names == expected
    assert {
        "redness_qa/py.typed",
        "redness_qa/signs.yaml",
        "redness_qa/triage/phrase_counts.csv",
        "redness_qa/background.txt",
        "redness_qa/calibration.json",
        "redness_qa/wording/en.yaml",
        "redness_qa/weights/adapter.npz",
        "redness_qa/weights/signs/adapter.npz",
        "redness_qa/triage/real_words.txt",
        "redness_qa/chat/assets/chat.css",
        "redness_qa/chat/assets/chat.js",
        "redness_qa/embed_assets/embed.js",
        "redness_qa/embed_assets/lines/html.txt",
        "redness_qa/chat/assets/shell.css",
        "redness_qa/wording/disclaimer.yaml",
        "redness_qa/wording/es.yaml",
    } <= names


def test_the_wheel_has_its_command_and_licence(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))

    assert "redness-qa = redness_qa.cli:main" in wheel.read(entry_points).decode()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel.namelist())


# README


def options_of(command: str) -> set[str]:
    """Name the options of a command, as its help shows them."""
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "redness_qa", command, "--help"],
        env=os.environ | {"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", result.stdout))


def code_blocks() -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_readme_names_targets_that_make_has() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    lines = [line for block in code_blocks() for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", README)
    named = {
        word
        for line in lines
        if line.startswith("make ")
        for word in shlex.split(line, comments=True)[1:]
        if "=" not in word and not word.startswith("-")
    }

    assert {"serve", "test"} <= named
    assert named <= targets


def test_the_readme_names_commands_and_options_that_there_are() -> None:
    commands = set(typer.main.get_group(cli.app).commands)
    lines = [line for block in code_blocks() for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", README)
    calls = [shlex.split(line, comments=True)[1:] for line in lines if re.match(r"(?:\S*/)?redness-qa ", line)]

    assert {"ask", "answer", "build", "check", "evaluate", "serve"} <= {call[0] for call in calls} <= commands
    for command in sorted({call[0] for call in calls}):
        named = {word for call in calls if call[0] == command for word in call if word.startswith("--")}
        assert named <= options_of(command), command


def test_the_readme_names_files_that_there_are() -> None:
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    named = [name for name in re.findall(r"`([\w.-]+/[\w./-]*|[A-Z]+)`", README) if not name.startswith("my-")]

    missing = [
        name for name in {*linked, *named} if not ((ROOT / name).exists() or (ROOT / "src/redness_qa" / name).exists())
    ]
    assert missing == []


def test_the_readme_names_the_settings_that_there_are() -> None:
    settings = (ROOT / "src" / "redness_qa" / "settings.py").read_text(encoding="utf-8")
    known = set(re.findall(r'"(REDNESS_QA_[A-Z_]+)"', settings))

    assert set(re.findall(r"REDNESS_QA_[A-Z_]+", README)) == known != set()
