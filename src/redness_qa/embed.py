"""The questions panel for other web sites: its script, the page for a frame, and the lines that a web master copies."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from redness_qa.contacts import Contacts
from redness_qa.errors import SettingsError
from redness_qa.triage import Urgency
from redness_qa.triage.signs import SignTable
from redness_qa.wording import Wording

_PAGE_WORDS = (
    *("title", "introduction", "question_label", "question_placeholder", "ask", "suggestions_label"),
    *("conversation_label", "waiting", "sources_label", "grade_a", "grade_b", "grade_c", "source", "sources"),
    *("heading_contact_clinic", "heading_emergency", "you", "answer", "emergency", "empty_question", "failed"),
)
_EMBED_WORDS = ("launcher", "close", "start_over", "busy", "unavailable", "offline")
_START_OF_NOTICE = 14  # characters that tell the notices in other languages apart
_LONGEST_VERSION = 12

SITES = ("html", "iframe", "wordpress", "wix", "react")
"""Kinds of web site that there are lines for."""


@dataclass(frozen=True, slots=True)
class Embed:
    """What a server offers for other web sites; the same settings give the same bytes.

    Attributes:
        script: `embed.js`, in UTF-8.
        page: The page for a frame, in UTF-8; it reads well without its script too.
        style_hash: What a Content-Security-Policy names for the style in the page, such as "sha256-...".
        title: The page's title.
        emergency: The sentence that stands in place of the panel where no script runs.
    """

    script: bytes
    page: bytes
    style_hash: str
    title: str
    emergency: str

    @classmethod
    def build(cls, *, contacts: Contacts, max_question_characters: int) -> Embed:
        """Put words, style and script together.

        Args:
            contacts: Numbers that stand in the words.
            max_question_characters: Longest question that the server answers.
        """
        wording = Wording.load(contacts=contacts)
        script = _script([wording], max_question_characters=max_question_characters)
        style = _shortened(_asset("page.css"))
        return cls(
            script=script,
            page=_page(wording, style=style, script=script),
            style_hash=_hash("sha256", style.encode()),
            title=wording.page["title"],
            emergency=wording.page["emergency"],
        )

    @property
    def integrity(self) -> str:
        """The subresource-integrity value of the script."""
        return _hash("sha384", self.script)

    @property
    def version(self) -> str:
        """A short name of the script's content, for its address."""
        return _version(self.script)

    def lines(self, site: str, *, url: str) -> str:
        """Write what a web master copies.

        Args:
            site: One of `SITES`.
            url: Where the server is reached from outside, such as "https://faq.example.org".

        Raises:
            SettingsError: The address cannot be used.
        """
        template = string.Template(_asset(f"lines/{site}.txt"))
        return template.substitute(
            url=_address(url),
            version=self.version,
            integrity=self.integrity,
            title=html.escape(self.title),
            emergency=html.escape(self.emergency),
        )


def _address(url: str) -> str:
    """Check the address of a server: https, or http on this machine; no slash at the end."""
    remedy = "Give where the server is reached from outside, such as https://faq.example.org."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"--url: {url!r} is not an address ({error}). {remedy}") from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "::1", "localhost"))
    if not host or not secure or not re.fullmatch(r"[A-Za-z0-9.:\[\]_/~-]+", url) or "@" in parts.netloc:
        raise SettingsError(f"--url: {url!r} cannot be embedded. {remedy}")
    return url.rstrip("/")


def _script(wordings: Sequence[Wording], *, max_question_characters: int) -> bytes:
    words = {wording.language: _words(wording, max_question_characters) for wording in wordings}
    text = _shortened(_asset("embed.js"))
    for mark, value in (("@words@", words), ("@style@", _shortened(_asset("embed.css")))):
        text = text.replace(f'"{mark}"', json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return text.encode()


def _words(wording: Wording, max_question_characters: int) -> dict[str, Any]:
    """Choose the sentences that the panel shows; the notices in other languages are known by how they start."""
    too_long = wording.page["long_question"].format(characters=max_question_characters)
    return {
        "language": wording.language,
        "disclaimer": wording.disclaimer,
        "status": dict(wording.status),
        "page": {name: wording.page[name] for name in _PAGE_WORDS} | {"long_question": too_long},
        "embed": {name: wording.embed[name] for name in _EMBED_WORDS},
        "languages": [[code, notice[:_START_OF_NOTICE]] for code, notice in wording.other_languages.items()],
    }


def _page(wording: Wording, *, style: str, script: bytes) -> bytes:
    signs = {urgency: _items(_labels(urgency)) for urgency in (Urgency.EMERGENCY, Urgency.CONTACT_CLINIC)}
    words = {
        "language": wording.language,
        "title": wording.page["title"],
        "disclaimer": wording.disclaimer,
        "emergency": wording.page["emergency"],
        "link": wording.embed["link"],
        "signs_heading": wording.embed["signs_heading"],
        "signs_emergency": wording.embed["signs_emergency"],
        "signs_contact_clinic": wording.embed["signs_contact_clinic"],
        "version": _version(script),
        "integrity": _hash("sha384", script),
    }
    marked_up = {"style": style, "emergency_signs": signs[Urgency.EMERGENCY]}
    marked_up["contact_clinic_signs"] = signs[Urgency.CONTACT_CLINIC]
    escaped = {name: html.escape(text) for name, text in words.items()}
    return string.Template(_asset("page.html")).substitute(escaped | marked_up).encode()


def _labels(urgency: Urgency) -> list[str]:
    """Name the warning signs of one level, without those that no words name."""
    signs = (rule.sign for rule in SignTable.load().rules if rule.phrases or rule.possible)
    return list(dict.fromkeys(sign.label for sign in signs if sign.urgency is urgency))


def _items(labels: Iterable[str]) -> str:
    return "".join(f"<li>{html.escape(label)}</li>" for label in labels)


def _asset(name: str) -> str:
    return resources.files("redness_qa").joinpath("embed_assets", name).read_text(encoding="utf-8")


def _shortened(source: str) -> str:
    """Leave out what only those who read the source need: comments on lines of their own, indents, empty lines."""
    without = re.sub(r"^\s*/\*.*?\*/", "", source, flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in without.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def _hash(algorithm: str, content: bytes) -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def _version(script: bytes) -> str:
    return hashlib.sha256(script).hexdigest()[:_LONGEST_VERSION]
