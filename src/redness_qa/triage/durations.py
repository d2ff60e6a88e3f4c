"""How many days of redness a message states."""

from __future__ import annotations

import re
from collections.abc import Sequence

from redness_qa.triage.cue import Cue
from redness_qa.triage.scope import is_said_now
from redness_qa.triage.text import Clause

_NUMBERS = {
    word: number
    for number, words in enumerate(
        [
            "zero",
            "a an one first una un",
            "two second couple dos",
            "three third few tres",
            "four fourth cuatro",
            "five fifth several cinco",
            "six sixth seis",
            "seven seventh siete",
            "eight eighth ocho",
            "nine ninth nueve",
            "ten tenth diez",
            "eleven eleventh",
            "twelve twelfth",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
    for word in words.split()
}
HOURS = frozenset(("h", "hr", "hrs", "hour", "hours"))
_NUMBER = r"(?:\d{1,3}(?:st|nd|rd|th)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_MORE = r"(?P<more>(?:over|more than|past|beyond|mas de) )?"
_UNITS = {
    "day": 1, "days": 1, "night": 1, "nights": 1, "evening": 1, "morning": 1, "dia": 1, "dias": 1, "d": 1,
    "sleep": 1, "sleeps": 1, "dayz": 1, "mornings": 1, "evenings": 1, "weekend": 7, "weekends": 7,
    "week": 7, "weeks": 7, "wk": 7, "wks": 7, "semana": 7, "semanas": 7,
    "month": 30, "months": 30, "mes": 30, "meses": 30,
}  # fmt: skip
_UNIT = "(?P<unit>" + "|".join(sorted(_UNITS, key=len, reverse=True)) + ")"
_SPAN = re.compile(rf"\b{_MORE}(?P<number>{_NUMBER}) ?(?:of |whole |full |long |and a half |solid )?{_UNIT}\b")
_DAY_N = re.compile(rf"\b(?:day|dia|evening|night) ?(?P<number>{_NUMBER})\b")
_HOURS = re.compile(
    r"\b(?:(?P<hours>\d{2,3}) ?(?:h|hr|hrs|hours?)|(?P<hundreds>a|one|two|three|four) hundred(?: and \w+)? hours)\b"
)
_DATE = re.compile(r"\b(?:the|on|since) (\d{1,2}) ?(?:st|nd|rd|th)\b")
_DATE_NOW = re.compile(r"\b(?:todays?|its|it is|now|now is)(?: is| now)?(?: the)? (\d{1,2}) ?(?:st|nd|rd|th)\b")
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        [
            "monday mon",
            "tuesday tue tues",
            "wednesday wed weds",
            "thursday thu thur thurs",
            "friday fri",
            "saturday sat",
            "sunday sun",
        ]
    )
    for name in names.split()
}
_WEEKDAY = "(" + "|".join(sorted(_WEEKDAYS, key=len, reverse=True)) + ")"
_WORDS = re.compile(
    rf"\b(?:(?P<fortnight>fortnight)|(?:from|since) the (?P<before_last>week|weekend|{_WEEKDAY}) before last|"
    r"since last (?P<last>week|mon|tue|wed|thu|fri|sat|sun)|(?P<month>last month))"
)
_BETWEEN_DAYS = re.compile(
    rf"\b(?:since|done|did|had|treated|needled|session|treatment|appointment|mine)(?: \w+){{0,2}} {_WEEKDAY}\b"
    r".{0,200}?"
    rf"\b(?:todays?|its|it is|now|now is|tonight|till|until)(?: is| now| only| already| morning| night)* {_WEEKDAY}\b"
)
_NOT_YET = re.compile(
    r"\b(?:(?:in|within|another|next|for the next|lasted|last|lasts?|until|till|by|takes?|take|need|needs|wait|"
    r"waited)(?: \w+)?|every|the first|before|give it|spaced|up to|off|told|said|booked|of|will be|"
    r"(?:was|were) \w+ for) ?$"
)
_NOT_AFTER = re.compile(
    r"^ ?(?:apart|before|until|till|from now|old|time|to go|off|later than|course|work|holiday|trip|flight|from|"
    r"of (?!red|being|this|pink)\w+)\b"
)
_TREATED = re.compile(
    r"\b(?:needled|treated|done|had|treatment|session|did|got|home|microneedl\w+|dermapen\w*)(?: \w+){0,2} "
    r"(?:yesterday|today|this morning|tonight|this afternoon|last night|earlier)\b|\bjust home\b|"
    r"\b(?:yesterdays?|todays|this mornings) (?:session|treatment|needling|appointment|facial)\b"
)
_RECENT = re.compile(
    r"\b(?:\d+ ?(?:h|hr|hrs|hours?)|(?:an|one|two|three|four|five|six|few) hours?|"
    r"(?:day|evening|night) (?:one|two|three|1|2|3)|yesterday|this morning|tonight|this afternoon)\b"
)
_COLOUR = r"(?:redness|red|pinkness|pink|colou?r|flush|rosiness)"
_PLAIN = r"(?:normal|clear|white|pale|itself|myself|usual|even)"
_FADING = re.compile(
    r"\b(?:fad(?:ing|es)|paler|paling|paled|palest|lighter|lightening|better each|better every|improving|improves|"
    r"going down|going away|calming|settling|barely|hardly|scarcely|virtually|practically|basically|cooled|softer|"
    r"(?:almost|nearly|mostly|all but|near|close to|closer to|half|already) (?:\w+ )?"
    r"(?:gone|back|normal|over|there|clear|white|pale|own|skin|lost|none|away)|"
    rf"(?:much|far|lot|way) (?:less|paler|lighter) |less {_COLOUR}|less (?:every|each|than|now|today|of it)|"
    r"(?:palest|light|soft|softest|faint|faintest) (?:pink|rose|red)|(?:a bit|bit|touch|little) (?:less|lighter|paler)|"
    r"(?:last|tiny|slightest) (?:bit|trace|hint|touch) of)\b"
)
_OVER = re.compile(
    rf"\b(?:{_COLOUR}s? (?:is |has |was |have |all |completely |finally |totally |now |already )*"
    r"(?:gone|finished|away|vanished|left me|went)|"
    rf"(?:no more|not|isnt|no longer) {_COLOUR} ?(?:any ?more|at all|now)?|"
    rf"(?:skins?|faces?|cheeks?|chins?|forehead|necks?|noses?|jaws?|scars?|{_COLOUR}) (?:itself )?"
    r"(?:is |are |s |looks? |looking |"
    rf"already |now |all |so |totally |completely |basically |again )+{_PLAIN}|"
    rf"back to (?:\w+ )?(?:normal|usual|white|itself|myself|skin)|(?:own|normal|usual|skin) {_COLOUR}\b|"
    rf"{_COLOUR} (?:of )?(?:skin|normal|usual)|all clear|(?:gone|none|clear|fine) since)\b"
)
_STILL = re.compile(rf"\b(?:still|remains?|stays?|yet)(?: \w+){{0,3}} {_COLOUR}\b")
_STUCK = re.compile(r"\b(?:(?:not|isnt|hasnt|no|never|stopped|doesnt|wont|not even)(?: \w+)?|without(?: \w+){0,3}) ?$")


