"""Start the chat page: settings, assistant, page, launch."""

from __future__ import annotations

import sys

from redness_qa.chat import serve
from redness_qa.errors import RednessQAError
from redness_qa.settings import Settings


def _announce(url: str) -> None:
    sys.stdout.write(f"The chat is at {url} (Ctrl+C stops it).\n")
    sys.stdout.flush()


def main() -> int:
    """Serve the chat until it is interrupted; 1 means that it could not start."""
    try:
        serve(Settings.from_environment(), announce=_announce)
    except RednessQAError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
