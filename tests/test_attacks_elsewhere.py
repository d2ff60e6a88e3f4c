"""The strings of `test_attacks` in the panel on a page of another origin, and in the print of the chat page."""

from __future__ import annotations

import html
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from browsers import IN_CHROMIUM
from redness_qa.answer import Answer, Quote, Status
from redness_qa.passages import Source
from redness_qa.serving import RunningServer, build_from, start
from redness_qa.settings import Settings
from redness_qa.triage import Urgency
from redness_qa.wording import Wording
from test_attacks import ATTACKS, RUN, SECONDS, Watch, served
from test_chat import LEFT_BY_GRADIO, free_port, gradio_cleared_away
from web_sites import Site, web_site

pytestmark = [*IN_CHROMIUM, *LEFT_BY_GRADIO]

WORDS = Wording.load()
ADDRESSES = (
    *(f"javascript:{RUN}", f"JavaScript:{RUN}", f"java\nscript:{RUN}", f"\x01javascript:{RUN}", f" javascript:{RUN}"),
    *(f"javascript://example.org/%0a{RUN}", f"vbscript:{RUN}", f"data:text/html,<script>opener.{RUN}</script>"),
    *(
        "//evil.example/a.png",
        "https:",
        "https://",
        f"https:\n//example.org/{RUN}",
        "file:///etc/passwd",
        f"blob:{RUN}",
    ),
)
"""Where a source says that it is, beside the strings themselves; none of these may become a link."""
OPTIONS = ("position", "offset", "theme", "accent", "language", "launcher", "title", "introduction")
"""What a site may set by `data-...`, beside the mode."""
CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass
class Hostile:
    """Answers with attacks wherever a guide, an index or a sentence could put them."""

    attacks: Sequence[str] = ()
    addresses: Sequence[str] = ADDRESSES
    status: Status = Status.PARTIAL
    urgency: Urgency = Urgency.ROUTINE

    def ask(
        self, question: str, *, previous: Sequence[str] = (), id: str | None = None, language: str = "en"
    ) -> Answer:
        quotes = [
            Quote(attack, attack, attack, 0, len(attack), (attack,), (self._source(attack, address),))
            for attack in self.attacks
            for address in (f"https://example.org/{attack}", attack)
        ]
        quotes += [
            Quote("Text.", "guide.md", "Section", 0, 5, (), (self._source(address, address),))
            for address in self.addresses
        ]
        message = "\n\n".join(self.attacks)
        return Answer(
            question, question, self.status, self.urgency, tuple(quotes), message, message, nearest=tuple(self.attacks)
        )

    def _source(self, attack: str, address: str) -> Source:
        return Source(attack, attack, address, grade=attack, note=attack)


def shown(text: str) -> str:
    """Write a text as it is to be seen: on one line, without what drives or disguises it."""
    return "".join(
        mark for mark in CONTROLS.sub("", " ".join(text.split())) if unicodedata.category(mark) not in ("Cc", "Cs")
    )


# The panel


class Visitor:
    """A window on a site that embeds the panel, with every address it asked for that belongs to neither server."""

    def __init__(self, page: Page, site: Site, service: RunningServer) -> None:
        self.outside: list[str] = []
        self.page = page
        page.set_default_timeout(SECONDS * 1000)
        known = (f"{site.origin}/", service.url)
        page.context.on("request", lambda sent: None if sent.url.startswith(known) else self.outside.append(sent.url))
        page.on("dialog", lambda dialog: dialog.dismiss())

    def is_unharmed(self) -> bool:
        self.page.mouse.move(200, 300)
        self.page.wait_for_timeout(100)
        return self.page.evaluate("window.attacked ?? null") is None and self.outside == []


@contextmanager
def embedding(assistant: Hostile, browser: Browser) -> Iterator[tuple[Visitor, Site, RunningServer]]:
    """Serve to a listed site, which forbids no script: whatever the panel let through would run."""
    with web_site() as site, gradio_cleared_away():
        settings = Settings(
            port=free_port(),
            questions_a_minute=10_000,
            questions_a_minute_overall=10_000,
            origins=(site.origin,),
        )
        built = build_from(assistant, suggestions=ATTACKS[:6], fingerprint="0", settings=settings)
        with start(built.application, settings=settings) as service, browser.new_context() as context:
            yield Visitor(context.new_page(), site, service), site, service


def host_page(service: RunningServer, elements: str, attributes: str = "") -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Clinic</title><h1>Clinic</h1>{elements}"
        f"<script src='{service.url}embed.js' {attributes}></script>"
    )


