"""The fixed sentences of ours that a reader sees; one YAML file for each language.

`disclaimer.yaml` holds the notice that stands everywhere, in every language. `languages.yaml` holds the one notice that
is said in languages that the rest is not written in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from redness_qa.contacts import Contacts
from redness_qa.packaged import read_packaged

LANGUAGES = ("en", "es")
"""Languages (ISO 639-1) that the sentences are written in; the first is that of the guide."""

_Words = str | dict[str, "_Words"]


def language_of_address(query: bytes) -> str | None:
    """Tell which of `LANGUAGES` the query of an address asks for by `lang`, the last one; None if none of them."""
    asked = parse_qs(query.decode("latin-1")).get("lang", [""])[-1]
    return asked if asked in LANGUAGES else None


@dataclass(frozen=True, slots=True)
class CheckedSign:
    """One line of the list of warning signs that a reader goes through.

    Attributes:
        says: The line.
        signs: Names of the warning signs that it stands for.
    """

    says: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """The fixed sentences in one language.

    Attributes:
        language: Language tag (BCP 47).
        disclaimer: The medical-safety notice that stands in every answer.
        status: Opening words by status value, such as "not_covered".
        urgency: Advice by urgency value, with the field `{signs}`; none for "routine".
        urgency_before: The same where only an earlier message of the conversation calls for it.
        page: Strings of the chat page by name.
        signs: Names of warning signs in this language by the sign's name; the table's own label serves where it is
            missing.
        check: Warning signs to go through without typing, by urgency value.
        screened: What is said to a message that is no question to the guide, by kind, such as "gibberish".
        other_languages: What is said to a message in another language, in that language (ISO 639-1); the sentence
            "other_language" of `screened` serves where it is missing.
        embed: Strings of the panel on another page by name; it takes the rest from `page`.
        refusals: What is said where a request is refused, by the code of the HTTP API.
        reasons: Why a field cannot be used, by name; put into the refusal "bad_field".
        contacts: The numbers that stand in the sentences.
    """

    language: str
    disclaimer: str
    status: Mapping[str, str]
    urgency: Mapping[str, str]
    urgency_before: Mapping[str, str]
    page: Mapping[str, str]
    signs: Mapping[str, str]
    check: Mapping[str, tuple[CheckedSign, ...]]
    screened: Mapping[str, str]
    other_languages: Mapping[str, str]
    embed: Mapping[str, str]
    refusals: Mapping[str, str]
    reasons: Mapping[str, str]
    contacts: Contacts

    @classmethod
    def load(cls, language: str = "en", *, contacts: Contacts | None = None) -> Wording:
        """Load the sentences in one language.

        Args:
            language: Language tag of a file beside this one.
            contacts: Numbers to put in; without one the sentences say "your clinic" and "your emergency number".

        Raises:
            FileNotFoundError: There is no wording in that language.
        """
        return _load(language, contacts or Contacts())

    def in_language(self, language: str) -> Wording:
        """Give the same sentences, with the same numbers, in another language of `LANGUAGES`.

        Raises:
            FileNotFoundError: There is no wording in that language.
        """
        return _load(language, self.contacts)


@cache
def _load(language: str, contacts: Contacts) -> Wording:
    fields = _read(language)
    fields["disclaimer"] = _read("disclaimer")[language]
    words, telephone = fields.pop("contacts"), contacts.clinic_telephone
    filled = {
        "{clinic}": words["clinic_with_telephone"].format(telephone=telephone) if telephone else words["clinic"],
        "{emergency_number}": contacts.emergency_number or words["emergency_number"],
    }
    check = {
        urgency: tuple(CheckedSign(line["says"], tuple(line["signs"])) for line in lines)
        for urgency, lines in fields.pop("check").items()
    }
    sentences: dict[str, Any] = {name: _fill(value, filled) for name, value in fields.items()}
    notices = {code: _notice(parts, contacts) for code, parts in _read("languages").items()}
    return Wording(**sentences, check=check, other_languages=notices, contacts=contacts)


def _read(name: str) -> dict[str, Any]:
    """Read a file of wording."""
    fields: dict[str, Any] = read_packaged(__name__, f"{name}.yaml")
    return fields


def _notice(parts: Mapping[str, str], contacts: Contacts) -> str:
    """Put the notice in one other language together, with the numbers that are known."""
    number, telephone = contacts.emergency_number, contacts.clinic_telephone or ""
    if telephone and unicodedata.bidirectional(parts["notice"][0]) in ("R", "AL"):
        telephone = f"\u2066{telephone}\u2069"  # isolated, so that its groups are not shown in reverse
    emergency = (
        parts["emergency"].replace("{emergency_number}", number) if number else parts["emergency_without_number"]
    )
    return f"{parts['notice'].replace('{telephone}', telephone and f' ({telephone})')} {emergency}"


def _fill(value: _Words, filled: Mapping[str, str]) -> _Words:
    """Put the contacts into a sentence, or into each of several."""
    if isinstance(value, dict):
        return {name: _fill(sentence, filled) for name, sentence in value.items()}
    sentence = value
    for field, words in filled.items():
        sentence = sentence.replace(field, words)
    return sentence
