from __future__ import annotations

from dataclasses import FrozenInstanceError
from ipaddress import ip_network
from pathlib import Path

import pytest

from redness_qa import settings as settings_module
from redness_qa.contacts import Contacts
from redness_qa.errors import SettingsError
from redness_qa.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert (settings.host, settings.port, settings.max_question_characters) == ("127.0.0.1", 7860, 1000)


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "REDNESS_QA_CORPUS": "/texts",
            "REDNESS_QA_INDEX": "built",
            "REDNESS_QA_HOST": "0.0.0.0",  # noqa: S104, nothing is bound
            "REDNESS_QA_PORT": " 8080 ",
            "REDNESS_QA_MAX_QUESTION_CHARACTERS": "300",
            "REDNESS_QA_COUNTRY": "US",
            "REDNESS_QA_COMPILED": "made",
            "REDNESS_QA_REMEMBERED_ANSWERS": "0",
            "REDNESS_QA_MAX_WAITING": "8",
            "REDNESS_QA_CLINIC_TELEPHONE": "020 7946 0000",
            "REDNESS_QA_ORIGINS": "https://Clinic.example, http://localhost:8080 https://clinic.example:443/",
            "REDNESS_QA_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8",
            "REDNESS_QA_METRICS_READERS": "2001:db8::/32",
            "REDNESS_QA_QUESTIONS_A_MINUTE": "5",
            "REDNESS_QA_QUESTIONS_A_MINUTE_OVERALL": "50",
            "REDNESS_QA_STORE_DAYS": "14",
            "REDNESS_QA_STORE_FOLDER": "kept",
            "REDNESS_QA_MCP": "1",
            "UNRELATED": "x",
        }
    )

    assert settings == Settings(
        corpus=Path("/texts"),
        index=Path("built"),
        host="0.0.0.0",  # noqa: S104
        port=8080,
        max_question_characters=300,
        compiled=Path("made"),
        remembered_answers=0,
        max_waiting=8,
        emergency_number="911",
        clinic_telephone="020 7946 0000",
        origins=("https://clinic.example", "http://localhost:8080"),
        trusted_proxies=(ip_network("127.0.0.1"), ip_network("10.0.0.0/8")),
        metrics_readers=(ip_network("2001:db8::/32"),),
        questions_a_minute=5,
        questions_a_minute_overall=50,
        store_days=14,
        store_folder=Path("kept"),
        serves_mcp=True,
    )


