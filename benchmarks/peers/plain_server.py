"""A server as most people would write it: one FastAPI route around the plain search, in a thread for each request.

`plain_server.py FOLDER --port PORT` serves what `plain.py store FOLDER` kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from plain import load
from pydantic import BaseModel


class Question(BaseModel):
    """What is posted."""

    question: str


def main() -> None:
    """Load the model, then serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    search = load(arguments.folder)
    app = FastAPI()

    @app.get("/")
    def home() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/api/ask")
    def ask(question: Question) -> dict[str, list[str]]:
        return {"answers": search(question.question)}

    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
