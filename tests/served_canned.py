"""A server with canned answers, to be run as a process of its own: `python served_canned.py PORT [STORE_FOLDER]`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from answering import Canned
from redness_qa.serving import build_from
from redness_qa.serving.server import listen, run
from redness_qa.settings import Settings


def main() -> None:
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    settings = Settings(
        port=int(sys.argv[1]),
        questions_a_minute=100_000,
        questions_a_minute_overall=100_000,
        store_days=None if folder is None else 7,
        store_folder=folder,
    )
    seconds = float(os.environ.get("CANNED_SECONDS", "0.01"))
    assistant = Canned(before=lambda: time.sleep(seconds))

    built = build_from(assistant, suggestions=("How long?",), fingerprint="0123", settings=settings)
    run(
        built.application,
        settings=settings,
        listening=listen(settings),
        announce=lambda line: print(line, flush=True),  # noqa: T201
    )


if __name__ == "__main__":
    main()
