"""Whoever is refused reads why in their own language, at the API, on the page and from the proxy."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from answering import Canned
from browsers import IN_CHROMIUM
from redness_qa.api.intake import MAX_BODY_BYTES
from redness_qa.api.languages import language_of_reader, preferred
from redness_qa.bounds import Answering
from redness_qa.settings import Settings
from redness_qa.wording import LANGUAGES, Wording
from test_api import build
from test_browser import Visit
from test_chat import LEFT_BY_GRADIO, FakeAssistant, free_port, gradio_cleared_away, launch_fake

pytestmark = LEFT_BY_GRADIO

WORDINGS = {language: Wording.load(language) for language in LANGUAGES}
SPANISH = WORDINGS["es"].refusals
NGINX_CONF = (Path(__file__).resolve().parent.parent / "deploy" / "nginx.conf").read_text(encoding="utf-8")
JSON = {"Content-Type": "application/json"}


def client_of(settings: Settings | None = None, assistant: Answering | None = None) -> TestClient:
    settings = settings or Settings(questions_a_minute=100_000, questions_a_minute_overall=100_000)
    return TestClient(build(assistant or Canned(), settings), base_url="http://guide.example", client=("127.0.0.1", 1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX", "es"),
        ("ES", "es"),
        ("fr, es;q=0.8, en;q=0.5", "es"),
        ("en;q=0.5, es;q=0.8", "es"),
        ("es;q=0.5,en", "en"),
        ("es, en", "es"),
        ("en, es", "en"),
        ("fr, de", "en"),
        ("es;q=0", "en"),
        ("*", "en"),
        ("*;q=0.1, es;q=0.2", "es"),
        ("es;q=2", "en"),
        ("es;q=nan, \u00e9s, ;;, =", "en"),
        ("estonian", "en"),
        ("es-419;q=0.900", "es"),
    ],
)
def test_the_language_that_a_browser_prefers_is_read(header: str, language: str) -> None:
    assert preferred(header) == language


@given(header=st.text() | st.from_regex(r"(es|en|\*|-|;q=|[0-9.]|, ?){0,12}", fullmatch=True))
def test_any_header_names_a_language(header: str) -> None:
    assert preferred(header) in LANGUAGES


@given(body=st.binary() | st.from_regex(rb'\{"language": ?("es"|"[a-z]*"|[0-9]+|null|\[\]|\{)\}?'))
def test_any_body_and_address_name_a_language(body: bytes) -> None:
    scope = {"type": "http", "path": "/api/ask", "query_string": body, "headers": [(b"accept-language", body)]}
    assert language_of_reader(scope, body) in LANGUAGES


@pytest.mark.parametrize(
    ("field", "header", "language"),
    [("es", None, "es"), ("es", "en", "es"), ("en", "es", "en"), (None, "es", "es"), (None, None, "en")],
)
def test_a_question_is_refused_in_the_language_that_it_names_or_else_prefers(
    field: str | None, header: str | None, language: str
) -> None:
    fields = {"question": " "} | ({} if field is None else {"language": field})

    refused = client_of().post("/api/ask", json=fields, headers={} if header is None else {"Accept-Language": header})

    assert refused.status_code == 422
    assert refused.json()["code"] == "question_empty"
    assert refused.json()["message"] == refused.json()["detail"] == WORDINGS[language].refusals["question_empty"]
    assert refused.headers["content-language"] == language


SPOKEN: Mapping[str, tuple[int, str, Callable[[TestClient], Any]]] = {
    "bad_json": (400, SPANISH["bad_json"], lambda it: it.post("/api/ask", content=b"{", headers=JSON)),
    "bad_request": (400, SPANISH["bad_request"], lambda it: it.get("/healthz", headers={"Host": "a b"})),
    "origin_not_listed": (
        403,
        SPANISH["origin_not_listed"],
        lambda it: it.post("/api/ask", json={}, headers={"Origin": "https://evil.example"}),
    ),
    "not_found": (404, SPANISH["not_found"], lambda it: it.get("/nowhere")),
    "method_not_allowed": (
        405,
        "Esta dirección admite otro método. Use uno de estos: POST.",
        lambda it: it.get("/api/ask"),
    ),
    "too_large": (
        413,
        "Es demasiado para leerlo. Envíe como mucho 64 kB.",
        lambda it: it.post("/api/ask", content=b"x" * (MAX_BODY_BYTES + 1), headers=JSON),
    ),
    "not_json": (415, SPANISH["not_json"], lambda it: it.post("/api/ask", content=b"x")),
    "bad_field": (422, "El campo question no se puede usar: falta.", lambda it: it.post("/api/ask", json={})),
    "bad_field ": (
        422,
        "El campo body no se puede usar: contiene otros nombres que question, previous, language.",
        lambda it: it.post("/api/ask", json={"question": "a", "system": "obey"}),
    ),
    "question_too_long": (
        422,
        "La pregunta es demasiado larga. Por favor, acórtela a 1000 caracteres o menos.",
        lambda it: it.post("/api/ask", json={"question": "x" * 1001}),
    ),
    "failed": (500, SPANISH["failed"], lambda it: it.post("/api/ask", json={"question": "fault"})),
    "busy": (503, SPANISH["busy"], lambda it: it.post("/api/ask", json={"question": "crowd"})),
}


@pytest.mark.parametrize("code", SPOKEN)
def test_each_refusal_is_said_in_spanish(code: str) -> None:
    status, sentence, send = SPOKEN[code]
    client = client_of(assistant=FakeAssistant())
    client.headers["Accept-Language"] = "es-ES, en;q=0.5"

    refused = send(client)

    assert (refused.status_code, refused.json()["code"]) == (status, code.strip())
    assert refused.json()["message"] == sentence


def test_a_crowd_is_told_to_wait_in_the_language_of_the_question() -> None:
    client = client_of(Settings(questions_a_minute=1))
    client.post("/api/ask", json={"question": "How long?"})

    said = [
        client.post("/api/ask", json={"question": "How long?", "language": language}).json() for language in LANGUAGES
    ]

    assert [each["message"] for each in said] == [WORDINGS[language].refusals["too_many"] for language in LANGUAGES]
    assert {each["code"] for each in said} == {"too_many"}


def test_the_page_is_refused_in_the_language_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redness_qa.chat.conversation._WAITING_QUESTIONS", 0)  # its queue is full at once
    full = {"data": ["How long?", []], "fn_index": 0, "session_hash": "a"}
    with gradio_cleared_away(), launch_fake(FakeAssistant()) as chat:
        for address, language in (("?lang=es", "es"), ("?lang=en", "en"), ("", "en"), ("?lang=xx&lang=es", "es")):
            join = f"{chat.url}gradio_api/queue/join{address}"
            browser = {"Accept-Language": "es"}  # which the page itself does not follow
            crowded = httpx.post(join, json=full, headers=browser)
            large = httpx.post(join, content=b"x" * 70_000, headers={**JSON, **browser})
            assert (crowded.status_code, crowded.json()["code"]) == (503, "busy")
            assert crowded.json()["detail"] == WORDINGS[language].refusals["busy"]
            assert int(crowded.headers["retry-after"]) > 0
            assert large.json()["detail"] == WORDINGS[language].refusals["too_large"].replace("{kilobytes}", "64")
        counts = httpx.get(f"{chat.url}metrics").text
    assert 'redness_qa_refusals_total{code="busy"} 4.0' in counts


@pytest.mark.parametrize("language", LANGUAGES)
@IN_CHROMIUM[0]
@IN_CHROMIUM[1]
def test_a_reader_who_asks_too_often_sees_why(browser: Browser, language: str) -> None:
    settings = Settings(port=free_port(), questions_a_minute=1)
    with (
        gradio_cleared_away(),
        launch_fake(FakeAssistant(), settings) as chat,
        browser.new_context(locale="fr-FR") as context,
    ):
        visit = Visit(context, f"{chat.url}?lang={language}")
        if (second := time.time() % 60) > 50:
            time.sleep(60.5 - second)  # the limiter lets a question more through where one minute passes into the next
        visit.ask("How long?")
        visit.box.fill("And then?")
        visit.box.press("Enter")
        expect(visit.page.get_by_text(WORDINGS[language].refusals["too_many"])).to_be_visible()
        expect(visit.box).to_have_value("And then?")


def test_the_proxy_says_the_same_sentences() -> None:
    said = re.findall(r"^\s*(default|es)\s+'(\{.*\})';$", NGINX_CONF, re.MULTILINE)
    records = [("es" if place == "es" else "en", json.loads(record)) for place, record in said]

    assert [(language, record["code"]) for language, record in records] == [
        (language, code) for code in ("too_large", "too_many", "unavailable") for language in LANGUAGES
    ]
    for language, record in records:
        sentence = WORDINGS[language].refusals[record["code"]].replace("{kilobytes}", str(MAX_BODY_BYTES // 1000))
        assert record["message"] == record["detail"] == sentence
