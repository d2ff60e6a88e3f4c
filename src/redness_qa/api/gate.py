"""The outermost door: which addresses there are, whose word counts, and the headers of every response."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from redness_qa.addresses import Network, client_behind, is_within
from redness_qa.api.languages import language_of_reader
from redness_qa.api.policy import Policy
from redness_qa.api.refusals import (
    BAD_REQUEST,
    FAILED,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    ORIGIN_NOT_LISTED,
    Refusal,
    Refused,
)
from redness_qa.wording import Wording

_LOG = logging.getLogger(__name__)

METRICS_PATH = "/metrics"
MCP_PATH = "/gradio_api/mcp"

# What the page asks for. Everything else that Gradio offers stays shut: uploads, files, proxying, monitoring, runs.
_PAGE_PATHS = {
    **dict.fromkeys(("/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt"), ("GET", "HEAD")),
    **dict.fromkeys(("/gradio_api/theme.css", "/gradio_api/info", "/gradio_api/queue/data"), ("GET", "HEAD")),
    **dict.fromkeys(("/gradio_api/startup-events",), ("GET", "HEAD")),
    **dict.fromkeys(("/gradio_api/queue/join", "/gradio_api/cancel", "/gradio_api/reset"), ("POST",)),
}
_PAGE_FOLDERS = {
    **dict.fromkeys(("/assets/", "/static/", "/gradio_api/heartbeat/"), ("GET", "HEAD")),
    **dict.fromkeys(("/gradio_api/call/",), ("GET", "POST")),
    **dict.fromkeys(("/gradio_api/run/",), ("POST",)),
}
_PATH = re.compile(r"/(?:[A-Za-z0-9_.~@+,=-]+/?)*")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_CLAIMS = re.compile(rb"x-forwarded-.*|forwarded|x-real-ip|x-gradio-server|x-original-.*|x-rewrite-.*")
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word is taken.

    Attributes:
        proxies: Machines that may say whom they speak for.
        metrics_readers: Machines that may read the counts, beside this one.
    """

    proxies: tuple[Network, ...]
    metrics_readers: tuple[Network, ...]


class Gate:
    """Lets through what the page and our own routes need, and nothing else (raw ASGI, so that streams stay streams).

    Headers by which a proxy says whom it speaks for are read where the proxy is listed and taken away in any case,
    so that nothing behind the gate can be told a forged host, scheme or client.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        wordings: Mapping[str, Wording],
        own_routes: Callable[[], Sequence[BaseRoute]],
        policy: Policy,
        trust: Trust,
        serves_mcp: bool,
        on_refusal: Callable[[str], None],
    ) -> None:
        self._app = app
        self._wordings = wordings
        self._own_routes = own_routes
        self._policy = policy
        self._trust = trust
        self._serves_mcp = serves_mcp
        self._on_refusal = on_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(scope, message)
            await send(message)

        async def refuse(refusal: Refusal) -> None:
            self._on_refusal(refusal.code)
            if not started:
                response = refusal.to_response(self._wordings[language_of_reader(scope)])
                await response(scope, receive, send_with_headers)

        try:
            self._check(scope)
            await self._app(scope, receive, send_with_headers)
        except Refused as refused:
            await refuse(refused.refusal)
        except Exception as error:
            # The kind of fault only: its message or trace could hold what a patient typed.
            _LOG.error("A request failed: %s", type(error).__name__)
            await refuse(FAILED)

    def _check(self, scope: Scope) -> None:
        """Read whom the request is from, and refuse it if it may not go on."""
        direct = self._read_claims(scope)
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            raise Refused(BAD_REQUEST)
        path, method, origin = scope["path"], scope["method"], headers.get("origin")
        methods = self._methods(scope) if is_plain(path) else set()
        if not methods or (path == METRICS_PATH and not self._may_read_metrics(scope, direct=direct)):
            raise Refused(NOT_FOUND)
        if origin is not None and method not in ("GET", "HEAD") and not self._policy.allows(origin, host=hosts[0]):
            raise Refused(ORIGIN_NOT_LISTED)
        is_preflight = method == "OPTIONS" and origin is not None and "access-control-request-method" in headers
        if method not in methods and not is_preflight:
            named = ", ".join(sorted(methods))
            raise Refused(METHOD_NOT_ALLOWED.filled(methods=named).with_header("Allow", named))

    def _read_claims(self, scope: Scope) -> bool:
        """Take what a listed proxy says of its client, drop all such headers, and tell whether the client is known."""
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else ""
        claimed = any(_CLAIMS.fullmatch(name) for name, _ in scope["headers"])
        is_trusted = is_within(peer, self._trust.proxies)
        if is_trusted:
            forwarded = ",".join(headers.getlist("x-forwarded-for"))
            client = client_behind(peer, forwarded.split(",") if forwarded else (), self._trust.proxies)
            scope["client"] = (client, 0)
            if headers.get("x-forwarded-proto") in ("http", "https"):
                scope["scheme"] = headers["x-forwarded-proto"]
        scope["headers"] = [(name, value) for name, value in scope["headers"] if not _CLAIMS.fullmatch(name)]
        return is_trusted or not claimed

    def _may_read_metrics(self, scope: Scope, *, direct: bool) -> bool:
        address = scope["client"][0] if scope.get("client") else ""
        return direct and is_within(address, (*_LOOPBACK, *self._trust.metrics_readers))

    def _methods(self, scope: Scope) -> set[str]:
        """List the methods that an address takes; none where there is nothing at it."""
        methods: set[str] = set()
        for route in self._own_routes():
            match, _ = route.matches(scope)
            if match is not Match.NONE:
                methods |= getattr(route, "methods", None) or set()
        path = scope["path"]
        methods.update(_PAGE_PATHS.get(path, ()))
        for folder, allowed in _PAGE_FOLDERS.items():
            if path.startswith(folder) and path != folder:
                methods.update(allowed)
        if self._serves_mcp and path in (MCP_PATH, f"{MCP_PATH}/"):
            methods.add("POST")
        return methods

    def _add_headers(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._policy.headers.items():
            headers.setdefault(name, value)
        is_page = headers.get("content-type", "").startswith("text/html")
        policy = self._policy.content_security_policy(inline=True) if is_page else self._policy.data_policy
        headers.setdefault("Content-Security-Policy", policy)
        if scope["path"].startswith("/assets/") and message["status"] == 200:
            headers["Cache-Control"] = _FOREVER  # their names carry a hash of what is in them
        elif not scope["path"].startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")


def is_plain(path: str) -> bool:
    """Tell whether a path is written plainly: no way up, no empty part, no mark that a file system may read anew."""
    return _PATH.fullmatch(path) is not None and not any(part in (".", "..") for part in path.split("/"))
