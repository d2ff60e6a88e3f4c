"""One server for everything: the assistant, the HTTP API and the chat page, in one process."""

from __future__ import annotations

from redness_qa.serving.building import Built, build, build_from
from redness_qa.serving.server import RunningServer, serve, start

__all__ = ["Built", "RunningServer", "build", "build_from", "serve", "start"]
