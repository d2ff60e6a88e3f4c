"""Connections that may not be held open for nothing: slow senders are cut off, and one client has only so many."""

from __future__ import annotations

import asyncio
from collections import Counter

from uvicorn.protocols.http.h11_impl import H11Protocol

from redness_qa.addresses import subscriber

HEAD_SECONDS = 10.0
MAX_CONNECTIONS = 1000
MAX_CONNECTIONS_OF_A_CLIENT = 250  # a proxy is one client here

_open: Counter[str] = Counter()


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 with a time for the head of a request; the keep-alive time of uvicorn ends with its first byte."""

    _head_timer: asyncio.TimerHandle | None = None
    _client_name: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        self._client_name = subscriber(self.client[0]) if self.client else ""
        _open[self._client_name] += 1
        if _open.total() > MAX_CONNECTIONS or _open[self._client_name] > MAX_CONNECTIONS_OF_A_CLIENT:
            transport.close()
            return
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Read what came; the time for a head runs until it is whole."""
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """Wait for the next request; the keep-alive time runs until its first byte."""
        super().on_response_complete()
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        super().connection_lost(exc)
        self._stop_watching()
        if self._client_name is not None:
            _open[self._client_name] -= 1
            if not _open[self._client_name]:
                del _open[self._client_name]
            self._client_name = None

    def _watch_head(self) -> None:
        """Run the time while no request is served: a head is awaited or half here, or a refused body still comes."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_watching()
        elif self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_watching(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
