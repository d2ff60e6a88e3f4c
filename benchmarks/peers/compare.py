"""Measures this package and the peers by turns in one run, and prints medians and ratios.

`python benchmarks/peers/compare.py --venvs FOLDER` takes each peer whose virtual environment FOLDER holds under the
name that README.md gives it, and runs with the Python of this package.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from redness_qa.benchmark import Machine, Questions, Server, ask_at_once, measure_cold_start, resident_mib
from redness_qa.benchmark.report import table
from redness_qa.index import PASSAGES, Index

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
QUESTION = "how long will my face stay red?"


@dataclass(frozen=True)
class Peer:
    """A peer: its name in the tables, its virtual environment, its script, and variables for it."""

    name: str
    venv: str
    script: str
    settings: tuple[str, ...] = ()


PEERS = (
    Peer("sentence-transformers + FAISS", "plain", "plain.py"),
    Peer("LangChain", "langchain", "langchain_peer.py"),
    Peer("LlamaIndex", "llamaindex", "llamaindex_peer.py"),
    Peer("Haystack", "haystack", "haystack_peer.py"),
    Peer("Haystack with a reader (MiniLM's shape)", "haystack", "haystack_peer.py", ("READER=minilm",)),
    Peer("Haystack with a reader (its default shape)", "haystack", "haystack_peer.py", ("READER=roberta",)),
    Peer("txtai", "txtai", "txtai_peer.py"),
)
OURS = "redness-qa"
OURS_WHOLE = "redness-qa, the whole answer"


@dataclass
class Figures:
    """The figures of one contender, a value for each round."""

    first_s: list[float] = field(default_factory=list)
    resident_mib: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p95_ms: list[float] = field(default_factory=list)


@dataclass
class Served:
    """What askers got from one server, a value for each round."""

    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    p95_ms: list[float] = field(default_factory=list)
    resident_mib: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


def main() -> None:
    """Measure, print, and write the record."""
    arguments = _arguments()
    peers = [peer for peer in PEERS if (arguments.venvs / peer.venv / "bin" / "python").exists()]
    with tempfile.TemporaryDirectory() as name:
        stored = _store(peers, arguments.venvs, arguments.index, Path(name))
        figures = _answers(peers, stored, arguments)
        served = _servers(stored.get("plain"), arguments, Path(name))
    machine = Machine.here()
    record = {
        "machine": asdict(machine),
        "index": Index.load(arguments.index).fingerprint,
        "rounds": arguments.rounds,
        "answers": {contender: asdict(each) for contender, each in figures.items()},
        "servers": {contender: asdict(each) for contender, each in served.items()},
    }
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{machine.processor}, {machine.cores} cores; medians of {arguments.rounds} rounds by turns; ")
    sys.stdout.write("in brackets how many times ours\n\n" + _answers_text(figures) + "\n\n" + _servers_text(served))
    sys.stdout.write("\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venvs", type=Path, required=True, help="folder of the peers' virtual environments")
    parser.add_argument("--index", type=Path, default=ROOT / "index", help="index of this package")
    parser.add_argument(
        "--questions", type=Path, default=ROOT / "benchmarks" / "questions" / "dev.jsonl", help="JSON Lines"
    )
    parser.add_argument("--load", type=Path, nargs="*", default=[], help="JSON Lines of questions for the servers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--askers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the askers ask each server")
    parser.add_argument("--path", default="/api/ask", help="where our server takes questions")
    parser.add_argument("--setting", action="append", default=[], help="NAME=VALUE for our server")
    parser.add_argument("--output", type=Path, help="file for every figure, as JSON")
    return parser.parse_args()


def _store(peers: Sequence[Peer], venvs: Path, index: Path, folder: Path) -> dict[str, tuple[str, Path]]:
    """Let each peer embed the sentences of the guide once; give its Python and the folder by its environment."""
    stored: dict[str, tuple[str, Path]] = {}
    for peer in peers:
        if peer.venv not in stored:
            python = str(venvs / peer.venv / "bin" / "python")
            _run([python, str(HERE / peer.script), "store", str(folder / peer.venv), str(index / PASSAGES)])
            stored[peer.venv] = python, folder / peer.venv
    return stored


def _answers(
    peers: Sequence[Peer], stored: dict[str, tuple[str, Path]], arguments: argparse.Namespace
) -> dict[str, Figures]:
    """Take first answers, memory and times for each question, round after round."""
    index, questions = str(arguments.index), str(arguments.questions)
    figures: dict[str, Figures] = {name: Figures() for name in (OURS, OURS_WHOLE, *(peer.name for peer in peers))}
    ours = [sys.executable, str(HERE / "ours.py")]
    turns: list[Callable[[], None]] = [
        partial(_first, figures[OURS_WHOLE], [sys.executable, "-m", "redness_qa", "ask", QUESTION, "--index", index]),
        partial(_many, figures[OURS_WHOLE], [*ours, "answer", index, questions]),
        partial(_many, figures[OURS], [*ours, "retrieval", index, questions]),
    ]
    for peer in peers:
        python, folder = stored[peer.venv]
        command = ["/usr/bin/env", *peer.settings, python, str(HERE / peer.script)]
        turns.append(partial(_first, figures[peer.name], [*command, "first", str(folder), QUESTION]))
        turns.append(partial(_many, figures[peer.name], [*command, "many", str(folder), questions]))
    for _ in range(arguments.rounds):
        for turn in turns:
            turn()
    return figures


def _first(figures: Figures, command: Sequence[str]) -> None:
    measured = measure_cold_start(command[1:], runs=1, command=command[:1])
    figures.first_s += measured.seconds
    figures.resident_mib.append(measured.resident_mib)


def _many(figures: Figures, command: Sequence[str]) -> None:
    told = json.loads(_run(command).splitlines()[-1])
    figures.p50_ms.append(told["p50_ms"])
    figures.p95_ms.append(told["p95_ms"])


def _servers(plain: tuple[str, Path] | None, arguments: argparse.Namespace, folder: Path) -> dict[str, Served]:
    """Let many ask our server and the plain one, round after round."""
    served = {OURS: Served()}
    contenders: list[tuple[str, tuple[str, ...], list[str], str]] = [
        (OURS, (sys.executable, "-m", "redness_qa"), ["serve", "--index", str(arguments.index)], arguments.path)
    ]
    if plain is not None:
        python, kept = plain
        served["plain server"] = Served()
        contenders.append(("plain server", (python, str(HERE / "plain_server.py")), [str(kept)], "/api/ask"))
    paths = arguments.load or [arguments.questions]
    asked = [json.loads(line)["question"] for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    for _ in range(arguments.rounds):
        for name, command, options, path in contenders:
            settings = arguments.setting if name == OURS else []
            with Server.started(options, log=folder / "log", settings=settings, command=command) as server:
                questions = Questions(asked)
                ask_at_once(server.address + path, questions, askers=2, seconds=1.0)
                load = ask_at_once(server.address + path, questions, askers=arguments.askers, seconds=arguments.seconds)
                each = served[name]
                each.per_second.append(load.per_second)
                each.refused.append(sum(load.refused.values()))
                if load.took is not None:
                    each.p50_ms.append(load.took.p50)
                    each.p95_ms.append(load.took.p95)
                if (held := resident_mib(server.pid)) is not None:
                    each.resident_mib.append(held)
    return served


def _answers_text(figures: dict[str, Figures]) -> str:
    whole = figures[OURS_WHOLE]
    rows = []
    for name, each in figures.items():
        base = figures[OURS] if name != OURS_WHOLE and "reader" not in name else whole
        rows.append(
            [
                name,
                _cell(each.first_s, whole.first_s, digits=2),
                _cell(each.resident_mib, whole.resident_mib, digits=0),
                _cell(each.p50_ms, base.p50_ms, digits=2),
                _cell(each.p95_ms, base.p95_ms, digits=2),
            ]
        )
    return table("One asker", ["", "first answer s", "resident MiB", "p50 ms", "p95 ms"], rows)


def _servers_text(served: dict[str, Served]) -> str:
    ours = served[OURS]
    rows = [
        [
            name,
            _cell(each.per_second, ours.per_second, digits=1),
            _cell(each.p50_ms, ours.p50_ms, digits=0),
            _cell(each.p95_ms, ours.p95_ms, digits=0),
            _cell(each.resident_mib, ours.resident_mib, digits=0),
            f"{sum(each.refused)}",
        ]
        for name, each in served.items()
    ]
    return table("Many askers", ["", "answers/s", "p50 ms", "p95 ms", "resident MiB", "refused"], rows)


def _cell(values: Sequence[float], ours: Sequence[float], *, digits: int) -> str:
    if not values:
        return "-"
    middle = statistics.median(values)
    if not ours or not statistics.median(ours):
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({middle / statistics.median(ours):.2f})"


def _run(command: Sequence[str]) -> str:
    """Run a command without the paths of this Python, and give what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
