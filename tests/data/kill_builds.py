"""Builds an index again and again in children and kills them; reads one JSON order a line, answers one a line.

An order holds corpus, index, old (a folder that index is reset to, or null) and one of
  seconds    kill the build after so long
  operation  kill it as it begins that file operation (counted from 0) below the parent of index
An answer holds killed (false where the build ended first), seconds and operations (those it began).
The modules are loaded once, before the first fork.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from redness_qa.build import build_index
from redness_qa.testing import WordEncoder

OPERATIONS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.scandir", "shutil.rmtree"}


def count_and_kill(parent: str, fatal: int | None, answers: int) -> None:
    """Tell each file operation below a folder through a pipe, and end the process at the fatal one."""
    done = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal done
        # Inside rmtree, names stand alone, relative to an open folder.
        path = str(arguments[0]) if arguments else ""
        if event in OPERATIONS and (path.startswith(parent) or not path.startswith("/")):
            if done == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            os.write(answers, b".")

    sys.addaudithook(hook)


def build_in_child(order: dict[str, object]) -> dict[str, object]:
    index = Path(str(order["index"]))
    if index.parent.exists():
        shutil.rmtree(index.parent)
    index.parent.mkdir()
    if order["old"] is not None:
        shutil.copytree(str(order["old"]), index)
    reading, writing = os.pipe()
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.close(reading)
        fatal = order.get("operation")
        count_and_kill(str(index.parent), fatal if isinstance(fatal, int) else None, writing)
        build_index(Path(str(order["corpus"])), index, encoder=WordEncoder())
        os._exit(0)
    os.close(writing)
    if "seconds" in order:
        time.sleep(float(str(order["seconds"])))
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        operations = len(pipe.read())
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"the build failed with status {os.WEXITSTATUS(status)}")
    return {
        "killed": os.WIFSIGNALED(status),
        "seconds": time.perf_counter() - started,
        "operations": operations,
    }


for line in sys.stdin:
    print(json.dumps(build_in_child(json.loads(line))), flush=True)  # noqa: T201 - the answer
