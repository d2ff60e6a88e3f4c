from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from threadpoolctl import threadpool_info, threadpool_limits

from answering import Canned
from redness_qa.contacts import Contacts
from redness_qa.errors import IndexMissing, MissingExtra, SettingsError
from redness_qa.records import Store
from redness_qa.records.store import FILE_NAME
from redness_qa.serving import RunningServer, build_from, connections, serve, start
from redness_qa.serving.server import address_of, describe, listen
from redness_qa.settings import Settings
from test_chat import LEFT_BY_GRADIO, free_port, gradio_cleared_away

pytestmark = LEFT_BY_GRADIO

TESTS = Path(__file__).parent
TYPED = "Zanzibar"
QUESTION = {"question": "How long?"}


@pytest.fixture(scope="module", autouse=True)
def _cleared_away() -> Iterator[None]:
    with gradio_cleared_away():
        yield


def plenty(**changed: object) -> Settings:
    return Settings(port=free_port(), questions_a_minute=100_000, questions_a_minute_overall=100_000, **changed)  # type: ignore[arg-type]


@contextmanager
def served(assistant: Canned, settings: Settings) -> Iterator[RunningServer]:
    built = build_from(assistant, suggestions=("How long?",), fingerprint="0123", settings=settings)
    with start(built.application, settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def assistant() -> Canned:
    return Canned()


@pytest.fixture(scope="module")
def running(assistant: Canned) -> Iterator[RunningServer]:
    with served(assistant, plenty()) as running:
        yield running


def port_of(running: RunningServer) -> int:
    return int(running.url.rstrip("/").rsplit(":", 1)[1])


def test_page_and_api_are_one_server(running: RunningServer) -> None:
    assert httpx.post(f"{running.url}api/ask", json=QUESTION).json()["status"] == "answered"
    assert httpx.get(f"{running.url}readyz").json() == {"status": "ready", "index": "0123"}
    page = httpx.get(running.url)
    assert page.status_code == 200
    assert "'unsafe-inline'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert "server" not in page.headers
    assert set(httpx.get(f"{running.url}openapi.json").json()["paths"]) >= {"/api/ask", "/healthz"}


def test_the_client_library_of_gradio_gets_in_and_is_counted(running: RunningServer) -> None:
    client = Client(running.url, verbose=False, analytics_enabled=False)
    try:
        result = client.predict("How long?", [], api_name="/ask")
    finally:
        client.close()

    assert Canned().quoted in json.dumps(result[0])
    counted = httpx.get(f"{running.url}metrics").text
    assert 'redness_qa_answers_total{door="page",status="answered",urgency="routine"}' in counted


def test_a_forged_host_does_not_reach_the_page(running: RunningServer) -> None:
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Gradio-Server": "https://evil.example",
    }

    for path in ("", "config"):
        assert "evil.example" not in httpx.get(f"{running.url}{path}", headers=forged).text


def test_another_site_is_not_answered_by_gradio_either(running: RunningServer) -> None:
    headers = {"Origin": "https://evil.example"}

    assert "access-control-allow-origin" not in httpx.get(f"{running.url}config", headers=headers).headers
    joined = httpx.post(f"{running.url}gradio_api/queue/join", json={}, headers=headers)
    assert (joined.status_code, joined.json()["code"]) == (403, "origin_not_listed")


