"""A report as one HTML page that asks for nothing else.

The page is built as a tree of elements, never from pieces of markup, so that no text of a question or quote can become
markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from redness_qa.answer import Status
from redness_qa.evaluation.comparison import Comparison, paired_text
from redness_qa.evaluation.outcomes import Fault, Outcome
from redness_qa.evaluation.plots import Series, precision_plot, reliability_plot
from redness_qa.evaluation.report import FIGURES, Ranking, Report
from redness_qa.metrics import Share

KINDS = ("answerable", "partial", "refer", "unanswerable", "offtopic", "urgent")

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --first: #1f6fb2; --second: #c2571a; --strong: #1f6fb2; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; }
th, td { vertical-align: top; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; flex: 1 1 20rem; max-width: 30rem; }
svg { width: 100%; height: auto; }
svg text { font-size: 12px; fill: currentColor; }
.grid { stroke: var(--line); fill: none; stroke-width: 0.5; }
.ideal { stroke: currentColor; fill: none; stroke-dasharray: 4 4; }
.line { fill: none; stroke-width: 2; }
.band { fill-opacity: 0.15; stroke: none; }
.line.s0 { stroke: var(--first); } .band.s0, .dot.s0 { fill: var(--first); }
.line.s1 { stroke: var(--second); stroke-dasharray: 6 3; } .band.s1, .dot.s1 { fill: var(--second); }
article { border-top: 1px solid var(--line); padding: 0.5rem 0; }
article p, article ul { margin: 0.25rem 0; }
.asked { font-weight: 600; white-space: pre-wrap; overflow-wrap: anywhere; }
.small { font-size: 0.875rem; }
"""


def render_page(report: Report, *, settings: Mapping[str, str], comparison: Comparison | None = None) -> str:
    """Render a report as a page with figures, plots and the errors to read.

    Args:
        report: What was measured.
        settings: What it was measured with, by name: command, index, labels and the like.
        comparison: What another index made of the same questions; the report must be its first.
    """
    html = Element("html", {"lang": "en"})
    head, body = SubElement(html, "head"), SubElement(html, "body")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    _child(head, "title", "Evaluation of redness-qa")
    _child(head, "style", _STYLE)
    _child(body, "h1", "Evaluation of redness-qa")
    _table(body, ("", ""), [(name, value) for name, value in settings.items()])
    _figures(body, report)
    if comparison is not None:
        _comparison(body, comparison)
    _certainty(body, report, comparison)
    _confusion(body, report)
    _child(body, "h2", "By kind and by fact")
    _rankings(body, "kind", report.kinds)
    _child(body, "p", "Answerable questions by the facts that answer them, the worst first.")
    _rankings(body, "fact", report.facts)
    _errors(body, report)
    return "<!DOCTYPE html>\n" + tostring(html, encoding="unicode", method="html") + "\n"


def _figures(body: Element, report: Report) -> None:
    _child(body, "h2", "Figures")
    _child(body, "p", "Shares with 95 % intervals (Wilson) and counts. A follow-up has a question before it.")
    rows = []
    for figure in FIGURES:
        shares = (report.shares[figure.name], report.follow_ups[figure.name], report.others[figure.name])
        rows.append((figure.title, *map(str, shares), figure.meaning))
    _table(body, ("figure", "all", "follow-ups", "the rest", "share of"), rows)


def _comparison(body: Element, comparison: Comparison) -> None:
    _child(body, "h2", "Compared with the second index")
    text = (
        "Only first and only second count the questions on which the two differ; p is of the exact McNemar test, "
        "not corrected for the number of tests."
    )
    _child(body, "p", text)
    rows = [
        (each.figure.title, str(each.first), str(each.second), paired_text(each.paired)) for each in comparison.shares
    ]
    _table(body, ("figure", "first", "second", "only first, only second, p"), rows)


