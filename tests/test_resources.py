from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from redness_qa.serving.resources import return_free_memory

LEFT = """
import sys
from pathlib import Path
from redness_qa.serving.resources import return_free_memory

if sys.argv[1] == "returned":
    return_free_memory()

b"x" * 3_000_000  # freed, it teaches glibc to keep what is no larger
large, small = [], []
for _ in range(40):
    large.append(b"x" * 2_900_000)
    small.append(b"x" * 100_000)  # what is kept lies between
del large
print(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="mallopt is glibc's")
def test_what_was_freed_is_the_machines_again() -> None:
    def left(how: str) -> int:
        done = subprocess.run(  # noqa: S603 - our own script
            [sys.executable, "-c", LEFT, how], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert left("returned") < left("kept") - 80_000_000


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        """A C library without glibc's options."""

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Other())

    return_free_memory()
