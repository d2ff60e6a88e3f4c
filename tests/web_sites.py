"""A clinic's web site on a port of its own, and an assistant that answers by a word in the question."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from redness_qa.answer import Answer, Quote, Status
from redness_qa.contacts import Contacts
from redness_qa.passages import Source
from redness_qa.triage import Urgency
from redness_qa.wording import Wording

CONTACTS = Contacts(emergency_number="112", clinic_telephone="+44 20 7946 0000")
WORDING = Wording.load(contacts=CONTACTS)
REVIEW = Source(
    "Redness after microneedling", "A Journal", "https://example.org/review", year=2021, grade="A", note="abstract read"
)
LEAFLET = Source("Aftercare leaflet", "A Clinic")
HOSTILE = (
    "</script><script>window.hit=1</script> <img src=http://evil.example/q.png onerror=window.hit=1> "
    "{{7*7}} ${window.hit=1} javascript:window.hit=1 &lt;b&gt; \u202etxet\u202c"
)
SUGGESTIONS = ("How long does the redness last?", "May I go out in the sun?", "When should I call my clinic?")


def _quote(text: str, *sources: Source) -> Quote:
    return Quote(
        text=text, document="guide.md", section="How long it lasts", start=0, end=len(text), facts=(), sources=sources
    )


@dataclass
class WordAssistant:
    """Answers by a word in the question, and keeps what it was asked."""

    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def ask(
        self, question: str, *, previous: Sequence[str] = (), id: str | None = None, language: str = "en"
    ) -> Answer:
        words = WORDING.in_language(language)
        self.before()
        self.asked.append((question, tuple(previous)))
        status, urgency = Status.ANSWERED, Urgency.ROUTINE
        quotes: tuple[Quote, ...] = (
            _quote("For most people the redness is gone within 24 to 48 hours.", REVIEW),
            _quote("Sometimes it takes up to a week.", LEAFLET, REVIEW),
        )
        message = ""
        nearest: tuple[str, ...] = ()
        if "breathe" in question:
            status, urgency = Status.REFER, Urgency.EMERGENCY
        elif "pus" in question:
            status, urgency = Status.REFER, Urgency.CONTACT_CLINIC
        elif "tattoo" in question:
            status, quotes, nearest = Status.NOT_COVERED, (), SUGGESTIONS[:2]
        elif "hello" in question:
            status, quotes, message = Status.OFF_TOPIC, (), words.screened["small_talk"]
        elif "cream" in question:
            status, quotes = Status.PARTIAL, quotes[:1]
        elif "fiebre" in question:
            status, urgency = Status.REFER, Urgency.CONTACT_CLINIC
            spanish = WORDING.in_language("es").urgency["contact_clinic"]
            message = f"{WORDING.urgency['contact_clinic']}\n\n{spanish}".format(signs="a sign")
        elif "rojez" in question:
            status, quotes, message = Status.OFF_TOPIC, (), WORDING.other_languages["es"]
        elif "hostile" in question:
            bad = Source(HOSTILE, HOSTILE, "javascript:window.hit=1")
            quotes, message = (_quote(HOSTILE, bad),), HOSTILE
        elif "fault" in question:
            raise RuntimeError(question)
        if urgency is not Urgency.ROUTINE and not message:
            message = words.urgency[urgency.value].format(signs="a sign")
        message = message or words.status[status.value]
        return Answer(
            id or "word",
            question,
            status,
            urgency,
            quotes,
            message,
            words.disclaimer,
            nearest=nearest,
            language=language,
        )


@dataclass
class Site:
    """A web site whose pages are set by a test.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        pages: Body and headers by path.
    """

    port: int
    pages: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_origin(self) -> str:
        """The same site under a name that a browser takes for another one."""
        return f"http://localhost:{self.port}"

    def publish(self, path: str, body: str, **headers: str) -> str:
        """Put a page there and name its path."""
        self.pages[path] = (body, {name.replace("_", "-"): value for name, value in headers.items()})
        return path


@contextmanager
def web_site() -> Iterator[Site]:
    """Serve a site on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, headers = site.pages.get(self.path, ("", {}))
            self.send_response(200 if self.path in site.pages else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
