"""A small server for tests of the benchmark: answers every question, but for each third one it is too busy."""

from __future__ import annotations

import argparse
import itertools
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ASKED = itertools.count(1)
REFUSES = os.environ.get("REFUSES") == "1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply(200)

    def do_POST(self) -> None:
        record = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        refuses = REFUSES and next(ASKED) % 3 == 0
        self._reply(404 if self.path != "/api/ask" or set(record) != {"question"} else 503 if refuses else 200)

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _reply(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler).serve_forever()
