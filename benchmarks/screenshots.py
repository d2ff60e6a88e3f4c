"""Takes a picture of every kind of answer and of the panels, on a phone and a desk, in light and in dark.

Run it from a checkout with the development packages and Chromium: `.venv/bin/python benchmarks/screenshots.py OUTPUT`.
"""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize, sync_playwright

from redness_qa.assistant import Assistant
from redness_qa.days import told_stages
from redness_qa.serving import build_from, start
from redness_qa.settings import Settings

SIZES: dict[str, ViewportSize] = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
QUESTIONS = {
    "answered": "how long will my face stay red?",
    "partial": "can i sit in the garden with a hat on?",
    "refer": "should i stop my blood pressure tablets before needling?",
    "not-covered": "how much does one session cost?",
    "off-topic": "what is the capital of france?",
    "contact-clinic": "there is pus on my chin and it hurts more every day",
    "emergency": "my lips are swelling and i cannot breathe",
}


def main(output: Path) -> int:
    """Write one picture for each size, theme and kind, such as phone-light-answered.png."""
    output.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = replace(Settings(), port=port, emergency_number="112", clinic_telephone="020 7946 0123")
    assistant = Assistant.load(settings.index, contacts=settings.contacts)
    built = build_from(
        assistant,
        suggestions=assistant.suggestions(),
        fingerprint=assistant.index.fingerprint,
        settings=settings,
        stages=told_stages(settings.corpus, assistant.index.passages),
    )
    with start(built.application, settings=settings) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, viewport in SIZES.items():
            for theme in THEMES:
                context = browser.new_context(viewport=viewport, color_scheme=theme, has_touch=size == "phone")
                context.set_default_timeout(60_000)
                window = context.new_page()
                window.goto(running.url)
                window.locator("html.ready").wait_for()
                _take_all(window, output / f"{size}-{theme}")
                context.close()
        browser.close()
    return 0


def _take_all(window: Page, start: Path) -> None:
    def take(name: str) -> None:
        window.wait_for_timeout(300)
        window.screenshot(path=f"{start}-{name}.png")

    take("empty")
    window.locator("#panels [aria-controls=check]").click()
    window.locator("label[for=sign-contact_clinic-2]").click()
    take("signs")
    window.locator("#panels [aria-controls=days]").click()
    window.locator("#treated").select_option("1")
    take("day-1")
    window.locator("#treated").select_option("5")
    window.locator("label[for=better-no]").click()
    take("day-5")
    for name, question in QUESTIONS.items():
        if window.locator("#clear").is_visible():
            window.locator("#clear").click()
        window.locator("#question textarea").fill(question)
        window.locator("#ask").click()
        window.locator("#conversation .answer").wait_for()
        take(name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("name the folder for the pictures: screenshots.py OUTPUT")
    sys.exit(main(Path(sys.argv[1])))
