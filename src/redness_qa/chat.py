"""The chat page: a conversation, a box and suggested questions, on Gradio, which is confined here."""

from __future__ import annotations

import html
import json
import logging
import os
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from redness_qa.answer import Answer
from redness_qa.errors import Busy, QuestionError, SettingsError
from redness_qa.render import to_html
from redness_qa.settings import PORT_VARIABLE, Settings
from redness_qa.triage import Urgency
from redness_qa.wording import Wording

if TYPE_CHECKING:
    import gradio as gr

_LOG = logging.getLogger(__name__)
_MAX_MESSAGES = 40
_MAX_PREVIOUS = 8  # earlier questions that are read for warning signs
_READ_FOR_SIGNS = 5  # how many times the longest question is read for warning signs, so that work stays bounded
_CONCURRENT_QUESTIONS = 8
_WAITING_QUESTIONS = 32
_SUGGESTIONS = 6


class Answering(Protocol):
    """Whatever answers one question; called from several threads at once."""

    def ask(self, question: str, *, previous: Sequence[str] = (), id: str | None = None) -> Answer:
        """Answer a question, with the questions before it, oldest first, as context only."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the page shows after one press of "Ask".

    Attributes:
        messages: The conversation, oldest first, in Gradio's message format.
        box: What is left in the box: nothing, or the question when it was not answered.
        note: A sentence beside the box as HTML; empty when there is nothing to say.
    """

    messages: list[dict[str, str]]
    box: str
    note: str


def take_turn(
    question: object, history: object, *, assistant: Answering, wording: Wording, max_question_characters: int
) -> Turn:
    """Answer what a browser sent; both values may be forged.

    The answer rests on the question. The history only gives back what is on the screen, and its last questions
    go to the assistant as context: a warning sign among them still counts.

    Args:
        question: What stands in the box.
        history: The conversation that the browser holds.
        assistant: What answers.
        wording: The page's sentences.
        max_question_characters: Longest question that is answered.
    """
    messages = _messages(history)
    # Half a surrogate pair cannot be sent back.
    asked = question.encode(errors="replace").decode().strip() if isinstance(question, str) else ""
    if not any(character.isprintable() and not character.isspace() for character in asked):
        return Turn(messages, "", _note(wording.page["empty_question"]))
    try:
        answer = assistant.ask(
            asked[: _READ_FOR_SIGNS * max_question_characters], previous=_previous(messages, max_question_characters)
        )
    except QuestionError:
        return Turn(messages, asked, _note(wording.page["empty_question"]))
    except Busy:
        return Turn(messages, asked, _note(wording.page["busy"]))
    except Exception as error:  # a fault must not leave a worried reader without a sentence
        # The kind of fault only: its message or trace could hold what a patient typed.
        _LOG.error("A question got no answer: %s", type(error).__name__)
        return Turn(messages, asked, _note(wording.page["failed"]))
    # A long message is still read for warning signs; only a routine one is sent back to be shortened.
    if len(asked) > max_question_characters and answer.urgency is Urgency.ROUTINE:
        note = _note(wording.page["long_question"].format(characters=max_question_characters))
        return Turn(messages, asked, note)
    messages.append({"role": "user", "content": _inert(asked[:max_question_characters])})
    messages.append({"role": "assistant", "content": to_html(answer, wording)})
    return Turn(messages[-_MAX_MESSAGES:], "", "")


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
            buttons = [gr.Button(text, size="sm", elem_classes="suggestion") for text in suggestions[:_SUGGESTIONS]]
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


