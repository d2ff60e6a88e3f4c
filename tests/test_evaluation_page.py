from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from evaluated import OUTCOMES, SECOND, labelled, outcome
from redness_qa.answer import Status
from redness_qa.evaluation import Comparison, Report
from redness_qa.evaluation.page import render_page
from redness_qa.evaluation.plots import Series, precision_plot, reliability_plot
from redness_qa.metrics import CoveragePoint, ReliabilityBin, Share

SETTINGS = {"questions": "11, of dev.jsonl", "index": "0123456789ab"}
HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)> & \"'\x00\ud800"


class Page(HTMLParser):
    """What a browser would make of a page: its elements, its text, and the rows of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._is_cell = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        self._is_cell = tag in {"td", "th"}

    def handle_endtag(self, tag: str) -> None:
        self._is_cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._is_cell:
            self.rows[-1][-1] += data

    def all(self, tag: str, kind: str = "") -> list[dict[str, str | None]]:
        return [found for name, found in self.elements if name == tag and kind in (found.get("class") or "")]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render_page(Report.of(OUTCOMES), settings=SETTINGS))


def test_the_page_shows_figures_with_intervals(page: Page) -> None:
    assert ["questions", "11, of dev.jsonl"] in page.rows
    row = next(row for row in page.rows if row[0] == "hit at 1")
    assert row[1:4] == [
        "60.0 % (23.1 to 88.2; 3 of 5)",
        "0.0 % (0.0 to 79.3; 0 of 1)",
        "75.0 % (30.1 to 95.4; 3 of 4)",
    ]
    assert ["F1", "40.0 % (11.8 to 76.9; 2 of 5)", "60.0 % (23.1 to 88.2; 3 of 5)"] in page.rows
    assert ["0.9 to 1.0", "0.925", "50.0 % (9.5 to 90.5; 1 of 2)"] in page.rows


def test_the_page_sets_kinds_against_statuses(page: Page) -> None:
    head = page.rows.index(["kind", "answered", "partial", "refer", "not_covered", "off_topic"])

    assert page.rows[head + 1 : head + 7] == [
        ["answerable", "2 (40 %)", "1 (20 %)", "1 (20 %)", "1 (20 %)", "0"],
        ["partial", "1 (100 %)", "0", "0", "0", "0"],
        ["refer", "0", "1 (100 %)", "0", "0", "0"],
        ["unanswerable", "1 (100 %)", "0", "0", "0", "0"],
        ["offtopic", "0", "0", "0", "0", "1 (100 %)"],
        ["urgent", "1 (50 %)", "0", "1 (50 %)", "0", "0"],
    ]


def test_the_page_lists_every_error_with_what_was_quoted(page: Page) -> None:
    assert len(page.all("article")) == 7
    assert "2: labelled answerable (F1); given answered, routine; probability 0.800; retrieved F9, then F1" in page.text
    assert "before it: asked before" in page.text
    assert "A. [F9]" in page.text
    assert re.findall(r"(warning missed|declined what the guide answers): (\d)", page.text) == [
        ("warning missed", "1"),
        ("declined what the guide answers", "1"),
    ]


def test_the_page_asks_for_nothing_and_runs_nothing(page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "a", "form", "base"})
    attributes = {name for _, found in page.elements for name in found}
    assert attributes.isdisjoint({"src", "href", "xlink:href", "srcset", "action"})
    assert not {name for name in attributes if name.startswith("on")}
    (policy,) = [found["content"] for found in page.all("meta") if "http-equiv" in found]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert "url(" not in page.text
    assert "@import" not in page.text


@pytest.mark.parametrize("place", ["question", "previous", "kind", "facts", "quote", "settings"])
def test_no_text_becomes_markup(place: str) -> None:
    texts = dict.fromkeys(("question", "previous", "kind", "facts", "quote", "settings"), "plain") | {place: HOSTILE}
    asked = labelled("x", texts["kind"], texts["facts"], question=texts["question"], previous=texts["previous"])
    outcomes = [outcome(asked, Status.ANSWERED, quoted=(texts["facts"] + "!",), text=texts["quote"])]
    outcomes.append(outcome(labelled("y", "answerable", texts["facts"]), Status.PARTIAL))

    html = render_page(Report.of(outcomes), settings={texts["settings"]: texts["settings"]})

    plain = Page(render_page(Report.of(OUTCOMES[:2]), settings=SETTINGS))
    found = Page(html)
    assert {tag for tag, _ in found.elements} <= {tag for tag, _ in plain.elements}
    assert {name for _, each in found.elements for name in each} <= {
        name for _, each in plain.elements for name in each
    }
    assert HOSTILE in found.text
    assert "<script" not in html


def test_the_page_sets_a_comparison_side_by_side() -> None:
    comparison = Comparison.of(Report.of(OUTCOMES), Report.of(SECOND))

    page = Page(render_page(comparison.first, settings=SETTINGS, comparison=comparison))

    row = ["wrong declines", "40.0 % (11.8 to 76.9; 2 of 5)", "0.0 % (0.0 to 43.4; 0 of 5)", "2, 0, p = 0.500"]
    assert row in page.rows
    assert len(page.all("polygon", "band")) == 2
    assert page.text.count("second") > Page(render_page(comparison.first, settings=SETTINGS)).text.count("second")


def test_a_page_of_no_case_can_be_read() -> None:
    page = Page(render_page(Report.of(()), settings={}))

    assert next(row for row in page.rows if row[0] == "hit at 1")[1] == "no case"
    assert not re.search(r"\bnan\b", page.text)


def test_the_page_is_the_same_each_time() -> None:
    assert render_page(Report.of(OUTCOMES), settings=SETTINGS) == render_page(Report.of(OUTCOMES), settings=SETTINGS)


# The field of a plot is 320 wide and high and begins at (56, 16).


def test_precision_is_drawn_where_it_belongs() -> None:
    curve = [CoveragePoint(0.25, 0.9, Share(1, 1)), CoveragePoint(1.0, 0.1, Share(2, 4))]

    svg = precision_plot([Series.of_curve("first", curve)])

    (line,) = [each for each in svg.iter("polyline") if each.get("class") == "line s0"]
    assert line.get("points") == "136.0,16.0 376.0,176.0"
    (band,) = svg.iter("polygon")
    # Wilson: 1 of 1 from 0.2065, 2 of 4 from 0.1500 to 0.8500.
    assert band.get("points") == "136.0,269.9 376.0,288.0 376.0,64.0 136.0,16.0"


def test_reliability_is_drawn_where_it_belongs() -> None:
    svg = reliability_plot([Series.of_bins("first", [ReliabilityBin(0.2, 0.3, 0.25, Share(2, 4))])])

    (dot,) = svg.iter("circle")
    assert (dot.get("cx"), dot.get("cy")) == ("136.0", "176.0")
    (whisker,) = [each for each in svg.iter("polyline") if each.get("class") == "line s0"]
    assert whisker.get("points") == "136.0,288.0 136.0,64.0"
    (ideal,) = [each for each in svg.iter("polyline") if each.get("class") == "ideal"]
    assert ideal.get("points") == "56.0,336.0 376.0,16.0"


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    curve = [CoveragePoint(n / 1000, 1 - n / 1000, Share(n, 1000)) for n in range(1, 1001)]

    points = Series.of_curve("first", curve).points

    assert len(points) <= 202
    assert (points[0][0], points[-1][0]) == (0.001, 1.0)
