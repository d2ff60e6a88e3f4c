from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from redness_qa.serving.resources import return_free_memory

LEFT_BY_THREADS = """
import sys, threading
from pathlib import Path
from redness_qa.serving.resources import return_free_memory

if sys.argv[1] == "returned":
    return_free_memory()

def work():
    kept = []
    for number in range(40):
        kept += [bytearray(3_000_000), bytearray(100)]  # what is small holds what lies below it

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="mallopt is glibc's")
def test_what_threads_needed_and_freed_is_the_machines_again() -> None:
    def left(how: str) -> int:
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", LEFT_BY_THREADS, how], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert left("returned") < left("kept") / 2


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        """A C library without glibc's options."""

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Other())

    return_free_memory()
