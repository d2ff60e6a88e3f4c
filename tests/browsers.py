"""Debian's Chromium for tests: how it is started, that nothing leaves the machine, and what is asked of a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import pytest
from playwright.sync_api import Browser, Locator, sync_playwright

CHROMIUM = shutil.which("chromium")
IN_CHROMIUM = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@contextmanager
def opened(*hosts: str) -> Iterator[Browser]:
    """Start it so that it finds these hosts and no other."""
    found = " ".join(f", EXCLUDE {host}" for host in hosts)
    arguments = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--host-resolver-rules=MAP * ~NOTFOUND {found}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def is_in_full_view(element: Locator) -> bool:
    """Tell whether an element lies inside the window and nothing lies over its corners or its middle."""
    seen: bool = element.evaluate(
        """element => {
            const {left, right, top, bottom} = element.getBoundingClientRect();
            if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) return false;
            const points = [[left + 6, top + 6], [right - 6, top + 6], [left + 6, bottom - 6], [right - 6, bottom - 6],
                            [(left + right) / 2, (top + bottom) / 2]];
            return points.every(([x, y]) => {
                const found = element.getRootNode().elementFromPoint(x, y);
                return element === found || element.contains(found);
            });
        }"""
    )
    return seen
