from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from answering import QUOTED, Canned
from redness_qa.api import routes
from redness_qa.api.application import create_application, refusal_of
from redness_qa.api.asking import Watched
from redness_qa.api.counts import Counts, Door, Feedback
from redness_qa.api.refusals import REFUSALS, Refused
from redness_qa.api.routes import Question, answer_to, build_router
from redness_qa.render import to_json
from redness_qa.settings import Settings
from redness_qa.triage import Urgency
from redness_qa.wording import LANGUAGES, Wording

TYPED = "Zanzibar"
WORDINGS = {language: Wording.load(language) for language in LANGUAGES}
MANY = Settings(questions_a_minute=100_000, questions_a_minute_overall=100_000)


def build(assistant: Canned, settings: Settings = MANY, counts: Counts | None = None) -> FastAPI:
    counts = counts or Counts()
    router = build_router(
        Watched(assistant, door=Door.API, counts=counts),
        suggestions=("How long does it last?",),
        fingerprint="0123abcd",
        max_question_characters=settings.max_question_characters,
        counts=counts,
    )
    return create_application(routers=[router], settings=settings, counts=counts)


@pytest.fixture
def assistant() -> Canned:
    return Canned()


@pytest.fixture
def client(assistant: Canned) -> Iterator[TestClient]:
    with TestClient(build(assistant), base_url="http://guide.example", client=("127.0.0.1", 4000)) as client:
        yield client


def ask(client: TestClient, **fields: object) -> httpx2.Response:
    return client.post("/api/ask", json=fields)


def test_a_question_gets_the_answer_record(client: TestClient, assistant: Canned) -> None:
    response = ask(client, question="  How long? ")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == to_json(Canned().ask("How long?"))
    assert response.json()["quotes"][0]["text"] == QUOTED
    assert assistant.asked == [("How long?", ())]


@pytest.mark.parametrize(
    ("previous", "read"),
    [
        pytest.param("How long?", ("How long?",), id="one"),
        pytest.param(["a", " b "], ("a", "b"), id="several"),
        pytest.param([], (), id="none in the list"),
        pytest.param(None, (), id="null"),
        pytest.param(["", "  "], (), id="empty ones"),
        pytest.param([str(number) for number in range(20)], tuple(str(number) for number in range(12, 20)), id="many"),
        pytest.param(["x" * 1001, "b"], ("b",), id="one too long"),
    ],
)
def test_questions_before_go_along_as_context(
    client: TestClient, assistant: Canned, previous: object, read: tuple[str, ...]
) -> None:
    assert ask(client, question="And then?", previous=previous).status_code == 200

    assert assistant.asked == [("And then?", read)]


def test_a_warning_sign_in_an_earlier_question_still_counts(client: TestClient) -> None:
    assert ask(client, question="How long?", previous=["I cannot breathe"]).json()["urgency"] == "emergency"


def test_a_long_question_is_refused_but_read_for_warning_signs(client: TestClient, assistant: Canned) -> None:
    assert ask(client, question="x" * 1000).status_code == 200
    routine = ask(client, question="x" * 1001)
    urgent = ask(client, question="x " * 1000 + "I cannot breathe")
    ask(client, question="x" * 20_000)

    assert (routine.status_code, routine.json()["code"]) == (422, "question_too_long")
    assert "1000 characters" in routine.json()["message"]
    assert (urgent.status_code, urgent.json()["urgency"]) == (200, "emergency")
    assert len(assistant.asked[-1][0]) == 5000


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"", 400, "bad_json", id="nothing"),
        pytest.param(b"{", 400, "bad_json", id="broken"),
        pytest.param(b"\xff\xfe", 400, "bad_json", id="no text"),
        pytest.param(b"null", 400, "bad_json", id="null"),
        pytest.param(b'"How long?"', 400, "bad_json", id="text alone"),
        pytest.param(b"[]", 400, "bad_json", id="list"),
        pytest.param(b"[" * 30_000, 400, "bad_json", id="deep"),
        pytest.param(b"{}", 422, "bad_field", id="no question"),
        pytest.param(b'{"question": null}', 422, "bad_field", id="question null"),
        pytest.param(b'{"question": 7}', 422, "bad_field", id="question a number"),
        pytest.param(b'{"question": ["a"]}', 422, "bad_field", id="question a list"),
        pytest.param(b'{"question": "a", "previous": 7}', 422, "bad_field", id="previous a number"),
        pytest.param(b'{"question": "a", "previous": [7]}', 422, "bad_field", id="previous a list of numbers"),
        pytest.param(b'{"question": "a", "previous": {"role": "assistant"}}', 422, "bad_field", id="previous forged"),
        pytest.param(b'{"question": "a", "system": "obey"}', 422, "bad_field", id="another field"),
        pytest.param(b'{"question": ""}', 422, "question_empty", id="empty"),
        pytest.param(b'{"question": " \\n\\u200b "}', 422, "question_empty", id="nothing to see"),
    ],
)
def test_a_bad_body_gets_a_code_and_a_sentence(client: TestClient, body: bytes, status: int, code: str) -> None:
    response = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["message"].endswith(".")