class RunningChat:
    """A page that is being served; closes its server when used as a context manager.

    Attributes:
        url: Where the page is, with a slash at the end.
    """

    def __init__(self, page: gr.Blocks) -> None:
        self._page = page
        self.url: str = page.local_url or ""

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._page.block_thread()

    def close(self) -> None:
        """Stop the server and free its port."""
        self._page.close(verbose=False)

    def __enter__(self) -> RunningChat:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def launch(page: gr.Blocks, *, wording: Wording, settings: Settings) -> RunningChat:
    """Serve a page in the background, without reports home, saved runs, uploads of size or public links.

    Raises:
        SettingsError: Nothing can listen on that host and port.
    """
    # Gradio compresses its scripts but not the page, which is a seventh of the first load.
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware

    try:
        page.launch(
            server_name=settings.host,
            server_port=settings.port,
            share=False,
            inbrowser=False,
            prevent_thread_lock=True,
            quiet=True,
            show_error=False,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            pwa=False,
            ssr_mode=False,
            max_file_size=1,
            app_kwargs={"openapi_url": None, "middleware": [Middleware(GZipMiddleware)]},
            favicon_path=str(_asset_path("favicon.svg")),
            theme=_theme(),
            head=_head(wording),
        )
    except OSError as error:
        raise SettingsError(
            f"{PORT_VARIABLE}: cannot listen on {settings.host} port {settings.port}. "
            "Stop what uses that port, or give another one."
        ) from error
    return RunningChat(page)


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Load the assistant and serve its page until the process is interrupted.

    Args:
        settings: Where the index is and where to listen.
        announce: Called once with the page's address when it is up.

    Raises:
        RednessQAError: The index, the model or a setting cannot be used.
    """
    from redness_qa.assistant import Assistant

    wording = Wording.load(contacts=settings.contacts)
    assistant = Assistant.load(
        settings.index,
        corpus=settings.corpus_of_index,
        contacts=settings.contacts,
        compiled=settings.compiled,
        remembered_answers=settings.remembered_answers,
        max_waiting=settings.max_waiting,
    )
    page = build_page(assistant, suggestions=assistant.suggestions(n=_SUGGESTIONS), wording=wording, settings=settings)
    with launch(page, wording=wording, settings=settings) as running:
        announce(running.url)
        running.wait()


def _messages(history: object) -> list[dict[str, str]]:
    """Keep the plain texts of a conversation, newest last; whatever else a browser sends is dropped."""
    messages = []
    for message in history[-_MAX_MESSAGES:] if isinstance(history, list) else []:
        if isinstance(message, dict) and message.get("role") in ("user", "assistant"):
            content = _text_of(message.get("content"))
            if content:
                messages.append({"role": str(message["role"]), "content": content})
    return messages


def _text_of(content: object) -> str:
    """Join the texts of one message; Gradio sends a list of parts and takes a plain string."""
    if isinstance(content, str):
        return content.encode(errors="replace").decode()
    parts = content if isinstance(content, list) else []
    return "".join(
        part["text"].encode(errors="replace").decode()
        for part in parts
        if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
    )


def _previous(messages: Sequence[dict[str, str]], max_characters: int) -> tuple[str, ...]:
    """List the last questions of a conversation, oldest first, without those that are longer than a question may be."""
    asked = (html.unescape(message["content"]).strip() for message in messages if message["role"] == "user")
    return tuple(text for text in asked if 0 < len(text) <= max_characters)[-_MAX_PREVIOUS:]


def _inert(question: str) -> str:
    """Write a question so that the chat's Markdown reader shows it as typed; `html.unescape` gives it back.

    Every mark becomes an entity: a question may hold an image or a link, and the page must fetch neither.
    """
    return "".join(f"&#{ord(mark)};" if mark in string.punctuation else mark for mark in " ".join(question.split()))


def _note(sentence: str) -> str:
    return f'<p role="alert">{html.escape(sentence)}</p>'


def _title(wording: Wording) -> str:
    title, introduction = html.escape(wording.page["title"]), html.escape(wording.page["introduction"])
    return f'<h1>{title}</h1><p id="introduction">{introduction}</p>'


def _head(wording: Wording) -> str:
    """Put style and script into the page's head; Gradio's `css` would narrow rules inside `@media` to its own frame."""
    names = {"you": "you", "answer": "answer", "conversation": "conversation_label", "waiting": "waiting"}
    words = {"language": wording.language} | {name: wording.page[key] for name, key in names.items()}
    # "<" is escaped, so that no sentence can end the script.
    data = json.dumps(words).replace("<", "\\u003c")
    return (
        f"<style>{_asset('chat.css')}</style>\n"
        f"<script>window.rednessQA = {data};</script>\n<script>{_asset('chat.js')}</script>"
    )


def _asset(name: str) -> str:
    return _asset_path(name).read_text(encoding="utf-8")


def _asset_path(name: str) -> Path:
    return Path(__file__).parent / "chat_assets" / name


def _theme() -> gr.themes.Base:
    """Fonts of the reader's own machine, and our colours (light, dark) in place of the stock orange."""
    import gradio as gr

    theme = gr.themes.Default(
        primary_hue="cyan",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    colours: dict[str, str] = {}
    for name, (light, dark) in json.loads(_asset("colours.json")).items():
        colours |= {name: light, f"{name}_dark": dark}
    return theme.set(**colours, button_border_width="1px", block_shadow="none", block_shadow_dark="none")


def _report_nothing_home() -> None:
    """Tell Gradio, before it is imported, to contact nobody."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
