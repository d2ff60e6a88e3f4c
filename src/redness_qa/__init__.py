"""Answers about skin redness after microneedling, quoted word for word from a written guide.

>>> from redness_qa import Assistant
>>> answer = Assistant.load("index").ask("how long does the redness last?")  # doctest: +SKIP
>>> answer.quotes[0].text  # doctest: +SKIP
'For most patients, redness after microneedling is gone within 24 to 48 hours.'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redness_qa.answer import Answer, Quote, Status
    from redness_qa.assistant import Assistant
    from redness_qa.build import build_index
    from redness_qa.encoder import SentenceEncoder
    from redness_qa.errors import RednessQAError
    from redness_qa.index import Index
    from redness_qa.passages import Passage, Source
    from redness_qa.triage import Urgency

_HOMES = {
    "Answer": "answer",
    "Assistant": "assistant",
    "Index": "index",
    "Passage": "passages",
    "Quote": "answer",
    "RednessQAError": "errors",
    "SentenceEncoder": "encoder",
    "Source": "passages",
    "Status": "answer",
    "Urgency": "triage",
    "build_index": "build",
}

__all__ = [
    "Answer",
    "Assistant",
    "Index",
    "Passage",
    "Quote",
    "RednessQAError",
    "SentenceEncoder",
    "Source",
    "Status",
    "Urgency",
    "build_index",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    """Import a public name when it is first used, so that importing the package loads no model."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
