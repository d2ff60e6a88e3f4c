"""Measures what the panel and the frame page cost a web site on a slow mobile network; prints a Markdown table.

Run it with the development packages installed and Chromium on the path: python benchmarks/embed_load.py
"""

from __future__ import annotations

import shutil
import socket
import sys
import time
from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, sync_playwright

from redness_qa.api.application import create_application
from redness_qa.api.counts import Counts
from redness_qa.api.embed_routes import build_embed_router
from redness_qa.api.policy import Policy
from redness_qa.contacts import Contacts
from redness_qa.embed import Embed
from redness_qa.serving.server import RunningServer
from redness_qa.settings import Settings

ROUND_TRIP_MILLISECONDS, DOWN_KILOBITS, UP_KILOBITS = 150, 1600, 750  # what browsers' tools call slow 4G
RUNS = 5


def listen() -> socket.socket:
    """Take a free port of this machine."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


def measure(browser: Browser, url: str, ready: Callable[[Page], object]) -> tuple[int, int, float]:
    """Load a page once with empty caches: requests, bytes over the wire, seconds until it is ready."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": ROUND_TRIP_MILLISECONDS,
                "downloadThroughput": DOWN_KILOBITS * 125,
                "uploadThroughput": UP_KILOBITS * 125,
            },
        )
        start = time.perf_counter()
        page.goto(url)
        ready(page)
        seconds = time.perf_counter() - start
        page.wait_for_load_state("networkidle")
        return len(sizes), round(sum(sizes)), seconds


def site(lines: str) -> FastAPI:
    """A clinic's page that holds nothing but a heading and our lines."""
    application = FastAPI()
    body = f'<!doctype html><html lang="en"><title>Clinic</title><h1>Clinic</h1>{lines}</html>'
    application.add_api_route("/", lambda: HTMLResponse(body))
    return application


def main() -> None:
    """Serve a panel and two sites, and measure."""
    embed = Embed.build(contacts=Contacts(), max_question_characters=1000)
    suggestions = APIRouter()
    suggestions.add_api_route("/api/suggestions", lambda: {"suggestions": [f"Question {n}?" for n in range(6)]})
    sockets = [listen() for _ in range(3)]
    host = f"http://127.0.0.1:{sockets[2].getsockname()[1]}"
    routers = [suggestions, build_embed_router(embed, policy=Policy((host,)))]
    application = create_application(routers=routers, settings=Settings(origins=(host,)), counts=Counts())
    with RunningServer(application, listening=sockets[0]) as server, sync_playwright() as playwright:
        printed = embed.lines("html", url=server.url)
        lines = printed[printed.index("<redness-qa>") : printed.index("</script>") + len("</script>")]
        with (
            RunningServer(site(""), listening=sockets[1]) as without,
            RunningServer(site(lines), listening=sockets[2]) as with_panel,
        ):
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            cases: dict[str, tuple[str, Callable[[Page], object]]] = {
                "a site without it": (without.url, lambda page: page.wait_for_selector("h1")),
                "the same site with the button": (with_panel.url, lambda page: page.wait_for_selector(".launch")),
                "the page for a frame": (f"{server.url}embed/", lambda page: page.wait_for_selector("#question")),
            }
            print = sys.stdout.write
            print("| page | requests | bytes | seconds until it can be used |\n| --- | --- | --- | --- |\n")
            for name, (url, ready) in cases.items():
                measure(browser, url, ready)  # the first one pays for the browser's start
                runs = sorted((measure(browser, url, ready) for _ in range(RUNS)), key=lambda run: run[2])
                requests, size, seconds = runs[RUNS // 2]
                print(f"| {name} | {requests} | {size:,} | {seconds:.1f} |\n")
            browser.close()


if __name__ == "__main__":
    main()
