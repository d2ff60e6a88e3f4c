"""In which language a request is refused: that of its reader, as far as the request tells."""

from __future__ import annotations

import json
import re

from starlette.datastructures import Headers
from starlette.types import Scope

from redness_qa.wording import LANGUAGES, language_of_address

ASK_PATH = "/api/ask"
_PAGE_CALLS = "/gradio_api/"

_WANTED = re.compile(
    r"\s*(?P<tag>[a-z]{1,8}|\*)(?:-[a-z0-9-]+)?\s*(?:;\s*q=(?P<weight>[01](?:\.[0-9]{0,3})?)\s*)?",
    re.ASCII | re.IGNORECASE,
)


def language_of_reader(scope: Scope, body: bytes = b"") -> str:
    """Tell the language of `LANGUAGES` that a request is to be refused in.

    A question says it by its field `language`, the chat page by `lang` in its address, which Gradio sends along with
    every call; without one the page is in the first language, so its refusals are too. Everything else is refused in
    what the browser prefers.

    Args:
        scope: The request.
        body: What was read of it.
    """
    path = scope["path"]
    said = _in_question(body) if path == ASK_PATH else None
    said = said or language_of_address(scope.get("query_string", b""))
    if said is not None:
        return said
    if path.startswith(_PAGE_CALLS):
        return LANGUAGES[0]
    return preferred(",".join(Headers(scope=scope).getlist("accept-language")))


def preferred(accept_language: str) -> str:
    """Choose of `LANGUAGES` by the header Accept-Language (RFC 9110, 12.5.4), whatever stands in it.

    The best of those that it names is taken, of equals the one that it names first; the first of all if it names none.
    """
    best, highest = LANGUAGES[0], 0.0
    for part in accept_language.split(","):
        wanted = _WANTED.fullmatch(part)
        if wanted is None:
            continue
        language = LANGUAGES[0] if wanted["tag"] == "*" else wanted["tag"].lower()
        weight = float(wanted["weight"] or 1)
        if language in LANGUAGES and weight > highest:
            best, highest = language, weight
    return best


def _in_question(body: bytes) -> str | None:
    """Read the field `language` of a question that need not be sound."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    language = asked.get("language") if isinstance(asked, dict) else None
    return language if isinstance(language, str) and language in LANGUAGES else None
