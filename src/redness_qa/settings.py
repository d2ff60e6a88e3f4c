"""The settings of a running assistant, and the only reader of the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redness_qa.addresses import Network, listed, read_network, read_origin
from redness_qa.checkout import checkout_of
from redness_qa.contacts import EMERGENCY_NUMBERS, Contacts, is_telephone
from redness_qa.errors import SettingsError

CORPUS_VARIABLE = "REDNESS_QA_CORPUS"
INDEX_VARIABLE = "REDNESS_QA_INDEX"
HOST_VARIABLE = "REDNESS_QA_HOST"
PORT_VARIABLE = "REDNESS_QA_PORT"
COUNTRY_VARIABLE = "REDNESS_QA_COUNTRY"
EMERGENCY_NUMBER_VARIABLE = "REDNESS_QA_EMERGENCY_NUMBER"
CLINIC_TELEPHONE_VARIABLE = "REDNESS_QA_CLINIC_TELEPHONE"
MAX_QUESTION_CHARACTERS_VARIABLE = "REDNESS_QA_MAX_QUESTION_CHARACTERS"
ORIGINS_VARIABLE = "REDNESS_QA_ORIGINS"
TRUSTED_PROXIES_VARIABLE = "REDNESS_QA_TRUSTED_PROXIES"
METRICS_READERS_VARIABLE = "REDNESS_QA_METRICS_READERS"
QUESTIONS_A_MINUTE_VARIABLE = "REDNESS_QA_QUESTIONS_A_MINUTE"
QUESTIONS_A_MINUTE_OVERALL_VARIABLE = "REDNESS_QA_QUESTIONS_A_MINUTE_OVERALL"
STORE_DAYS_VARIABLE = "REDNESS_QA_STORE_DAYS"
STORE_FOLDER_VARIABLE = "REDNESS_QA_STORE_FOLDER"
MCP_VARIABLE = "REDNESS_QA_MCP"
COMPILED_VARIABLE = "REDNESS_QA_COMPILED"
REMEMBERED_ANSWERS_VARIABLE = "REDNESS_QA_REMEMBERED_ANSWERS"
MAX_WAITING_VARIABLE = "REDNESS_QA_MAX_WAITING"

_HIGHEST_PORT = 65535
_LONGEST_QUESTION = 100_000
_MOST_QUESTIONS_A_MINUTE = 100_000
_LONGEST_STORE_DAYS = 365
_MOST_REMEMBERED = 100_000
_MOST_WAITING = 10_000
_FOLDERS = {
    "corpus": CORPUS_VARIABLE,
    "index": INDEX_VARIABLE,
    "store_folder": STORE_FOLDER_VARIABLE,
    "compiled": COMPILED_VARIABLE,
}
_WHOLE_NUMBERS = {
    "port": (PORT_VARIABLE, 7860),
    "max_question_characters": (MAX_QUESTION_CHARACTERS_VARIABLE, 1000),
    "questions_a_minute": (QUESTIONS_A_MINUTE_VARIABLE, 20),
    "questions_a_minute_overall": (QUESTIONS_A_MINUTE_OVERALL_VARIABLE, 600),
    "store_days": (STORE_DAYS_VARIABLE, 14),
    "remembered_answers": (REMEMBERED_ANSWERS_VARIABLE, 256),
    "max_waiting": (MAX_WAITING_VARIABLE, 64),
}
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]+")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


def _guide_folder(package: Path) -> Path:
    """Find the folder that holds `corpus` and `index`: the checkout, or what the wheel carries."""
    return checkout_of(package) or package / "guide"


def default_corpus() -> Path:
    """The corpus of the checkout that the package runs from, else the one in the installed package."""
    return _guide_folder(Path(__file__).resolve().parent) / "corpus"


def default_index() -> Path:
    """The index of the checkout that the package runs from, else the one in the installed package."""
    return _guide_folder(Path(__file__).resolve().parent) / "index"


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths, names and numbers that an edge needs; plain values only.

    Attributes:
        corpus: Folder of source texts; whoever reads it says whether it is there.
        index: Folder of the built index; whoever loads it says whether it is there.
        host: Address to listen on; the default is reachable from this machine only.
        port: Port to listen on, 1 to 65535.
        max_question_characters: Longest question that is answered, in characters, 1 to 100000.
        emergency_number: The number to call in an emergency; None where neither it nor a country was set.
        clinic_telephone: The clinic's telephone, as it is shown.
        origins: Web sites that may embed the page or call the API from a browser, such as "https://clinic.example".
        trusted_proxies: Machines whose word is taken on whom they speak for.
        metrics_readers: Machines beside this one that may read the counts.
        questions_a_minute: Questions that one client may ask in a minute.
        questions_a_minute_overall: Questions that all clients together may ask in a minute.
        store_days: Days for which questions are kept, 1 to 365; None keeps none.
        store_folder: Folder they are kept in; given with `store_days`, and only then.
        serves_mcp: Whether the tool `ask` is offered to other programs by the Model Context Protocol.
        compiled: Folder of compiled models; None for that of the checkout, or of the user's cache.
        remembered_answers: Answers that a server keeps in memory, 0 to 100000; 0 keeps none.
        max_waiting: Texts that may wait to be read in a server, 1 to 10000.

    Raises:
        SettingsError: A value cannot be used.
    """

    corpus: Path = field(default_factory=default_corpus)
    index: Path = field(default_factory=default_index)
    host: str = "127.0.0.1"
    port: int = 7860
    max_question_characters: int = 1000
    emergency_number: str | None = None
    clinic_telephone: str | None = None
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    metrics_readers: tuple[Network, ...] = ()
    questions_a_minute: int = 20
    questions_a_minute_overall: int = 600
    store_days: int | None = None
    store_folder: Path | None = None
    serves_mcp: bool = False
    compiled: Path | None = None
    remembered_answers: int = 256
    max_waiting: int = 64

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise SettingsError(
                f"{HOST_VARIABLE}: {self.host!r} is not a host. "
                "Give an address or host name to listen on, such as 127.0.0.1, without scheme, path or spaces."
            )
        _check_range(PORT_VARIABLE, self.port, highest=_HIGHEST_PORT, example=7860)
        _check_range(
            MAX_QUESTION_CHARACTERS_VARIABLE, self.max_question_characters, highest=_LONGEST_QUESTION, example=1000
        )
        for variable, questions in (
            (QUESTIONS_A_MINUTE_VARIABLE, self.questions_a_minute),
            (QUESTIONS_A_MINUTE_OVERALL_VARIABLE, self.questions_a_minute_overall),
        ):
            _check_range(variable, questions, highest=_MOST_QUESTIONS_A_MINUTE, example=20)
        if self.store_days is not None:
            _check_range(STORE_DAYS_VARIABLE, self.store_days, highest=_LONGEST_STORE_DAYS, example=14)
        if (self.store_days is None) != (self.store_folder is None):
            raise SettingsError(
                f"{STORE_DAYS_VARIABLE} is {self.store_days} and {STORE_FOLDER_VARIABLE} is {self.store_folder}. "
                "Set both to keep questions, or neither to keep none."
            )
        _check_range(
            REMEMBERED_ANSWERS_VARIABLE, self.remembered_answers, lowest=0, highest=_MOST_REMEMBERED, example=256
        )
        _check_range(MAX_WAITING_VARIABLE, self.max_waiting, highest=_MOST_WAITING, example=64)
        for variable, number in (
            (EMERGENCY_NUMBER_VARIABLE, self.emergency_number),
            (CLINIC_TELEPHONE_VARIABLE, self.clinic_telephone),
        ):
            if number is not None and not is_telephone(number):
                raise SettingsError(
                    f"{variable}: {number!r} is no telephone number. Give digits, with spaces, brackets or hyphens "
                    "between them and a plus sign before them if you like."
                )

    @property
    def contacts(self) -> Contacts:
        """The numbers that stand in the advice."""
        return Contacts(emergency_number=self.emergency_number, clinic_telephone=self.clinic_telephone)

    @property
    def corpus_of_index(self) -> Path | None:
        """The corpus that the index must have been built from: where both or neither are the guide's own."""
        is_guide = self.corpus == default_corpus()
        return self.corpus if is_guide == (self.index == default_index()) else None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from environment variables; what is not set keeps its default.

        Args:
            environ: Variables by name; None reads the environment of this process.

        Raises:
            SettingsError: A variable is empty or has a value that cannot be used.
        """
        variables = os.environ if environ is None else environ
        given: dict[str, Any] = {}
        for field_name, variable in _FOLDERS.items():
            if variable in variables:
                given[field_name] = _folder(variable, variables[variable])
        for field_name, (variable, example) in _WHOLE_NUMBERS.items():
            if variable in variables:
                given[field_name] = _whole_number(variable, variables[variable], example=example)
        for field_name, variable in (
            ("trusted_proxies", TRUSTED_PROXIES_VARIABLE),
            ("metrics_readers", METRICS_READERS_VARIABLE),
        ):
            given[field_name] = tuple(
                read_network(text, variable=variable) for text in listed(variables.get(variable, ""))
            )
        origins = (read_origin(text, variable=ORIGINS_VARIABLE) for text in listed(variables.get(ORIGINS_VARIABLE, "")))
        given["origins"] = tuple(dict.fromkeys(origins))
        if MCP_VARIABLE in variables:
            given["serves_mcp"] = _switch(MCP_VARIABLE, variables[MCP_VARIABLE])
        if HOST_VARIABLE in variables:
            given["host"] = variables[HOST_VARIABLE].strip()
        if COUNTRY_VARIABLE in variables:
            given["emergency_number"] = _emergency_number(variables[COUNTRY_VARIABLE])
        if EMERGENCY_NUMBER_VARIABLE in variables:
            given["emergency_number"] = variables[EMERGENCY_NUMBER_VARIABLE].strip()
        if CLINIC_TELEPHONE_VARIABLE in variables:
            given["clinic_telephone"] = variables[CLINIC_TELEPHONE_VARIABLE].strip()
        return cls(**given)


def _check_range(variable: str, value: int, *, highest: int, example: int, lowest: int = 1) -> None:
    if not lowest <= value <= highest:
        raise SettingsError(
            f"{variable}: {value} is out of range. Give a whole number from {lowest} to {highest}, such as {example}."
        )


def _whole_number(variable: str, value: str, *, example: int) -> int:
    text = value.strip()
    if not _WHOLE_NUMBER.fullmatch(text):
        raise SettingsError(f"{variable}: {value!r} is not a whole number. Give digits only, such as {example}.")
    return int(text)


def _switch(variable: str, value: str) -> bool:
    if value.strip() not in ("0", "1"):
        raise SettingsError(f"{variable}: {value!r} is neither on nor off. Give 1 for on, or 0 for off.")
    return value.strip() == "1"


def _emergency_number(country: str) -> str:
    number = EMERGENCY_NUMBERS.get(country.strip().upper())
    if number is None:
        raise SettingsError(
            f"{COUNTRY_VARIABLE}: {country!r} is not a country whose emergency number is known here "
            f"({', '.join(sorted(EMERGENCY_NUMBERS))}). Set {EMERGENCY_NUMBER_VARIABLE} instead."
        )
    return number


def _folder(variable: str, value: str) -> Path:
    if not value.strip() or "\0" in value:
        raise SettingsError(f"{variable}: {value!r} names no folder. Give the path of a folder, or unset the variable.")
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # a home of nobody
        raise SettingsError(
            f"{variable}: {value!r} names a home folder that there is not. Give a full path."
        ) from error
