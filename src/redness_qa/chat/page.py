"""The page as a whole: the conversation, without loading Gradio before it is told to report nothing home."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from redness_qa.bounds import Answering
from redness_qa.settings import Settings
from redness_qa.wording import Wording

if TYPE_CHECKING:
    import gradio as gr

SUGGESTIONS = 6


def report_nothing_home() -> None:
    """Tell Gradio, before it is imported, to contact nobody."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def build_page(
    assistant: Answering,
    *,
    suggestions: Sequence[str],
    wording: Wording,
    settings: Settings,
    on_feedback: Callable[[str], None] | None = None,
) -> gr.Blocks:
    """Build the page's conversation; `mount_options` has what stands around it, and whoever serves it needs both.

    Args:
        assistant: What answers.
        suggestions: Questions that are asked on a click; the first six are shown.
        wording: The page's sentences.
        settings: Gives the longest question.
        on_feedback: Told one of `FEEDBACK` each time a reader presses it, and nothing else; None leaves feedback out.
    """
    report_nothing_home()
    from redness_qa.chat.conversation import build_blocks

    return build_blocks(
        assistant,
        suggestions=tuple(suggestions[:SUGGESTIONS]),
        wording=wording,
        settings=settings,
        on_feedback=on_feedback,
    )
