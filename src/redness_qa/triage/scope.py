"""What a message only denies, asks about, imagines or remembers.

Every rule here can calm, so each is narrow: it reaches no further than its own part of a sentence, or a list that goes on
from it. What none of them clearly covers counts as said of somebody now.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from redness_qa.triage.phrases import Phrase, Places
from redness_qa.triage.text import PRONOUNS, Clause, word_set


class Reading(Enum):
    """Why a mention is not one of a sign somebody has now."""

    DENIED = "denied"
    ASKED = "asked"
    IMAGINED = "imagined"
    LONG_AGO = "long ago"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Cue:
    """A few words of a clause and the places their meaning reaches."""

    reading: Reading
    at: Places
    reach: Places


def _phrases(*texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase.parse(text, {}) for text in texts)


_MODAL = "can/could/will/would/might/may/does/do/should"
_DENIALS = _phrases(
    "no/not/never/without/zero/none/nor/neither/denies/denied/denying/nothing/nobody/sin/nunca/ningun/ninguna",
    "isnt/arent/wasnt/werent/aint/dont/doesnt/didnt/havent/hasnt/hadnt/wouldnt/ain/doesn/isn/didn/hasn/haven/wasn/aren",
    "free of/from",
    "hardly any",
    "no/not/any problem/problems/issue/issues/trouble/troubles/sign/signs/trace/hint with/of",
    "lack/absence of",
    "cant see/feel/say any/its/it/im",
)
# Words of denial that deny nothing, or something else than the sign after them.
_NO_DENIALS = _phrases(
    "not/isnt/arent/wasnt/no just/only/merely/simply/sure/certain/clear/as/joking/kidding/funny/normal/good/right/stopping/going",
    "not .. fast",
    "not/no .. much/lot/less",
    "not/hasnt/havent/isnt/doesnt/didnt/dont/never .. stop/stopped/stopping/improved/changed/moved/budged/settled/eased/slept/sleep",
    "hasnt/havent/isnt/doesnt/didnt .. go/gone/going/went/clear/cleared/helped/helping/help/worked/working/away/down",
    "dont/didnt/doesnt know/think/understand/want/care/mind/see/get/like/remember/recall/recognise/recognize",
    "not/dont/didnt .. sure/certain/know",
    "no idea/doubt/wonder/matter/joke/clue/way/mistake/relief/thanks/thank/change/one/question",
    "nothing helps/helped/helping/works/worked/working/stops/touches/is/but/new/else",
    "nothing .. helps/helping/stops/stopping",
    "not to mention",
    "without stopping/stop/doubt/end/warning/reason",
    "never .. so/such/this/like/before",
    "never been/felt/seen/known",
    "why not/dont/isnt",
    "or not",
    "if not",
    "no/nope i/im/ive/my/it/its/there/theres/the/he/she/we/they",
    "havent/didnt/dont/not told/said/mention/mentioned/touched/tell/touch/pick/picked/used/slept/eaten",
    "dont ignore",
    "nothing i",
    "cant/cannot/couldnt/wont .. without",
    "not/dont/doesnt/didnt/never .. feel/feeling/felt/look/looks/looking .. well/right/good/great/normal/ok/myself",
    "not .. well/right/ok/bearable/able",
    "isnt/arent/not/aint/hasnt .. healing/healed/better/fading/responding",
    "hope/hoping/hopefully/pray/praying .. not/isnt/no/dont/nothing/doesnt",
)
_DENIAL_STOPS = word_set(
    "just only merely because from due why how what if still since until till when while except save instead pero besides for on about that which who"
)
_DENIAL_REACH = 7
_LISTING = word_set("no without zero denies denied denying free nor neither sin any")  # go on over an "and"
_TELLING = word_set(
    "got get getting gets is are am has have had started starting feels feel looks look keeps kept full very so really full still lots loads hurts itches throbs oozes burns"
)
_LATE_DENIALS = _phrases(
    "hasnt/havent/hadnt/didnt/never shown/show/come/came/happened/happen/appeared/appear/turned/turn/started/materialised",
    "is/are none/nil/absent",
)
_WELL = _phrases(
    "breathe/breathing/breath/heart/heartbeat/pulse/vision/sight/eyes/lips/lip/throat/tongue/temperature/temp/swallowing"
    " .. fine/normal/ok/okay/good",
)
_DENIED_ANSWERS = frozenset(
    {("nope",), ("no",), ("none",), ("nah",), ("never",), ("not", "at", "all"), ("nil",), ("nothing",)}
)

_ANSWERED_NO = re.compile(r"^(?:but |thankfully |luckily )?(?:(?:i|she|he) (?:havent|hasnt|dont|doesnt|didnt)|not me)$")

_OPENERS = word_set(
    "what whats how hows is are was does do did can could would will should might may why whys which who whom whos when where whether explain define difference hypothetically suppose supposing imagine theoretically que como es son cuanto cual por puede"
)
_STATEMENTS = _phrases(  # open like a question, but tell: "is very swollen today", "can see pus"
    "is/are so/very/getting/now/really/swollen/itchy/sore/oozing/still/all/quite/swelling/coming/hurting/red",
    "do/does have/hurt/look/feel/itch",
    "can/could/does/did/do see/feel/barely/hardly/not/only",
    "could/might/may/can be",
    "could/can/might/may it/that/they be",
    "is it/that infected/infection/pus/an/a/hives/getting/spreading/swollen/oozing",
    "if i/you/u press/touch/squeeze/push/poke/pop/rub/move/smile/lie",
    "if anything/not",
    "is/are worse/better/redder/bigger/more/much",
    "why .. so",
    "why swollen/so/still/now/my/this",
    "was/were",
    "why is/are/does/am/do/did/has/wont it/they/i/this/still",
    "what looks/look/seems/appears",
)
_FILLERS = word_set(
    "so and also but sir please hi hello hey just ok okay well or then dear madam doctor doc team hiya um er q question second third first anyway actually like at in of for from by to with curious wondering hypothetically"
)
_FRAMES = re.compile(
    r"^(?:can|could|would|will|do|does|please|may i|i|id|would|like|want|to|ask|just|was|were|am|wonder|wondering|know|if|you|u|tell|me|"
    r"explain|curious|ask|asking| )*\b(?:know|wonder|wondering|tell me|explain|curious|ask|asking)\b"
)
_RELATIVES = word_set("which who whom whos where when what that")  # "my cheek, which is swollen" tells
_INQUIRIES = word_set(
    "normal ok okay common bad dangerous usual expected possible part ever always something sign mean happen safe worth need reason contagious serious a an the any there likely supposed better worse for or"
)
_PRESENT = word_set("still now today tonight currently been suddenly")
_ASIDES = _phrases(
    "just curious/wondering/asking/learning/reading", "in general", "generally", "hypothetically", "reading up",
    "assignment/homework/essay/faq/leaflet", "suppose/supposing/imagine", "whether", "tell .. how/what/about", "explain",
    "difference between",
)  # fmt: skip
_PERSONAL = word_set(
    "i im ive my me mine myself we our us this these her his hers he she hes shes here theres id mi tengo esto"
)
_CONDITIONS = _phrases(
    "if i/it/they/she/he/you/we/u/someone/somebody/anyone/people ever/get/gets/got/see/notice/develop/had/were/should/find/"
    "starts/start/begins/turns/becomes/would/popped/was",
    "if i/it/they/she/he/you/u .. ever/start/starts/became/becomes/should",
    "if my/the face/skin/redness .. gets/starts/becomes/should/turns/ever/were",
    "if someone/somebody/anyone/people/patients/clients/one",
    "if redness/red/pain/swelling/itching",
    "if a patient/client/person/woman/man/lady/customer",
    "if my/the face/skin/redness .. was",
    "if there/that was/were/should/ever",
    "in case",
    "what if .. get/gets/happens/starts/turns/becomes",
    "say my/i .. gets/get",
    "should the/it/there .. begin/start/become/get",
    "do you/u/they/one/people/ppl .. get/have/develop/catch/bleed/swell/itch/hurt",
    "can/could/will/would/might/may/should i/you/u/they/one/people/ppl .. get/have/develop/catch/bleed/swell/itch/hurt/faint",
    "can/could/will/would/might/may/does it/my/the .. get/swell/bleed/itch/hurt/sting/cause",
    "will/would i/my/it/the .. be/look/feel",
    "can/could/will/would/might/may/does/do .. cause/make/mean/lead/give/bring",
    "will/would/going/gonna .. swell/itch/hurt/bleed/scab/crust/blister/sting",
    "am/is i/it/my going/gonna",
    "going/gonna be",
    "if i wake",
    "do/does people/ppl/others/everyone/anyone/anybody",
    "how would/will/shall i/we/one",
    "next time",
)
_WORRIES = _phrases(
    "worried/scared/afraid/nervous/anxious/frightened/terrified about/of",
    "warned/warn .. about/of",
    "told/mentioned .. about",
    "told/said .. there might/could/may/would",
    "risk/chance/chances/odds/likelihood/danger/possibility of",
    "avoid/avoids/avoiding/prevent/prevents/preventing/rule/ruling/dread/dreaded/dreading",
    "should/to/what .. expect",
    "so/that .. dont get/have/end",
    "look/looking/watch/watching/check/lookout/eye out/for",
    "prone to",
    "history of",
    "suffer from",
    "list/table/guide/leaflet/booklet/sheet/website/article/forum .. says/say/said/tells/mentions/about",
    "always/usually/often/sometimes/normally get/gets/have/swell/bruise/bleed",
    "get/gets .. every winter/summer/year/spring/autumn",
    "i get .. easily/quickly/often",
    "i get cold/fever sores/blisters",
)
_NOT_IMAGINED = _phrases(
    "get rid/help/something/it/them/my/medicine/treated/seen/this/these/up", "last time .. looked/checked"
)
_IMAGINED_STOPS = word_set("if because since cos bc as now")
_POINTED = word_set("this these my mine our his her")
_TIMES = word_set("before after when until during")
_OWN = word_set("my mine this these coming came comes our her his")

_LONG_AGO = _phrases(
    "year/years/yr/yrs/months/decade/decades/ages ago/back",
    "last year/yr/summer/winter/spring/autumn/fall/christmas/january/february/march/april/june/july/august/october/november/time",
    "in january/february/march/april/june/july/august/september/october/november/december/spring/summer/autumn/winter",
    "in/back/since 2010/2011/2012/2013/2014/2015/2016/2017/2018/2019/2020/2021/2022/2023/2024/2025",
    "when i/he/she was/were a/young/younger/little/small/pregnant/" + "/".join(map(str, range(2, 60))),
    "when i/he/she was/were six/seven/eight/nine/ten/twelve/thirteen/fourteen/fifteen/sixteen/eighteen/twenty/thirty",
    "as a kid/child/teen/teenager/baby/student",
    "back when/in",
    "ages/long ago",
    "in the past",
    "in my/her/his teens/twenties/thirties/youth/childhood/life",
    "years/months before",
    "once had",
    "hace .. anos",
)
_BEFORE = word_set("had got was were did went gave ended left ran broke itched turned reacted swelled fainted tuve")
_NOW = word_set(
    "still now today tonight again currently have has ive am im is are atm yet getting keeps since ongoing tengo"
)
_TREATED = word_set("needling needled treatment session done dermapen procedure microneedling looked checked")
_RECOVERIES = _phrases(
    "went/gone/passed .. away/down/within/itself/quickly",
    "went in/the next/by",
    "long/since/now/is/has/have/had/its/completely/totally/fully gone/cleared/healed/resolved/passed/settled",
    "all gone/cleared/healed/resolved/settled",
    "gone/over/better/fine now",
    "cleared/healed/resolved/disappeared/vanished/subsided/calmed/settled",
    "it/they/bleeding/itching/pain/swelling/itch/that/this/has/have stopped/ended/finished",
    "ended the day/week/within/in",
    "cleared/calmed/settled up/down",
    "faded .. away/now",
    "all faded",
    "no longer",
    "no trouble/problems since",
    "turned out to",
    "signed .. off",
    "has/have gone",
    "already/now/almost gone",
    "gone by",
)
_RELAPSES = word_set(
    "back again returned returns still but not hasnt havent isnt never didnt wont until then worse now nearly almost if bit little slightly some somewhat lot mostly partly only"
)
_RETURNS = word_set("back again returned returns returning reappeared")
_REFERS_BACK = word_set(
    "it they that which its all then cleared healed gone went everything thankfully luckily calmed both"
)
_REDNESS = word_set("red redness pink colour color flush")
_TELLS_AFTER_ALL = _phrases(
    "i/we/she/he have/had/got/do/has it/that/some/one/this/them/those",
    "mine is/are/has/looks/look/was",
    "thats what/me",
    "i have/do",
    "ive got/it/some",
    "asking because/cause/cos/bc i/my/im/mine",
)


def read_scope(clauses: Sequence[Clause]) -> list[list[Cue]]:
    """Find for each clause the words that deny, ask, imagine or remember, and how far each reaches."""
    cues: list[list[Cue]] = [[] for _ in clauses]
    for place, clause in enumerate(clauses):
        cues[place] += _denials(clause)
        cues[place] += _imaginings(clause)
    _carry_denials(clauses, cues)
    _mark_asked(clauses, cues)
    _mark_past(clauses, cues)
    return cues


def _imaginings(clause: Clause) -> list[Cue]:
    void = frozenset().union(*_finds(_NOT_IMAGINED, clause))
    cues = [Cue(Reading.IMAGINED, at, _until(clause, at)) for at in _finds(_CONDITIONS, clause) if at.isdisjoint(void)]
    for at in _finds(_WORRIES, clause):
        stop = next((place for place in range(max(at) + 1, len(clause.tokens)) if clause.words[place] in _TIMES), None)
        if _OWN.isdisjoint(clause.words[max(at) + 1 : stop]):
            cues.append(Cue(Reading.IMAGINED, at, frozenset(range(min(at), len(clause.tokens)))))
    return cues


def _until(clause: Clause, at: Places) -> Places:
    """Reach from the cue to the end of the clause, or to a condition or reason after it."""
    stops = (place for place in range(max(at) + 1, len(clause.tokens)) if clause.words[place] in _IMAGINED_STOPS)
    return frozenset(range(min(at), next(stops, len(clause.tokens))))


def is_said_now(places: Places, clause: Clause, cues: Sequence[Cue], *, recovers: bool, is_lasting: bool) -> bool:
    """Tell whether the words at some places speak of what somebody has now.

    Args:
        places: Places of the words in the clause.
        clause: The clause.
        cues: Its cues.
        recovers: "It is better now" makes the sign harmless.
        is_lasting: Having begun long ago does not make the sign over.
    """
    is_pointed_at = min(places) > 0 and clause.words[min(places) - 1] in _POINTED
    for cue in cues:
        if not cue.at.isdisjoint(places) or cue.reach.isdisjoint(places):
            continue
        if cue.reading is Reading.RECOVERED and not recovers:
            continue
        if cue.reading is Reading.LONG_AGO and is_lasting:
            continue
        if cue.reading in {Reading.ASKED, Reading.IMAGINED} and is_pointed_at:
            continue
        return False
    return True


def _finds(phrases: Sequence[Phrase], clause: Clause) -> list[Places]:
    return [places for phrase in phrases for places in phrase.find(clause)]


def _denials(clause: Clause) -> list[Cue]:
    void = frozenset().union(*_finds(_NO_DENIALS, clause))
    cues = []
    words = clause.words
    for at in _finds(_DENIALS, clause):
        if not at.isdisjoint(void):
            continue
        reach = []
        for place in range(max(at) + 1, min(max(at) + 1 + _DENIAL_REACH, len(words))):
            if words[place] in _DENIAL_STOPS or _ends_list(words, place, at):
                break
            reach.append(place)
        cues.append(Cue(Reading.DENIED, at, frozenset(reach)))
    if not cues and void.isdisjoint(range(len(words))):
        cues += [Cue(Reading.DENIED, frozenset(), at) for at in _finds(_WELL, clause)]
    if len(words) > 1 and words[-1] in {"none", "nil", "nope"}:
        cues.append(Cue(Reading.DENIED, frozenset(), frozenset(range(len(words)))))
    cues += [
        Cue(Reading.DENIED, frozenset(), frozenset((place - 1,)))
        for place, word in enumerate(words)
        if word == "free" and place
    ]
    for at in _finds(_LATE_DENIALS, clause):
        if at.isdisjoint(void):
            cues.append(Cue(Reading.DENIED, at, frozenset(range(min(at)))))
    return cues


def _ends_list(words: tuple[str, ...], place: int, at: Places) -> bool:
    """Tell whether an "and" ends what is denied: "no pus and got fever", "not using it and sore"."""
    if words[place] not in {"and", "n", "y"}:
        return False
    is_list = not _LISTING.isdisjoint(words[spot] for spot in at)
    return not is_list or place + 1 == len(words) or words[place + 1] in _TELLING


def _carry_denials(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Let a denial go on through a list that ends in "or", and back from a bare answer: "Fever? Nope"."""
    for place, clause in enumerate(clauses):
        if place and clause.words in _DENIED_ANSWERS and len(clauses[place - 1].tokens) <= 3:
            earlier = clauses[place - 1]
            cues[place - 1].append(Cue(Reading.DENIED, frozenset(), frozenset(range(len(earlier.tokens)))))
        if place and len(clause.tokens) <= 4 and _ANSWERED_NO.search(" ".join(clause.words)):
            earlier = clauses[place - 1]
            cues[place - 1].append(Cue(Reading.DENIED, frozenset(), frozenset(range(len(earlier.tokens)))))
        last = len(clause.tokens) - 1
        if not any(cue.reading is Reading.DENIED and last in cue.reach for cue in cues[place]):
            continue
        listed = []
        for later in range(place + 1, len(clauses)):
            item = clauses[later]
            if item.sentence != clause.sentence or not item.after_comma or len(item.tokens) > 4 or cues[later]:
                break
            if not PRONOUNS.isdisjoint(item.words):
                break
            listed.append(later)
            if not {"or", "nor", "ni"}.isdisjoint(item.words):
                for member in listed:
                    everything = frozenset(range(len(clauses[member].tokens)))
                    cues[member].append(Cue(Reading.DENIED, frozenset(), everything))
                break


