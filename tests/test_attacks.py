"""Strings that would be scripts elsewhere, through question, corpus and index, into the page in Chromium."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from answering import Canned
from assistants import FILES, build_assistant
from browsers import IN_CHROMIUM
from redness_qa.passages import Source
from redness_qa.serving import RunningServer, build_from, start
from redness_qa.settings import Settings
from test_chat import LEFT_BY_GRADIO, free_port, gradio_cleared_away

pytestmark = [*IN_CHROMIUM, *LEFT_BY_GRADIO]

SECONDS = 60  # other work on the machine must not fail a test
RUN = "window.attacked=1"
ATTACKS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<body onload={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src=javascript:{RUN}></iframe>",
    f"<a href=javascript:{RUN}>x</a>",
    f"[x](javascript:{RUN})",
    "![x](http://evil.example/a.png)",
    '![x](x"onerror=window.attacked=1 ")',
    f"<details open ontoggle={RUN}>x</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    "<style>@import'http://evil.example/a.css';</style>",
    "<link rel=stylesheet href=http://evil.example/a.css>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<form action=http://evil.example/><button>x</button></form>",
    "<base href=http://evil.example/>",
    "<object data=http://evil.example/></object>",
    f"</p></blockquote></figure></div><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"'-{RUN}-'",
    f'"onmouseover="{RUN}',
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"$$\\href{{javascript:{RUN}}}{{x}}$$",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"<<img src=x onerror={RUN}>",
    f"<img/src='x'/onerror={RUN}//",
    f"<img src=`x` onerror={RUN}>",
    f"<ıframe src=javascript:{RUN}>",
    f"＜script＞{RUN}＜/script＞",
    f"<scr\0ipt>{RUN}</scr\0ipt>",
    f"```html\n<img src=x onerror={RUN}>\n```",
    f"<!--<img src='--><img src=x onerror={RUN}>'>",
    f"<template><script>{RUN}</script></template>",
    "\u202e<gnp.a//elpmaxe.live//:ptth",
]


@contextmanager
def served(assistant: object, **changed: object) -> Iterator[RunningServer]:
    settings = Settings(port=free_port(), questions_a_minute=10_000, questions_a_minute_overall=10_000, **changed)  # type: ignore[arg-type]
    built = build_from(assistant, suggestions=("How long?",), fingerprint="0123", settings=settings)  # type: ignore[arg-type]
    with gradio_cleared_away(), start(built.application, settings=settings) as running:
        yield running


class Watch:
    """A page with what it asked for outside this machine, and whether a script of an attack ran."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.outside: list[str] = []
        self.page: Page = context.new_page()
        context.on("request", lambda request: self._note(request.url))
        self.page.on("dialog", lambda dialog: dialog.dismiss())
        self.page.set_default_timeout(SECONDS * 1000)
        self.page.goto(url)
        expect(self.page.get_by_role("textbox").first).to_be_visible(timeout=SECONDS * 1000)

    def _note(self, address: str) -> None:
        if not address.startswith(("http://127.0.0.1:", "data:", "blob:", "about:")):
            self.outside.append(address)

    def ask(self, question: str) -> None:
        answers = self.page.locator("#conversation .answer")
        number = answers.count()
        self.page.get_by_role("textbox").first.fill(question)
        self.page.get_by_role("textbox").first.press("Enter")
        expect(answers).to_have_count(number + 1, timeout=SECONDS * 1000)

    def is_unharmed(self) -> bool:
        self.page.mouse.move(200, 300)
        self.page.wait_for_timeout(50)
        return self.page.evaluate("window.attacked") is None and self.outside == [] and "evil" not in self.page.url


def test_no_attack_in_a_question_reaches_the_page(browser: Browser) -> None:
    with served(Canned()) as running, browser.new_context() as context:
        watch = Watch(context, running.url)
        for number, attack in enumerate(ATTACKS):
            if number and number % 15 == 0:
                watch = Watch(context, running.url)  # an empty conversation is quicker
            watch.ask(attack.replace("\n", " "))
            assert watch.is_unharmed(), attack


def test_no_attack_in_an_index_reaches_the_page(browser: Browser) -> None:
    assistant = Canned()
    with served(assistant) as running, browser.new_context() as context:
        watch = Watch(context, running.url)
        for number, attack in enumerate(ATTACKS):
            if number and number % 15 == 0:
                watch = Watch(context, running.url)
            assistant.quoted = attack
            assistant.source = Source(attack, attack, f"https://example.org/{attack}")
            watch.ask("How long?")
            assert watch.is_unharmed(), attack


def test_no_attack_in_a_corpus_reaches_the_page(browser: Browser, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    attacks = [attack for attack in ATTACKS if "\n" not in attack and "\0" not in attack]
    sections = "\n\n".join(
        f"## Section {number} {attack}\n\nSentence zebra{number} tells of {attack} here.[^F12]"
        for number, attack in enumerate(attacks)
    )
    (corpus / "attack.txt").write_text(sections, encoding="utf-8")
    (corpus / "redness.md").write_text(
        FILES["redness.md"].replace("# Redness", f"# Redness {ATTACKS[1]}", 1), encoding="utf-8"
    )
    assistant = build_assistant(tmp_path)
    texts = [passage.text for passage in assistant.index.passages]
    assert sum("window.attacked" in text for text in texts) > 5
    with served(assistant) as running, browser.new_context() as context:
        watch = Watch(context, running.url)
        for number in range(0, len(attacks), 4):
            watch.ask(f"what does sentence zebra{number} tell of here")
            assert watch.is_unharmed(), attacks[number]


@contextmanager
def host_page(framed: str) -> Iterator[str]:
    """Serve a page of another origin that shows an address in a frame and asks the API; gives its origin."""
    script = f"""
        fetch({json.dumps(framed + "api/ask")}, {{method: "POST", headers: {{"Content-Type": "application/json"}},
            body: JSON.stringify({{question: "How long?"}})}})
          .then(answer => answer.json()).then(answer => {{ document.title = answer.status || answer.code; }})
          .catch(() => {{ document.title = "refused"; }});
    """
    body = f"<title>waiting</title><iframe src='{framed}'></iframe><script>{script}</script>".encode()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "not listed"])
def test_only_a_listed_site_frames_the_page_and_asks(browser: Browser, is_listed: bool) -> None:
    port = free_port()
    with host_page(f"http://127.0.0.1:{port}/") as origin:
        settings = Settings(port=port, origins=(origin,) if is_listed else ())
        built = build_from(Canned(), suggestions=("How long?",), fingerprint="0123", settings=settings)
        with gradio_cleared_away(), start(built.application, settings=settings), browser.new_context() as context:
            page = context.new_page()
            page.goto(origin)
            expect(page).to_have_title("answered" if is_listed else "refused", timeout=20_000)
            box = page.frame_locator("iframe").get_by_role("textbox")
            if is_listed:
                expect(box.first).to_be_visible(timeout=20_000)
            else:
                page.wait_for_timeout(500)
                assert box.count() == 0
