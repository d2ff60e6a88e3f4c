"""Puts the plain HTML of `shell` into Gradio's page as it is served, in the language that its address asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redness_qa.chat import shell
from redness_qa.days import ToldStage
from redness_qa.wording import LANGUAGES, Wording, language_of_address

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_IN_CONFIG = (
    *("title", "suggestions_label", "conversation_label", "question_label", "question_placeholder", "ask", "clear"),
)
"""Strings of the page that Gradio is given in one language and its configuration repeats."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is put around the conversation in one language, and the strings that are exchanged in it."""

    language: str
    head: bytes
    top: bytes
    bottom: bytes
    exchanged: Mapping[bytes, bytes]


class Framing:
    """ASGI middleware that completes Gradio's page; everything else passes as it is."""

    def __init__(self, app: ASGIApp, *, wording: Wording, stages: Sequence[ToldStage]) -> None:
        self._app = app
        self._frames = {language: _frame(wording, language, stages) for language in LANGUAGES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and complete what comes back if it is the page."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language = language_of_address(scope.get("query_string", b"")) or LANGUAGES[0]
        answered = _Completing(send, self._frames[language])
        await self._app(scope, receive, answered)


class _Completing:
    """Holds a page back until it is whole, and sends it completed; what is no page is sent on at once."""

    def __init__(self, send: Send, frame: _Frame) -> None:
        self._send = send
        self._frame = frame
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = _completed(self._body, self._frame)
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await self._send({**start, "headers": [*kept, length]})
        await self._send({"type": "http.response.body", "body": body})


def _is_page(start: Message) -> bool:
    kind = next((value for name, value in start["headers"] if name.lower() == b"content-type"), b"")
    return kind.startswith(b"text/html")


def _completed(body: bytes, frame: _Frame) -> bytes:
    if b"<gradio-app" not in body:
        return body
    for said, other in frame.exchanged.items():
        body = body.replace(said, other)
    before_head, _, rest = body.partition(b"</head>")
    inside_head, _, rest = rest.partition(b"<gradio-app")
    app, _, end = rest.rpartition(b"</body>")
    before_head = before_head.replace(b'lang="en"', f'lang="{frame.language}"'.encode(), 1)
    return b"".join(
        (
            before_head,
            frame.head,
            b"</head>",
            inside_head,
            frame.top,
            b"<gradio-app",
            app,
            frame.bottom,
            b"</body>",
            end,
        )
    )


def _frame(wording: Wording, language: str, stages: Sequence[ToldStage]) -> _Frame:
    words = wording.in_language(language)
    exchanged: dict[bytes, bytes] = {}
    if language != wording.language:
        for name in _IN_CONFIG:
            for mark in ("", "## "):  # a heading is Markdown there
                exchanged[_in_config(mark + wording.page[name])] = _in_config(mark + words.page[name])
    return _Frame(
        language=language,
        head=shell.head(words).encode(),
        top=shell.top(words, stages).encode(),
        bottom=shell.bottom().encode(),
        exchanged=exchanged,
    )


def _in_config(text: str) -> bytes:
    """Write a string as Gradio writes it into the configuration in its page."""
    written = json.dumps(text, ensure_ascii=False)
    for mark in "<>&'":
        written = written.replace(mark, f"\\u{ord(mark):04x}")
    return written.encode()
