"""First load of our page beside a stock `gr.ChatInterface` with the same function, on an emulated slow 4G line.

Run it from a checkout with the development packages and Chromium: `.venv/bin/python benchmarks/first_load.py`.
"""

from __future__ import annotations

import shutil
import socket
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from playwright.sync_api import Browser, Page, sync_playwright

from redness_qa.answer import Answer, Quote, Status
from redness_qa.days import told_stages
from redness_qa.index import Index
from redness_qa.render import to_html
from redness_qa.serving import build_from, start
from redness_qa.settings import Settings
from redness_qa.triage import Urgency
from redness_qa.wording import Wording

ROUND_TRIP_MS, DOWN_KBIT, UP_KBIT = 150, 1638.4, 750
"""The line that Lighthouse calls slow 4G."""

QUIET_MS = 2000
"""A page is loaded when nothing more has come for so long."""

REPEATS = 3
ARGUMENTS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]


@dataclass(frozen=True, slots=True)
class FixedAnswer:
    """Answers everything with the first sentence of the guide, so that nothing but the page is measured."""

    quote: Quote
    wording: Wording

    def ask(
        self, question: str, *, previous: Sequence[str] = (), id: str | None = None, language: str = "en"
    ) -> Answer:
        """Give the fixed answer."""
        said = self.wording.in_language(language)
        return Answer(
            "fixed", question, Status.ANSWERED, Urgency.ROUTINE, (self.quote,), said.status["answered"], said.disclaimer
        )


@dataclass(frozen=True, slots=True)
class Load:
    """One first load: bytes and requests over the line, and seconds until something was there."""

    kilobytes: float
    requests: int
    emergency_seconds: float | None
    box_seconds: float


def measure(browser: Browser, url: str, *, emergency: str | None, box: str) -> Load:
    """Load a page with an empty cache.

    Args:
        browser: A running Chromium.
        url: The page.
        emergency: Selector of the emergency text; None where the page has none.
        box: Selector of what shows that a question can be typed.
    """
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        sizes: list[float] = []
        session = context.new_cdp_session(page)
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": ROUND_TRIP_MS,
                "downloadThroughput": DOWN_KBIT * 1024 / 8,
                "uploadThroughput": UP_KBIT * 1024 / 8,
            },
        )
        start = time.perf_counter()
        page.goto(url, wait_until="commit", timeout=120_000)
        first = _seconds_until(page, emergency, start) if emergency else None
        ready = _seconds_until(page, box, start)
        loaded = -1
        while loaded < len(sizes):  # a stock page keeps a stream open, so that its network is never idle
            loaded = len(sizes)
            page.wait_for_timeout(QUIET_MS)
        return Load(sum(sizes) / 1000, len(sizes), first, ready)


def _seconds_until(page: Page, selector: str, start: float) -> float:
    page.locator(selector).first.wait_for(state="visible", timeout=120_000)
    return time.perf_counter() - start


def main() -> int:
    """Print the medians as a table."""
    settings = Settings(port=_free_port())
    wording = Wording.load()
    passages = Index.load(settings.index).passages
    assistant = FixedAnswer(Quote.from_passage(passages[0]), wording)
    suggestions = [passage.questions[0] for passage in passages if passage.questions][:6]
    built = build_from(
        assistant,
        suggestions=suggestions,
        fingerprint="first load",
        settings=settings,
        stages=told_stages(settings.corpus, passages),
    )

    import gradio as gr  # not before build_from has told it to report nothing home

    def answer(message: str, history: object) -> str:
        return to_html(assistant.ask(message), wording)

    stock = gr.ChatInterface(answer, examples=suggestions)
    ours = ("redness-qa", "#emergency", "html.ready #question textarea")
    rows: dict[str, list[Load]] = {ours[0]: [], "stock ChatInterface": []}
    with start(built.application, settings=settings) as running:
        _, stock_url, _ = stock.launch(prevent_thread_lock=True, quiet=True, server_port=_free_port())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            for _ in range(REPEATS):  # one after the other, so that other work on the machine slows both alike
                rows[ours[0]].append(measure(browser, running.url, emergency=ours[1], box=ours[2]))
                rows["stock ChatInterface"].append(measure(browser, stock_url, emergency=None, box="textarea"))
            machine = f"Chromium {browser.version}, Gradio {version('gradio')}, median of {REPEATS}"
            browser.close()
        stock.close(verbose=False)
    sys.stdout.write(
        f"First load, empty cache, {ROUND_TRIP_MS} ms round trip, {DOWN_KBIT:g} kbit/s down; {machine}\n"
        "| page | kB | requests | emergency text, s | box ready, s |\n| --- | --- | --- | --- | --- |\n"
    )
    for name, loads in rows.items():
        emergency = _median(loads, lambda load: load.emergency_seconds or 0) if name == ours[0] else None
        sys.stdout.write(
            f"| {name} | {_median(loads, lambda load: load.kilobytes):.0f} "
            f"| {_median(loads, lambda load: load.requests):.0f} "
            f"| {'never' if emergency is None else f'{emergency:.1f}'} "
            f"| {_median(loads, lambda load: load.box_seconds):.1f} |\n"
        )
    return 0


def _median(loads: Sequence[Load], value: Callable[[Load], float]) -> float:
    return statistics.median(value(load) for load in loads)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
