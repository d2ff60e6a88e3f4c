"""Holds what a serving process takes of the machine's memory."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # numbers of glibc's malloc.h, for `mallopt`
_LARGE = 1 << 20  # bytes; what is larger goes back to the machine as soon as it is free
_ARENAS = 2


def return_free_memory() -> None:
    """Let glibc give free memory back to the machine; another C library is left as it is.

    By itself it keeps an arena for each thread and grows the size from which memory is given back, and a server under
    load comes to hold twice what it uses. Source: mallopt(3).
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        for option, value in ((_ARENA_MAX, _ARENAS), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE)):
            library.mallopt(option, value)
