"""Start the server: settings, assistant, API and chat page."""

from __future__ import annotations

import sys

from redness_qa.errors import RednessQAError
from redness_qa.serving import serve
from redness_qa.settings import Settings


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Serve until it is interrupted; 1 means that it could not start."""
    try:
        serve(Settings.from_environment(), announce=_announce)
    except RednessQAError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
