from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from browsers import AXE, IN_CHROMIUM, is_in_full_view, opened
from redness_qa.api.application import create_application
from redness_qa.api.counts import Counts
from redness_qa.api.embed_routes import build_embed_router
from redness_qa.api.policy import Policy
from redness_qa.api.routes import build_router
from redness_qa.embed import Embed
from redness_qa.render import to_html
from redness_qa.serving.server import RunningServer
from redness_qa.settings import Settings
from redness_qa.wording import LANGUAGES
from web_sites import CONTACTS, HOSTILE, SUGGESTIONS, WORDING, Site, WordAssistant, web_site

pytestmark = IN_CHROMIUM

QUESTION = "How long will my face stay red?"
KINDS = {
    "routine": QUESTION,
    "emergency": "I cannot breathe",
    "clinic": "There is pus",
    "not covered": "And my tattoo?",
    "Spanish": "cuanto dura la rojez",
    "advice in two languages": "tengo fiebre",
    "partial": "Which cream?",
    "greeting": "hello",
}
MODES = pytest.mark.parametrize("mode", ["launcher", "inline"])


@dataclass
class Service:
    """A server that lists one site, that site, and what was asked."""

    url: str
    site: Site
    embed: Embed
    assistant: WordAssistant

    @property
    def lines(self) -> str:
        """The lines for plain HTML, as `redness-qa embed` prints them, without what is said about them."""
        printed = self.embed.lines("html", url=self.url)
        return printed[printed.index("<redness-qa>") : printed.index("</script>") + len("</script>")]

    def page_with(self, lines: str, *, path: str = "/", **headers: str) -> str:
        """Publish a page that holds lines, and name its address."""
        body = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clinic</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
            '<body><main><h1>Clinic</h1><p>After your treatment.</p><a href="/next">Next</a></main>'
            f"{lines}</body></html>"
        )
        return self.site.origin + self.site.publish(path, body, **headers)

    def page_with_attributes(self, attributes: str = "") -> str:
        return self.page_with(f'<script src="{self.url}/embed.js" {attributes}></script>')


def listen_on_a_free_port() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with web_site() as site:
        settings = replace(
            Settings(),
            origins=(site.origin,),
            emergency_number=CONTACTS.emergency_number,
            clinic_telephone=CONTACTS.clinic_telephone,
            questions_a_minute=9_999,
            questions_a_minute_overall=9_999,
        )
        embed = Embed.build(contacts=settings.contacts, max_question_characters=settings.max_question_characters)
        assistant, counts = WordAssistant(), Counts()
        routers = [
            build_router(
                assistant,
                suggestions=SUGGESTIONS,
                fingerprint="f",
                max_question_characters=settings.max_question_characters,
                counts=counts,
            ),
            build_embed_router(embed, policy=Policy(settings.origins)),
        ]
        application = create_application(routers=routers, settings=settings, counts=counts)
        with RunningServer(application, listening=listen_on_a_free_port()) as server:
            yield Service(server.url.rstrip("/"), site, embed, assistant)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened("127.0.0.1", "localhost") as browser:  # two origins
        yield browser


@dataclass
class Visit:
    """One reader's window, with every request that it made and what the console said."""

    context: BrowserContext
    page: Page
    language: str = "en"
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def outside(self, *origins: str) -> list[str]:
        return [url for url in self.requests if not url.startswith(tuple(f"{origin}/" for origin in origins))]

    @property
    def launcher(self) -> Locator:
        return self.page.get_by_role("button", name=WORDING.in_language(self.language).embed["launcher"])

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name=WORDING.in_language(self.language).page["question_label"])

    @property
    def answers(self) -> Locator:
        return self.page.locator(".answer")

    @property
    def note(self) -> Locator:
        return self.page.locator(".note")

    def open(self, url: str) -> None:
        self.page.goto(url)
        if self.launcher.count():
            self.launcher.click()
            expect(self.box).to_be_visible()

    def ask(self, question: str) -> Locator:
        number = self.answers.count()
        self.box.fill(question)
        self.box.press("Enter")
        answer = self.answers.nth(number)
        expect(answer).to_be_visible()
        return answer


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    given = request.node.get_closest_marker("window")
    options = {"viewport": {"width": 1280, "height": 800}, "service_workers": "block"} | (given.kwargs if given else {})
    with browser.new_context(**options) as context:
        context.set_default_timeout(10_000)
        visit = Visit(context, context.new_page())
        context.on("request", lambda sent: visit.requests.append(sent.url))
        visit.page.on("console", lambda message: visit.console.append(message.text))
        yield visit


