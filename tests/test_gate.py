from __future__ import annotations

import asyncio
import threading
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from answering import Canned
from redness_qa.api.application import create_application
from redness_qa.api.counts import Counts
from redness_qa.api.gate import is_plain
from redness_qa.api.policy import Policy
from redness_qa.api.rates import Rates
from redness_qa.settings import Settings
from test_api import build

CLINIC = "https://www.clinic.example"
HOST = "guide.example"
PROXY = ("10.0.0.2", 5000)
STRANGER = ("203.0.113.9", 5000)


def echo(request: Request) -> dict[str, Any]:
    """Give back what lies behind the gate of a request."""
    return {
        "client": request.client.host if request.client else None,
        "scheme": request.url.scheme,
        "host": request.url.netloc,
        "headers": sorted(request.headers),
    }


def client_of(settings: Settings, *, peer: tuple[str, int] = STRANGER) -> TestClient:
    router = APIRouter()
    router.add_api_route("/echo", echo)
    router.add_api_route("/page", lambda: HTMLResponse("<p>x"))
    application = create_application(routers=[router], settings=settings, counts=Counts())
    return TestClient(application, base_url=f"http://{HOST}", client=peer)


FORGED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "1",
    "Forwarded": "for=127.0.0.1;host=evil.example",
    "X-Real-IP": "127.0.0.1",
    "X-Gradio-Server": "https://evil.example",
    "X-Original-URL": "/metrics",
    "X-Rewrite-URL": "/metrics",
}


def test_what_a_stranger_says_of_itself_changes_nothing() -> None:
    client = client_of(Settings())

    forged = client.get("/echo", headers=FORGED).json()

    assert forged == client.get("/echo").json()
    assert (forged["client"], forged["scheme"], forged["host"]) == (STRANGER[0], "http", HOST)


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        pytest.param("198.51.100.7", "198.51.100.7", id="one"),
        pytest.param("127.0.0.1, 198.51.100.7", "198.51.100.7", id="what the client made up stands before"),
        pytest.param("198.51.100.7, 10.0.0.9", "198.51.100.7", id="two proxies"),
        pytest.param("2001:db8::7", "2001:db8::7", id="IPv6"),
        pytest.param("198.51.100.7, junk", "10.0.0.2", id="no address"),
        pytest.param("", "10.0.0.2", id="empty"),
        pytest.param("10.0.0.9, 10.0.0.8", "10.0.0.9", id="proxies only"),
    ],
)
def test_a_listed_proxy_is_believed_about_its_client(forwarded: str, client: str) -> None:
    settings = Settings(trusted_proxies=(ip_network("10.0.0.0/8"),))
    sent = {**FORGED, "X-Forwarded-For": forwarded}

    seen = client_of(settings, peer=PROXY).get("/echo", headers=sent).json()

    assert (seen["client"], seen["scheme"], seen["host"]) == (client, "https", HOST)
    assert not any(name.startswith(("x-f", "x-r", "x-g", "x-o", "forwarded")) for name in seen["headers"])


@pytest.mark.parametrize("host", ["", "a b", "evil.example/x", "a:b", "user@host", "<x>", "a" * 254, "x:123456"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    response = client_of(Settings()).get("/echo", headers={"Host": host})

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        pytest.param(CLINIC, True, id="listed"),
        pytest.param(f"{CLINIC}:443", True, id="listed, with its port"),
        pytest.param(f"http://{HOST}", True, id="own"),
        pytest.param(f"https://{HOST}", True, id="own behind TLS"),
        pytest.param("https://clinic.example", False, id="another name of the site"),
        pytest.param("http://www.clinic.example", False, id="another scheme"),
        pytest.param(f"{CLINIC}.evil.example", False, id="longer"),
        pytest.param("https://evil.example", False, id="foreign"),
        pytest.param("null", False, id="null"),
        pytest.param("", False, id="empty"),
        pytest.param(f"{CLINIC}/path", False, id="with a path"),
        pytest.param(f"https://user@{HOST}", False, id="with a user"),
    ],
)
def test_only_listed_sites_may_ask(origin: str, is_let_in: bool) -> None:
    assistant = Canned()
    client = TestClient(build(assistant, Settings(origins=(CLINIC,))), base_url=f"http://{HOST}")

    response = client.post("/api/ask", json={"question": "How long?"}, headers={"Origin": origin})

    assert response.status_code == (200 if is_let_in else 403)
    assert len(assistant.asked) == int(is_let_in)
    if not is_let_in:
        assert response.json()["code"] == "origin_not_listed"
    assert (response.headers.get("access-control-allow-origin") == origin) == (origin == CLINIC)


