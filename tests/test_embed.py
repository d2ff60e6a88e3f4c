from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from redness_qa.cli.embedding import Site
from redness_qa.contacts import Contacts
from redness_qa.embed import SITES, Embed
from redness_qa.errors import SettingsError
from redness_qa.wording import LANGUAGES, Wording

ASSETS = Path(__file__).resolve().parent.parent / "src" / "redness_qa" / "embed_assets"
SOURCE = (ASSETS / "embed.js").read_text(encoding="utf-8")
CONTACTS = Contacts(emergency_number="112", clinic_telephone="+44 20 7946 0000")
URL = "https://faq.example.org"


@pytest.fixture(scope="module")
def embed() -> Embed:
    return Embed.build(contacts=CONTACTS, max_question_characters=1000)


def words_of(embed: Embed) -> dict[str, dict[str, object]]:
    """Read the words back out of a script."""
    (found,) = re.findall(r"^const WORDS = (.*);$", embed.script.decode(), re.MULTILINE)
    words: dict[str, dict[str, object]] = json.loads(found)
    return words


@pytest.mark.parametrize("language", LANGUAGES)
def test_script_and_page_stay_within_their_budgets(embed: Embed, language: str) -> None:
    script, page = len(gzip.compress(embed.script)), len(gzip.compress(embed.pages[language]))

    assert 6_000 < script <= 15_000
    assert script + page <= 12_500  # the frame page with all that it loads


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_script_holds_the_fixed_sentences_of_the_chat_page(embed: Embed, language: str) -> None:
    wording = Wording.load(language, contacts=CONTACTS)
    words = words_of(embed)[language]

    assert words["disclaimer"] == wording.disclaimer
    page = words["page"]
    assert isinstance(page, dict)
    assert "112" in page["emergency"]
    assert page.pop("long_question") == wording.page["long_question"].format(characters=1000)
    assert page == {name: wording.page[name] for name in page}
    assert words["call"] == {
        "emergency": [wording.page["call_emergency"], "tel:112"],
        "contact_clinic": [wording.page["call_clinic"].format(telephone="+44 20 7946 0000"), "tel:+442079460000"],
    }


def test_without_numbers_nothing_is_dialled() -> None:
    words = words_of(Embed.build(contacts=Contacts(), max_question_characters=1000))
    assert [each["call"] for each in words.values()] == [{"emergency": None, "contact_clinic": None}] * len(LANGUAGES)


def notices_of(embed: Embed) -> list[list[str]]:
    (found,) = re.findall(r"^const NOTICES = (.*);$", embed.script.decode(), re.MULTILINE)
    notices: list[list[str]] = json.loads(found)
    return notices


def test_every_sentence_that_the_server_sends_is_known_by_its_start(embed: Embed) -> None:
    words, notices = words_of(embed), notices_of(embed)
    wordings = [Wording.load(language, contacts=CONTACTS) for language in LANGUAGES]

    def languages(text: str) -> list[str]:
        kinds = [
            each
            for each in words.values()
            for start in [*list_of(each, "said"), *list_of(each, "screened")]
            if text.startswith(start)
        ]
        return [str(each["language"]) for each in kinds] + [code for code, start in notices if text.startswith(start)]

    for code, notice in wordings[0].other_languages.items():
        assert set(languages(notice)) == {code}
    for wording in wordings:
        advice = [*wording.urgency.values(), *wording.urgency_before.values()]
        for text in (*wording.status.values(), *wording.screened.values(), *advice):
            assert set(languages(text)) == {wording.language}, text
        for text in (*wording.status.values(), *advice):
            assert not [start for start in list_of(words[wording.language], "screened") if text.startswith(start)]


def list_of(words: dict[str, object], name: str) -> list[str]:
    found = words[name]
    assert isinstance(found, list)
    return found


def test_every_word_that_the_script_asks_for_is_there(embed: Embed) -> None:
    words = words_of(embed)["en"]

    for group in ("page", "embed"):
        asked = set(re.findall(rf"\b(?:words\.)?{group}\.(\w+)", SOURCE)) - {"grade_", "heading_"}
        assert len(asked) > 3
        given = words[group]
        assert isinstance(given, dict)
        assert asked <= given.keys()


def test_the_same_settings_give_the_same_bytes_and_others_do_not(embed: Embed) -> None:
    assert Embed.build(contacts=CONTACTS, max_question_characters=1000) == embed
    other = Embed.build(contacts=Contacts(), max_question_characters=1000)
    assert other.integrity != embed.integrity
    assert other.version != embed.version


def test_the_integrity_value_is_that_of_the_script(embed: Embed) -> None:
    digest = base64.b64encode(hashlib.sha384(embed.script).digest()).decode()
    assert embed.integrity == f"sha384-{digest}"


def test_comments_and_indents_stay_behind_and_nothing_else(embed: Embed) -> None:
    script = embed.script.decode()
    assert "//" not in re.sub(r'"(?:[^"\\]|\\.)*"', "", script)
    assert "/*" not in script
    code = [line.strip() for line in SOURCE.splitlines() if line.strip() and not line.strip().startswith("//")]
    filled = ("const WORDS", "const STYLE", "const NOTICES")
    assert [line for line in script.splitlines() if not line.startswith(filled)] == [
        line for line in code if not line.startswith(filled)
    ]