def test_the_process_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDNESS_QA_PORT", "9001")

    assert Settings.from_environment().port == 9001


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        pytest.param("REDNESS_QA_PORT", "http", "digits only", id="port in words"),
        pytest.param("REDNESS_QA_PORT", "", "digits only", id="port empty"),
        pytest.param("REDNESS_QA_REMEMBERED_ANSWERS", "100001", "from 0 to 100000", id="too many answers"),
        pytest.param("REDNESS_QA_MAX_WAITING", "0", "from 1 to 10000", id="nobody may wait"),
        pytest.param("REDNESS_QA_COMPILED", " ", "names no folder", id="compiled empty"),
        pytest.param("REDNESS_QA_PORT", "-1", "digits only", id="port negative"),
        pytest.param("REDNESS_QA_PORT", "٧٨٦٠", "digits only", id="port in other digits"),
        pytest.param("REDNESS_QA_PORT", "0", "from 1 to 65535", id="port zero"),
        pytest.param("REDNESS_QA_PORT", "65536", "from 1 to 65535", id="port too high"),
        pytest.param("REDNESS_QA_MAX_QUESTION_CHARACTERS", "1.5", "digits only", id="length a fraction"),
        pytest.param("REDNESS_QA_MAX_QUESTION_CHARACTERS", "0", "from 1 to 100000", id="length zero"),
        pytest.param("REDNESS_QA_HOST", "", "such as 127.0.0.1", id="host empty"),
        pytest.param("REDNESS_QA_HOST", "http://localhost/", "without scheme", id="host an address"),
        pytest.param("REDNESS_QA_INDEX", " ", "path of a folder", id="index blank"),
        pytest.param("REDNESS_QA_CORPUS", "a\0b", "path of a folder", id="corpus with a zero"),
        pytest.param("REDNESS_QA_STORE_FOLDER", "~nobody-of-that-name/x", "Give a full path", id="home of nobody"),
        pytest.param("REDNESS_QA_STORE_DAYS", "7", "Set both", id="days without a folder"),
        pytest.param("REDNESS_QA_STORE_DAYS", "366", "from 1 to 365", id="days too many"),
        pytest.param("REDNESS_QA_STORE_FOLDER", "kept", "Set both", id="folder without days"),
        pytest.param("REDNESS_QA_ORIGINS", "*", "one web site", id="origins all"),
        pytest.param("REDNESS_QA_ORIGINS", "null", "one web site", id="origin null"),
        pytest.param("REDNESS_QA_ORIGINS", "https://*.clinic.example", "one web site", id="origin with a wildcard"),
        pytest.param("REDNESS_QA_ORIGINS", "https://clinic.example/faq", "without path", id="origin with a path"),
        pytest.param("REDNESS_QA_ORIGINS", "clinic.example", "scheme and host", id="origin without a scheme"),
        pytest.param("REDNESS_QA_ORIGINS", "https://a:99999", "one web site", id="origin with a port too high"),
        pytest.param("REDNESS_QA_TRUSTED_PROXIES", "nginx", "in numbers", id="proxy by name"),
        pytest.param("REDNESS_QA_TRUSTED_PROXIES", "10.0.0.1/8", "in numbers", id="network with host bits"),
        pytest.param("REDNESS_QA_METRICS_READERS", "all", "in numbers", id="readers in words"),
        pytest.param("REDNESS_QA_QUESTIONS_A_MINUTE", "0", "from 1 to 100000", id="no questions"),
        pytest.param("REDNESS_QA_MCP", "yes", "1 for on", id="switch in words"),
        pytest.param("REDNESS_QA_COUNTRY", "", "Set REDNESS_QA_EMERGENCY_NUMBER instead", id="country empty"),
        pytest.param("REDNESS_QA_COUNTRY", "XX", "GB, GR, HK", id="country unknown"),
        pytest.param("REDNESS_QA_COUNTRY", "Germany", "AT, AU, BE", id="country in words"),
        pytest.param("REDNESS_QA_EMERGENCY_NUMBER", "", "Give digits", id="emergency number empty"),
        pytest.param("REDNESS_QA_EMERGENCY_NUMBER", "nine", "Give digits", id="emergency number in words"),
        pytest.param("REDNESS_QA_CLINIC_TELEPHONE", "call us", "Give digits", id="telephone in words"),
        pytest.param("REDNESS_QA_CLINIC_TELEPHONE", "{signs}", "Give digits", id="telephone a field of ours"),
    ],
)
def test_a_bad_value_names_variable_value_and_remedy(variable: str, value: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({variable: value})

    message = str(caught.value)
    assert variable in message
    assert repr(value) in message or value in message
    assert remedy in message


def test_a_value_given_in_code_is_checked_too() -> None:
    with pytest.raises(SettingsError, match="REDNESS_QA_PORT: 70000"):
        Settings(port=70000)
    with pytest.raises(SettingsError, match="REDNESS_QA_EMERGENCY_NUMBER: 'help'"):
        Settings(emergency_number="help")


@pytest.mark.parametrize(
    ("variables", "contacts"),
    [
        pytest.param({}, Contacts(None, None), id="none"),
        pytest.param({"REDNESS_QA_COUNTRY": "GB"}, Contacts("999", None), id="country"),
        pytest.param({"REDNESS_QA_COUNTRY": " de "}, Contacts("112", None), id="country in small letters"),
        pytest.param({"REDNESS_QA_EMERGENCY_NUMBER": " 144 "}, Contacts("144", None), id="emergency number"),
        pytest.param(
            {"REDNESS_QA_COUNTRY": "GB", "REDNESS_QA_EMERGENCY_NUMBER": "112"},
            Contacts("112", None),
            id="the number before the country",
        ),
        pytest.param(
            {"REDNESS_QA_CLINIC_TELEPHONE": "+44 20 7946 0000"}, Contacts(None, "+44 20 7946 0000"), id="telephone"
        ),
    ],
)
def test_contacts_come_from_the_variables(variables: dict[str, str], contacts: Contacts) -> None:
    assert Settings.from_environment(variables).contacts == contacts


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def _package(folder: Path) -> Path:
    package = folder / "src" / "redness_qa"
    package.mkdir(parents=True)
    return package / "settings.py"


def test_a_checkout_uses_its_own_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_module, "__file__", str(_package(tmp_path)))
    (tmp_path / "corpus").mkdir()
    (tmp_path / "pyproject.toml").touch()

    assert (Settings().corpus, Settings().index) == (tmp_path / "corpus", tmp_path / "index")


@pytest.mark.parametrize("present", ["corpus", "pyproject.toml"])
def test_an_installed_package_uses_the_guide_it_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: str
) -> None:
    place = _package(tmp_path)
    monkeypatch.setattr(settings_module, "__file__", str(place))
    (tmp_path / present).mkdir() if present == "corpus" else (tmp_path / present).touch()

    assert Settings().corpus == place.parent / "guide" / "corpus"
    assert Settings().index == place.parent / "guide" / "index"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(Settings(), Settings().corpus, id="the guide and its index"),
        pytest.param(Settings(corpus=Path("a"), index=Path("b")), Path("a"), id="own texts and own index"),
        pytest.param(Settings(corpus=Path("a")), None, id="own texts, index of the guide"),
        pytest.param(Settings(index=Path("b")), None, id="own index, texts of the guide"),
    ],
)
def test_an_index_is_checked_against_the_texts_it_belongs_to(given: Settings, expected: Path | None) -> None:
    assert given.corpus_of_index == expected
