"""Tells how many threads there is a use for, and holds numeric libraries to it."""

from __future__ import annotations

import os

from threadpoolctl import threadpool_limits


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_one_thread_each() -> None:
    """Let the numeric libraries that are loaded compute on one thread, in the whole process.

    The products of one question are small: more threads would wait for each other, and be in the way of those of other
    questions and of those that read a text.
    """
    threadpool_limits(1)
