from __future__ import annotations

import contextlib
import getpass
import importlib.metadata
import lzma
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from redness_qa import settings
from redness_qa.api.intake import MAX_BODY_BYTES
from redness_qa.wording import Wording

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
NGINX_CONF = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNIT = (DEPLOY / "redness-qa.service").read_text(encoding="utf-8")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
OPENSSL = shutil.which("openssl")
SYSTEMD_ANALYZE = shutil.which("systemd-analyze")
BUILT_WITH = ("torch", "sentence-transformers", "transformers", "scikit-learn", "triton")


# Image


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Read a Dockerfile as instructions with what follows them, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line.strip()]


def last_stage() -> list[tuple[str, str]]:
    lines = instructions(DOCKERFILE)
    return lines[max(number for number, (name, _) in enumerate(lines) if name == "FROM") :]


def test_the_image_runs_as_a_user_who_owns_nothing_in_it() -> None:
    names = dict(last_stage())
    user, group = names["USER"].split(":")
    assert int(user) >= 10_000 <= int(group)
    assert [arguments for name, arguments in last_stage() if name in ("COPY", "ADD", "RUN")] == [
        "--from=build /opt/redness-qa /opt/redness-qa"
    ]
    assert "chown" not in DOCKERFILE


def test_the_image_can_be_stopped_and_watched() -> None:
    names = dict(last_stage())
    assert names["STOPSIGNAL"] == "SIGTERM"
    assert names["ENTRYPOINT"] == '["redness-qa"]'  # the server itself gets the signal, no shell before it
    assert names["CMD"] == '["serve"]'
    assert "/readyz" in names["HEALTHCHECK"]
    assert names["EXPOSE"] == "7860"


def test_the_image_is_made_of_pinned_things_only() -> None:
    installs = [step for name, steps in instructions(DOCKERFILE) if name == "RUN" for step in steps.split("&&")]
    for step in (step.strip() for step in installs):
        if re.search(r"\bpip install\b", step):
            assert "--constraint constraints.txt" in step or "--no-deps" in step, step
    assert "PIP_NO_CACHE_DIR=1" in DOCKERFILE
    assert ":latest" not in DOCKERFILE
    assert not [name for name, _ in instructions(DOCKERFILE) if name == "ADD"]


