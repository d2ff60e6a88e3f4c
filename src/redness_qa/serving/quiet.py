"""Faults are told by their kind: the trace of one could hold what a patient typed."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from importlib import import_module
from typing import Any

from redness_qa.chat import report_nothing_home

_LOG = logging.getLogger(__name__)

_PRINTING = ("gradio.queueing", "gradio.routes", "gradio.route_utils")


class _KindsOnly:
    """Stands where Gradio looks for the module `traceback`, of which it calls this one function."""

    @staticmethod
    def print_exc() -> None:
        _LOG.error("The page failed: %s", type(sys.exc_info()[1]).__name__)


def quieten_page() -> None:
    """Keep Gradio from reports home, from printing traces, and from a table of all questions for each question.

    To be called before Gradio is imported elsewhere.
    """
    report_nothing_home()
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"
    for name in _PRINTING:
        module: Any = import_module(name)
        module.traceback = _KindsOnly


def tell_kind(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell a fault of a task that nobody waits for by its kind; a handler for `set_exception_handler`."""
    _LOG.error("A task failed: %s", type(context.get("exception")).__name__)
