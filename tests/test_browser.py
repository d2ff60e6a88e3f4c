from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from browsers import IN_CHROMIUM, is_in_full_view
from test_chat import (
    HOSTILE_MARKS,
    LEFT_BY_GRADIO,
    SUGGESTIONS,
    WORDING,
    FakeAssistant,
)

pytestmark = [*IN_CHROMIUM, *LEFT_BY_GRADIO]


class Size(TypedDict):
    width: int
    height: int


expect.set_options(timeout=20_000)  # other work on the machine must not fail a test

PHONE: Size = {"width": 390, "height": 844}
DESKTOP: Size = {"width": 1280, "height": 800}
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
QUESTION = "How long will my face stay red?"


class Visit:
    """One reader's browser window, with the addresses outside this machine that it asked for."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.outside: list[str] = []
        context.on("request", lambda request: self._note(request.url))
        self.page: Page = context.new_page()
        self.page.goto(url)
        self.wait()

    def wait(self) -> None:
        """Wait until the page can be used and our script has run."""
        expect(self.page.locator("html.ready")).to_be_attached()

    def _note(self, address: str) -> None:
        if not address.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.outside.append(address)

    @property
    def box(self) -> Locator:
        return self.page.locator("#question textarea")

    @property
    def answers(self) -> Locator:
        return self.page.locator("#conversation .answer")

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, and wait for its answer."""
        number = self.answers.count()
        self.box.fill(question)
        self.box.press("Enter")
        answer = self.answers.nth(number)
        expect(answer).to_be_visible()
        return answer


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Visit]:
    size: Size = request.node.callspec.params.get("size", PHONE) if hasattr(request.node, "callspec") else PHONE
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        locale="es-ES",  # Gradio takes the page's language from the browser
    )
    context.set_default_timeout(30_000)
    yield Visit(context, url)
    context.close()


def test_a_question_gets_a_quote_with_its_sources_one_click_away(visit: Visit) -> None:
    answer = visit.ask(QUESTION)

    expect(answer.locator("blockquote").first).to_have_text(
        "For most people the redness is gone within 24 to 48 hours."
    )
    sources = answer.get_by_role("list")
    expect(sources).to_be_hidden()
    answer.get_by_text("Where this comes from").click()
    expect(sources.get_by_role("listitem")).to_have_text(
        ["Redness after microneedling, A Journal", "Aftercare leaflet, A Clinic"]
    )
    link = sources.get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.org/review")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


@pytest.mark.parametrize(
    "question",
    [QUESTION, "Which cream?", "I am pregnant", "And my tattoo?", "The weather?", "I cannot breathe", "There is pus"],
)
def test_every_kind_of_answer_leads_with_its_message(visit: Visit, question: str) -> None:
    answer = visit.ask(question)

    message = FakeAssistant().ask(question).message
    expect(answer.locator("p").first).to_have_text(message)
    assert is_in_full_view(answer.locator(".message, .advice").first)


@SIZES
@pytest.mark.parametrize(
    ("question", "heading", "link"),
    [
        ("I cannot breathe", "Get help now", "Call 112"),
        ("There is pus", "Contact your clinic today", "Call your clinic: 020 7946 0123"),
    ],
)
def test_urgent_advice_leads_its_answer_and_stays_until_it_is_closed(
    visit: Visit, size: Size, question: str, heading: str, link: str
) -> None:
    visit.ask(QUESTION)
    answer = visit.ask(question)

    assert is_in_full_view(answer.locator("> *").first)
    expect(answer.locator("> *").first).to_have_class(f"advice {FakeAssistant().ask(question).urgency.value} in-banner")
    banner = visit.page.get_by_role("region", name=heading)
    expect(banner.get_by_text(FakeAssistant().ask(question).message)).to_be_visible()
    expect(banner.get_by_role("link", name=link)).to_be_visible()
    assert is_in_full_view(banner)

    visit.ask(QUESTION)
    assert is_in_full_view(banner)
    banner.get_by_role("button", name="Close this advice").click()
    expect(banner).to_have_count(0)
    expect(visit.box).to_be_focused()
    expect(answer.locator(".advice p").first).to_be_visible()


def test_an_emergency_is_not_pushed_aside_by_less(visit: Visit) -> None:
    visit.ask("I cannot breathe")
    answer = visit.ask("There is pus")

    expect(visit.page.get_by_role("region", name="Get help now")).to_be_visible()
    expect(answer.locator(".advice p").first).to_be_visible()


def test_urgent_advice_is_in_view_below_a_long_question(visit: Visit) -> None:
    answer = visit.ask("I cannot breathe " + "and it is all red " * 50)

    assert is_in_full_view(answer.locator(".advice"))


@SIZES
def test_notice_and_emergency_line_are_always_in_view(visit: Visit, size: Size) -> None:
    notice = visit.page.locator("#disclaimer").get_by_text(WORDING.disclaimer)
    emergency = visit.page.get_by_text(WORDING.page["emergency"])
    assert is_in_full_view(notice)
    assert is_in_full_view(emergency)

    for number in range(3):
        visit.ask(f"{QUESTION} {number}")
        assert is_in_full_view(notice)
        assert is_in_full_view(emergency)
        assert is_in_full_view(visit.box)