def _certainty(body: Element, report: Report, comparison: Comparison | None) -> None:
    certainty = report.certainty
    _child(body, "h2", "Probability that the first quote is right")
    _child(body, "p", "Urgent messages are left out: they are never answered from what was retrieved.")
    rows = [
        ("AUROC of answerable or not", str(certainty.answerable)),
        ("expected calibration error", str(certainty.calibration_error)),
        ("what chance alone reaches in 5 of 100", f"{certainty.by_chance:.3f}" if certainty.bins else "no case"),
    ]
    _table(body, ("figure", "all"), rows)
    reports = [("first", report), *([("second", comparison.second)] if comparison else [])]
    plots = SubElement(body, "div", {"class": "plots"})
    curves = [Series.of_curve(name, each.certainty.curve) for name, each in reports]
    bins = [Series.of_bins(name, each.certainty.bins) for name, each in reports]
    for plot, caption in (
        (precision_plot(curves), "Precision among the most certain questions, with its 95 % interval."),
        (
            reliability_plot(bins),
            "Share right by stated probability, with 95 % intervals; what is exactly right lies on the line.",
        ),
    ):
        figure = SubElement(plots, "figure")
        figure.append(plot)
        _child(figure, "figcaption", caption)
    stated = [
        (f"{each.low:.1f} to {each.high:.1f}", f"{each.mean_probability:.3f}", str(each.right))
        for each in certainty.bins
    ]
    _table(body, ("stated", "mean", "right"), stated)
    points = [
        (f"{100 * each.coverage:.1f} %", f"{each.threshold:.3f}", str(each.precision))
        for each in certainty.most_certain
    ]
    _table(body, ("most certain", "from", "right"), points)


def _confusion(body: Element, report: Report) -> None:
    _child(body, "h2", "Kind against status")
    statuses = [status.value for status in Status]
    table = _table(body, ("kind", *statuses), [])
    for kind in sorted(report.by_kind, key=lambda kind: (KINDS.index(kind) if kind in KINDS else len(KINDS), kind)):
        counts = report.by_kind[kind]
        row = SubElement(table, "tr")
        _child(row, "th", kind)
        for status in statuses:
            count = counts.get(status, 0)
            percent = round(100 * count / sum(counts.values()))
            cell = _child(row, "td", f"{count} ({percent} %)" if count else "0")
            cell.set("class", "number")
            cell.set("style", f"background: color-mix(in srgb, var(--strong) {percent // 2}%, transparent)")


def _rankings(body: Element, what: str, rankings: Mapping[str, Ranking]) -> None:
    rows = [(name, str(each.first_quote_right), str(each.hit_at_1)) for name, each in rankings.items()]
    _table(body, (what, "first quote right", "hit at 1"), rows)


def _errors(body: Element, report: Report) -> None:
    errors = report.errors
    _child(body, "h2", "Errors to read")
    _child(body, "p", f"Of all questions: {Share(len(errors), len(report.outcomes))}.")
    for fault in Fault:
        found = [each for each in errors if each.fault is fault]
        if not found:
            continue
        section = SubElement(body, "details", {"open": ""})
        _child(section, "summary", f"{fault.value}: {len(found)}")
        for each in found:
            _error(section, each)


def _error(section: Element, outcome: Outcome) -> None:
    row = outcome.question.row
    article = SubElement(section, "article")
    if row.previous:
        _child(article, "p", f"before it: {row.previous}").set("class", "small")
    _child(article, "p", row.question).set("class", "asked")
    labels = ", ".join(sorted(outcome.question.facts)) or "no fact"
    answer = outcome.answer
    _child(
        article,
        "p",
        f"{row.id}: labelled {outcome.question.kind} ({labels}); given {answer.status.value}, {answer.urgency.value}; "
        f"probability {outcome.probability:.3f}; retrieved {_facts(outcome.ranked)}",
    ).set("class", "small")
    if answer.quotes:
        quotes = SubElement(article, "ul")
        for quote in answer.quotes:
            _child(quotes, "li", f"{quote.text} [{', '.join(quote.facts) or 'no fact'}]")


def _facts(ranked: Sequence[Sequence[str]]) -> str:
    return ", then ".join(" ".join(facts) or "no fact" for facts in ranked) or "nothing"


def _table(body: Element, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Element:
    table = SubElement(SubElement(body, "div", {"class": "wide"}), "table")
    if any(heads):
        top = SubElement(table, "tr")
        for head in heads:
            _child(top, "th", head)
    for cells in rows:
        row = SubElement(table, "tr")
        _child(row, "th", cells[0])
        for cell in cells[1:]:
            _child(row, "td", cell)
    return table


def _child(parent: Element, tag: str, text: str) -> Element:
    child = SubElement(parent, tag)
    child.text = text
    return child