def test_what_the_image_copies_is_there_and_is_all_that_docker_sees() -> None:
    copied = {
        path
        for name, arguments in instructions(DOCKERFILE)
        if name == "COPY" and not arguments.startswith("--from")
        for path in arguments.split()[:-1]
    }
    ignored, *rules = [
        line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    assert ignored == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == copied
    assert [path for path in copied if not (ROOT / path).exists()] == []


def served_names() -> list[str]:
    lines = (DEPLOY / "serving.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def closure(names: list[str]) -> set[str]:
    """Name distributions with all that they need here, without their extras."""
    found: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # needed elsewhere only
            needed = [Requirement(text) for text in importlib.metadata.requires(name) or []]
            waiting += [
                canonicalize_name(each.name)
                for each in needed
                if each.marker is None or each.marker.evaluate({"extra": ""})
            ]
    return found


def test_the_image_holds_what_serving_loads_and_not_what_builds() -> None:
    held = closure(served_names())
    assert held.isdisjoint(BUILT_WITH)
    of_module = importlib.metadata.packages_distributions()
    shut = [
        name
        for name, distributions in of_module.items()
        if name != "redness_qa" and held.isdisjoint(canonicalize_name(each) for each in distributions)
    ]
    assert {"torch", "sentence_transformers", "sklearn", "pytest"} <= set(shut)
    script = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({shut!r}))\n"  # importing them fails, as where they are not installed
        "from redness_qa import assistant, cli, retriever\n"
        "from redness_qa.head import Head\n"
        "from redness_qa.screening import screen\n"
        "from redness_qa.serving import build_from\n"
        "from redness_qa.settings import Settings\n"
        "from redness_qa.triage import Triage\n"
        "from redness_qa.weights import shipped_folder\n"
        "from web_sites import WordAssistant\n"
        "Triage.load().assess('there is pus'); screen('cuanto dura la rojez de mi cara'); Head.load(shipped_folder())\n"
        "build_from(WordAssistant(), suggestions=('a?',), fingerprint='f', settings=Settings())\n"
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests")))},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


# Compose


def test_no_container_has_more_rights_than_it_needs() -> None:
    assert COMPOSE["services"].keys() == {"server", "nginx"}
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"]
        assert service["pids_limit"]
        assert not {"privileged", "cap_add", "devices", "user", "network_mode"} & service.keys()
        assert all(mount.endswith(":ro") for mount in service.get("volumes", []))
        assert all(re.search(r"noexec,nosuid,nodev$", mount) for mount in service["tmpfs"])
        assert not service.get("image", "").endswith(":latest")


def test_the_server_has_room_for_what_it_unpacks() -> None:
    model = resources.files("py3langid").joinpath("data", "model.npz.xz")
    with model.open("rb") as file, lzma.open(file) as packed:
        unpacked = sum(len(part) for part in iter(lambda: packed.read(1 << 20), b""))
    (mount,) = COMPOSE["services"]["server"]["tmpfs"]
    megabytes = re.search(r"^/tmp:size=(\d+)m,", mount)
    assert megabytes is not None
    assert int(megabytes[1]) << 20 > 1.5 * unpacked


def test_the_server_is_reached_through_nginx_only_and_trusts_that_network_alone() -> None:
    server, inside = COMPOSE["services"]["server"], COMPOSE["networks"]["inside"]
    assert "ports" not in server
    assert server["networks"] == ["inside"]
    assert inside["internal"] is True
    (subnet,) = (config["subnet"] for config in inside["ipam"]["config"])
    assert server["environment"]["REDNESS_QA_TRUSTED_PROXIES"] == subnet


def test_answers_under_way_have_time_to_finish() -> None:
    from redness_qa.serving.server import _STOP_SECONDS

    for service in COMPOSE["services"].values():
        assert int(service["stop_grace_period"].removesuffix("s")) > _STOP_SECONDS
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert int(seconds) > _STOP_SECONDS


def test_only_settings_that_there_are_are_set() -> None:
    known = {value for name, value in vars(settings).items() if name.endswith("_VARIABLE")}
    named = {word for text in (DOCKERFILE, UNIT, str(COMPOSE)) for word in re.findall(r"REDNESS_QA_\w+", text)}
    assert {"REDNESS_QA_HOST", "REDNESS_QA_TRUSTED_PROXIES"} <= named
    assert named - {"REDNESS_QA_COMPILED"} <= known


# systemd


@pytest.mark.skipif(SYSTEMD_ANALYZE is None, reason="systemd-analyze is not installed")
def test_the_unit_is_sound_and_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / "redness-qa.service"
    unit.write_text(UNIT.replace("/opt/redness-qa/bin/redness-qa", sys.executable), encoding="utf-8")
    assert SYSTEMD_ANALYZE is not None

    def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(SYSTEMD_ANALYZE), *arguments, str(unit)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603

    verified = analyze("verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    security = analyze("security", "--offline=true", "--threshold=15", "--no-pager")
    assert security.returncode == 0, security.stdout


# nginx, before a server that tells what reached it


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers that it got; below /stream in two parts, the second when it is told."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path.startswith("/stream"):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n")
            Echo.go_on.wait(20)
            self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")
            return
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).ljust(2_000).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/page" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")  # so that a server that is away is away at once
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Proxy:
    """A running nginx with our configuration."""

    url: str
    plain_url: str
    log: Path
    client: httpx.Client
    upstream: ThreadingHTTPServer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if not Path(NGINX).is_file() or OPENSSL is None:
        pytest.skip("nginx or openssl is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key)]
    subprocess.run(  # noqa: S603 - a key for this test only
        [*made, "-out", str(certificate), *subject], capture_output=True, check=True, timeout=60
    )
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    upstream.daemon_threads = True
    thread = threading.Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    ports = {"plain": free_port(), "secure": free_port()}
    configuration, log = folder / "nginx.conf", folder / "access.log"
    configuration.write_text(with_places(folder, upstream.server_address[1], ports), encoding="utf-8")
    command = [NGINX, "-c", str(configuration), "-p", str(folder), "-e", "/dev/stderr"]
    subprocess.run([*command, "-t"], capture_output=True, check=True, timeout=30)  # noqa: S603
    running = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        context = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(verify=context, timeout=20) as client:
            url = f"https://localhost:{ports['secure']}"
            wait_for(url, running)
            yield Proxy(url, f"http://localhost:{ports['plain']}", log, client, upstream)
    finally:
        Echo.go_on.set()
        running.terminate()
        running.wait(20)
        upstream.shutdown()
        thread.join()
        upstream.server_close()


def with_places(folder: Path, upstream: int, ports: dict[str, int]) -> str:
    """Put the places of this machine into our configuration; each must be there to be replaced."""
    replaced = {
        "/tmp/": f"{folder}/",  # noqa: S108 - replaced, and first, as the folder may lie below it
        "server server:7860;": f"server 127.0.0.1:{upstream};",
        "listen 8080;": f"listen 127.0.0.1:{ports['plain']};",
        "listen 8443 ssl http2;": f"listen 127.0.0.1:{ports['secure']} ssl http2;",
        "/etc/nginx/tls/": f"{folder}/",
        "access_log /dev/stdout": f"access_log {folder}/access.log",
        "worker_processes auto;": "worker_processes 1;",
    }
    text = NGINX_CONF
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return (f"user {getpass.getuser()};\n" if os.geteuid() == 0 else "") + text


def wait_for(url: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    host, port = url.removeprefix("https://").split(":")
    with socket.socket() as probe:
        while probe.connect_ex((host, int(port))):
            assert running.poll() is None, "nginx ended"
            assert time.monotonic() < deadline, "nginx does not listen"
            time.sleep(0.1)


def test_nginx_overwrites_what_a_client_claims_of_itself(proxy: Proxy) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
    }
    got = proxy.client.get(f"{proxy.url}/echo", headers=forged).text.lower()

    host = proxy.url.removeprefix("https://")
    assert "x-forwarded-for: 127.0.0.1\n" in got
    assert f"x-forwarded-host: {host}\n" in got
    assert f"\nhost: {host}\n" in f"\n{got}"
    assert "x-forwarded-proto: https\n" in got
    assert "203.0.113.9" not in got
    assert "evil" not in got


def test_nginx_sends_browsers_to_tls_and_keeps_them_there(proxy: Proxy) -> None:
    moved = proxy.client.get(f"{proxy.plain_url}/a?b=c")
    assert (moved.status_code, moved.headers["Location"]) == (308, "https://localhost/a?b=c")
    assert "max-age=31536000" in proxy.client.get(f"{proxy.url}/page").headers["Strict-Transport-Security"]


def test_nginx_compresses_and_hands_streams_on_as_they_come(proxy: Proxy) -> None:
    assert proxy.client.get(f"{proxy.url}/page").headers["Content-Encoding"] == "gzip"
    Echo.go_on.clear()
    with proxy.client.stream("GET", f"{proxy.url}/stream") as response:
        parts = response.iter_raw()
        assert next(parts) == b"first"
        Echo.go_on.set()
        assert b"".join(parts) == b"second"


def test_nginx_refuses_large_bodies_in_json_at_the_bound_of_the_server(proxy: Proxy) -> None:
    assert proxy.client.post(f"{proxy.url}/echo", content=b"x" * MAX_BODY_BYTES).status_code == 200
    refused = proxy.client.post(f"{proxy.url}/echo", content=b"x" * 100_000)
    assert refused.status_code == 413
    assert refused.headers["Content-Type"] == "application/json"
    assert refused.json()["code"] == "too_large"


@pytest.mark.parametrize(
    ("path", "header", "language"),
    [
        ("/api/ask", "es-ES,es;q=0.9,en;q=0.8", "es"),
        ("/api/ask", "en, es", "en"),
        ("/api/ask", "estonian", "en"),
        ("/gradio_api/queue/join", "es", "en"),  # the page is in English without `lang` in its address
        ("/gradio_api/queue/join?lang=es", "en", "es"),
        ("/gradio_api/queue/join?lang=xx", "es", "en"),
    ],
)
def test_nginx_refuses_in_the_language_of_the_reader(proxy: Proxy, path: str, header: str, language: str) -> None:
    refused = proxy.client.post(f"{proxy.url}{path}", content=b"x" * 100_000, headers={"Accept-Language": header})
    said = Wording.load(language).refusals["too_large"].replace("{kilobytes}", "64")
    assert (refused.status_code, refused.json()["detail"]) == (413, said)


def test_nginx_shows_the_counts_to_nobody(proxy: Proxy) -> None:
    assert proxy.client.get(f"{proxy.url}/metrics").status_code == 404


def test_nginx_logs_no_question_no_query_and_no_client(proxy: Proxy) -> None:
    proxy.client.post(f"{proxy.url}/api/ask?telling=query", json={"question": "a telling question"})
    deadline = time.monotonic() + 10
    while "/api/ask" not in proxy.log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    log = proxy.log.read_text(encoding="utf-8")
    assert "telling" not in log
    assert "127.0.0.1" not in log


@pytest.mark.parametrize("path", ["/api/ask", "/gradio_api/queue/join", "/gradio_api/call/ask"])
def test_nginx_holds_up_a_flood_in_json(proxy: Proxy, path: str) -> None:
    refused = None
    for _ in range(200):
        response = proxy.client.post(f"{proxy.url}{path}", json={})
        if response.status_code != 200:
            refused = response
            break
    assert refused is not None
    assert refused.status_code == 429
    assert refused.json()["detail"] == "Please wait a moment before asking again."
    assert refused.headers["Retry-After"] == "10"
    assert proxy.client.get(f"{proxy.url}/page").status_code == 200


def test_nginx_says_in_json_that_the_server_is_away(proxy: Proxy, tmp_path: Path) -> None:
    proxy.upstream.shutdown()
    proxy.upstream.server_close()
    refused = proxy.client.get(f"{proxy.url}/echo")
    assert refused.status_code == 503
    assert refused.json()["code"] == "unavailable"
