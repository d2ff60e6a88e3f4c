"""What a message denies: the words, and how far each reaches."""

from __future__ import annotations

import re
from collections.abc import Sequence

from redness_qa.triage.cue import Cue, Reading, whole
from redness_qa.triage.phrases import Places, phrase_list
from redness_qa.triage.text import PRONOUNS, Clause, word_set

DENIALS = phrase_list(
    "no/not/never/without/zero/none/nor/neither/denies/denied/denying/nothing/nobody/sin/nunca/ningun/ninguna",
    "nil/0/nae/nowt/nah/naething/isnae/dinnae/hasnae",
    "not that i/im/ive/its/theres/shes/hes/she/he/it",
    "cant/cannot/couldnt complain/whinge/moan .. about/of",
    "isnt/arent/wasnt/werent/aint/dont/doesnt/didnt/havent/hasnt/hadnt/wouldnt/ain/doesn/isn/didn/hasn/haven/wasn/aren",
    "free of/from",
    "hardly any",
    "no/not/any problem/problems/issue/issues/trouble/troubles/sign/signs/trace/hint with/of",
    "lack/absence of",
    "negative/neg for",
    "cant see/feel/say any/its/it/im",
)
# Words of denial that deny nothing, or something else than the sign after them.
NO_DENIALS = phrase_list(
    "not/isnt/arent/wasnt/no just/only/merely/simply/sure/certain/clear/as/joking/kidding/funny/normal/good/"
    "right/stopping/going",
    "not .. fast",
    "not/no .. much/lot/less",
    "not/hasnt/havent/isnt/doesnt/didnt/dont/never .. stop/stopped/stopping/improved/changed/moved/budged/"
    "settled/eased/slept/sleep",
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
    "no/nope/nah i/im/ive/my/it/its/there/theres/the/he/she/we/they",
    "day/level/week/night/hour/stage/size/from 0",
    "0 to/out/hours/days",
    "not that i/im/ive/its/theres/shes/hes/she/he/it .. know/mind/think/care/better/calmer/improved/paler",
    "havent/didnt/dont/not told/said/mention/mentioned/touched/tell/touch/pick/picked/used/slept/eaten",
    "dont ignore",
    "nothing i",
    "cant/cannot/couldnt/wont .. without",
    "not/dont/doesnt/didnt/never .. feel/feeling/felt/look/looks/looking .. well/right/good/great/normal/ok/myself",
    "not .. well/right/ok/bearable/able",
    "isnt/arent/not/aint/hasnt .. healing/healed/better/fading/responding",
    "hope/hoping/hopefully/pray/praying .. not/isnt/no/dont/nothing/doesnt",
)
DENIAL_STOPS = word_set(
    """
    just only merely because from due why how what if still since until till when while except save instead pero
    besides for on about that which who
    """
)
DENIAL_REACH = 7
LISTING = word_set("no without zero denies denied denying free nor neither sin any nil nae 0")  # go on over an "and"
TELLING = word_set(
    """
    got get getting gets is are am has have had started starting feels feel looks look keeps kept full very so
    really full still lots loads hurts itches throbs oozes burns
    """
)
LATE_DENIALS = phrase_list(
    "hasnt/havent/hadnt/didnt/never shown/show/come/came/happened/happen/appeared/appear/turned/turn/started/"
    "materialised",
    "is/are none/nil/absent",
    "is/are not there/present",
    "isnt/arent there/present",
)
WELL = phrase_list(
    "breathe/breathing/breath/heart/heartbeat/pulse/vision/sight/eyes/lips/lip/throat/tongue/temperature/temp/swallowing"
    " .. fine/normal/ok/okay/good",
)
DENIED_ANSWERS = frozenset(
    {
        *(("nope",), ("no",), ("none",), ("nah",), ("never",), ("not", "at", "all"), ("nil",), ("nothing",)),
        *(("zero",), ("0",), ("zip",), ("nada",), ("absent",), ("no", "no"), ("not", "there"), ("none", "at", "all")),
    }
)
ANSWERED_NO = re.compile(
    r"^(?:(?:but|and|so|thankfully|luckily|well) )*"
    r"(?:(?:i|she|he|it|they|that|mine|we) (?:really |just |simply )?"
    r"(?:havent|hasnt|dont|doesnt|didnt|isnt|arent|wasnt|wont|am not|is not|are not|has not|have not|do not|does not)"
    r"(?: at all| really)?|(?:im|its|hes|shes|theyre) (?:really )?not(?: at all)?|not me)$"
)
# What has not come, or is not so, after these words is that it got better: "it should go down, but it hasn't".
IMPROVING = word_set(
    """
    go going gone goes down away fade fading faded settle settled settling better best improve improved improving
    stop stopped stopping heal healed healing calm calmed calming clear cleared clearing ease eased easing subside
    subsided normal leave help helped helping work worked working expected disappear shift budge pass fine
    """
)
NONE_OF = re.compile(
    r"^(?:(?:and|but|so|thankfully|luckily|well|ive|i|we|weve|have|has|had|found|find|see|got|can|there|theres|is|are|"
    r"its|it|precisely|absolutely|exactly|honestly) )*"
    r"(?:(?:none|neither|not one|not any|nothing) of (?:it|that|them|those|these|this|the above)\b"
    r"|(?:none|zip|nada)(?: at all| here| yet| found| there| today)?$"
    r"|(?:isnt|arent|wasnt|werent) (?:any|one|a single one)\b)"
)
SEEKING = word_set(
    """
    check checked checking looked looking searched searching asked asks asking told warned warning warnings list listed
    leaflet page sheet booklet reading forums stuff things inspected examined hunted expecting expected dreading dreaded
    """
)
CLAIMING = word_set(
    """
    is are am im has have had got get getting my i ive its feel feels felt hurts hurt itches it very so really still
    now today keeps starting started was were be been she he shes hes this
    """
)
NONE_OF_REACH = 12  # clauses back that "none of that" denies