LOOK = """() => {
    const root = document.querySelector("redness-qa").shadowRoot;
    const texts = (place, selector) => [...place.querySelectorAll(selector)].map((node) => node.textContent);
    const nodes = [...root.querySelectorAll(".panel *")];
    return {
        asked: texts(root, ".question"),
        answers: [...root.querySelectorAll(".answer")].map((answer) => ({
            message: texts(answer, ".message p, .advice p:not(.call)"),
            quotes: texts(answer, "blockquote"),
            sections: texts(answer, "figcaption > span"),
            sources: texts(answer, "li > :is(a, span):first-child"),
            nearest: texts(answer, ".nearest"),
        })),
        suggestions: texts(root, ".suggestions button"),
        tags: [...new Set(nodes.map((node) => node.localName))],
        attributes: [...new Set(nodes.flatMap((node) => node.getAttributeNames()))],
        links: [...new Set([...root.querySelectorAll("[href]")].map((link) => new URL(link.href).protocol))],
    };
}"""
TAGS = {
    *("div", "p", "span", "h2", "h3", "figure", "blockquote", "figcaption", "details", "summary", "ol", "ul", "li"),
    *("a", "button", "form", "label", "textarea"),
}
ATTRIBUTES = {
    *("class", "id", "lang", "dir", "role", "tabindex", "type", "for", "rows", "autocomplete", "placeholder", "hidden"),
    *("href", "rel", "target", "aria-label", "aria-disabled"),
}


def test_no_attack_runs_in_the_panel_of_another_site(browser: Browser) -> None:
    assistant = Hostile(addresses=())
    with embedding(assistant, browser) as (visitor, site, service):
        page = visitor.page
        page.goto(site.origin + site.publish("/", host_page(service, "", 'data-mode="inline"')))
        box, answers = page.get_by_role("textbox"), page.locator(".answer")
        for number, attack in enumerate(ATTACKS):
            assistant.attacks = (attack,)
            box.fill(attack)
            box.press("Enter")
            expect(answers).to_have_count(number + 1, timeout=SECONDS * 1000)
        assistant.attacks, assistant.addresses, assistant.urgency = ATTACKS, ADDRESSES, Urgency.EMERGENCY
        box.fill("How long?")
        box.press("Enter")
        expect(answers).to_have_count(len(ATTACKS) + 1, timeout=SECONDS * 1000)
        assert visitor.is_unharmed()
        look = page.evaluate(LOOK)

    texts = [shown(attack) for attack in ATTACKS]
    assert look["asked"] == [f"You: {text}" for text in [*texts, "How long?"]]
    assert look["answers"][:-1] == [
        {"message": [text], "quotes": [text] * 2, "sections": [text] * 2, "sources": [text] * 2, "nearest": [text]}
        for text in texts
    ]
    twice = [text for text in texts for _ in range(2)]
    assert look["answers"][-1] == {
        "message": texts,
        "quotes": twice + ["Text."] * len(ADDRESSES),
        "sections": twice + ["Section"] * len(ADDRESSES),
        "sources": twice + [shown(address) for address in ADDRESSES],
        "nearest": [],  # urgent advice stands without
    }
    assert look["suggestions"] == texts[:6]
    assert set(look["tags"]) <= TAGS
    assert set(look["attributes"]) <= ATTRIBUTES
    assert look["links"] == ["https:"]


PANELS = """() => [...document.querySelectorAll("redness-qa")].map(({shadowRoot: root}) => ({
    title: root.querySelector("#title").textContent,
    introduction: root.querySelector(".introduction").textContent,
    launcher: root.querySelector(".launch")?.textContent ?? null,
    classes: root.querySelector(".root").className,
    language: root.querySelector(".root").lang,
    style: root.adoptedStyleSheets[1].cssRules[0].cssText,
    rules: root.adoptedStyleSheets[1].cssRules.length,
}))"""


def fitting(attack: str, *, longest: int, otherwise: str) -> str:
    """Write what a site's text becomes: itself, if it fits."""
    read = attack.replace("\0", "\ufffd")  # by whoever reads HTML
    is_plain = all(unicodedata.category(mark) not in ("Cc", "Cs") for mark in read)
    return read if is_plain and len(read) <= longest else otherwise