@pytest.mark.parametrize(
    "forbidden",
    [
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc", "eval("),
        *("new Function", "localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches.", "sendBeacon"),
        *("XMLHttpRequest", "WebSocket", "EventSource", "import(", "postMessage", "http://", "https://", "innerText"),
        *("createContextualFragment", "setHTMLUnsafe", 'setTimeout("', "javascript:"),
    ],
)
def test_the_script_uses_nothing_that_could_run_store_or_send_a_text(forbidden: str) -> None:
    assert forbidden not in SOURCE


def test_the_script_asks_its_own_server_only() -> None:
    assert SOURCE.count("fetch(") == 1
    assert "fetch(new URL(path, base), {" in SOURCE
    assert re.findall(r"[^#\w]request\(\"([^\"]+)\"", SOURCE) == ["api/ask", "api/suggestions"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_everything_that_matters_without_its_script(embed: Embed, language: str) -> None:
    page = embed.pages[language].decode()
    wording = Wording.load(language, contacts=CONTACTS)

    plain = html.unescape(re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL))
    assert f'<html lang="{language}">' in plain
    assert wording.disclaimer in plain
    assert wording.page["emergency"] in plain
    assert f'<a href="../?lang={language}"' in plain
    lists = plain.split("<ul>")[1:]
    for (urgency, lines), shown in zip(wording.check.items(), lists, strict=True):
        assert wording.embed[f"signs_{urgency}"] in plain
        assert re.findall(r"<li>(.*?)</li>", shown) == [line.says for line in lines] != []
    assert list(wording.check) == ["emergency", "contact_clinic"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_a_policy_without_unsafe_inline(embed: Embed, language: str) -> None:
    page = embed.pages[language].decode()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)

    assert embed.style_hash == f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == [""]
    assert f'integrity="{embed.integrity}"' in page


@pytest.mark.parametrize("site", SITES)
def test_the_lines_for_a_site_name_address_version_and_integrity(embed: Embed, site: str) -> None:
    lines = embed.lines(site, url=f"{URL}/")

    assert "$" not in lines
    assert f'"{URL}/embed/"' in lines or f" {URL}/embed/" in lines
    assert embed.wordings["en"].page["emergency"] in lines
    if site != "iframe":
        assert f'src="{URL}/embed.js?v={embed.version}" integrity="{embed.integrity}" crossorigin="anonymous"' in lines


@pytest.mark.parametrize("site", SITES)
def test_the_lines_for_a_site_in_spanish_are_in_spanish(embed: Embed, site: str) -> None:
    lines = embed.lines(site, url=URL, language="es")

    assert embed.wordings["es"].page["emergency"] in lines
    assert f"{URL}/embed/?lang=es" in lines
    assert (' data-language="es"' in lines) == (site != "iframe")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://faq.example.org", id="not secure"),
        pytest.param("faq.example.org", id="no scheme"),
        pytest.param("https://", id="no host"),
        pytest.param("https://faq.example.org:99999", id="no such port"),
        pytest.param('https://faq.example.org/"><script>', id="mark-up"),
        pytest.param("https://user@faq.example.org", id="with a name"),
        pytest.param("https://faq.example.org/?a=b", id="with a query"),
        pytest.param("javascript:alert(1)", id="no web address"),
        pytest.param("https://[", id="broken"),
        pytest.param("https://faq.example.org\n", id="line break"),
    ],
)
def test_an_address_that_cannot_be_embedded_is_refused(embed: Embed, url: str) -> None:
    with pytest.raises(SettingsError, match=r"^--url: .*such as https://faq\.example\.org\.$"):
        embed.lines("html", url=url)


def test_this_machine_may_go_without_https(embed: Embed) -> None:
    assert 'src="http://127.0.0.1:7860/embed.js' in embed.lines("html", url="http://127.0.0.1:7860")


# Command line


def test_the_command_prints_the_lines_of_every_site_or_of_one() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "redness_qa", "embed", *arguments],
            env={"REDNESS_QA_COUNTRY": "GB", "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    offered = Embed.build(contacts=Contacts(emergency_number="999"), max_question_characters=1000)
    everything = run("--url", URL)
    assert everything.returncode == 0, everything.stderr
    assert everything.stdout == "".join(f"{offered.lines(site, url=URL)}\n" for site in SITES)
    assert run("--url", URL, "--for", "wix").stdout == f"{offered.lines('wix', url=URL)}\n"
    assert run("--url", URL, "--language", "es").stdout.startswith(offered.lines("html", url=URL, language="es"))
    unknown = run("--url", URL, "--language", "xx")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "--language: there are no words in 'xx'. Give one of: en, es." in unknown.stderr
    refused = run("--url", "http://faq.example.org")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--url: 'http://faq.example.org' cannot be embedded." in refused.stderr


def test_the_command_knows_every_site() -> None:
    assert tuple(site.value for site in Site) == SITES
