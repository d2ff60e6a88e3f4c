"""Holds the modules to their layers, by what their import statements say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import redness_qa

PACKAGE = Path(redness_qa.__file__).parent

LAYERS = (
    {
        "checkout",
        "contacts",
        "errors",
        "fingerprints",
        "metrics",
        "packaged",
        "passages",
        "readability",
        "threads",
        "vectors",
    },
    {"lists"},
    {
        *("addresses", "boilerplate", "companions", "days", "facts", "head", "lexical", "limits", "manifest"),
        *("mending", "questions", "reading", "sentences", "suggestions", "weights", "wording"),
    },
    {"chunking", "corpus", "encoder", "index", "screening", "triage"},
    {"answer", "compiled", "embedding", "messages", "readings", "sharing"},
    {
        "answer_cache",
        "bert",
        "bounds",
        "build",
        "check",
        "encoders",
        "judgements",
        "learning",
        "offers",
        "parity",
        "records",
        "render",
        "retriever",
        "testing",
    },
    {
        *("augmentation", "averaging", "blueprint", "decision", "embed", "question_judgements", "readers"),
        *("sign_training", "teaching"),
    },
    {"assistant", "compiling", "guide_lesson", "sign_teaching"},
    {"calibration", "evaluation", "training", "triage_evaluation"},
    {"benchmark", "question_teaching"},
    {"settings"},
    {"api", "chat"},
    {"serving"},
    {"cli"},
    {"__main__"},
)
"""From the bottom up; a module imports from layers below its own only. The package itself is on top of all.

`settings` stands high so that nothing below the edges can read it.
"""

CONFINED = {
    "sentence_transformers": {"blueprint", "encoder"},
    "transformers": {"encoder", "learning"},
    "tokenizers": {"compiled", "learning"},
    "onnxruntime": {"compiled"},
    "onnx": {"bert"},
    "platformdirs": {"encoders"},
    "torch": {
        *("blueprint", "encoder", "guide_lesson", "learning", "question_teaching", "sign_teaching"),
        *("sign_training", "teaching", "training"),
    },
    "huggingface_hub": {"encoder"},
    "safetensors": {"augmentation", "encoder", "head", "index", "teaching"},
    "faiss": {"index"},
    "sklearn": {"calibration"},
    "scipy": {"metrics"},
    "gradio": {"chat", "serving"},
    "fastapi": {"api", "serving"},
    "starlette": {"api", "chat"},
    "pydantic": {"api"},
    "limits": {"api"},
    "prometheus_client": {"api"},
    "uvicorn": {"serving"},
    "mcp": {"serving"},
    "sqlite3": {"records"},
    "typer": {"cli"},
    "tqdm": {"cli"},
    "syllapy": {"readability"},
    "syntok": {"sentences"},
    "py3langid": {"screening"},
    "markdown_it": {"reading"},
    "mdit_py_plugins": {"reading"},
    "bs4": {"reading"},
    "pypdf": {"reading"},
    "docx": {"reading"},
}
"""Where a library may be imported, and nowhere else."""


def module_of(path: Path) -> str:
    """Name a file's module; the files of a subpackage count as one."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield module_of(path), ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported_names(tree: ast.AST) -> Iterator[str]:
    """List what a piece of code imports, inside functions too, as dotted names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            yield node.module or ""
            if node.module == "redness_qa":
                yield from (f"redness_qa.{alias.name}" for alias in node.names)


def own_imports() -> set[tuple[str, str]]:
    """List (module, imported module) within the package; a subpackage may import itself."""
    found = set()
    for module, tree in sources():
        if module == "__init__":
            continue
        for name in imported_names(tree):
            parts = name.split(".")
            if parts[0] == "redness_qa" and len(parts) > 1 and parts[1] != module:
                found.add((module, parts[1]))
    return found


def layer_of(module: str) -> int:
    return next(number for number, modules in enumerate(LAYERS) if module in modules)


def test_each_module_has_one_layer() -> None:
    listed = [module for layer in LAYERS for module in layer]
    assert len(listed) == len(set(listed))
    assert set(listed) == {module for module, _ in sources()} - {"__init__"}


def test_the_import_statements_are_seen() -> None:
    assert {("build", "index"), ("serving", "chat"), ("corpus", "reading"), ("index", "errors")} <= own_imports()


@pytest.mark.parametrize("module", sorted({module for layer in LAYERS for module in layer}))
def test_imports_point_down_only(module: str) -> None:
    upward = {
        imported
        for importing, imported in own_imports()
        if importing == module and layer_of(imported) >= layer_of(module)
    }
    assert upward == set()


def test_no_module_of_a_subpackage_imports_in_a_circle() -> None:
    for folder in (path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()):
        waiting = {
            path.stem: {
                name.split(".")[2]
                for name in imported_names(ast.parse(path.read_text(encoding="utf-8")))
                if name.startswith(f"redness_qa.{folder.name}.")
            }
            for path in folder.glob("*.py")
        }
        while free := {stem for stem, needed in waiting.items() if not needed & set(waiting)}:
            waiting = {stem: needed for stem, needed in waiting.items() if stem not in free}
        assert not waiting, f"{folder.name}: {waiting}"


@pytest.mark.parametrize("library", CONFINED)
def test_libraries_stay_where_they_are_confined(library: str) -> None:
    users = {module for module, tree in sources() for name in imported_names(tree) if name.split(".")[0] == library}
    assert users <= CONFINED[library]


def test_only_the_command_line_prints() -> None:
    printing = {
        module
        for module, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print")
        or (
            isinstance(node, ast.Attribute)
            and node.attr in ("stdout", "stderr")
            and isinstance(node.value, ast.Name)
            and node.value.id == "sys"
        )
    }
    assert printing <= {"cli"}


def test_only_settings_reads_the_environment() -> None:
    reading = {
        module
        for module, tree in sources()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.getenv", "os.environ.get", "os.environ.copy"))
        or (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and ast.unparse(node.value) == "os.environ"
        )
    }
    assert reading <= {"settings"}


def test_nothing_is_unpickled_or_evaluated() -> None:
    for module, tree in sources():
        assert not {"pickle", "joblib", "dill", "shelve", "marshal"} & set(imported_names(tree)), module
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        allowed = {"yaml.load"} if module == "packaged" else set()  # by a safe loader, see test_packaged.py
        assert not {"eval", "exec", "yaml.load", "yaml.unsafe_load", "torch.load"} & calls - allowed, module


def test_public_names_come_when_asked_for_and_load_nothing_before() -> None:
    script = (
        "import sys, redness_qa\n"
        "own = sorted(name for name in sys.modules if name.startswith('redness_qa.'))\n"
        "assert own == [], own\n"
        "assert not {'numpy', 'faiss', 'torch', 'yaml', 'gradio', 'sentence_transformers'} & set(sys.modules)\n"
        "missing = [name for name in redness_qa.__all__ if getattr(redness_qa, name).__name__ != name]\n"
        "assert missing == [], missing\n"
        "assert not {'torch', 'sentence_transformers', 'gradio', 'sklearn'} & set(sys.modules)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