def test_a_listed_site_reads_refusals_too() -> None:
    client = TestClient(build(Canned(), Settings(origins=(CLINIC,))), base_url=f"http://{HOST}")

    response = client.post("/api/ask", content=b"x" * 70_000, headers={"Origin": CLINIC})

    assert response.status_code == 413
    assert response.headers["access-control-allow-origin"] == CLINIC


@pytest.mark.parametrize(("origin", "status"), [(CLINIC, 200), ("https://evil.example", 403), ("null", 403)])
def test_a_browser_that_asks_beforehand_is_told(origin: str, status: int) -> None:
    client = TestClient(build(Canned(), Settings(origins=(CLINIC,))), base_url=f"http://{HOST}")

    response = client.options(
        "/api/ask",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert response.status_code == status
    assert (response.headers.get("access-control-allow-origin") == origin) == (status == 200)
    assert "access-control-allow-credentials" not in response.headers


def test_nothing_is_open_to_other_sites_at_first() -> None:
    client = client_of(Settings())

    response = client.get("/page", headers={"Origin": CLINIC})

    assert "access-control-allow-origin" not in response.headers
    assert "frame-ancestors 'self'" in response.headers["content-security-policy"]
    assert response.headers["content-security-policy"].endswith("frame-ancestors 'self'")


def test_pages_carry_the_policy_of_the_list() -> None:
    headers = client_of(Settings(origins=(CLINIC, "https://b.example"))).get("/page").headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == f"'self' {CLINIC} https://b.example"
    assert policy["default-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(headers["permissions-policy"].split(", "))
    assert headers["cache-control"] == "no-store"


def test_data_and_refusals_carry_headers_too() -> None:
    for path in ("/echo", "/nowhere"):
        headers = client_of(Settings()).get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"


SHUT = [
    *("/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/file=/etc/passwd", "/gradio_api/file/x"),
    *(
        "/gradio_api/proxy=https://evil.example",
        "/gradio_api/deep_link",
        "/gradio_api/runs",
        "/gradio_api/openapi.json",
    ),
    *("/gradio_api/run-history/connect", "/gradio_api/stream/x", "/gradio_api/component_server", "/monitoring"),
    *("/monitoring/summary", "/gradio_api/process_recording", "/gradio_api/dev/reload", "/gradio_api/queue/status"),
    *("/gradio_api/app_id", "/gradio_api/token", "/gradio_api/user", "/gradio_api/vibe-edit", "/gradio_api/vibe-code"),
    *("/login", "/logout", "/login_check", "/svelte/x.js", "/pwa_icon", "/custom_component/x", "/gradio_api/mcp"),
    *("/gradio_api/mcp/sse", "/gradio_api/profiling/traces", "/gradio_api/api/ask", "/docs", "/redoc"),
    *("/assets/../config", "/static/../../etc/passwd", "/assets/%2e%2e/config", "/assets/..%2f..%2fetc/passwd"),
    *("/static/..%5c..%5cx", "/static/%00", "/static//etc/passwd", "/assets/", "//evil.example", "/static/x%0d%0ay"),
    *("/.env", "/.git/config", "/gradio_api/file%3d/etc/passwd", "/gradio_api/queue/../upload", "/static/~root/"),
]


@pytest.fixture(scope="module")
def shut() -> TestClient:
    return TestClient(build(Canned()), base_url=f"http://{HOST}")


@pytest.mark.parametrize("path", SHUT)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_page_does_not_need_is_shut(shut: TestClient, method: str, path: str) -> None:
    response = shut.request(method, path)

    assert (response.status_code, response.json()["code"]) in [(404, "not_found"), (405, "method_not_allowed")]
    if response.status_code == 405:  # a plain path below a folder of files, asked by POST
        assert method == "POST"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/", True), ("/a/b-c.d", True), ("/a//b", False), ("/a/../b", False), ("/a/.", False), ("a", False), ("", False)],
)
def test_a_path_is_written_plainly(path: str, expected: bool) -> None:
    assert is_plain(path) is expected


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        pytest.param("127.0.0.1", {}, 200, id="this machine"),
        pytest.param("::1", {}, 200, id="this machine, IPv6"),
        pytest.param("192.0.2.5", {}, 200, id="listed"),
        pytest.param("203.0.113.9", {}, 404, id="stranger"),
        pytest.param("203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, 404, id="stranger who claims to be here"),
        pytest.param("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404, id="a proxy that is not listed"),
        pytest.param("10.0.0.2", {"X-Forwarded-For": "203.0.113.9"}, 404, id="stranger behind the proxy"),
        pytest.param("10.0.0.2", {"X-Forwarded-For": "192.0.2.5"}, 200, id="listed, behind the proxy"),
    ],
)
def test_counts_are_for_listed_readers(peer: str, headers: dict[str, str], status: int) -> None:
    settings = Settings(trusted_proxies=(ip_network("10.0.0.2"),), metrics_readers=(ip_network("192.0.2.5"),))
    client = TestClient(build(Canned(), settings), base_url=f"http://{HOST}", client=(peer, 1))

    assert client.get("/metrics", headers=headers).status_code == status


def statuses(client: TestClient, number: int, **headers: str) -> list[int]:
    return [client.post("/api/ask", json={"question": "How long?"}, headers=headers).status_code for _ in range(number)]


def test_a_client_has_so_many_questions_a_minute() -> None:
    application = build(Canned(), Settings(questions_a_minute=3))
    one, other = (TestClient(application, client=(address, 1)) for address in ("203.0.113.9", "203.0.113.10"))

    assert statuses(one, 4) == [200, 200, 200, 429]
    assert statuses(one, 2, **{"X-Forwarded-For": "198.51.100.1"}) == [429, 429]
    assert statuses(other, 1) == [200]
    refused = one.post("/api/ask", json={"question": "How long?"})
    assert refused.json()["detail"] == refused.json()["message"] == "Please wait a moment before asking again."
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert one.get("/api/suggestions").status_code == 200


def test_all_clients_together_have_so_many_too() -> None:
    application = build(Canned(), Settings(questions_a_minute_overall=3))

    given = [statuses(TestClient(application, client=(f"203.0.113.{number}", 1)), 1)[0] for number in range(5)]

    assert given == [200, 200, 200, 429, 429]


def test_addresses_of_one_subscriber_count_as_one_client() -> None:
    rates = Rates(a_client=2, overall=100)

    async def ask() -> list[int]:
        addresses = ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:1::1")
        return [await rates.wait_seconds(address) for address in addresses]

    assert [seconds == 0 for seconds in asyncio.run(ask())] == [True, True, False, True]


def test_counting_a_question_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", started.append)

    assert asyncio.run(Rates(a_client=2, overall=100).wait_seconds("2001:db8::1")) == 0

    assert started == []


def test_the_policy_is_told_in_a_line() -> None:
    assert "No other web site" in Policy().describe()
    assert CLINIC in Policy((CLINIC,)).describe()


def test_a_websocket_is_closed() -> None:
    client = TestClient(build(Canned()))

    with pytest.raises(WebSocketDisconnect) as caught, client.websocket_connect("/gradio_api/queue/join"):
        pass

    assert caught.value.code == 1008
