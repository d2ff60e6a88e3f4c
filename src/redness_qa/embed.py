"""The questions panel for other web sites: its script, the page for a frame, and the lines that a web master copies."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from redness_qa.contacts import Contacts
from redness_qa.errors import SettingsError
from redness_qa.render import dialling
from redness_qa.wording import LANGUAGES, Wording

_PAGE_WORDS = (
    *("title", "introduction", "content_language", "question_label", "question_placeholder", "ask"),
    *("suggestions_label", "conversation_label", "waiting", "sources_label", "grade_a", "grade_b", "grade_c", "source"),
    *("sources", "heading_contact_clinic", "heading_emergency", "heading_partial", "heading_refer"),
    *("heading_not_covered", "heading_off_topic", "nearest_label", "dismiss", "you", "answer", "emergency"),
    *("empty_question", "failed"),
)
_EMBED_WORDS = ("launcher", "close", "start_over", "busy", "unavailable", "offline")
_START = 14  # characters that tell our sentences apart
_LONGEST_VERSION = 12

SITES = ("html", "iframe", "wordpress", "wix", "react")
"""Kinds of web site that there are lines for."""


@dataclass(frozen=True, slots=True)
class Embed:
    """What a server offers for other web sites; the same settings give the same bytes.

    Attributes:
        script: `embed.js`, in UTF-8, with the words of every language.
        pages: The page for a frame by language, in UTF-8; it reads well without its script too.
        style_hash: What a Content-Security-Policy names for the style in the pages, such as "sha256-...".
        wordings: The sentences by language.
    """

    script: bytes
    pages: Mapping[str, bytes]
    style_hash: str
    wordings: Mapping[str, Wording]

    @classmethod
    def build(cls, *, contacts: Contacts, max_question_characters: int) -> Embed:
        """Put words, style and script together.

        Args:
            contacts: Numbers that stand in the words.
            max_question_characters: Longest question that the server answers.
        """
        wordings = {language: Wording.load(language, contacts=contacts) for language in LANGUAGES}
        script = _script(wordings, max_question_characters=max_question_characters)
        style = _shortened(_asset("page.css"))
        return cls(
            script=script,
            pages={language: _page(each, style=style, script=script) for language, each in wordings.items()},
            style_hash=_hash("sha256", style.encode()),
            wordings=wordings,
        )

    @property
    def integrity(self) -> str:
        """The subresource-integrity value of the script."""
        return _hash("sha384", self.script)

    @property
    def version(self) -> str:
        """A short name of the script's content, for its address."""
        return _version(self.script)

    def lines(self, site: str, *, url: str, language: str = LANGUAGES[0]) -> str:
        """Write what a web master copies.

        Args:
            site: One of `SITES`.
            url: Where the server is reached from outside, such as "https://faq.example.org".
            language: One of `LANGUAGES`: that of the web site.

        Raises:
            SettingsError: The address cannot be used.
        """
        template = string.Template(_asset(f"lines/{site}.txt"))
        page = self.wordings[language].page
        is_first = language == LANGUAGES[0]
        return template.substitute(
            url=_address(url),
            version=self.version,
            integrity=self.integrity,
            attributes="" if is_first else f' data-language="{language}"',
            query="" if is_first else f"?lang={language}",
            title=html.escape(page["title"]),
            emergency=html.escape(page["emergency"]),
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


def _script(wordings: Mapping[str, Wording], *, max_question_characters: int) -> bytes:
    words = {language: _words(wording, max_question_characters) for language, wording in wordings.items()}
    notices = wordings[LANGUAGES[0]].other_languages
    starts = [[code, notice[:_START]] for code, notice in notices.items()]
    text = _shortened(_asset("embed.js"))
    filled = {"@words@": words, "@notices@": starts, "@style@": _shortened(_asset("embed.css"))}
    for mark, value in filled.items():
        text = text.replace(f'"{mark}"', json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return text.encode()


def _words(wording: Wording, max_question_characters: int) -> dict[str, Any]:
    """Choose the sentences that the panel shows; those that the server sends are known by how they start."""
    too_long = wording.page["long_question"].format(characters=max_question_characters)
    number, telephone = wording.contacts.emergency_number, wording.contacts.clinic_telephone
    call_clinic = wording.page["call_clinic"].format(telephone=telephone)
    advice = (*wording.urgency.values(), *wording.urgency_before.values())
    return {
        "language": wording.language,
        "disclaimer": wording.disclaimer,
        "page": {name: wording.page[name] for name in _PAGE_WORDS} | {"long_question": too_long},
        "embed": {name: wording.embed[name] for name in _EMBED_WORDS},
        "call": {
            "emergency": None if number is None else [wording.page["call_emergency"], dialling(number)],
            "contact_clinic": None if telephone is None else [call_clinic, dialling(telephone)],
        },
        "said": list(dict.fromkeys(text[:_START] for text in (*wording.status.values(), *advice))),
        "screened": [text[:_START] for text in wording.screened.values()],
    }


def _page(wording: Wording, *, style: str, script: bytes) -> bytes:
    signs = {
        f"{urgency}_signs": "".join(f"<li>{html.escape(line.says)}</li>" for line in lines)
        for urgency, lines in wording.check.items()
    }
    other = next(language for language in LANGUAGES if language != wording.language)
    words = {
        "language": wording.language,
        "other": other,
        "other_language": wording.page["other_language"],
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
    escaped = {name: html.escape(text) for name, text in words.items()}
    return string.Template(_asset("page.html")).substitute(escaped | signs | {"style": style}).encode()


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
