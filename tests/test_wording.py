from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from itertools import chain

import pytest
import yaml

from redness_qa.contacts import Contacts
from redness_qa.days import STAGES
from redness_qa.readability import flesch_kincaid_grade
from redness_qa.triage import Triage
from redness_qa.triage.text import split_sentences
from redness_qa.wording import LANGUAGES, Wording

ENGLISH, SPANISH = (Wording.load(language) for language in LANGUAGES)
FIELD = re.compile(r"\{\w+\}")


def _read(name: str) -> Mapping[str, object]:
    content: Mapping[str, object] = yaml.safe_load(
        resources.files("redness_qa.wording").joinpath(f"{name}.yaml").read_text("utf-8")
    )
    return content


def _strings(content: object, place: str = "") -> dict[str, str]:
    """List every string of a file by its place."""
    if isinstance(content, dict):
        parts = [_strings(value, f"{place}/{name}") for name, value in content.items()]
    elif isinstance(content, list):
        parts = [_strings(value, f"{place}/{number}") for number, value in enumerate(content)]
    else:
        return {place: str(content)}
    return dict(chain.from_iterable(part.items() for part in parts))


def test_both_languages_say_the_same_things() -> None:
    english, spanish = (
        {place: said for place, said in _strings(_read(language)).items() if not place.startswith("/signs/")}
        for language in LANGUAGES
    )

    assert set(english) == set(spanish)
    fields = {place: sorted(FIELD.findall(said)) for place, said in english.items()}
    assert {place: sorted(FIELD.findall(said)) for place, said in spanish.items()} == fields
    same = {said for place, said in english.items() if place.startswith("/page") and said == spanish[place]}
    assert same == {"No"}  # nothing was left untranslated


def test_the_disclaimer_stands_in_one_file_in_every_language() -> None:
    assert set(_read("disclaimer")) == set(LANGUAGES)
    assert all("disclaimer" not in _read(language) for language in LANGUAGES)
    assert SPANISH.disclaimer.startswith("Esta guía da información general.")


@pytest.mark.parametrize("contacts", [Contacts(), Contacts("112", "+44 20 7946 0000")], ids=["no number", "numbers"])
def test_the_disclaimer_reads_at_school_grade_six(contacts: Contacts) -> None:
    assert flesch_kincaid_grade(split_sentences(Wording.load(contacts=contacts).disclaimer)) <= 6


@pytest.mark.parametrize("wording", [ENGLISH, SPANISH], ids=LANGUAGES)
def test_the_check_goes_through_every_sign_at_its_urgency(wording: Wording) -> None:
    listed = [(name, urgency) for urgency, lines in wording.check.items() for line in lines for name in line.signs]
    known = [(sign.name, sign.urgency.value) for sign in Triage.load().signs if not sign.name.startswith("unnamed")]

    assert sorted(listed) == sorted(known)
    assert list(wording.check) == ["emergency", "contact_clinic"]  # the most urgent first


def test_every_sign_has_a_spanish_name() -> None:
    assert set(SPANISH.signs) == {sign.name for sign in Triage.load().signs}


@pytest.mark.parametrize("wording", [ENGLISH, SPANISH], ids=LANGUAGES)
def test_every_stage_has_a_heading(wording: Wording) -> None:
    assert all(wording.page[f"stage_{stage}"] for stage in STAGES)


def test_another_language_keeps_the_numbers() -> None:
    contacts = Contacts(emergency_number="112", clinic_telephone="020 7946 0000")
    spanish = Wording.load(contacts=contacts).in_language("es")

    assert "llame al 112" in spanish.disclaimer
    assert "su clínica (020 7946 0000)" in spanish.urgency["contact_clinic"]
    assert spanish.in_language("en") == Wording.load(contacts=contacts)
    assert "llame al número de emergencias" in SPANISH.disclaimer


def test_a_language_without_wording_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        Wording.load("tlh")