def denials(clause: Clause) -> list[Cue]:
    """Find what a clause denies by itself."""
    void: Places = frozenset().union(*NO_DENIALS.places(clause))
    cues = []
    words = clause.words
    for at in DENIALS.places(clause):
        if not at.isdisjoint(void):
            continue
        reach = []
        for place in range(max(at) + 1, min(max(at) + 1 + DENIAL_REACH, len(words))):
            if words[place] in DENIAL_STOPS or _ends_list(words, place, at):
                break
            reach.append(place)
        cues.append(Cue(Reading.DENIED, at, frozenset(reach)))
    if not cues and void.isdisjoint(range(len(words))):
        cues += [Cue(Reading.DENIED, frozenset(), at) for at in WELL.places(clause)]
    if _ends_in_no(words):
        cues.append(whole(Reading.DENIED, clause))
    cues += [
        Cue(Reading.DENIED, frozenset(), frozenset((place - 1,)))
        for place, word in enumerate(words)
        if word == "free" and place
    ]
    for at in LATE_DENIALS.places(clause):
        if at.isdisjoint(void):
            cues.append(Cue(Reading.DENIED, at, frozenset(range(min(at)))))
    return cues


def _ends_in_no(words: tuple[str, ...]) -> bool:
    """Tell whether a clause is denied by its last word: "pain no", "blisters nil", but not "is it pus or no"."""
    if len(words) < 2 or words[-2] in {"or", "and", "yes", "say", "says", "said", "but"}:
        return False
    return words[-1] in {"none", "nil", "nope"} or (words[-1] in {"no", "zero", "nah"} and len(words) <= 6)


def _ends_list(words: tuple[str, ...], place: int, at: Places) -> bool:
    """Tell whether an "and" ends what is denied: "no pus and got fever", "not using it and sore"."""
    if words[place] not in {"and", "n", "y"}:
        return False
    is_list = not LISTING.isdisjoint(words[spot] for spot in at)
    return not is_list or place + 1 == len(words) or words[place + 1] in TELLING


def carry_denials(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Let a denial go on through a list that ends in "or", and back from a bare answer: "Fever? Nope"."""
    for place, clause in enumerate(clauses):
        for earlier in _denied_before(clauses, place):
            cues[earlier].append(whole(Reading.DENIED, clauses[earlier]))
        last = len(clause.tokens) - 1
        if any(cue.reading is Reading.DENIED and last in cue.reach for cue in cues[place]):
            for member in _listed(clauses, cues, place):
                cues[member].append(whole(Reading.DENIED, clauses[member]))


def _denied_before(clauses: Sequence[Clause], place: int) -> list[int]:
    """Number the clauses that a bare "no", "it isn't" or "none of that" after them denies."""
    if not place:
        return []
    text, before = " ".join(clauses[place].words), clauses[place - 1]
    if NONE_OF.search(text):
        first = place
        while first and place - first < NONE_OF_REACH and _is_sought(clauses[first - 1]):
            first -= 1
        return list(range(first, place))
    short = 8 if before.is_question else 3
    is_bare_no = clauses[place].words in DENIED_ANSWERS and (len(before.tokens) <= short or _is_sought(before))
    is_taken_back = ANSWERED_NO.search(text) and IMPROVING.isdisjoint(before.words)
    return [place - 1] if is_bare_no or is_taken_back else []


def _is_sought(clause: Clause) -> bool:
    """Tell whether a clause only lists signs, or tells that somebody looked, asked or warned of them."""
    words = set(clause.words)
    return bool(words & SEEKING) or (len(clause.tokens) <= 5 and not words & CLAIMING)


def _listed(clauses: Sequence[Clause], cues: Sequence[Sequence[Cue]], place: int) -> list[int]:
    """Number the clauses that go on a list up to its "or"; none if there is no "or"."""
    listed = []
    for later in range(place + 1, len(clauses)):
        item = clauses[later]
        goes_on = item.sentence == clauses[place].sentence and item.after_comma and len(item.tokens) <= 6
        if not goes_on or cues[later] or not PRONOUNS.isdisjoint(item.words):
            return []
        listed.append(later)
        if not {"or", "nor", "ni"}.isdisjoint(item.words):
            return listed
    return []