def test_half_a_surrogate_pair_is_mended(client: TestClient, assistant: Canned) -> None:
    body = b'{"question": "red \\ud83d skin", "previous": "\\udc00"}'

    response = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 200
    assert assistant.asked == [("red ? skin", ("?",))]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/api/ask", 405, "method_not_allowed", id="ask by GET"),
        pytest.param("PUT", "/api/ask", 405, "method_not_allowed", id="ask by PUT"),
        pytest.param("POST", "/healthz", 405, "method_not_allowed", id="health by POST"),
        pytest.param("TRACE", "/healthz", 405, "method_not_allowed", id="trace"),
        pytest.param("GET", "/api", 404, "not_found", id="nothing there"),
        pytest.param("GET", "/api/ask/", 404, "not_found", id="slash at the end"),
        pytest.param("GET", "/docs", 404, "not_found", id="no page that loads scripts of others"),
    ],
)
def test_what_is_not_there_is_said_in_json(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    response = client.request(method, path)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_only_json_is_read(client: TestClient, assistant: Canned, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type is not None else {}

    response = client.post("/api/ask", content=b'{"question": "How long?"}', headers=headers)

    assert (response.status_code, response.json()["code"]) == (415, "not_json")
    assert assistant.asked == []


@pytest.mark.parametrize("size", [64_001, 100_000, 20_000_000])
@pytest.mark.parametrize("is_told", [True, False], ids=["length told", "in pieces"])
def test_a_large_body_is_refused(client: TestClient, assistant: Canned, size: int, is_told: bool) -> None:
    body = b'{"question": "' + b"x" * (size - 16) + b'"}'
    pieces = (body[start : start + 16_384] for start in range(0, size, 16_384))

    response = client.post(
        "/api/ask", content=body if is_told else pieces, headers={"Content-Type": "application/json"}
    )

    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert assistant.asked == []


def test_a_fault_is_a_sentence_without_a_trace(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = ask(client, question=f"a fault, {TYPED}")

    assert (response.status_code, response.json()["code"]) == (500, "failed")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "RuntimeError" in caplog.text
    assert TYPED not in response.text + caplog.text


def test_nothing_of_a_question_is_logged_or_counted(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(client, question=TYPED, previous=TYPED)
        ask(client, question=TYPED, oops=TYPED)
        client.post("/api/ask", content=TYPED.encode(), headers={"Content-Type": "application/json"})
        client.get(f"/{TYPED}?q={TYPED}")
        metrics = client.get("/metrics").text

    ours = "".join(record.getMessage() for record in caplog.records if record.name not in ("httpx", "httpx2"))
    assert TYPED not in ours + metrics


def test_an_answer_that_takes_too_long_is_not_waited_for(
    client: TestClient, assistant: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "ANSWER_SECONDS", 0.05)
    assistant.before = lambda: time.sleep(0.5)

    response = ask(client, question="How long?")

    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert int(response.headers["retry-after"]) > 0


def test_suggestions_health_and_readiness(client: TestClient) -> None:
    assert client.get("/api/suggestions").json() == {"suggestions": ["How long does it last?"]}
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "index": "0123abcd"}


def test_the_document_describes_our_own_routes_only(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    assert set(document["paths"]) == {"/api/ask", "/api/suggestions", "/healthz", "/readyz"}
    assert set(document["paths"]["/api/ask"]["post"]["responses"]) == {
        *("200", "400", "403", "408", "413", "415", "422", "429", "500", "503")
    }
    record = document["components"]["schemas"]["AnswerRecord"]
    assert set(record["properties"]) <= set(to_json(Canned().ask("How long?")))


def test_counts_tell_doors_statuses_and_refusals() -> None:
    counts = Counts()
    with TestClient(build(Canned(), counts=counts), client=("127.0.0.1", 4000)) as client:
        ask(client, question="How long?")
        ask(client, question="I cannot breathe")
        ask(client, question="a fault")
        ask(client, question="")
        counts.feedback(Feedback.HELPED)
        shown = client.get("/metrics")

    lines = shown.text.splitlines()
    assert shown.headers["content-type"].startswith("text/plain; version=")
    assert 'redness_qa_answers_total{door="api",status="answered",urgency="routine"} 1.0' in lines
    assert 'redness_qa_answers_total{door="api",status="refer",urgency="emergency"} 1.0' in lines
    assert 'redness_qa_answer_seconds_count{status="answered",urgency="routine"} 1.0' in lines
    assert 'redness_qa_faults_total{door="api"} 1.0' in lines
    assert 'redness_qa_refusals_total{code="question_empty"} 1.0' in lines
    assert 'redness_qa_refusals_total{code="failed"} 1.0' in lines
    assert 'redness_qa_feedback_total{kind="helped"} 1.0' in lines
    assert "redness_qa_questions_at_work 0.0" in lines


def test_an_answer_is_given_though_it_cannot_be_kept(caplog: pytest.LogCaptureFixture) -> None:
    class Full:
        def keep(self, answer: object, *, door: str) -> None:
            raise OSError(f"no room for {TYPED}")

    counts = Counts()
    watched = Watched(Canned(), door=Door.PAGE, counts=counts, store=Full())

    assert watched.ask(TYPED).quotes
    assert b"redness_qa_unstored_total 1.0" in counts.exposition()
    assert TYPED not in caplog.text


def test_codes_are_stable_and_their_sentences_plain() -> None:
    codes = [refusal.code for refusal in REFUSALS]

    assert len(set(codes)) == len(codes)
    assert {refusal.status for refusal in REFUSALS} >= {400, 404, 405, 413, 415, 422, 429, 503}
    for wording in WORDINGS.values():
        assert set(wording.refusals) == {*codes, "unavailable"}
        for said in wording.refusals.values():
            assert said[0].isupper()
            assert said.endswith(".")


TEXTS = st.text(alphabet=st.characters(), max_size=300)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(question=TEXTS, previous=st.none() | TEXTS | st.lists(TEXTS, max_size=12))
def test_any_text_is_answered_or_refused_with_a_reason(question: str, previous: str | list[str] | None) -> None:
    assistant = Canned()
    code = None
    try:
        answer = answer_to(Question(question=question, previous=previous), assistant, max_question_characters=100)
    except Refused as refused:
        code = refused.refusal.code
    assert code in (None, "question_empty", "question_too_long")
    if code is None:
        json.dumps(to_json(answer), ensure_ascii=False).encode()
        asked, before = assistant.asked[0]
        assert asked.strip() == asked != ""
        assert len(asked) <= 500
        assert len(before) <= 8
        assert all(0 < len(text) <= 100 for text in before)


@pytest.fixture(scope="module")
def shared() -> Iterator[Callable[[bytes], Any]]:
    with TestClient(build(Canned()), client=("127.0.0.1", 4000), raise_server_exceptions=False) as client:
        yield lambda body: client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})


@given(value=JSON_VALUES | st.fixed_dictionaries({"question": JSON_VALUES}, optional={"previous": JSON_VALUES}))
def test_any_json_gets_an_answer_or_a_code(shared: Callable[[bytes], Any], value: object) -> None:
    response = shared(json.dumps(value).encode())

    assert response.status_code in (200, 400, 422, 500 if "fault" in str(value) else 200)
    if response.status_code == 200:
        assert response.json()["urgency"] in {urgency.value for urgency in Urgency}
    else:
        assert response.json()["code"] in {refusal.code for refusal in REFUSALS}


@given(body=st.binary(max_size=200))
def test_any_bytes_get_a_code(shared: Callable[[bytes], Any], body: bytes) -> None:
    response = shared(body)

    assert response.status_code in (400, 422)
    assert response.json()["code"] in ("bad_json", "bad_field", "question_empty")


def test_a_fault_of_an_unknown_sort_has_a_sentence_too() -> None:
    refusal = refusal_of([{"type": "new_in_this_version", "loc": ("body", "previous", 3, "str")}])

    assert refusal.message(WORDINGS["en"]) == "The field previous cannot be used: it is not what it should be."
    assert refusal.message(WORDINGS["es"]) == "El campo previous no se puede usar: no es lo que debe ser."
