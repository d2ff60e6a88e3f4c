"""The fixed sentences of ours that a reader sees; one YAML file for each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from redness_qa.contacts import Contacts

_Words = str | dict[str, "_Words"]


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
    """

    language: str
    disclaimer: str
    status: Mapping[str, str]
    urgency: Mapping[str, str]
    urgency_before: Mapping[str, str]
    page: Mapping[str, str]

    @classmethod
    def load(cls, language: str = "en", *, contacts: Contacts | None = None) -> Wording:
        """Load the sentences in one language.

        Args:
            language: Language tag of a file beside this one.
            contacts: Numbers to put in; without one the sentences say "your clinic" and "your emergency number".

        Raises:
            FileNotFoundError: There is no wording in that language.
        """
        text = resources.files(__name__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")
        fields: dict[str, Any] = yaml.safe_load(text)
        words, contacts = fields.pop("contacts"), contacts or Contacts()
        telephone = contacts.clinic_telephone
        filled = {
            "{clinic}": words["clinic_with_telephone"].format(telephone=telephone) if telephone else words["clinic"],
            "{emergency_number}": contacts.emergency_number or words["emergency_number"],
        }
        sentences: dict[str, Any] = {name: _fill(value, filled) for name, value in fields.items()}
        return cls(**sentences)


def _fill(value: _Words, filled: Mapping[str, str]) -> _Words:
    """Put the contacts into a sentence, or into each of several."""
    if isinstance(value, dict):
        return {name: _fill(sentence, filled) for name, sentence in value.items()}
    sentence = value
    for field, words in filled.items():
        sentence = sentence.replace(field, words)
    return sentence