@SIZES
def test_box_and_suggestions_stand_above_the_fold(visit: Visit, size: Size) -> None:
    assert is_in_full_view(visit.box)
    assert is_in_full_view(visit.page.get_by_role("button", name="Ask", exact=True))
    for question in SUGGESTIONS:
        button = visit.page.get_by_role("button", name=question)
        assert is_in_full_view(button)
        assert (button.bounding_box() or {"height": 0})["height"] >= 44


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_scrolls_sideways(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 640})

    def widths() -> tuple[int, int]:
        page, log = visit.page.evaluate(
            "[document.documentElement, document.querySelector('[role=log]')].map(e => e.scrollWidth - e.clientWidth)"
        )
        return page, log

    assert widths() == (0, 0)
    visit.ask("hostile " + "x" * 200).get_by_text("Where this comes from").click()
    visit.ask("I cannot breathe")
    assert widths() == (0, 0)


def test_nothing_is_asked_of_the_outside(visit: Visit) -> None:
    visit.ask(QUESTION)
    answer = visit.ask(f"hostile {HOSTILE_MARKS}")
    visit.page.wait_for_timeout(300)

    assert visit.outside == []
    expect(visit.page.locator(".user-row").last).to_have_text(f"You: hostile {HOSTILE_MARKS}")
    expect(answer.locator("blockquote")).to_have_text(HOSTILE_MARKS)
    expect(visit.page.locator("#conversation img, #conversation form, #conversation script")).to_have_count(0)


def test_the_browser_keeps_no_question(visit: Visit) -> None:
    visit.ask("A telling question")

    kept: str = visit.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "telling" not in kept
    assert visit.page.evaluate("indexedDB.databases().then(found => found.length)") == 0
    visit.page.reload()
    expect(visit.box).to_be_visible()
    expect(visit.answers).to_have_count(0)


def test_the_box_keeps_the_focus(visit: Visit) -> None:
    visit.ask(QUESTION)
    expect(visit.box).to_be_focused()
    expect(visit.box).to_have_value("")

    visit.box.fill("Which cream?")
    visit.page.get_by_role("button", name="Ask", exact=True).click()
    expect(visit.answers).to_have_count(2)
    expect(visit.box).to_be_focused()


def test_a_suggestion_is_asked_on_a_click(visit: Visit) -> None:
    visit.box.fill("half a quest")
    visit.page.get_by_role("button", name=SUGGESTIONS[3]).click()

    expect(visit.answers).to_have_count(1)
    expect(visit.page.locator(".user-row")).to_have_text(f"You: {SUGGESTIONS[3]}")
    expect(visit.page.get_by_role("button", name=SUGGESTIONS[0])).to_be_hidden()
    expect(visit.box).to_be_focused()
    expect(visit.box).to_have_value("half a quest")


def test_the_conversation_can_be_cleared(visit: Visit) -> None:
    visit.ask(QUESTION)
    visit.page.get_by_role("button", name="Start over").click()

    expect(visit.answers).to_have_count(0)
    expect(visit.page.get_by_role("button", name=SUGGESTIONS[0])).to_be_visible()
    expect(visit.box).to_be_focused()


def test_the_keyboard_is_enough(visit: Visit) -> None:
    keyboard, page = visit.page.keyboard, visit.page
    focused = page.locator(":focus")
    for name in ("Español", "Warning signs", "Day by day", *SUGGESTIONS[:2]):
        keyboard.press("Tab")
        expect(focused).to_have_text(name)
    expect(focused).to_have_css("outline-width", "3px")
    keyboard.press("Enter")
    expect(visit.answers).to_have_count(1)

    expect(visit.box).to_be_focused()
    expect(visit.box).to_have_css("outline-width", "3px")
    keyboard.type("Which cream?")
    keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()
    keyboard.press("Enter")
    expect(visit.answers).to_have_count(2)

    for _ in range(8):
        keyboard.press("Shift+Tab")
        if "Where this comes from" in focused.inner_text():
            break
    keyboard.press("Enter")
    expect(visit.answers.last.locator(".sources li")).to_be_visible()
    keyboard.press("Tab")
    expect(focused).to_have_attribute("href", "https://example.org/review")


def test_a_screen_reader_hears_names_and_not_mark_up(visit: Visit) -> None:
    visit.ask(QUESTION)

    log = visit.page.get_by_role("log", name="Conversation")
    snapshot = log.aria_snapshot()
    assert 'text: "You:"' in snapshot
    assert 'text: "Answer:"' in snapshot
    assert visit.page.locator("[aria-label*='<']").count() == 0
    assert visit.page.locator("[aria-label$='&#63;']").count() == 0
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(WORDING.page["title"])
    expect(visit.page.locator("html")).to_have_attribute("lang", "en")
    assert visit.page.title() == WORDING.page["title"]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        pytest.param("", "Please type a question first.", id="empty"),
        pytest.param("x" * 1001, "Please shorten your question to 1000 characters or fewer.", id="too long"),
        pytest.param("a fault", WORDING.page["failed"], id="fault"),
    ],
)
def test_what_is_not_answered_gets_a_sentence(visit: Visit, question: str, sentence: str) -> None:
    visit.box.fill(question)
    visit.box.press("Enter")

    note = visit.page.get_by_role("alert")
    expect(note).to_have_text(sentence)
    assert is_in_full_view(note)
    expect(visit.box).to_have_value(question)
    expect(visit.box).to_be_focused()
    visit.ask(QUESTION)
    expect(note).to_have_count(0)


def test_the_first_load_stays_within_its_budget(browser: Browser, url: str) -> None:
    with browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]}) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        session.send("Network.enable")
        page.goto(url, wait_until="networkidle")
        expect(page.get_by_role("textbox")).to_be_visible()

        assert 100_000 < sum(sizes) <= 300_000
        assert 10 < len(sizes) <= 55