# Where it works and where it does not


def test_a_listed_site_with_a_strict_policy_gets_answers_and_nothing_goes_elsewhere(
    visit: Visit, service: Service
) -> None:
    policy = f"default-src 'none'; script-src '{service.embed.integrity}'; connect-src {service.url}; base-uri 'none'"
    visit.open(service.page_with(service.lines, Content_Security_Policy=policy))
    answer = visit.ask(QUESTION)

    expect(answer.locator("blockquote").first).to_have_text(
        "For most people the redness is gone within 24 to 48 hours."
    )
    expect(visit.launcher).to_have_css("background-color", "rgb(15, 92, 112)")  # the style was let in
    visit.page.wait_for_timeout(200)
    assert visit.outside(service.site.origin, service.url) == []
    asked = [url.removeprefix(service.url) for url in visit.requests if url.startswith(service.url)]
    assert asked == [f"/embed.js?v={service.embed.version}", "/api/suggestions", "/api/ask"]
    assert [text for text in visit.console if "Content Security Policy" in text] == []


def test_a_listed_site_may_use_a_nonce_or_the_plain_line(visit: Visit, service: Service) -> None:
    policy = f"default-src 'none'; script-src 'nonce-abc'; connect-src {service.url}"
    line = f'<script nonce="abc" src="{service.url}/embed.js"></script>'
    for headers in ({"Content_Security_Policy": policy}, {}):
        visit.open(service.page_with(line, **headers))
        visit.ask(QUESTION)


def test_nothing_is_asked_before_the_panel_is_opened_and_nothing_is_kept(visit: Visit, service: Service) -> None:
    visit.page.goto(service.page_with_attributes())
    expect(visit.launcher).to_be_visible()
    visit.page.wait_for_timeout(200)
    assert [url for url in visit.requests if "/api/" in url] == []

    visit.launcher.click()
    visit.ask("A telling question")
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, history.length])"
    assert visit.page.evaluate(kept) == json.dumps(
        [{}, {}, "", f"{service.site.origin}/", visit.page.evaluate("history.length")], separators=(",", ":")
    )
    assert visit.page.evaluate("Promise.all([indexedDB.databases(), caches.keys()])") == [[], []]
    assert visit.context.cookies() == []
    assert not [url for url in visit.requests if "telling" in url]


@pytest.mark.parametrize("crossorigin", ["crossorigin", ""])
def test_an_unlisted_site_gets_no_panel_but_the_emergency_line(
    visit: Visit, service: Service, crossorigin: str
) -> None:
    lines = service.lines.replace('crossorigin="anonymous"', crossorigin)
    lines = lines if crossorigin else lines.replace("integrity=", "data-was=")
    service.page_with(lines)
    visit.page.goto(f"{service.site.other_origin}/")
    visit.page.wait_for_timeout(300)

    expect(visit.launcher).to_have_count(0)
    assert visit.page.evaluate("customElements.get('redness-qa') === undefined")
    expect(visit.page.get_by_text(WORDING.page["emergency"])).to_be_visible()
    expect(visit.page.get_by_role("link", name=WORDING.page["title"])).to_have_attribute(
        "href", f"{service.url}/embed/"
    )


def test_an_unlisted_site_cannot_call_the_api(visit: Visit, service: Service) -> None:
    before = len(service.assistant.asked)
    ask = """([url, type]) => fetch(url + "/api/ask", {method: "POST", headers: {"Content-Type": type},
        body: JSON.stringify({question: "How long?"})}).then(response => response.status, error => error.name)"""
    service.page_with("")
    visit.page.goto(f"{service.site.other_origin}/")
    assert visit.page.evaluate(ask, [service.url, "application/json"]) == "TypeError"
    assert visit.page.evaluate(ask, [service.url, "text/plain"]) == "TypeError"
    assert visit.page.evaluate("url => fetch(url + '/api/suggestions').catch(e => e.name)", service.url) == "TypeError"
    assert len(service.assistant.asked) == before

    visit.page.goto(f"{service.site.origin}/")
    assert visit.page.evaluate(ask, [service.url, "application/json"]) == 200


