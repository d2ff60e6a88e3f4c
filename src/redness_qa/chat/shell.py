"""What stands around the conversation: plain HTML in the page as it is served, there before any script has run."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path

from redness_qa.answer import Quote
from redness_qa.days import ToldStage
from redness_qa.render import contact_links, quotes_as_html
from redness_qa.triage import Urgency
from redness_qa.wording import LANGUAGES, Wording

_ASKS_FROM_DAY = 4  # from here on redness should be better (F31)
_DAYS = range(2, 8)


def head(wording: Wording) -> str:
    """Write style and scripts; they are not given to Gradio, which would put them in only once it has started."""
    names = ("you", "answer", "conversation_label", "waiting", "copied", "not_copied", "feedback_thanks", "cleared")
    words = {"language": wording.language, "disclaimer": wording.disclaimer, "asksFromDay": _ASKS_FROM_DAY}
    words["guideLanguage"] = LANGUAGES[0]
    words |= {name: wording.page[name] for name in (*names, "title", "sources_label")}
    # "<" is escaped, so that no sentence can end the script.
    data = json.dumps(words).replace("<", "\\u003c")
    return (
        f"<style>{_asset('shell.css')}{_asset('chat.css')}</style>"
        f"<script>window.rednessQA = {data};{_asset('theme.js')}</script>"
    )


def top(wording: Wording, stages: Sequence[ToldStage]) -> str:
    """Write what stands above the conversation: title, notices, the check for warning signs and the days."""
    words = wording.page
    other = next(language for language in LANGUAGES if language != wording.language)
    about_language = (
        f'<p id="content-language">{_text(words["content_language"])}</p>' if words["content_language"] else ""
    )
    toggles = [("check", words["check_label"]), *([("days", words["days_label"])] if stages else [])]
    buttons = "".join(
        f'<button type="button" aria-expanded="false" aria-controls="{name}">{_text(label)}</button>'
        for name, label in toggles
    )
    return (
        f'<header id="shell"><div id="top"><h1>{_text(words["title"])}</h1>'
        f'<a id="language" lang="{other}" hreflang="{other}" href="?lang={other}">{_text(words["other_language"])}</a>'
        f"</div>"
        f'<p id="introduction">{_text(words["introduction"])}</p>{about_language}'
        f'<div id="notice"><p id="emergency">{_text(words["emergency"])}</p>'
        f'<p id="disclaimer">{_text(wording.disclaimer)}</p></div>'
        f'<p id="without-scripts">{_text(words["without_scripts"])}</p>'
        f'<section id="urgent" aria-labelledby="urgent-heading" hidden><h2 id="urgent-heading"></h2><div></div>'
        f'<p class="call"></p><button type="button" aria-label="{_text(words["dismiss"])}">{_text(words["close"])}'
        f"</button></section>"
        f'<div id="panels">{buttons}</div>{_check(wording)}{_days(wording, stages) if stages else ""}'
        f'<p id="loading">{_text(words["loading"])}</p>'
        f'<p id="status" class="visually-hidden" role="status"></p></header>'
    )


def bottom() -> str:
    """Write the script that tends the page; it stands at the end, so that the rest is there."""
    return f"<script>{_asset('shell.js')}{_asset('chat.js')}</script>"


def _check(wording: Wording) -> str:
    """List the warning signs as a choice of one; style alone shows what follows from it."""
    words = wording.page
    rows = [
        _choice("sign", f"sign-{urgency}-{number}", line.says, kind=urgency)
        for urgency, lines in wording.check.items()
        for number, line in enumerate(lines)
    ]
    rows.append(_choice("sign", "sign-none", words["check_none"], kind="none"))
    results = "".join(
        f'<div class="advice {urgency.value}"><h2>{_text(words[f"heading_{urgency.value}"])}</h2>'
        f"<p>{_text(words[f'check_{urgency.value}'])}</p>"
        f"{contact_links(wording, is_emergency=urgency is Urgency.EMERGENCY)}</div>"
        for urgency in (Urgency.EMERGENCY, Urgency.CONTACT_CLINIC)
    )
    results += f'<div class="advice none"><p>{_text(words["check_none_advice"])}</p></div>'
    return (
        f'<section id="check" class="panel" aria-label="{_text(words["check_label"])}"><fieldset>'
        f'<legend>{_text(words["check_question"])}</legend><div class="choices">{"".join(rows)}'
        f'<div class="results" role="status">{results}</div></div></fieldset></section>'
    )


def _choice(group: str, name: str, label: str, *, kind: str) -> str:
    return (
        f'<input type="radio" autocomplete="off" name="{group}" id="{name}" class="{kind}">'
        f'<label for="{name}">{_text(label)}</label>'
    )


def _days(wording: Wording, stages: Sequence[ToldStage]) -> str:
    words = wording.page
    options = [("", words["days_unset"]), ("0", words["day_0"]), ("1", words["day_1"])]
    options += [(str(days), words["day_days"].format(days=days)) for days in _DAYS]
    options.append((str(_DAYS.stop), words["day_more"]))
    return (
        f'<section id="days" class="panel" aria-label="{_text(words["days_label"])}"><div id="when">'
        f'<label for="treated">{_text(words["days_question"])}</label><select id="treated" autocomplete="off">'
        + "".join(f'<option value="{value}">{_text(label)}</option>' for value, label in options)
        + f"</select><p>{_text(words['days_privacy'])}</p></div>{_better(wording)}"
        f"<ol>{''.join(_stage(stage, wording) for stage in stages)}</ol></section>"
    )


def _better(wording: Wording) -> str:
    """Ask whether it is getting better; the script shows it where the day calls for it."""
    words = wording.page
    rows = "".join(
        _choice("better", f"better-{name}", words[f"better_{name}"], kind=kind)
        for name, kind in (("yes", "none"), ("no", Urgency.CONTACT_CLINIC.value))
    )
    return (
        f'<fieldset id="better" hidden><legend>{_text(words["better_question"])}</legend><div class="choices">{rows}'
        f'<div class="results" role="status"><div class="advice none"><p>{_text(words["better_yes_advice"])}</p></div>'
        f'<div class="advice contact_clinic"><h2>{_text(words["heading_contact_clinic"])}</h2>'
        f"<p>{_text(words['better_no_advice'])}</p>{contact_links(wording, is_emergency=False)}</div>"
        f"</div></div></fieldset>"
    )


def _stage(stage: ToldStage, wording: Wording) -> str:
    quotes = "".join(quotes_as_html([Quote.from_passage(passage) for passage in stage.passages], wording))
    return (
        f'<li class="{stage.name}" value="{stage.from_day}"><h2>{_text(wording.page[f"stage_{stage.name}"])}'
        f'<span class="here"> {_text(wording.page["you_are_here"])}</span></h2>{quotes}</li>'
    )


def _text(sentence: str) -> str:
    return html.escape(sentence)


def _asset(name: str) -> str:
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")
