"""The conversation as Gradio's parts: suggested questions, the log, the box, and what the page's script presses.

Import it by `build_page` only, which keeps Gradio from reporting home first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gradio as gr

from redness_qa.bounds import Answering
from redness_qa.chat.turn import FEEDBACK, Turn, take_turn
from redness_qa.chat.visits import Visits
from redness_qa.settings import Settings
from redness_qa.wording import LANGUAGES, Wording

_CONCURRENT_QUESTIONS = 8
_WAITING_QUESTIONS = 32
_KEPT_SESSIONS = 32  # those that are being answered, and some more
_KEPT_VISITS = 256


def build_blocks(
    assistant: Answering,
    *,
    suggestions: Sequence[str],
    wording: Wording,
    settings: Settings,
    on_feedback: Callable[[str], None] | None,
) -> gr.Blocks:
    """Build the conversation; `build_page` has the arguments."""
    words = wording.page

    def turn(question: object, history: object, request: gr.Request) -> Turn:
        language = request.query_params.get("lang")  # of the page's address
        return take_turn(
            question,
            history,
            assistant=assistant,
            wording=wording.in_language(language) if language in LANGUAGES else wording,
            max_question_characters=settings.max_question_characters,
            suggestions=suggestions,
            asks_feedback=on_feedback is not None,
        )

    def ask(question: object, history: object, request: gr.Request) -> tuple[list[dict[str, str]], str, str]:
        after = turn(question, history, request)
        return after.messages, after.box, after.note

    def suggest(question: object, history: object, request: gr.Request) -> tuple[list[dict[str, str]], str]:
        after = turn(question, history, request)  # what is being typed stays in the box
        return after.messages, after.note

    page = gr.Blocks(title=words["title"], analytics_enabled=False)
    with page:
        with gr.Column(elem_id="suggestions", scale=0):
            gr.Markdown(f"## {words['suggestions_label']}")
            buttons = [gr.Button(text, size="sm", elem_classes="suggestion") for text in suggestions]
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
            gr.Button(words["clear"], elem_id="clear", scale=0, min_width=0)  # the page's script does the work
        note = gr.Markdown("", elem_id="note")
        # For the page's script, which types and presses here: a nearest question is asked, or a count goes up. No event
        # has `js`, which Gradio makes a function of: the page's policy lets no string become a script.
        with gr.Row(elem_id="unseen"):
            nearest = gr.Textbox(label="-", elem_id="nearest")
            ask_nearest = gr.Button("-", elem_id="ask-nearest")
            judged = [gr.Button("-", elem_id=kind) for kind in FEEDBACK if on_feedback is not None]
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
        for press, question in [*((suggestion, suggestion) for suggestion in buttons), (ask_nearest, nearest)]:
            press.click(
                suggest,
                [question, chat],
                [chat, note],
                api_visibility="private",
                concurrency_limit=_CONCURRENT_QUESTIONS,
                concurrency_id="ask",
                show_progress="minimal",
                show_progress_on=[note],
            )
        for press, kind in zip(judged, FEEDBACK, strict=False):
            press.click(_telling(on_feedback, kind), None, None, api_visibility="private", show_progress="hidden")
    page.queue(max_size=_WAITING_QUESTIONS)
    queue = page._queue
    queue.pending_event_ids_session = Visits(reached=queue.pending_messages_per_session, capacity=_KEPT_VISITS)
    # The browser holds the conversation; Gradio would keep what 10,000 of them showed.
    page.state_session_capacity = _KEPT_SESSIONS
    return page


def _telling(on_feedback: Callable[[str], None] | None, kind: str) -> Callable[[], None]:
    def count() -> None:
        if on_feedback is not None:
            on_feedback(kind)

    return count