def test_a_script_that_was_changed_does_not_run(visit: Visit, service: Service) -> None:
    visit.page.goto(service.page_with(service.lines.replace("sha384-", "sha384-A")))
    visit.page.wait_for_timeout(200)

    expect(visit.launcher).to_have_count(0)
    expect(visit.page.get_by_text(WORDING.page["emergency"])).to_be_visible()


@pytest.mark.window(java_script_enabled=False)
def test_without_scripts_there_are_the_emergency_line_a_link_and_a_plain_page(visit: Visit, service: Service) -> None:
    visit.page.goto(service.page_with(service.lines))
    expect(visit.page.get_by_text(WORDING.page["emergency"])).to_be_visible()

    visit.page.get_by_role("link", name=WORDING.page["title"]).click()
    expect(visit.page.get_by_text(WORDING.disclaimer)).to_be_visible()
    expect(visit.page.get_by_text(WORDING.page["emergency"])).to_be_visible()
    expect(visit.page.get_by_text(WORDING.check["contact_clinic"][0].says)).to_be_visible()
    expect(visit.page.get_by_role("link", name=WORDING.embed["link"])).to_be_visible()


# In a frame


def test_a_frame_works_on_a_listed_site_and_stays_empty_on_another(visit: Visit, service: Service) -> None:
    printed = service.embed.lines("iframe", url=service.url)
    lines = printed[printed.index("<iframe") : printed.index("</p>")]
    policy = f"default-src 'none'; frame-src {service.url}"
    url = service.page_with(lines, Content_Security_Policy=policy)
    visit.page.goto(url)
    frame = visit.page.frame_locator("iframe")
    frame.get_by_role("textbox", name="Your question").fill(QUESTION)
    frame.get_by_role("button", name="Ask", exact=True).click()
    expect(frame.locator("blockquote").first).to_be_visible()
    assert visit.outside(service.site.origin, service.url) == []

    with visit.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        visit.page.goto(f"{service.site.other_origin}/")
    expect(frame.get_by_role("textbox")).to_have_count(0)


def test_the_frame_page_is_about_10_kb_and_breaks_no_rule_of_its_policy(visit: Visit, service: Service) -> None:
    sizes = sizes_of(visit)
    visit.page.goto(f"{service.url}/embed/", wait_until="networkidle")
    expect(visit.page.get_by_role("button", name=SUGGESTIONS[0])).to_be_visible()

    assert len(sizes) <= 4  # the page, its script, the suggestions, and the browser's own wish for an icon
    assert 6_000 < sum(sizes) <= 15_000  # with 800 bytes of headers each
    visit.ask("hostile")
    assert [text for text in visit.console if "Content Security Policy" in text or "TrustedHTML" in text] == []


def test_the_script_adds_little_to_the_first_load_of_a_site(visit: Visit, service: Service) -> None:
    sizes = sizes_of(visit)
    visit.page.goto(service.page_with(""), wait_until="networkidle")
    without = (len(sizes), sum(sizes))
    sizes.clear()
    visit.page.goto(service.page_with(service.lines), wait_until="networkidle")

    assert len(sizes) - without[0] <= 1
    assert 5_000 < sum(sizes) - without[1] <= 15_000


def sizes_of(visit: Visit) -> list[float]:
    """Collect the bytes of every response as they came over the wire."""
    sizes: list[float] = []
    session = visit.context.new_cdp_session(visit.page)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    return sizes


def test_the_look_of_the_frame_page_can_stand_in_its_address_and_its_words_cannot(
    visit: Visit, service: Service
) -> None:
    visit.page.goto(f"{service.url}/embed/#theme=dark&accent=%23aa0044&title=Call%20555&mode=launcher&language=es")

    expect(visit.page.locator(".root")).to_have_class("root page right dark")
    expect(visit.page.get_by_role("button", name="Ask", exact=True)).to_have_css("background-color", "rgb(170, 0, 68)")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(WORDING.page["title"])


