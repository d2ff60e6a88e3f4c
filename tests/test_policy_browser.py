"""The page under its Content-Security-Policy in Chromium: everything works, and no string becomes a script."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from test_browser import DESKTOP, QUESTION, Visit, pytestmark
from test_browser_page import SPANISH
from test_chat import SUGGESTIONS, WORDING, FakeAssistant

__all__ = ["pytestmark"]  # the marks that hold here too

WATCH = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push([event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber]));
"""
RUN_A_STRING = """() => setTimeout(() => {
    try { eval("window.evaluated = 1"); } catch { window.refused = 1; }
})"""  # later: what Playwright evaluates is free of the policy while it runs


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport=DESKTOP) as opened:
        opened.set_default_timeout(30_000)
        opened.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.add_init_script(WATCH)
        yield opened


def test_no_part_of_the_page_asks_gradio_for_a_script_made_of_a_string(url: str) -> None:
    policy = httpx.get(url).headers["content-security-policy"]
    assert "; script-src 'self' 'unsafe-inline'; " in policy
    assert "unsafe-eval" not in policy
    config = httpx.get(f"{url}config").json()
    assert config["dependencies"]
    assert [event["js"] for event in config["dependencies"] if event["js"]] == []
    assert not config["js"]


def test_a_string_that_would_be_a_script_is_refused_and_seen(context: BrowserContext, url: str) -> None:
    page = Visit(context, url).page

    page.evaluate(RUN_A_STRING)
    page.wait_for_timeout(200)
    assert page.evaluate("[window.evaluated ?? null, window.refused ?? null]") == [None, 1]
    assert page.evaluate("window.violations[0].slice(0, 2)") == ["script-src", "eval"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_all_that_the_page_does_keeps_to_its_policy(
    context: BrowserContext, url: str, assistant: FakeAssistant, language: str
) -> None:
    words = WORDING.in_language(language).page
    visit = Visit(context, f"{url}?lang={language}")
    page = visit.page
    page.evaluate("window.print = () => { window.printed = true }")
    assistant.asked.clear()

    page.get_by_role("button", name=SUGGESTIONS[1]).click()
    expect(visit.answers).to_have_count(1)
    answer = visit.ask("And my tattoo?")
    answer.get_by_role("button", name=SUGGESTIONS[0]).click()
    expect(visit.answers).to_have_count(3)
    visit.box.fill("I cannot breathe")
    page.get_by_role("button", name=words["ask"], exact=True).click()
    expect(visit.answers).to_have_count(4)
    page.get_by_role("region", name=words["heading_emergency"]).get_by_role("button").click()
    assert [question for question, _ in assistant.asked] == [
        *(SUGGESTIONS[1], "And my tattoo?", SUGGESTIONS[0], "I cannot breathe")
    ]

    answer = visit.ask(QUESTION)
    answer.get_by_text(words["sources_label"]).click()
    answer.get_by_role("button", name=words["copy"], exact=True).click()
    expect(answer.get_by_text(words["copied"])).to_be_visible()
    assert QUESTION in page.evaluate("navigator.clipboard.readText()")
    answer.get_by_role("button", name=words["print"], exact=True).click()
    assert page.evaluate("window.printed")
    assert len(page.pdf()) > 1_000
    with page.expect_response("**/queue/data**"):
        answer.get_by_role("button", name=words["helped"], exact=True).click()
    expect(answer.get_by_text(words["feedback_thanks"])).to_be_visible()

    page.get_by_role("button", name=words["check_label"]).click()
    page.get_by_text(words["check_none"], exact=True).click()
    page.get_by_role("button", name=words["days_label"]).click()
    page.get_by_label(words["days_question"]).select_option("5")
    page.get_by_text(words["better_no"], exact=True).click()
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")

    visit.box.fill("")
    visit.box.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(words["empty_question"])
    page.get_by_role("button", name=words["clear"]).click()
    expect(visit.answers).to_have_count(0)
    assert page.evaluate("window.violations") == []
    page.locator("#language").click()
    visit.wait()
    expect(page).to_have_title((SPANISH if language == "en" else WORDING).page["title"])
    assert page.evaluate("window.violations") == []


def test_starting_over_needs_no_server_and_leaves_no_note(
    context: BrowserContext, url: str, assistant: FakeAssistant
) -> None:
    visit = Visit(context, url)
    page = visit.page
    visit.ask("And my tattoo?").get_by_role("button", name=SUGGESTIONS[0]).click()
    expect(visit.answers).to_have_count(2)
    visit.box.fill("")
    visit.box.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(WORDING.page["empty_question"])
    visit.box.fill("half a quest")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Start over").click()

    expect(visit.answers).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("[...document.querySelectorAll('textarea')].map(field => field.value)") == ["", ""]
    page.wait_for_timeout(200)
    assert sent == []

    with page.expect_response("**/queue/data**"):
        visit.box.press("Enter")
    expect(page.locator("#note .pending")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_text(WORDING.page["empty_question"])  # the same once more, and seen
    assistant.asked.clear()
    visit.ask("Why?")
    assert assistant.asked == [("Why?", ())]
    expect(page.get_by_role("alert")).to_have_count(0)
