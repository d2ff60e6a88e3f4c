"""Holds numeric libraries to the threads that answering has a use for."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def use_one_thread_each() -> None:
    """Let the numeric libraries that are loaded compute on one thread, in the whole process.

    The products of one question are small: more threads would wait for each other, and be in the way of those of other
    questions and of those that read a text.
    """
    threadpool_limits(1)