# What is shown


@pytest.mark.parametrize("question", [*KINDS.values(), "hostile"], ids=[*KINDS, "hostile"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_reads_as_on_the_chat_page(visit: Visit, service: Service, question: str, language: str) -> None:
    visit.language = language
    visit.open(service.page_with_attributes(f'data-mode="inline" data-language="{language}"'))
    answer = visit.ask(question)
    expected = to_html(WordAssistant().ask(question, language=language), WORDING.in_language(language))

    shape = """root => [...root.querySelectorAll("p, blockquote, figcaption, summary, li, [role], [lang]")]
        .map(node => [node.localName, node.getAttribute("role"), node.getAttribute("lang"), node.textContent])"""
    wanted = visit.page.evaluate(
        f"html => ({shape})(new DOMParser().parseFromString(html, 'text/html').querySelector('.answer'))", expected
    )
    assert answer.evaluate(shape) == wanted != []


def test_sources_are_one_click_away(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    answer = visit.ask(QUESTION)

    sources = answer.get_by_role("list")
    expect(sources).to_be_hidden()
    answer.get_by_text("Where this comes from").click()
    expect(sources.get_by_role("listitem")).to_have_text(
        [
            f"Redness after microneedling, A Journal, 2021, abstract read, {WORDING.page['grade_a']}",
            "Aftercare leaflet, A Clinic",
        ]
    )
    link = sources.get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.org/review")
    expect(link).to_have_attribute("rel", "noopener noreferrer")


@MODES
@pytest.mark.window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
def test_urgent_advice_leads_and_is_in_view_on_a_phone(visit: Visit, service: Service, mode: str) -> None:
    visit.open(service.page_with_attributes(f'data-mode="{mode}"'))
    visit.ask(QUESTION)
    for question, heading in (("I cannot breathe", "Get help now"), ("There is pus", "Contact your clinic today")):
        answer = visit.ask(f"{question} {'and it is all red ' * 20}")
        apart = answer.locator(".advice")
        expect(apart.get_by_role("heading")).to_have_text(heading)
        expect(visit.page.locator(".urgent").get_by_role("heading")).to_have_text("Get help now")
        assert is_in_full_view(apart)
        assert answer.evaluate("node => node.querySelector(':scope > :not(.hidden)').classList.contains('advice')")


@pytest.mark.window(viewport={"width": 640, "height": 400})
@pytest.mark.parametrize("mode", ["launcher", "page"])
def test_in_a_low_window_urgent_advice_and_the_notice_are_in_view(visit: Visit, service: Service, mode: str) -> None:
    visit.open(service.page_with_attributes() if mode == "launcher" else f"{service.url}/embed/")
    for question in (QUESTION, "I cannot breathe"):
        advice = visit.ask(question).locator("> :not(.hidden)").first
        assert is_in_full_view(advice)
        assert is_in_full_view(visit.page.locator("#disclaimer"))


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (1280, 800)])
@MODES
def test_notice_and_emergency_line_are_in_view_before_and_after_any_answer(
    visit: Visit, service: Service, mode: str, width: int, height: int
) -> None:
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.context.route("**/api/**", lambda route: route.abort())
    visit.open(service.page_with_attributes(f'data-mode="{mode}"'))
    notice, emergency = visit.page.get_by_text(WORDING.disclaimer), visit.page.get_by_text(WORDING.page["emergency"])
    if mode == "inline":
        visit.page.locator(".panel").scroll_into_view_if_needed()
        visit.page.evaluate("scrollTo(0, document.querySelector('redness-qa').offsetTop)")
    assert is_in_full_view(notice)
    assert is_in_full_view(emergency)

    visit.context.unroute("**/api/**")
    for number in range(3):
        visit.ask(f"{QUESTION} {number}")
        if mode == "inline":
            visit.page.evaluate("scrollTo(0, document.querySelector('redness-qa').offsetTop)")
        assert is_in_full_view(notice)
        assert is_in_full_view(emergency)


def test_the_panel_grows_with_the_conversation_up_to_the_window(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    panel = visit.page.get_by_role("dialog")

    def height() -> float:
        return (panel.bounding_box() or {"height": 0.0})["height"]

    heights = [height()]
    for _ in range(3):
        visit.ask(QUESTION)
        heights.append(height())
    assert heights[0] < heights[1] <= heights[2] == heights[3] <= 800
    assert is_in_full_view(visit.box)


def test_hostile_text_is_shown_as_text(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    answer = visit.ask(f"hostile {HOSTILE}")
    answer.get_by_text("Where this comes from").click()
    visit.page.wait_for_timeout(200)

    assert visit.page.evaluate("window.hit") is None
    assert visit.outside(service.site.origin, service.url) == []
    shown = " ".join(HOSTILE.replace("\u202e", "").replace("\u202c", "").split())
    expect(answer.locator("blockquote")).to_have_text(shown)
    expect(visit.page.locator(".question")).to_have_text(f"You: hostile {shown}")
    expect(visit.page.locator(".log :is(img, script, form, iframe, a)")).to_have_count(0)


def test_urgent_advice_stays_until_it_is_closed_and_the_call_is_one_tap(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    visit.ask("There is pus")
    banner = visit.page.locator(".urgent")
    expect(banner.get_by_role("link", name="Call your clinic: +44 20 7946 0000")).to_have_attribute(
        "href", "tel:+442079460000"
    )
    visit.ask("I cannot breathe")
    for question in ("There is pus", QUESTION):
        visit.ask(question)
        expect(banner.get_by_role("heading")).to_have_text("Get help now")
        expect(banner.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
        assert is_in_full_view(banner)
    banner.get_by_role("button", name=WORDING.page["dismiss"]).click()
    expect(banner).to_be_hidden()
    expect(visit.box).to_be_focused()
    visit.ask("There is pus")
    expect(banner.get_by_role("heading")).to_have_text("Contact your clinic today")


def test_a_near_question_is_asked_on_a_click(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    visit.ask("And my tattoo?").get_by_role("button", name=SUGGESTIONS[1]).click()

    expect(visit.answers).to_have_count(2)
    expect(visit.page.locator(".question").last).to_have_text(f"You: {SUGGESTIONS[1]}")
    expect(visit.box).to_be_focused()


def test_a_spanish_site_gets_a_panel_in_spanish(visit: Visit, service: Service) -> None:
    visit.language, spanish = "es", WORDING.in_language("es")
    service.page_with(f'<script src="{service.url}/embed.js"></script>')
    body, headers = service.site.pages["/"]
    service.site.pages["/"] = (body.replace('<html lang="en">', '<html lang="es-MX">'), headers)
    visit.open(f"{service.site.origin}/")
    for sentence in (spanish.disclaimer, spanish.page["emergency"], spanish.page["content_language"]):
        expect(visit.page.get_by_text(sentence)).to_be_visible()
    answer = visit.ask("And my tattoo?")
    expect(answer.locator(".message p")).to_have_text(spanish.status["not_covered"])
    expect(answer.get_by_role("button").first).to_have_attribute("lang", "en")
    visit.page.goto(f"{service.url}/embed/?lang=es")
    expect(visit.page.locator("#disclaimer")).to_have_text(spanish.disclaimer)


# Conversation


def test_earlier_questions_go_along_until_all_is_started_over(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    for number in range(10):
        visit.ask(f"Question {number}?")
    assert service.assistant.asked[-1] == ("Question 9?", tuple(f"Question {number}?" for number in range(1, 9)))

    visit.box.fill("half a quest")
    visit.page.get_by_role("button", name=WORDING.embed["start_over"]).click()
    expect(visit.answers).to_have_count(0)
    expect(visit.box).to_have_value("")
    expect(visit.box).to_be_focused()
    expect(visit.page.get_by_role("button", name=WORDING.embed["start_over"])).to_be_hidden()
    assert "Question 9" not in visit.page.evaluate("document.querySelector('redness-qa').shadowRoot.textContent")
    visit.ask("And now?")
    assert service.assistant.asked[-1] == ("And now?", ())


def test_starting_over_drops_the_answer_that_is_under_way(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    visit.ask(QUESTION)
    held: list[Route] = []
    visit.context.route("**/api/ask", lambda route: held.append(route))
    visit.box.fill("A telling question")
    visit.box.press("Enter")
    expect(visit.page.get_by_text(WORDING.page["waiting"])).to_be_visible()
    visit.page.get_by_role("button", name=WORDING.embed["start_over"]).click()
    visit.context.unroute("**/api/ask")
    visit.page.wait_for_timeout(200)

    assert len(held) == 1
    expect(visit.answers).to_have_count(0)
    expect(visit.note).to_be_hidden()
    visit.ask(QUESTION)


def test_a_suggestion_is_asked_on_a_click(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    visit.box.fill("half a quest")
    visit.page.get_by_role("button", name=SUGGESTIONS[1]).click()

    expect(visit.answers).to_have_count(1)
    expect(visit.page.locator(".question")).to_have_text(f"You: {SUGGESTIONS[1]}")
    expect(visit.page.get_by_role("button", name=SUGGESTIONS[0])).to_be_hidden()
    expect(visit.box).to_be_focused()
    expect(visit.box).to_have_value("half a quest")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (429, WORDING.embed["busy"]),
        (503, WORDING.embed["unavailable"]),
        (502, WORDING.embed["unavailable"]),
        (422, WORDING.page["long_question"].format(characters=1000)),
        (403, WORDING.page["failed"]),
        (200, WORDING.page["failed"]),
        (None, WORDING.embed["offline"]),
    ],
)
def test_what_is_not_answered_gets_a_plain_sentence_and_stays_in_the_box(
    visit: Visit, service: Service, status: int | None, sentence: str
) -> None:
    visit.open(service.page_with_attributes())
    allowed = {"Access-Control-Allow-Origin": service.site.origin}
    visit.context.route(
        "**/api/ask",
        lambda route: (
            route.abort() if status is None else route.fulfill(status=status, body="<b>no</b>", headers=allowed)
        ),
    )
    visit.box.fill(QUESTION)
    visit.box.press("Enter")

    expect(visit.note).to_have_text(sentence)
    assert is_in_full_view(visit.note)
    expect(visit.box).to_have_value(QUESTION)
    expect(visit.answers).to_have_count(0)
    visit.context.unroute("**/api/ask")
    visit.ask(QUESTION)
    expect(visit.note).to_be_hidden()


def test_the_server_itself_refuses_in_words(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    for question, sentence in (
        ("   ", WORDING.page["empty_question"]),
        ("x" * 1001, WORDING.page["long_question"].format(characters=1000)),
        ("fault", WORDING.embed["unavailable"]),
    ):
        visit.box.fill(question)
        visit.box.press("Enter")
        expect(visit.note).to_have_text(sentence)


# Keyboard and screen reader


def test_the_keyboard_is_enough(visit: Visit, service: Service) -> None:
    visit.page.goto(service.page_with_attributes())
    visit.page.evaluate("addEventListener('keydown', event => { window.heard = (window.heard ?? '') + event.key; })")
    keyboard = visit.page.keyboard
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(visit.launcher).to_be_focused()
    expect(visit.launcher).to_have_css("outline-width", "3px")
    keyboard.press("Enter")
    expect(visit.box).to_be_focused()
    expect(visit.launcher).to_have_attribute("aria-expanded", "true")
    visit.page.evaluate("window.heard = ''")
    keyboard.type("xyz")
    assert visit.page.evaluate("window.heard") == ""  # the site's shortcuts stay out of what is typed
    visit.box.fill("")
    keyboard.type(QUESTION)
    keyboard.press("Enter")
    expect(visit.answers).to_have_count(1)
    expect(visit.box).to_be_focused()

    names = []
    for _ in range(3):
        keyboard.press("Shift+Tab")
        names.append(visit.page.evaluate("document.activeElement.shadowRoot.activeElement.textContent"))
    assert names[:2] == [WORDING.embed["start_over"], "Where this comes from"]
    keyboard.press("Tab")
    keyboard.press("Enter")
    keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.shadowRoot.activeElement.href") == "https://example.org/review"
    keyboard.press("Escape")
    expect(visit.page.get_by_role("dialog")).to_be_hidden()
    expect(visit.launcher).to_be_focused()
    expect(visit.launcher).to_have_attribute("aria-expanded", "false")
    keyboard.press("Enter")
    expect(visit.answers).to_have_count(1)  # still there


@pytest.mark.window(viewport={"width": 390, "height": 844})
def test_on_a_phone_the_panel_keeps_the_focus_until_it_is_closed(visit: Visit, service: Service) -> None:
    visit.page.goto(service.page_with_attributes())
    visit.launcher.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.box).to_be_focused()
    for _ in range(12):
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.localName") in ("redness-qa", "body")
    visit.page.keyboard.press("Escape")
    expect(visit.page.get_by_role("dialog")).to_be_hidden()
    expect(visit.launcher).to_be_focused()


def test_turning_a_phone_keeps_panel_and_focus(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    visit.box.fill("half a quest")
    for width in (390, 1280):
        visit.page.set_viewport_size({"width": width, "height": 800})
        expect(visit.page.get_by_role("dialog")).to_be_visible()
        expect(visit.box).to_be_focused()
        expect(visit.box).to_have_value("half a quest")


@pytest.mark.window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
def test_on_a_touch_screen_the_keyboard_does_not_rise_by_itself(visit: Visit, service: Service) -> None:
    visit.page.goto(service.page_with_attributes())
    visit.launcher.tap()
    expect(visit.page.get_by_role("heading", name=WORDING.page["title"])).to_be_focused()


def test_a_screen_reader_hears_names_and_each_answer_once(visit: Visit, service: Service) -> None:
    visit.open(service.page_with_attributes())
    dialog = visit.page.get_by_role("dialog", name=WORDING.page["title"])
    assert dialog.evaluate("node => node.ariaDescribedByElements.map(e => e.textContent)") == [
        WORDING.disclaimer,
        WORDING.page["emergency"],
    ]
    log = visit.page.get_by_role("log", name="Conversation")
    log.evaluate(
        """log => { window.changes = []; new MutationObserver(records => records.forEach(record =>
            window.changes.push([record.type, record.addedNodes.length]))).observe(log,
            {childList: true, subtree: true, characterData: true}); }"""
    )
    for question in KINDS.values():
        visit.ask(question)
    assert visit.page.evaluate("window.changes") == [["childList", 1]] * len(KINDS)
    snapshot = log.aria_snapshot()
    assert snapshot.count("You:") == snapshot.count("Answer:") == len(KINDS)
    expect(visit.page.locator(".root")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_axe_finds_nothing(browser: Browser, service: Service, scheme: str, width: int) -> None:
    sites = [service.page_with_attributes(), f"{service.url}/embed/"]
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": 800},
        "color_scheme": scheme,
        "bypass_csp": True,
    }
    with browser.new_context(**options) as context:
        for url in sites:
            visit = Visit(context, context.new_page())
            visit.page.goto(url)
            found = violations(visit.page)
            if visit.launcher.count():
                visit.launcher.click()
            expect(visit.page.get_by_role("button", name=SUGGESTIONS[0])).to_be_visible()
            found += violations(visit.page)
            for question in KINDS.values():
                visit.ask(question)
            visit.answers.first.get_by_text("Where this comes from").click()
            visit.box.press("Enter")
            expect(visit.note).to_be_visible()
            found += violations(visit.page)
            assert found == []


@pytest.mark.window(java_script_enabled=True, bypass_csp=True)
def test_axe_finds_nothing_on_the_frame_page_without_its_script(visit: Visit, service: Service) -> None:
    visit.context.route("**/embed.js*", lambda route: route.abort())
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        visit.page.goto(f"{service.url}/embed/")
        assert violations(visit.page) == []


def violations(page: Page) -> list[str]:
    """Run axe-core with every rule that it has on by default."""
    page.evaluate(AXE)
    found: Sequence[dict[str, object]] = page.evaluate(
        "axe.run().then(result => result.violations.map(v => ({id: v.id, nodes: v.nodes.map(n => n.html)})))"
    )
    return [f"{violation['id']}: {violation['nodes']}" for violation in found]


@pytest.mark.parametrize("width", [320, 390])
@MODES
def test_targets_are_large_and_nothing_scrolls_sideways(visit: Visit, service: Service, mode: str, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.open(service.page_with_attributes(f'data-mode="{mode}"'))
    assert targets_below_44(visit.page) == []
    visit.ask("hostile " + "x" * 300)
    visit.ask(QUESTION).get_by_text("Where this comes from").click()

    assert targets_below_44(visit.page) == []
    assert visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert visit.page.locator(".log").evaluate("log => log.scrollWidth - log.clientWidth") == 0
    expect(visit.box).to_have_css("font-size", "16px")


def targets_below_44(page: Page) -> list[str]:
    small: list[str] = page.evaluate(
        """() => [...document.querySelector("redness-qa").shadowRoot.querySelectorAll("button, summary, textarea")]
            .filter(node => node.checkVisibility())
            .filter(node => node.getBoundingClientRect().height < 44 || node.getBoundingClientRect().width < 44)
            .map(node => node.outerHTML)"""
    )
    return small


# Attributes


def test_attributes_set_place_colours_and_texts(visit: Visit, service: Service) -> None:
    visit.open(
        service.page_with_attributes(
            'data-position="left" data-offset="40" data-accent="#ffcc00" data-theme="dark" data-launcher="Ask us" '
            'data-title="Red skin?" data-introduction="Ask here." data-language="en"'
        )
    )
    button = visit.page.get_by_role("button", name="Ask us")
    box = button.bounding_box() or {"x": 0, "y": 0, "height": 0}
    assert (box["x"], box["y"] + box["height"]) == (16, 800 - 16 - 40)
    expect(button).to_have_css("background-color", "rgb(255, 204, 0)")
    expect(button).to_have_css("color", "rgb(0, 0, 0)")
    button.click()
    expect(visit.page.get_by_role("dialog", name="Red skin?")).to_have_css("background-color", "rgb(23, 34, 39)")
    expect(visit.page.get_by_text("Ask here.")).to_be_visible()
    expect(visit.page.get_by_text(WORDING.disclaimer)).to_be_visible()
    assert visit.console == []


def test_attributes_of_the_element_go_before_those_of_the_script(visit: Visit, service: Service) -> None:
    script = f'<script src="{service.url}/embed.js" data-mode="launcher"></script>'
    visit.page.goto(service.page_with(f'<redness-qa data-mode="inline"></redness-qa>{script}'))
    expect(visit.box).to_be_visible()
    expect(visit.page.locator("redness-qa")).to_have_count(1)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("mode", "everywhere"),
        ("position", "top"),
        ("offset", "40px"),
        ("theme", "sepia"),
        ("accent", "red;} *{display:none"),
        ("language", "xx"),
        ("title", "x" * 81),
    ],
)
def test_an_attribute_that_cannot_be_used_is_named_and_the_default_holds(
    visit: Visit, service: Service, attribute: str, value: str
) -> None:
    visit.open(service.page_with_attributes(f'data-{attribute}="{value}"'))

    assert [text for text in visit.console if f'data-{attribute}="{value}"' in text]
    expect(visit.page.get_by_role("dialog", name=WORDING.page["title"])).to_be_visible()
    expect(visit.page.get_by_role("button", name="Ask", exact=True)).to_have_css("background-color", "rgb(15, 92, 112)")


def test_the_style_of_the_site_stays_outside(visit: Visit, service: Service) -> None:
    rules = "* { color: red !important; font-size: 40px !important; display: block } button { display: none }"
    visit.open(service.page_with(f'<style>{rules}</style><script src="{service.url}/embed.js"></script>'))
    answer = visit.ask(QUESTION)
    expect(answer.locator("blockquote").first).to_have_css("font-size", "18px")
    expect(answer.locator("blockquote").first).to_have_css("color", "rgb(29, 43, 51)")
