"""What comes in: at most so many bytes, in so many seconds, as JSON, and so many questions a minute."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from redness_qa.api.languages import language_of_reader
from redness_qa.api.rates import Rates
from redness_qa.api.refusals import BUSY, FAILED, NOT_JSON, TOO_LARGE, TOO_MANY, TOO_SLOW, Refusal, Refused
from redness_qa.wording import Wording

_LOG = logging.getLogger(__name__)

MAX_BODY_BYTES = 64_000
BODY_SECONDS = 10.0
RESPONSE_SECONDS = 120.0
MAX_AT_WORK = 256

_TOO_LARGE = TOO_LARGE.filled(kilobytes=MAX_BODY_BYTES // 1000)

_ASKING = re.compile(r"/api/ask|/gradio_api/(?:queue/join|call/(?:v2/)?[^/]+|run/[^/]+|mcp)/?")
_ENDLESS = ("/gradio_api/heartbeat/",)  # open as long as the page is


class Intake:
    """Reads a request's body whole before it goes on, and refuses it where a bound is passed (raw ASGI).

    Refusals stand inside the CORS headers, so that a listed site can read why.
    """

    def __init__(
        self, app: ASGIApp, *, wordings: Mapping[str, Wording], rates: Rates, on_refusal: Callable[[str], None]
    ) -> None:
        self._app = app
        self._wordings = wordings
        self._rates = rates
        self._on_refusal = on_refusal
        self._at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = is_crowded = False

        async def watched_send(message: Message) -> None:
            nonlocal started, is_crowded
            # Gradio says in English that its queue is full; ours raise `Refused` instead.
            is_crowded = is_crowded or message.get("status") == 503
            if not is_crowded:
                started = started or message["type"] == "http.response.start"
                await send(message)

        refusal: Refusal
        body = b""
        self._at_work += 1
        try:
            if self._at_work > MAX_AT_WORK:
                raise Refused(BUSY)
            body = await self._body(scope, receive)
            await self._count(scope)
            seconds = None if scope["path"].startswith(_ENDLESS) else RESPONSE_SECONDS
            await asyncio.wait_for(self._app(scope, _replayed(body, receive), watched_send), seconds)
            if not is_crowded:
                return
            refusal = BUSY
        except Refused as refused:
            refusal = refused.refusal
        except asyncio.TimeoutError:
            refusal = BUSY
        except Exception as error:
            # The kind of fault only: its message or trace could hold what a patient typed.
            _LOG.error("A request failed: %s", type(error).__name__)
            refusal = FAILED
        finally:
            self._at_work -= 1
        self._on_refusal(refusal.code)
        if not started:
            response = refusal.with_header("Connection", "close") if refusal is TOO_SLOW else refusal
            wording = self._wordings[language_of_reader(scope, body)]
            await response.to_response(wording)(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """Read the body of a request that has one."""
        headers = Headers(scope=scope)
        if scope["method"] not in ("POST", "DELETE"):
            return b""
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            raise Refused(_TOO_LARGE)
        if scope["method"] == "POST" and not _is_json(headers.get("content-type", "")):
            raise Refused(NOT_JSON)
        try:
            return await asyncio.wait_for(_read(receive), BODY_SECONDS)
        except asyncio.TimeoutError as error:
            raise Refused(TOO_SLOW) from error

    async def _count(self, scope: Scope) -> None:
        if scope["method"] != "POST" or not _ASKING.fullmatch(scope["path"]):
            return
        client = scope["client"][0] if scope.get("client") else ""
        seconds = await self._rates.wait_seconds(client)
        if seconds:
            raise Refused(TOO_MANY.with_header("Retry-After", seconds))


async def _read(receive: Receive) -> bytes:
    """Read a body to its end, counting: its length need not be told beforehand."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(TOO_SLOW)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise Refused(_TOO_LARGE)
        more = message.get("more_body", False)
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hand over a body that was read; after it only the end of the connection is to come."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