def test_doors_of_gradio_are_shut_on_the_running_server(running: RunningServer) -> None:
    upload = httpx.post(f"{running.url}gradio_api/upload", files={"files": ("a.txt", b"x")})
    for response in (
        upload,
        httpx.get(f"{running.url}gradio_api/file=/etc/passwd"),
        httpx.get(f"{running.url}gradio_api/proxy=https://huggingface.co/x"),
        httpx.get(f"{running.url}gradio_api/mcp"),
        httpx.get(f"{running.url}monitoring"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def send(running: RunningServer, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port_of(running)), timeout=20)
    connection.sendall(data)
    return connection


def answer_on(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def drip(connection: socket.socket, *, seconds: float) -> None:
    """Send a header now and then."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        connection.sendall(b"X-A: b\r\n")
        time.sleep(0.05)


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


POST = b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n", b"", id="half a head"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nG", b'{"status":"ok"}', id="half a second head"),
        pytest.param(POST + b"\r\n{", b"too_slow", id="half a body"),
    ],
)
def test_a_slow_sender_is_cut_off(
    running: RunningServer, monkeypatch: pytest.MonkeyPatch, sent: bytes, told: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr("redness_qa.api.intake.BODY_SECONDS", 0.3)
    with closing(send(running, sent)) as connection:
        assert told in answer_on(connection)


def test_a_sender_that_drips_is_cut_off_too(running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    begin = time.monotonic()
    connection = send(running, b"GET / HTTP/1.1\r\nHost: x\r\n")
    with closing(connection), pytest.raises((BrokenPipeError, ConnectionResetError)):
        drip(connection, seconds=20)
    assert time.monotonic() - begin < 15


def test_others_are_answered_while_slow_senders_wait(running: RunningServer) -> None:
    waiting = [send(running, b"GET / HTTP/1.1\r\n") for _ in range(100)]
    try:
        assert httpx.post(f"{running.url}api/ask", json=QUESTION, timeout=20).status_code == 200
    finally:
        for connection in waiting:
            connection.close()


def test_a_client_holds_only_so_many_connections(running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS_OF_A_CLIENT", 3)
    held = [send(running, b"GET / HTTP/1.1\r\n") for _ in range(6)]
    try:
        assert all(is_closed(connection) for connection in held[3:])
    finally:
        for connection in held:
            connection.close()


@pytest.mark.parametrize("size", [100_000, 20_000_000])
def test_large_bodies_are_refused_on_the_wire(running: RunningServer, size: int) -> None:
    for path in ("api/ask", "gradio_api/queue/join", "gradio_api/call/ask"):
        response = httpx.post(
            f"{running.url}{path}",
            content=b'{"question": "' + b"x" * size + b'"}',
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_crowd_is_told_to_wait_and_the_server_recovers(
    assistant: Canned, running: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redness_qa.api.routes._WAITING", 32)  # a smaller crowd does then
    assistant.before = lambda: time.sleep(0.2)
    try:
        with ThreadPoolExecutor(80) as pool:
            given = list(
                pool.map(
                    lambda _: httpx.post(f"{running.url}api/ask", json=QUESTION, timeout=60).status_code, range(80)
                )
            )
    finally:
        assistant.before = lambda: None

    assert set(given) == {200, 503}
    assert given.count(200) >= 40
    assert httpx.post(f"{running.url}api/ask", json=QUESTION).status_code == 200


def test_answers_under_way_are_finished_at_the_stop() -> None:
    asked = threading.Event()

    def slowly() -> None:
        asked.set()
        time.sleep(1)

    with ThreadPoolExecutor(1) as pool:
        with served(Canned(before=slowly), plenty()) as running:
            under_way = pool.submit(httpx.post, f"{running.url}api/ask", json=QUESTION, timeout=30)
            assert asked.wait(20)
        assert under_way.result().json()["status"] == "answered"
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{running.url}healthz")


def test_a_port_in_use_is_named_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(port=taken.getsockname()[1])
        with pytest.raises(SettingsError, match=f"REDNESS_QA_PORT: .* {settings.port}. .* give another one"):
            listen(settings)
        with pytest.raises(SettingsError, match=r"cannot listen on no\.such\.host\.invalid"):
            listen(Settings(host="no.such.host.invalid", port=settings.port))


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")],  # noqa: S104
)
def test_the_address_is_one_to_open(host: str, address: str) -> None:
    settings = Settings(host=host, port=free_port())
    try:
        listening = listen(settings)
    except SettingsError:
        pytest.skip(f"this machine has no {host}")
    with closing(listening):
        assert address_of(listening) == f"http://{address}:{settings.port}/"


def test_the_policy_in_force_is_told() -> None:
    closed = " ".join(describe(Settings()))
    opened = " ".join(
        describe(
            Settings(origins=("https://clinic.example",), store_days=14, store_folder=Path("kept"), serves_mcp=True)
        )
    )

    assert "No other web site" in closed
    assert "No proxy is trusted" in closed
    assert "No question is stored or logged" in closed
    assert "MCP is off" in closed
    assert "https://clinic.example" in opened
    assert "14 days in kept" in opened
    assert "offered by MCP" in opened


def test_serving_without_an_index_says_so(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        serve(Settings(index=tmp_path / "none", port=free_port()), announce=lambda line: None)


def test_the_assistant_is_loaded_as_the_settings_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loaded: list[object] = []

    class Index:
        fingerprint = "4567"
        passages: tuple[object, ...] = ()

    class Loaded(Canned):
        index = Index()

        def suggestions(self, n: int) -> tuple[str, ...]:
            return ("How long?",) * n

    def load(index: Path, *, corpus: Path | None, contacts: Contacts, **bounds: object) -> Loaded:
        loaded.append((index, corpus, contacts, bounds))
        return Loaded()

    monkeypatch.setattr("redness_qa.assistant.Assistant.load", load)
    monkeypatch.setattr("redness_qa.screening.load_languages", lambda: loaded.append("languages"))
    (tmp_path / "texts").mkdir()
    settings = Settings(
        corpus=tmp_path / "texts",
        index=tmp_path,
        port=free_port(),
        emergency_number="999",
        compiled=tmp_path / "compiled",
        remembered_answers=0,
        max_waiting=5,
    )
    from redness_qa.serving import build

    with threadpool_limits(limits=None):  # gives back, at its end, the threads that it found
        build(settings)
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}

    bounds = {"compiled": tmp_path / "compiled", "remembered_answers": 0, "max_waiting": 5}
    # Languages before any question is taken: many at once would unpack that model many times.
    assert loaded == ["languages", (tmp_path, tmp_path / "texts", Contacts("999", None), bounds)]


# As a process


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str, Sequence[str]]]:
    """Run the server as a process; gives it, its address, and the lines it said at the start."""
    port = str(free_port())
    started = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(TESTS / "served_canned.py"), port, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        assert started.stdout is not None
        lines = []
        for line in started.stdout:
            lines.append(line.strip())
            if line.startswith("The chat is at"):
                break
        yield started, f"http://127.0.0.1:{port}/", lines
    finally:
        started.kill()
        started.communicate()


def test_a_running_process_says_its_policy_writes_no_question_and_finishes_on_sigterm() -> None:
    with process(CANNED_SECONDS="0.5") as (server, url, lines):
        assert lines[0].startswith("No other web site may embed this page")
        assert "No question is stored or logged." in lines
        forged = {"data": [TYPED, [{"role": TYPED, "content": {"x": TYPED}}]], "session_hash": TYPED, "fn_index": 0}
        httpx.post(f"{url}gradio_api/queue/join?{TYPED}", json=forged)
        httpx.get(f"{url}gradio_api/queue/data", params={"session_hash": TYPED}, timeout=20)
        httpx.post(f"{url}gradio_api/call/ask", json={"data": [TYPED]})
        httpx.post(f"{url}gradio_api/run/ask", json={"data": {TYPED: TYPED}})
        httpx.post(f"{url}api/ask", json={"question": f"{TYPED} fault"})
        httpx.get(f"{url}{TYPED}", params={"q": TYPED})
        with ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(httpx.post, f"{url}api/ask", json={"question": TYPED}, timeout=30)
            time.sleep(0.2)
            server.send_signal(signal.SIGTERM)
            assert under_way.result().status_code == 200
        out, errors = server.communicate(timeout=40)

    assert TYPED not in out + errors
    assert server.returncode in (0, -signal.SIGTERM)


def ask_until(stop: threading.Event, url: str) -> int:
    """Ask one question after another until told to stop or the server is gone, and count the answers."""
    done = 0
    with httpx.Client(timeout=10) as client, suppress(httpx.TransportError):
        while not stop.is_set():
            done += client.post(f"{url}api/ask", json=QUESTION).status_code == 200
    return done


def test_kept_questions_survive_a_killed_process_whole(tmp_path: Path) -> None:
    answered = 0
    for _ in range(2):
        with process(str(tmp_path)) as (server, url, lines):
            assert f"Questions are kept for 7 days in {tmp_path}, without names." in lines
            stop = threading.Event()
            with ThreadPoolExecutor(8) as pool:
                asking = [pool.submit(ask_until, stop, url) for _ in range(8)]
                time.sleep(1.5)
                server.kill()
                stop.set()
                answered += sum(each.result() for each in asking)

    kept = Store(tmp_path, days=7).records()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    with closing(connection):
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # Each answer that arrived is kept; those that were on their way when the process ended may be.
    assert 0 < answered <= len(kept) <= answered + 2 * 8 * 2
    assert {record.question for record in kept} == {"How long?"}


def test_what_is_too_old_is_deleted_at_the_start_and_then_hourly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redness_qa.serving.beside.SECONDS_BETWEEN_DELETIONS", 0.1)
    store = Store(tmp_path, days=7)
    long_ago = datetime.now(timezone.utc) - timedelta(days=8)
    store.keep(Canned().ask("old"), door="page", now=long_ago)
    with served(Canned(), plenty(store_days=7, store_folder=tmp_path)) as running:
        gone_at_start = wait_until(lambda: not store.records())
        store.keep(Canned().ask("old again"), door="page", now=long_ago)
        gone_later = wait_until(lambda: not store.records())
        httpx.post(f"{running.url}api/ask", json={"question": "My name is Anna. How long?"})
        kept = store.records()

    assert gone_at_start
    assert gone_later
    assert [(record.question, record.door) for record in kept] == [("[name]. How long?", "api")]


def wait_until(condition: Callable[[], bool], *, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


# The tool


def _has_mcp() -> bool:
    if importlib.util.find_spec("mcp") is None:
        return False
    from mcp.server import Server

    return hasattr(Server, "call_tool")


@pytest.mark.skipif(not _has_mcp(), reason="the library mcp is not installed in version 1")
def test_mcp_offers_exactly_one_tool(assistant: Canned) -> None:
    from mcp import ClientSession

    connect: Any = importlib.import_module("mcp.client.streamable_http").streamable_http_client

    async def call(url: str) -> tuple[list[str], int, list[str]]:
        async with (
            connect(f"{url}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as it,
        ):
            await it.initialize()
            tools = [tool.name for tool in (await it.list_tools()).tools]
            others = (await it.list_resources()).resources, (await it.list_prompts()).prompts
            texts = [
                (await it.call_tool("ask", arguments)).content[0].text  # type: ignore[union-attr]
                for arguments in (
                    QUESTION,
                    {"question": "And then?", "previous": ["I cannot breathe"]},
                    {"question": ""},
                )
            ]
            return tools, len(others[0]) + len(others[1]), texts

    with served(assistant, plenty(serves_mcp=True)) as running:
        tools, others, texts = asyncio.run(call(running.url))
        counted = httpx.get(f"{running.url}metrics").text
        forged = httpx.post(f"{running.url}gradio_api/mcp/", json={}, headers={"Origin": "https://evil.example"})

    assert tools == ["ask"]
    assert others == 0
    assert json.loads(texts[0])["status"] == "answered"
    assert json.loads(texts[1])["urgency"] == "emergency"
    assert json.loads(texts[2])["code"] == "question_empty"
    assert 'redness_qa_answers_total{door="mcp",status="answered",urgency="routine"} 1.0' in counted
    assert forged.status_code == 403


def test_mcp_without_its_library_is_an_error_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)

    with pytest.raises(MissingExtra, match=r"REDNESS_QA_MCP needs the library mcp.*redness-qa\[mcp\]"):
        build_from(Canned(), suggestions=(), fingerprint="0", settings=plenty(serves_mcp=True))