def _mark_asked(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    if any(_finds(_TELLS_AFTER_ALL, clause) for clause in clauses):
        return
    asked_sentence = -1
    for place, clause in enumerate(clauses):
        goes_on = asked_sentence == clause.sentence and clause.after_comma and _NOW.isdisjoint(clause.words)
        is_asked = goes_on or _is_asked(clause, is_first=place == 0 or clauses[place - 1].sentence != clause.sentence)
        if (
            is_asked
            and _PERSONAL.isdisjoint(_without_frame(clause))
            and _PRESENT.isdisjoint(clause.words)
            and "its" not in clause.words
        ):
            asked_sentence = clause.sentence
            cues[place].append(Cue(Reading.ASKED, frozenset(), frozenset(range(len(clause.tokens)))))
        else:
            asked_sentence = -1


def _is_asked(clause: Clause, *, is_first: bool) -> bool:
    words = _without_frame(clause)
    start = next((place for place, word in enumerate(words) if word not in _FILLERS or word in _OPENERS), len(words))
    if _finds(_ASIDES, clause):
        return True
    if start == len(words):
        return False
    if words[start] in _RELATIVES and not is_first:
        return False
    if words[start] in {"is", "are"} and not clause.is_question and _INQUIRIES.isdisjoint(words):
        return False
    start_in_clause = start + len(clause.words) - len(words)
    if any(min(at) == start_in_clause for at in _finds(_STATEMENTS, clause)):
        return False
    if words[start] in {"when", "where", "what"} and not clause.is_question:
        return not _OPENERS.isdisjoint(words[start + 1 : start + 3])
    return words[start] in _OPENERS or words[start] == "if"


def _without_frame(clause: Clause) -> tuple[str, ...]:
    """Drop "can you tell me", "I wonder" and their like from the head of a clause."""
    text = " ".join(clause.words)
    return tuple(text[len(match[0]) :].split()) if (match := _FRAMES.match(text)) else clause.words


def _mark_past(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    for place, clause in enumerate(clauses):
        everything = frozenset(range(len(clause.tokens)))
        said = set(clause.words)
        is_long_ago = bool(_finds(_LONG_AGO, clause)) and not said & (_NOW | _TREATED)
        if is_long_ago and said & _BEFORE:
            cues[place].append(Cue(Reading.LONG_AGO, frozenset(), everything))
            for later in range(place + 1, len(clauses)):
                item = clauses[later]
                if item.sentence != clause.sentence or not {*item.words}.isdisjoint(_NOW | {"but", "my", "i"}):
                    break
                cues[later].append(Cue(Reading.LONG_AGO, frozenset(), frozenset(range(len(item.tokens)))))
        elif place and len(said) <= 5 and is_long_ago:
            earlier = clauses[place - 1]
            if earlier.sentence == clause.sentence and {*earlier.words} & _BEFORE and not {*earlier.words} & _NOW:
                cues[place - 1].append(Cue(Reading.LONG_AGO, frozenset(), frozenset(range(len(earlier.tokens)))))
        for at in _finds(_RECOVERIES, clause):
            rest = {word for spot, word in enumerate(clause.words) if spot not in at}
            if rest & (_RELAPSES - {"now"}) or _comes_back(clauses, place):
                continue
            cues[place].append(Cue(Reading.RECOVERED, frozenset(), frozenset(range(max(at)))))
            if min(at) < 3 and not _REFERS_BACK.isdisjoint(clause.words[:2]) and not said & _REDNESS:
                for earlier in range(place - 1, -1, -1):
                    if clauses[earlier].sentence < clause.sentence - 1:
                        break
                    cues[earlier].append(
                        Cue(Reading.RECOVERED, frozenset(), frozenset(range(len(clauses[earlier].tokens))))
                    )


def _comes_back(clauses: Sequence[Clause], place: int) -> bool:
    """Tell whether the rest of the sentence says that it returned."""
    rest = (later for later in clauses[place + 1 :] if later.sentence == clauses[place].sentence)
    return any(not _RETURNS.isdisjoint(later.words) for later in rest)
