"""Runs the application: one process, one listening socket, and a stop that lets answers under way finish."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

import uvicorn

from redness_qa.api.policy import Policy
from redness_qa.errors import SettingsError
from redness_qa.serving.building import build
from redness_qa.serving.connections import GuardedProtocol
from redness_qa.serving.resources import return_free_memory
from redness_qa.settings import PORT_VARIABLE, Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

_BACKLOG = 256
_IDLE_SECONDS = 15
_STOP_SECONDS = 30  # answers under way have this long to finish


class _Server(uvicorn.Server):
    """A server that says when it is up."""

    def __init__(self, config: uvicorn.Config, *, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()


class RunningServer:
    """A server in a thread of its own; stopped when used as a context manager.

    Attributes:
        url: Where the page is, with a slash at the end.
    """

    def __init__(self, application: FastAPI, *, listening: socket.socket) -> None:
        started = threading.Event()
        self.url = address_of(listening)
        self._listening = listening
        self._server = _Server(configuration(application), on_start=started.set)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        while not started.wait(0.05):
            if not self._thread.is_alive():
                raise RuntimeError("the server ended before it was up")

    def close(self) -> None:
        """Take no more questions, let those under way finish, and free the port."""
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(application: FastAPI, *, settings: Settings) -> RunningServer:
    """Serve an application in the background.

    Raises:
        SettingsError: Nothing can listen on that host and port.
    """
    return RunningServer(application, listening=listen(settings))


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Load the assistant and serve it until the process is told to stop (SIGINT or SIGTERM).

    Args:
        settings: Where the index is, where to listen, and what is open to whom.
        announce: Called with a line at a time: the policy in force, then the address when it is up.

    Raises:
        RednessQAError: The index, the model or a setting cannot be used.
    """
    return_free_memory()
    with contextlib.closing(listen(settings)) as listening:
        run(build(settings).application, settings=settings, listening=listening, announce=announce)


def run(application: FastAPI, *, settings: Settings, listening: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve an application on a socket until the process is told to stop."""

    def announce_start() -> None:
        for line in describe(settings):
            announce(line)
        announce(f"The chat is at {address_of(listening)} (Ctrl+C stops it).")

    with contextlib.suppress(KeyboardInterrupt):
        _Server(configuration(application), on_start=announce_start).run(sockets=[listening])


def configuration(application: FastAPI) -> uvicorn.Config:
    """Configure the server: no access log, nobody's word on whom a request is from, and bounds on connections."""
    return uvicorn.Config(
        application,
        http=GuardedProtocol,
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
        h11_max_incomplete_event_size=16 * 1024,
    )


def listen(settings: Settings) -> socket.socket:
    """Take the port before anything is loaded.

    Raises:
        SettingsError: Nothing can listen on that host and port.
    """
    host = settings.host.strip("[]")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise SettingsError(
            f"{PORT_VARIABLE}: cannot listen on {settings.host} port {settings.port}. "
            "Stop what uses that port, or give another one."
        ) from error
    return listening


def address_of(listening: socket.socket) -> str:
    """Write the address of the page; a server on all addresses is named by this machine's own."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def describe(settings: Settings) -> tuple[str, ...]:
    """Say in a few lines what is open to whom, and what is kept."""
    proxies = ", ".join(str(network) for network in settings.trusted_proxies)
    return (
        Policy(settings.origins).describe(),
        f"Clients are told apart by what {proxies} say of them." if proxies else "No proxy is trusted.",
        f"A client may ask {settings.questions_a_minute} questions a minute, all together "
        f"{settings.questions_a_minute_overall}.",
        "No question is stored or logged."
        if settings.store_days is None
        else f"Questions are kept for {settings.store_days} days in {settings.store_folder}, without names.",
        "The tool `ask` is offered by MCP." if settings.serves_mcp else "MCP is off.",
    )