def test_no_attack_runs_from_the_attributes_of_the_panel(browser: Browser) -> None:
    with embedding(Hostile(), browser) as (visitor, site, service):
        page = visitor.page
        elements = "".join(
            f"<redness-qa {' '.join(attributes)}></redness-qa>"
            for attack in ATTACKS
            for mode in (attack, "inline")
            for attributes in [
                [f'data-{name}="{html.escape(attack)}"' for name in OPTIONS] + [f'data-mode="{html.escape(mode)}"']
            ]
        )
        page.goto(site.origin + site.publish("/", host_page(service, elements)))
        assert visitor.is_unharmed()
        panels = page.evaluate(PANELS)
        (plain,) = page.evaluate(f"""() => {{
            document.body.replaceChildren(document.createElement("redness-qa"));
            return ({PANELS})();
        }}""")

        # Those of the script, for an element that has none; and, on the own page, what stands in its address.
        for number, attack in list(enumerate(ATTACKS))[::4]:
            given = " ".join(f'data-{name}="{html.escape(attack)}"' for name in (*OPTIONS, "mode"))
            page.goto(site.origin + site.publish(f"/{number}", host_page(service, "<redness-qa></redness-qa>", given)))
            assert page.evaluate(PANELS) == [panels[2 * number]]
        page.goto(f"{service.url}embed/")
        for attack in ATTACKS:
            (own,) = page.evaluate(
                f"""(attack) => {{
                    location.hash = String(new URLSearchParams({{theme: attack, accent: attack, title: attack}}));
                    const element = document.createElement("redness-qa");
                    element.dataset.mode = "page";
                    document.body.replaceChildren(element);
                    return ({PANELS})();
                }}""",
                attack,
            )
            assert (own["title"], own["style"], own["rules"]) == (WORDS.page["title"], plain["style"], 1)
        assert visitor.is_unharmed()

    assert len(panels) == 2 * len(ATTACKS)
    for number, panel in enumerate(panels):
        attack = ATTACKS[number // 2]
        is_launcher = number % 2 == 0
        launcher = fitting(attack, longest=80, otherwise=WORDS.embed["launcher"])
        assert panel == {
            "title": fitting(attack, longest=80, otherwise=WORDS.page["title"]),
            "introduction": fitting(attack, longest=200, otherwise=WORDS.page["introduction"]),
            "launcher": launcher if is_launcher else None,
            "classes": plain["classes"] if is_launcher else plain["classes"].replace("launcher", "inline"),
            "language": "en",
            "style": plain["style"],
            "rules": 1,
        }


# On paper


def squeezed(text: str) -> str:
    """Leave out the spaces, which lines end at, and write ligatures as letters."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_no_attack_runs_in_the_print_of_the_page(browser: Browser) -> None:
    assistant = Hostile(attacks=ATTACKS)
    question = " ".join(shown(attack) for attack in ATTACKS)
    with served(assistant, max_question_characters=10_000) as running, browser.new_context() as context:
        watch = Watch(context, running.url)
        page = watch.page
        watch.ask(question)
        page.emulate_media(media="print")
        assert watch.is_unharmed()
        printed = page.pdf()
        assert watch.is_unharmed()
        seen = page.evaluate("""() => {
            const texts = (selector) => [...document.querySelectorAll(`#conversation ${selector}`)]
                .filter((node) => node.checkVisibility({visibilityProperty: true, opacityProperty: true}))
                .map((node) => node.textContent.trim());
            document.querySelectorAll("#conversation details").forEach((details) => { details.open = true; });
            return {question: texts(".user-row .prose"), message: texts(".answer .message p"),
                    quotes: texts("blockquote"), sections: texts("figcaption > span"),
                    sources: texts("li"), unseen: texts("button, iframe, img, form, input, object, video, svg")};
        }""")

    texts = [shown(attack) for attack in ATTACKS]
    twice = [text for text in texts for _ in range(2)]
    assert seen["question"] == [question]
    assert seen["message"] == texts
    assert seen["quotes"] == twice + ["Text."] * len(ADDRESSES)
    assert seen["sections"] == twice + ["Section"] * len(ADDRESSES)
    assert seen["sources"] == [f"{text}, {text}, {text}" for text in [*twice, *map(shown, ADDRESSES)]]
    assert seen["unseen"] == []

    reader = PdfReader(io.BytesIO(printed))
    paper = squeezed("".join(sheet.extract_text() for sheet in reader.pages))
    # Each as question, message, twice as quote and section, and thrice with each of two sources.
    few = {text: paper.count(squeezed(text)) for text in texts if text.isascii() and paper.count(squeezed(text)) < 12}
    assert few == {}
    annotations = [each.get_object() for sheet in reader.pages for each in sheet.get("/Annots", [])]
    links = {str(each["/A"].get("/URI", each["/A"])) for each in annotations if "/A" in each}
    assert {link.partition(":")[0] for link in links} == {"https"}
    root: Any = reader.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)
    assert "/JavaScript" not in root.get("/Names", {})
