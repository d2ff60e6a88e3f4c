"""The tool `ask` for other programs (Model Context Protocol), through the server that Gradio has for it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from redness_qa.api.refusals import FAILED, Refused
from redness_qa.api.routes import Question, answer_to
from redness_qa.bounds import Answering
from redness_qa.errors import MissingExtra
from redness_qa.render import to_json
from redness_qa.wording import Wording

if TYPE_CHECKING:
    import gradio as gr

_LOG = logging.getLogger(__name__)


def add_tool(page: gr.Blocks, assistant: Answering, *, wording: Wording, max_question_characters: int) -> None:
    """Offer `ask`, and nothing else of the page, as a tool.

    Raises:
        MissingExtra: The library for it is not installed, or too new for Gradio.
    """
    _need_library()
    from gradio.events import api

    def ask(question: str, previous: list[str] | None = None) -> str:
        """Answer a question about skin redness after microneedling with sentences of a patient guide, word for word.

        The answer is a JSON object. Show "message", every quote with its sources, and "disclaimer" unchanged.
        Where "urgency" is not "routine", show "message" first and nothing before it.

        Args:
            question: The patient's own words.
            previous: The questions before it in the same conversation, oldest first.
        """
        try:
            asked = Question(question=question, previous=previous)
            record = to_json(answer_to(asked, assistant, max_question_characters=max_question_characters))
            return json.dumps(record, ensure_ascii=False)
        except Refused as refused:
            refusal = refused.refusal
        except Exception as error:
            # The kind of fault only: its message or trace could hold what a patient typed.
            _LOG.error("A question got no answer: %s", type(error).__name__)
            refusal = FAILED
        return json.dumps({"code": refusal.code, "message": refusal.message(wording)})

    with page:
        # Not queued: a queued tool would be called over HTTP at whatever host the request named.
        api(ask, api_name="ask_as_a_tool", api_visibility="public", queue=False)


def _need_library() -> None:
    """Find out before the start what Gradio would keep to itself."""
    try:
        from mcp.server import Server
    except ImportError as error:
        raise MissingExtra("mcp", needed_for="REDNESS_QA_MCP") from error
    if not hasattr(Server, "call_tool"):
        raise MissingExtra("mcp", needed_for="REDNESS_QA_MCP", reason="the installed version is too new for Gradio")
