"""Runs a command and writes to a file how long it took and how much memory it held; a script that imports little.

A process counts the memory of the one that started it as its own, so a small one must start what is measured:
`python watched.py RESULT COMMAND...`
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main(result: str, *command: str) -> int:
    """Run the command, and pass its exit code on."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    # macOS counts in bytes, other systems in KiB.
    resident_mib = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    Path(result).write_text(json.dumps({"seconds": seconds, "resident_mib": resident_mib}), encoding="utf-8")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
