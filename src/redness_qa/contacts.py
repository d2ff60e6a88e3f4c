"""Whom a patient is told to call: the emergency number and the clinic's telephone, as the clinic sets them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CALLING_112 = (
    *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IN", "IS"),
    *("IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "TR", "ZA"),
)

EMERGENCY_NUMBERS = {
    **dict.fromkeys(("AU",), "000"),
    **dict.fromkeys(("CA", "MX", "PH", "US"), "911"),
    **dict.fromkeys(("GB", "HK", "MY"), "999"),
    **dict.fromkeys(("NZ",), "111"),
    **dict.fromkeys(_CALLING_112, "112"),
}
"""Number for an ambulance by country (ISO 3166-1, two letters); tests hold it to the library phonenumbers."""

_TELEPHONE = re.compile(r"\+?\(?[0-9](?:[0-9 ()./-]{0,29}[0-9])")


@dataclass(frozen=True, slots=True)
class Contacts:
    """Telephone numbers that stand in the advice.

    Attributes:
        emergency_number: As dialled, such as "112"; None where the country is not known.
        clinic_telephone: As shown, such as "+44 20 7946 0000"; None where it is not known.
    """

    emergency_number: str | None = None
    clinic_telephone: str | None = None


def is_telephone(text: str) -> bool:
    """Tell whether a text can be a telephone number: digits, with spaces, brackets and hyphens between them."""
    return _TELEPHONE.fullmatch(text) is not None
