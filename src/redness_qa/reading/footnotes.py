"""Read the sources that a footnote definition names."""

from __future__ import annotations

import re

from redness_qa.passages import Source

EXPECTED_FORM = "*Title*. Publisher, 2021. <https://address>. Grade A; note. Note: free text."
"""A source with every part; year, address, grade and note may be left out."""

_SOURCE = re.compile(
    r"""
    \*(?P<title>[^*]+)(?:\*\.|(?<=[.?!])\*)                 # *Title*.  or  *Title?*
    \s+(?P<publisher>.+?)                                   # may hold commas and periods
    (?:,\s+(?P<year>(?:1[89]|20)\d\d))?\.
    (?:\s+<(?P<url>https?://[^<>\s]+)>\.)?
    (?:\s+Grade\s+(?P<grade>[ABC])(?:;\s+(?P<qualifier>.+?))?\.)?
    (?:\s+Note:\s+(?P<note>.+))?
    """,
    re.VERBOSE,
)
# A publisher that matches holds a part that was misspelt, such as an address without angle brackets.
_NOT_A_PUBLISHER = re.compile(r"[<>]|https?:|\bNote:|(?:^|\.\s)Grade\b|^\d+$")


def parse_source(text: str) -> Source | None:
    """Read one source of the form `EXPECTED_FORM`; None if the text is not of that form."""
    match = _SOURCE.fullmatch(" ".join(text.split()))
    if match is None or _NOT_A_PUBLISHER.search(match["publisher"]):
        return None
    notes = (match["qualifier"], (match["note"] or "").removesuffix("."))
    return Source(
        title=match["title"].strip().removesuffix("."),
        publisher=match["publisher"],
        url=match["url"],
        year=int(match["year"]) if match["year"] else None,
        grade=match["grade"],
        note="; ".join(note for note in notes if note),
    )
