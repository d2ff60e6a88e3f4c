"""The fixed sentences of ours that a reader sees; one YAML file for each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Wording:
    """The fixed sentences in one language.

    Attributes:
        language: Language tag (BCP 47).
        disclaimer: The medical-safety notice that stands in every answer.
        status: Opening words by status value, such as "not_covered".
        urgency: Advice by urgency value, with the field `{signs}`; none for "routine".
        page: Strings of the chat page by name.
    """

    language: str
    disclaimer: str
    status: Mapping[str, str]
    urgency: Mapping[str, str]
    page: Mapping[str, str]

    @classmethod
    def load(cls, language: str = "en") -> Wording:
        """Load the sentences in one language.

        Raises:
            FileNotFoundError: There is no wording in that language.
        """
        text = resources.files(__name__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")
        fields: dict[str, Any] = yaml.safe_load(text)
        return cls(**fields)
