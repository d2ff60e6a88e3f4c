from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redness_qa.contacts import EMERGENCY_NUMBERS, Contacts, is_telephone


@pytest.mark.parametrize("country", sorted(EMERGENCY_NUMBERS))
def test_the_number_of_a_country_is_an_emergency_number_there(country: str) -> None:
    assert country in phonenumbers.SUPPORTED_REGIONS
    assert phonenumbers.is_emergency_number(EMERGENCY_NUMBERS[country], country)


def test_the_library_tells_a_wrong_number() -> None:
    assert not phonenumbers.is_emergency_number("911", "GB")
    assert not phonenumbers.is_emergency_number("112", "NZ")
    assert not phonenumbers.is_emergency_number("999", "US")


def test_every_member_of_the_european_union_has_112() -> None:
    """Directive (EU) 2018/1972, article 109: 112 is the single European emergency number."""
    members = [
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    ]

    assert {country: EMERGENCY_NUMBERS.get(country) for country in members} == dict.fromkeys(members, "112")


def test_every_number_can_be_dialled_as_it_stands() -> None:
    assert all(is_telephone(number) and number.isdigit() for number in EMERGENCY_NUMBERS.values())


def test_nobody_is_known_until_somebody_is_named() -> None:
    assert Contacts() == Contacts(emergency_number=None, clinic_telephone=None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("112", id="short"),
        pytest.param("02079460000", id="digits"),
        pytest.param("+442079460000", id="plus"),
        pytest.param("+44 20 7946 0000", id="spaces"),
        pytest.param("+44 (0)20 7946-0000", id="brackets and hyphen"),
        pytest.param("030/1234.56", id="stroke and dot"),
        pytest.param("1" * 31, id="as long as can be"),
        pytest.param(
            "(506) 234-5678",
            id="bracket first, as in 48 countries",
        ),
    ],
)
def test_a_telephone_number_is_digits_with_signs_between_them(text: str) -> None:
    assert is_telephone(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("+", id="plus alone"),
        pytest.param("1", id="one digit"),
        pytest.param("++4420", id="two pluses"),
        pytest.param("44+20", id="plus inside"),
        pytest.param(" 112", id="space before"),
        pytest.param("112\n", id="line end"),
        pytest.param("020\t7946", id="tab"),
        pytest.param("call 112", id="words"),
        pytest.param("0800 CLINIC", id="letters"),
        pytest.param("112, then 3", id="comma"),
        pytest.param("tel:112", id="scheme"),
        pytest.param("١١٢", id="other digits"),
        pytest.param("1" * 33, id="too long"),
        pytest.param("<b>112</b>", id="mark-up"),
        pytest.param("{signs}", id="a field of ours"),
    ],
)
def test_other_texts_are_none(text: str) -> None:
    assert not is_telephone(text)


@given(st.text(max_size=40))
def test_what_passes_holds_nothing_but_digits_and_signs(text: str) -> None:
    if is_telephone(text):
        assert set(text) <= set("+0123456789 ()./-")
        assert text[0] in "+0123456789"
        assert sum(letter.isdigit() for letter in text) >= 1


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_numbers_as_they_are_written_across_borders_pass(country: str) -> None:
    example = phonenumbers.example_number(country)
    assert example is not None
    for form in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
        assert is_telephone(phonenumbers.format_number(example, form))
