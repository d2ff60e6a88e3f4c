"""The page itself: a conversation, a box and suggested questions, as Gradio's parts."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from redness_qa.chat.turn import Answering, Turn, take_turn
from redness_qa.settings import Settings
from redness_qa.wording import Wording

if TYPE_CHECKING:
    import gradio as gr

SUGGESTIONS = 6
_CONCURRENT_QUESTIONS = 8
_WAITING_QUESTIONS = 32


def build_page(assistant: Answering, *, suggestions: Sequence[str], wording: Wording, settings: Settings) -> gr.Blocks:
    """Build the page; `launch` serves it.

    Args:
        assistant: What answers.
        suggestions: Questions that are asked on a click; the first six are shown.
        wording: The page's sentences.
        settings: Gives the longest question.
    """
    _report_nothing_home()
    import gradio as gr

    words = wording.page

    def turn(question: object, history: object) -> Turn:
        return take_turn(
            question,
            history,
            assistant=assistant,
            wording=wording,
            max_question_characters=settings.max_question_characters,
        )

    def ask(question: object, history: object) -> tuple[list[dict[str, str]], str, str]:
        after = turn(question, history)
        return after.messages, after.box, after.note

    def suggest(question: object, history: object) -> tuple[list[dict[str, str]], str]:
        after = turn(question, history)  # what is being typed stays in the box
        return after.messages, after.note

    page = gr.Blocks(title=words["title"], analytics_enabled=False)
    with page:
        gr.Markdown(_title(wording), elem_id="top")
        gr.Markdown(f'<p id="disclaimer">{html.escape(wording.disclaimer)}</p>', elem_id="notice")
        with gr.Column(elem_id="suggestions", scale=0):
            gr.Markdown(f"<h2>{html.escape(words['suggestions_label'])}</h2>")
            buttons = [gr.Button(text, size="sm", elem_classes="suggestion") for text in suggestions[:SUGGESTIONS]]
        chat = gr.Chatbot(
            label=words["conversation_label"],
            show_label=False,
            elem_id="conversation",
            height="100%",
            buttons=[],
            feedback_options=None,
            allow_tags=False,
            latex_delimiters=[],
            sanitize_html=True,
            group_consecutive_messages=False,
            autoscroll=False,  # to the end of a long answer; chat.js shows it from its start
            allow_file_downloads=False,
            layout="bubble",
        )
        gr.Markdown(f'<p id="emergency">{html.escape(words["emergency"])}</p>', elem_id="emergency-line")
        with gr.Row(elem_id="asking", equal_height=False):
            # No max_length: the browser would cut a long paste without a word; `take_turn` counts and says so.
            box = gr.Textbox(
                label=words["question_label"],
                placeholder=words["question_placeholder"],
                max_lines=4,
                elem_id="question",
                scale=1,
                autofocus=False,
            )
            button = gr.Button(words["ask"], variant="primary", elem_id="ask", scale=0, min_width=88)
            clear = gr.Button(words["clear"], elem_id="clear", scale=0, min_width=0)
        note = gr.Markdown("", elem_id="note")
        gr.on(
            [box.submit, button.click],
            ask,
            [box, chat],
            [chat, box, note],
            api_name="ask",
            api_visibility="undocumented",
            concurrency_limit=_CONCURRENT_QUESTIONS,
            concurrency_id="ask",
            show_progress="minimal",
            show_progress_on=[note],
        )
        for suggestion in buttons:
            suggestion.click(
                suggest,
                [suggestion, chat],
                [chat, note],
                api_visibility="private",
                concurrency_limit=_CONCURRENT_QUESTIONS,
                concurrency_id="ask",
                show_progress="minimal",
                show_progress_on=[note],
            )
        clear.click(None, None, [chat, note], js="() => [[], '']", api_visibility="private")
    page.queue(max_size=_WAITING_QUESTIONS)
    return page


def _title(wording: Wording) -> str:
    title, introduction = html.escape(wording.page["title"]), html.escape(wording.page["introduction"])
    return f'<h1>{title}</h1><p id="introduction">{introduction}</p>'


def _report_nothing_home() -> None:
    """Tell Gradio, before it is imported, to contact nobody."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
