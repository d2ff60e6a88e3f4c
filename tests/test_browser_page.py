"""What stands around the conversation, and what a reader does with an answer, in a real browser."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pypdf import PdfReader

from browsers import AXE, is_in_full_view
from redness_qa.answer import Status
from test_browser import DESKTOP, PHONE, QUESTION, Visit, pytestmark
from test_chat import SUGGESTIONS, WORDING, FakeAssistant

__all__ = ["pytestmark"]  # the marks that hold here too

SPANISH = WORDING.in_language("es")
KINDS = {
    "answered": QUESTION,
    "partial": "Which cream?",
    "refer": "I am pregnant",
    "not covered": "And my tattoo?",
    "off topic": "The weather?",
    "contact clinic": "There is pus",
    "emergency": "I cannot breathe",
}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport=PHONE) as opened:
        opened.set_default_timeout(30_000)
        yield opened


@pytest.fixture
def visit(context: BrowserContext, url: str) -> Visit:
    return Visit(context, url)


def _check_signs(page: Page) -> None:
    """Go through the warning signs, whatever state the page is in."""
    page.get_by_text("Trouble breathing", exact=True).click()
    advice = page.locator("#check .advice.emergency")
    expect(advice).to_be_visible()
    expect(advice).to_contain_text("Call 112 now. Do not wait for your clinic to open.")
    expect(advice.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
    page.get_by_text("Strong pain, or pain that grows").click()
    expect(advice).to_be_hidden()
    expect(page.locator("#check .advice.contact_clinic")).to_contain_text("contact your clinic (020 7946 0123)")
    page.get_by_text("None of these").click()
    expect(page.locator("#check .advice.contact_clinic")).to_be_hidden()
    expect(page.get_by_text(WORDING.page["check_none_advice"])).to_be_visible()


def test_without_scripts_signs_days_and_notices_are_there(browser: Browser, url: str) -> None:
    with browser.new_context(viewport=PHONE, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(url)

        for sentence in (WORDING.page["emergency"], WORDING.disclaimer, WORDING.page["without_scripts"]):
            expect(page.get_by_text(sentence)).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)  # none that does nothing
        _check_signs(page)
        expect(page.get_by_role("heading", name="24 to 48 hours")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_signs_can_be_checked_before_the_app_has_loaded(context: BrowserContext, url: str) -> None:
    context.route("**/assets/**", lambda route: route.abort())
    page = context.new_page()
    page.goto(url, wait_until="domcontentloaded")

    expect(page.get_by_text(WORDING.page["emergency"])).to_be_visible()
    expect(page.get_by_text(WORDING.page["loading"])).to_be_visible()
    page.get_by_role("button", name="Warning signs").click()
    _check_signs(page)
    expect(page.locator("#question")).to_have_count(0)


def test_a_panel_is_opened_used_and_closed_by_keyboard(visit: Visit) -> None:
    page = visit.page
    toggle = page.get_by_role("button", name="Warning signs")
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("button", name=SUGGESTIONS[0])).to_be_hidden()
    assert is_in_full_view(page.locator("#disclaimer"))
    assert is_in_full_view(visit.box)

    page.keyboard.press("Tab")  # the other panel's button
    page.keyboard.press("Tab")  # the panel, which scrolls
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Trouble breathing")).to_be_checked()
    page.keyboard.press("ArrowUp")  # round to the last
    expect(page.get_by_role("radio", name="None of these")).to_be_checked()
    page.keyboard.press("Escape")
    expect(toggle).to_be_focused()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#check")).to_be_hidden()


@pytest.mark.parametrize(
    ("chosen", "stage", "asks"),
    [
        ("Today", "The first hours", False),
        ("Yesterday", "24 to 48 hours", False),
        ("3 days ago", "Days 3 to 7", False),
        ("4 days ago", "Days 3 to 7", True),
        ("7 days ago", "Days 3 to 7", True),
        ("More than a week ago", "After a week", True),
    ],
)
def test_the_days_show_where_a_reader_stands(visit: Visit, chosen: str, stage: str, asks: bool) -> None:
    page = visit.page
    page.get_by_role("button", name="Day by day").click()
    expect(page.locator("#days [aria-current]")).to_have_count(0)
    page.get_by_label("When was your treatment?").select_option(chosen)

    current = page.locator("#days [aria-current=step]")
    expect(current).to_have_count(1)
    expect(current.get_by_role("heading")).to_have_text(f"{stage} You are here")
    expect(current.locator("blockquote").first).to_be_visible()
    if asks:
        group = page.get_by_role("group", name="Is your skin getting better?")
        group.get_by_text("No", exact=True).click()
        expect(group.get_by_text(WORDING.page["better_no_advice"])).to_be_visible()
        assert is_in_full_view(group.locator(".advice.contact_clinic"))
        group.get_by_text("Yes", exact=True).click()
        expect(group.get_by_text(WORDING.page["better_yes_advice"])).to_be_visible()
    else:
        expect(page.get_by_text("Is your skin getting better?")).to_be_hidden()


def test_what_is_chosen_is_neither_sent_nor_stored(visit: Visit, url: str) -> None:
    page = visit.page
    page.wait_for_load_state("networkidle")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))

    page.get_by_role("button", name="Warning signs").click()
    page.get_by_text("None of these").click()
    page.get_by_role("button", name="Day by day").click()
    page.get_by_label("When was your treatment?").select_option("5 days ago")
    page.get_by_text("No", exact=True).click()
    page.wait_for_timeout(300)

    assert sent == []
    assert page.url == url
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    page.reload()
    visit.wait()
    expect(page.locator("#treated")).to_have_value("")


def test_starting_over_wipes_everything(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Day by day").click()
    page.get_by_label("When was your treatment?").select_option("5 days ago")
    page.get_by_text("No", exact=True).click()
    page.get_by_role("button", name="Warning signs").click()
    page.get_by_text("Strong pain, or pain that grows").click()
    visit.ask("There is pus")
    visit.box.fill("half a quest")
    page.get_by_role("button", name="Start over").click()

    expect(visit.answers).to_have_count(0)
    expect(visit.box).to_have_value("")
    expect(visit.box).to_be_focused()
    expect(page.locator("#urgent")).to_be_hidden()
    expect(page.locator(".panel.open, :checked:not(option), [aria-current]")).to_have_count(0)
    expect(page.locator("#treated")).to_have_value("")
    expect(page.get_by_text(WORDING.page["cleared"])).to_be_attached()
    expect(page.get_by_role("button", name=SUGGESTIONS[0])).to_be_visible()


def test_a_follow_up_is_read_with_what_was_asked_before(visit: Visit, assistant: FakeAssistant) -> None:
    assistant.asked.clear()
    visit.ask(QUESTION)
    visit.ask("and how long does that last?")

    assert assistant.asked == [(QUESTION, ()), ("and how long does that last?", (QUESTION,))]
    visit.page.get_by_role("button", name="Start over").click()
    visit.ask("Why?")
    assert assistant.asked[2:] == [("Why?", ())]


def test_a_nearest_question_is_asked_on_a_click(visit: Visit, assistant: FakeAssistant) -> None:
    answer = visit.ask("And my tattoo?")
    expect(answer.get_by_role("link", name="Call your clinic: 020 7946 0123")).to_have_attribute(
        "href", "tel:02079460123"
    )
    visit.box.fill("half a quest")
    answer.get_by_role("button", name=SUGGESTIONS[0]).click()

    expect(visit.answers).to_have_count(2)
    assert assistant.asked[-1] == (SUGGESTIONS[0], ("And my tattoo?",))
    expect(visit.box).to_be_focused()
    expect(visit.box).to_have_value("half a quest")


def test_each_kind_of_answer_reads_and_looks_different(visit: Visit) -> None:
    looks = set()
    for status in (Status.PARTIAL, Status.REFER, Status.NOT_COVERED, Status.OFF_TOPIC):
        answer = visit.ask(KINDS[status.value.replace("_", " ")])
        heading = answer.get_by_role("heading")
        expect(heading).to_have_text(WORDING.page[f"heading_{status.value}"])
        looks.add(
            answer.locator(".message").evaluate(
                """box => ['borderTopStyle', 'borderLeftWidth', 'backgroundColor']
                    .map(name => getComputedStyle(box)[name]).join()"""
            )
        )
        expect(answer.get_by_role("link", name="Call your clinic: 020 7946 0123")).to_be_visible()
        expect(answer.locator(".next").get_by_role("button")).to_have_text(SUGGESTIONS[:2])

    assert len(looks) == 4


def test_a_copy_has_quotes_sources_and_disclaimer(context: BrowserContext, visit: Visit) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = visit.ask(QUESTION)
    answer.get_by_role("button", name="Copy").click()
    expect(answer.get_by_text(WORDING.page["copied"])).to_be_visible()

    assert visit.page.evaluate("navigator.clipboard.readText()").split("\n\n") == [
        "Redness after microneedling",
        f"You: {QUESTION}",
        "Here is what the guide says.",
        '"For most people the redness is gone within 24 to 48 hours." (How long it lasts. Source 1)',
        '"Sometimes it takes up to a week." (How long it lasts. Sources 1, 2)',
        "Where this comes from:\n1. Redness after microneedling, A Journal, https://example.org/review\n"
        "2. Aftercare leaflet, A Clinic",
        WORDING.disclaimer,
    ]
    expect(answer.get_by_role("button", name="Copy")).to_be_focused()


def test_copying_works_without_the_clipboard_of_a_secure_page(visit: Visit) -> None:
    visit.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    visit.page.evaluate("document.addEventListener('copy', () => { window.taken = String(document.getSelection()) })")
    answer = visit.ask(QUESTION)
    answer.get_by_role("button", name="Copy").click()

    expect(answer.get_by_text(WORDING.page["copied"])).to_be_visible()
    expect(answer.get_by_role("button", name="Copy")).to_be_focused()


def test_a_print_has_quotes_sources_and_disclaimer(visit: Visit) -> None:
    visit.page.evaluate("window.print = () => { window.printed = true }")
    visit.ask(QUESTION)
    answer = visit.ask("There is pus")
    answer.get_by_role("button", name="Print").click()
    assert visit.page.evaluate("window.printed")

    pages = PdfReader(io.BytesIO(visit.page.pdf())).pages
    text = unicodedata.normalize("NFKC", " ".join(page.extract_text() for page in pages))  # it is set with ligatures
    printed = " ".join(text.split())
    for sentence in (
        WORDING.disclaimer,
        WORDING.page["emergency"],
        QUESTION,
        "For most people the redness is gone within 24 to 48 hours.",
        "Aftercare leaflet, A Clinic",
        "https://example.org/review",
        "Contact your clinic today",
    ):
        assert sentence in printed, printed
    assert not {WORDING.page["ask"], "Start over", "Copy", SUGGESTIONS[1]} & set(printed.split(". "))
    assert "Day by day" not in printed
    expect(answer.get_by_role("list")).to_be_hidden()  # the sources are closed again


def test_feedback_is_a_count_and_no_text(visit: Visit, url: str) -> None:
    answer = visit.ask("A telling question?")
    sent: list[str] = []
    visit.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    with visit.page.expect_response("**/queue/data**"):
        answer.get_by_role("button", name="No, it did not help").click()

    expect(answer.get_by_text(WORDING.page["feedback_thanks"])).to_be_visible()
    expect(answer.get_by_role("button", name="No, it did not help")).to_be_focused()
    answer.get_by_role("button", name="Yes, it helped").click()
    visit.page.wait_for_timeout(300)
    counts = httpx.get(f"{url}metrics").text
    assert 'redness_qa_feedback_total{kind="did_not_help"} 1.0' in counts
    assert 'kind="helped"' not in counts
    assert sent
    assert not any("telling" in request or "redness" in request for request in sent)


def test_the_server_says_nothing_of_a_question(visit: Visit, url: str, capfd: pytest.CaptureFixture[str]) -> None:
    visit.ask("A telling question?")

    assert visit.page.url == url
    captured = capfd.readouterr()
    assert "telling" not in captured.out + captured.err


def test_an_answer_is_announced_once(visit: Visit) -> None:
    visit.page.evaluate(
        """() => {
            window.announced = [];
            new MutationObserver((changes) => {
                for (const change of changes) for (const node of change.addedNodes) {
                    const element = node instanceof Element ? node : node.parentElement;
                    const live = element?.closest("[aria-live], [role=log], [role=status], [role=alert]");
                    if (live && live.getAttribute("aria-live") !== "off") window.announced.push(node.textContent);
                }
            }).observe(document, {childList: true, subtree: true});
        }"""
    )
    for question in (QUESTION, "There is pus", "I cannot breathe"):
        answer = visit.ask(question)
        visit.page.wait_for_timeout(300)
        message = answer.locator("p").first.text_content() or ""
        said = [text for text in visit.page.evaluate("window.announced.splice(0)") if message in text]
        assert len(said) == 1, said


def test_the_page_speaks_spanish(context: BrowserContext, url: str) -> None:
    visit = Visit(context, f"{url}?lang=es")
    page = visit.page

    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page).to_have_title(SPANISH.page["title"])
    for sentence in (SPANISH.page["emergency"], SPANISH.disclaimer, SPANISH.page["content_language"]):
        expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_role("heading", name=SPANISH.page["suggestions_label"])).to_be_visible()
    expect(page.get_by_role("textbox", name=SPANISH.page["question_label"])).to_have_attribute(
        "placeholder", SPANISH.page["question_placeholder"]
    )
    for name in ("ask", "check_label", "days_label"):
        expect(page.get_by_role("button", name=SPANISH.page[name], exact=name == "ask")).to_be_visible()

    expect(page.get_by_role("button", name=SUGGESTIONS[0])).to_have_attribute("lang", "en")
    assert is_in_full_view(page.locator("#ask"))
    assert page.locator("#ask").evaluate("button => button.scrollWidth <= button.clientWidth")
    answer = visit.ask("I cannot breathe")
    expect(answer.locator("p").first).to_have_text(SPANISH.urgency["emergency"].format(signs="a sign"))
    expect(page.get_by_role("region", name=SPANISH.page["heading_emergency"])).to_be_visible()
    expect(visit.ask(QUESTION).locator("blockquote").first).to_have_attribute("lang", "en")
    visit.box.fill("")
    visit.box.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(SPANISH.page["empty_question"])
    page.get_by_role("link", name="English").click()
    visit.wait()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


@pytest.mark.parametrize("asked", ["", "?lang=xx", "?lang=es&lang=en", "?lang="])
def test_any_other_language_is_english(context: BrowserContext, url: str, asked: str) -> None:
    visit = Visit(context, f"{url}{asked}")

    expect(visit.page.locator("html")).to_have_attribute("lang", "en")
    expect(visit.ask("There is pus").locator("p").first).to_contain_text("You wrote about a sign.")


def test_targets_are_large_enough_for_a_thumb(visit: Visit) -> None:
    page = visit.page
    for question in KINDS.values():
        visit.ask(question)
    targets = "button, summary, select, textarea, #language, .call a, .choices label"
    small = f"""() => [...document.querySelectorAll("{targets}")]
        .filter(element => element.checkVisibility({{visibilityProperty: true}}))
        .map(element => [element.textContent, element.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.height < 43.5 || box.width < 43.5))
        .map(([text, box]) => `${{text}} ${{box.width}} x ${{box.height}}`)"""

    assert page.evaluate(small) == []
    page.locator("#urgent button").click()
    for panel in ("Warning signs", "Day by day"):
        page.get_by_role("button", name=panel).click()
        assert page.evaluate(small) == []


@pytest.mark.parametrize(("width", "height"), [(640, 400), (320, 256)], ids=["200 percent", "400 percent"])
def test_a_zoomed_page_loses_nothing(visit: Visit, width: int, height: int) -> None:
    page = visit.page
    page.set_viewport_size({"width": width, "height": height})
    visit.ask("I am pregnant")
    visit.ask("I cannot breathe")

    for element in (page.locator("#disclaimer"), page.locator("#urgent button"), visit.answers.last, visit.box):
        element.scroll_into_view_if_needed()
        assert element.evaluate("element => element.getBoundingClientRect().right <= innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#urgent button").click()
    page.get_by_role("button", name="Warning signs").click()
    page.get_by_text("None of these").click()
    expect(page.get_by_text(WORDING.page["check_none_advice"])).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_moves_for_whoever_wants_no_motion(browser: Browser, url: str) -> None:
    with browser.new_context(viewport=PHONE, reduced_motion="reduce") as context:
        visit = Visit(context, url)
        visit.ask(QUESTION)
        slow: list[str] = visit.page.evaluate(
            """() => [...document.querySelectorAll("*")].filter(element => {
                const style = getComputedStyle(element);
                const lengths = `${style.transitionDuration}, ${style.animationDuration}`.split(", ").map(parseFloat);
                return Math.max(...lengths) > 0.01 || style.scrollBehavior === "smooth";
            }).map(element => element.outerHTML.slice(0, 80))"""
        )

        assert slow == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, url: str, theme: Literal["light", "dark"]) -> None:
    with browser.new_context(viewport=DESKTOP, color_scheme=theme, bypass_csp=True) as context:
        visit = Visit(context, url)
        visit.page.add_script_tag(content=AXE)
        _assert_accessible(visit.page, "empty")
        for panel in ("Warning signs", "Day by day"):
            visit.page.get_by_role("button", name=panel).click()
            if panel == "Day by day":
                visit.page.get_by_label("When was your treatment?").select_option("5 days ago")
            visit.page.locator(".panel.open .contact_clinic + label").last.click()
            _assert_accessible(visit.page, panel)
        for kind, question in KINDS.items():
            visit.ask(question)
            _assert_accessible(visit.page, kind)


def _assert_accessible(page: Page, state: str) -> None:
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        found = page.evaluate(
            """axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations.map(violation =>
                `${violation.id}: ${violation.nodes.map(node => node.html.slice(0, 200)).join(" | ")}`))"""
        )
        assert found == [], f"{state} at {width}"
