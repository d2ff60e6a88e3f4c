from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from redness_qa.api.application import create_application
from redness_qa.api.counts import Counts
from redness_qa.api.embed_routes import build_embed_router
from redness_qa.api.policy import Policy
from redness_qa.contacts import Contacts
from redness_qa.embed import Embed
from redness_qa.settings import Settings

LISTED = "https://www.clinic.example"
UNLISTED = "https://evil.example"
EMBED = Embed.build(contacts=Contacts(), max_question_characters=1000)


def client_for(*origins: str) -> TestClient:
    settings = replace(Settings(), origins=origins)
    routers = [build_embed_router(EMBED, policy=Policy(origins))]
    application = create_application(routers=routers, settings=settings, counts=Counts())
    return TestClient(application, base_url="http://faq.example.org", follow_redirects=False)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with client_for(LISTED) as client:
        yield client


@pytest.fixture(scope="module")
def closed() -> Iterator[TestClient]:
    with client_for() as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": LISTED}, id="crossorigin"),
        pytest.param({"Referer": f"{LISTED}/"}, id="plain"),
        pytest.param({"Referer": f"{LISTED}/aftercare?a=b"}, id="whole referrer"),
    ],
)
def test_a_listed_site_gets_the_script(client: TestClient, headers: dict[str, str]) -> None:
    response = client.get("/embed.js", headers=headers)

    assert response.status_code == 200
    assert response.content == EMBED.script
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers.get("Access-Control-Allow-Origin") == headers.get("Origin")
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": UNLISTED}, id="crossorigin"),
        pytest.param({"Origin": "null"}, id="without origin"),
        pytest.param({"Referer": f"{UNLISTED}/"}, id="plain"),
        pytest.param({"Referer": f"{LISTED}.evil.example/"}, id="like a listed one"),
        pytest.param({"Referer": f"{LISTED}@evil.example/"}, id="with a name"),
        pytest.param({"Referer": "https://[/"}, id="broken"),
        pytest.param({"Origin": UNLISTED, "Referer": f"{LISTED}/"}, id="forged referrer"),
    ],
)
@pytest.mark.parametrize("open_to", ["a site", "none"])
def test_an_unlisted_site_does_not(
    client: TestClient, closed: TestClient, headers: dict[str, str], open_to: str
) -> None:
    response = (client if open_to == "a site" else closed).get("/embed.js", headers=headers)

    assert response.status_code == 403
    assert response.json()["code"] == "origin_not_listed"
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"


def test_no_site_is_listed_at_first(closed: TestClient) -> None:
    assert closed.get("/embed.js", headers={"Origin": LISTED}).status_code == 403
    page = closed.get("/embed/")
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"].split("; ")


def test_the_own_page_and_no_page_get_a_script_that_others_cannot_use(closed: TestClient) -> None:
    for headers in ({}, {"Referer": "http://faq.example.org/embed/"}, {"Origin": "http://faq.example.org"}):
        assert closed.get("/embed.js", headers=headers).status_code == 200
    assert closed.get("/embed.js").headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_caches_keep_what_is_named_by_its_content_and_ask_again_for_the_rest(client: TestClient) -> None:
    named = client.get(f"/embed.js?v={EMBED.version}")
    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("/embed.js", "/embed.js?v=other", "/embed/"):
        assert client.get(path).headers["Cache-Control"] == "public, max-age=300"
    assert {part.strip() for part in named.headers["Vary"].split(",")} >= {"Origin", "Referer", "Accept-Encoding"}

    tag = named.headers["ETag"]
    again = client.get("/embed.js", headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert client.get("/embed.js", headers={"If-None-Match": 'W/"x"'}).status_code == 200
    assert client.get("/embed/", headers={"If-None-Match": tag}).status_code == 200


def test_script_and_page_travel_compressed(client: TestClient) -> None:
    for path, content in (("/embed.js", EMBED.script), ("/embed/", EMBED.pages["en"])):
        response = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) <= 1.05 * len(gzip.compress(content))
        assert response.content == content


def test_the_page_may_stand_in_a_frame_of_listed_sites_only_and_runs_its_script_only(client: TestClient) -> None:
    response = client.get("/embed/")

    assert response.status_code == 200
    assert response.content == EMBED.pages["en"]
    assert client.get("/embed/?lang=es").content == EMBED.pages["es"] != EMBED.pages["en"]
    assert client.get("/embed/?lang=<b>").content == EMBED.pages["en"]
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'{EMBED.style_hash}'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "frame-ancestors": f"'self' {LISTED}",
    }
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in response.headers


def test_the_page_is_found_without_its_slash(client: TestClient) -> None:
    response = client.get("/embed")
    assert (response.status_code, response.headers["Location"]) == (308, "embed/")


@pytest.mark.parametrize("path", ["/embed.js", "/embed/"])
def test_only_reading_is_served(client: TestClient, path: str) -> None:
    assert client.post(path, json={}).status_code == 405
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")


def test_the_openapi_document_describes_the_api_only(client: TestClient) -> None:
    assert not [path for path in client.get("/openapi.json").json()["paths"] if "embed" in path]