def stated_days(clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]]) -> list[int]:
    """List the days since the treatment that a message states, not those it only asks about or expects."""
    days: list[int] = []
    for clause, scope in zip(clauses, cues, strict=True):
        text = " ".join(clause.words)
        for pattern in (_SPAN, _DAY_N, _WORDS, _HOURS):
            for match in pattern.finditer(text):
                first = text[: match.start()].count(" ")
                is_now = is_said_now(frozenset((first,)), clause, scope, recovers=True, is_lasting=True)
                if is_now and not _NOT_YET.search(text[: match.start()]) and not _NOT_AFTER.search(text[match.end() :]):
                    days.append(_days(match))
    text = _joined(clauses)
    days += [
        min((int(now[1]) - int(date[1])) % 31 for date in dates)
        for now in _DATE_NOW.finditer(text)
        if (dates := list(_DATE.finditer(text, 0, now.start())))
    ]
    days += [(_WEEKDAYS[match[2]] - _WEEKDAYS[match[1]]) % 7 for match in _BETWEEN_DAYS.finditer(text)]
    return days


def is_fresh(clauses: Sequence[Clause]) -> bool:
    """Tell whether a message says that the treatment itself was yesterday or today."""
    return _TREATED.search(_joined(clauses)) is not None


def is_early(clauses: Sequence[Clause]) -> bool:
    """Tell whether a message speaks of the first three days, so far as it names no other day."""
    return is_fresh(clauses) or _RECENT.search(_joined(clauses)) is not None


def is_fading(clauses: Sequence[Clause]) -> bool:
    """Tell whether a message says that things are getting better."""
    texts = (" ".join(clause.words) for clause in clauses)
    return any(not _STUCK.search(text[: match.start()]) for text in texts for match in _FADING.finditer(text))


def is_over(clauses: Sequence[Clause]) -> bool:
    """Tell whether a message says that the colour has gone, and not that some of it stays."""
    texts = [" ".join(clause.words) for clause in clauses]
    if any(_STILL.search(text) for text in texts):
        return False
    return any(not _STUCK.search(text[: match.start()]) for text in texts for match in _OVER.finditer(text))


def _joined(clauses: Sequence[Clause]) -> str:
    return " , ".join(" ".join(clause.words) for clause in clauses)


def _days(match: re.Match[str]) -> int:
    named = match.groupdict()
    if named.get("hours"):
        return int(named["hours"]) // 24
    if named.get("hundreds"):
        return 100 * _NUMBERS[named["hundreds"]] // 24
    if named.get("before_last"):
        return 8  # at least: from the last day of that week to the first of this one
    if named.get("fortnight"):
        return 14
    if named.get("last"):
        return 7
    if named.get("month"):
        return 30
    number = number_of(re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", named["number"])) or 0
    return number * _UNITS[named.get("unit") or "day"] + bool(named.get("more"))


def number_of(word: str) -> int | None:
    """Read a number in up to three figures or, up to twenty, in words; None where it is none."""
    return int(word) if word.isdecimal() and len(word) <= 3 else _NUMBERS.get(word)
