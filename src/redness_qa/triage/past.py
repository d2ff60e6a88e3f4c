"""What a message tells of long ago, or as over: the words, and how far each reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from redness_qa.triage.cue import NOW, Cue, Reading, whole
from redness_qa.triage.phrases import Places, phrase_list
from redness_qa.triage.text import Clause, word_set

YEARS_AGO = phrase_list(
    "year/years/yr/yrs/decade/decades ago/back",
    "in/back/of/from/year " + "/".join(map(str, range(1930, 2026))),
    "that/it was/were " + "/".join(map(str, range(1930, 2026))),
    "as a kid/child/teen/teenager/baby/student/boy/girl/lad/lass/wean/nipper/youngster/toddler/schoolboy/schoolgirl/"
    "youth/bairn",
    "as a young/little/small one/boy/girl/child",
    "in nursery/primary/infants/reception/kindergarten/childhood/matric/lockdown/pregnancy/labour",
    "in school/college/university days",
    "in the war",
    "before the war/pandemic",
    "before i was born",
    "aged " + "/".join(map(str, range(2, 60))),
)
YEAR_ALONE = frozenset((str(year),) for year in range(1930, 2026))
LONG_AGO = phrase_list(
    "months/ages ago/back",
    "last year/yr/summer/winter/spring/autumn/fall/christmas/january/february/march/april/june/july/august/"
    "october/november/time",
    "in january/february/march/april/june/july/august/september/october/november/december/spring/summer/autumn/winter",
    "when i/he/she was/were a/young/younger/little/small/pregnant/" + "/".join(map(str, range(2, 60))),
    "when i/he/she was/were six/seven/eight/nine/ten/twelve/thirteen/fourteen/fifteen/sixteen/eighteen/twenty/thirty",
    "when i/he/she was/were a/at/in kid/child/teen/teenager/baby/student/boy/girl/lad/lass/nine/school",
    "year before/afore last",
    "two/three/four/five/six/few/couple/2/3/4/5/6 summers/winters/springs/christmases ago/back",
    "last fall/easter/october/november/halloween/diwali/ramadan",
    "way back",
    "old story",
    "once fainted/passed/got/had/came/broke/blistered/swelled/reacted/collapsed/at/from/when",
    "at/over easter/christmas/hogmanay/halloween/diwali/eid",
    "in the easter/summer/christmas/school/diwali holidays",
    "back when/in",
    "ages/long ago",
    "in the past",
    "in my/her/his teens/twenties/thirties/youth/childhood/life",
    "years/months before",
    "once had",
    "back then",
    "a while back/ago",
    "earlier this year",
    "used to",
    "long time ago",
    "before covid/lockdown/christmas/easter/summer",
    "during pregnancy/lockdown/covid/uni/university/school",
    "at school/uni/university/college",
    "two/three/four/five/six/several/many/few/couple/10/20 .. years/summers/winters ago/back/before",
    "hace .. anos",
)
BEFORE = word_set(
    """
    had got was were did went gave left ran broke tuve hurt came took woke blew bled caught felt found spread burst
    stung threw fell lost saw kept made used wept grew
    """
)
NO_PAST = word_set("infected inflamed need bleed speed indeed exceed freed agreed weed seed coloured colored tired")
THAT_WAS = re.compile(
    r"^(?:but |and |though )?(?:that|those|this|these|both|all that|it) (?:was|were|happened|must have been)\b"
)
BACK_TO_NOW = NOW | {"but", "my", "i"}  # what follows is no longer of then
TREATED = word_set("needling needled treatment session done dermapen procedure microneedling looked checked")
# What was long ago has come again: "I used to get cold sores, and now there's one".
COMES_AGAIN = phrase_list(
    "theres/got/with/has/have/now .. one/ones/another",
    "one/ones/ones .. now/here/coming",
    "the same .. again/now/thing",
    "doing the same",
    "same type/kind/sort/thing/story .. now/again/below/on/as/of",
    "like/as it/they/she/he/that did",
    "this time .. too/also/again",
    "mine/mines .. now",
)
RECOVERIES = phrase_list(
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
    "sorted out/itself/now",
    "recovered/sorted",
    "got better",
    "was/were/is/are/all gone",
    "wore/worn off",
    "dried up",
    "never/hasnt/havent/didnt .. came/come/returned/been/happened/flared back/again/since",
    "never/hasnt/didnt returned/return/reappeared",
    "nothing since",
    "all fine/good/well/clear/okay/ok now/since/again",
    "healed up/fine/nicely/well/perfectly/completely",
    "back to normal",
    "done and dusted",
    "thing of the past",
    "cured/outgrown/outgrew",
    "full/fully/totally/long recovery/recovered",
    "all clear",
    "grew/grown out of",
    "never since",
    "not/none/nothing/fine/clear/gone/well/good/splendid/lovely/ok/perfect since/ever",
    "right as rain",
    "long over/past/healed/out/forgotten",
    "over in/within/by",
    "over and done",
    "saw/seen it off",
    "sorted/fixed it/me/him/her/them",
    "that was that",
    "gone by/since/forever/ages",
    "end to the",
    "lasted a/an/one/two/a few/half hour/day/night/evening/minute/minutes/hours/days",
)
RELAPSES = word_set(
    """
    back again returned returns still but not hasnt havent isnt never didnt wont until then worse now nearly almost
    if bit little slightly some somewhat lot mostly partly only
    """
)
RETURNS = word_set("back again returned returns returning reappeared")
REFERS_BACK = word_set(
    """
    it they that which its all then cleared healed gone went everything thankfully luckily calmed both cured outgrown
    grew never not none nothing fine clear right sorted fixed tablets antibiotics long over full
    """
)
REDNESS = word_set("red redness pink colour color flush")
THEN_REACH = 6  # clauses back that "that was years ago" speaks of


def mark_past(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Mark what a message tells of long ago, and what it says is over."""
    _mark_long_ago(clauses, cues)
    returned: int | None = None  # the sentence that a later clause says it returned in
    over: int | None = None  # the nearest later sentence that says all before it is over
    for place in reversed(range(len(clauses))):
        clause = clauses[place]
        if over is not None and clause.sentence >= over - 1:
            cues[place].append(whole(Reading.RECOVERED, clause))
        recoveries = [] if returned == clause.sentence else list(_recoveries(clause))
        cues[place] += [Cue(Reading.RECOVERED, frozenset(), frozenset(range(max(at)))) for at in recoveries]
        if any(min(at) < 3 for at in recoveries) and _refers_back(clause):
            over = clause.sentence
        if not RETURNS.isdisjoint(clause.words):
            returned = clause.sentence


def _recoveries(clause: Clause) -> Iterator[Places]:
    """Find where a clause says that something is over, and does not take it back."""
    for at in RECOVERIES.places(clause):
        rest = {word for spot, word in enumerate(clause.words) if spot not in at}
        if not rest & (RELAPSES - {"now", "nearly", "almost"}):
            yield at


def _refers_back(clause: Clause) -> bool:
    """Tell whether a clause speaks of what was told before it, and of more than the redness: "it all went down"."""
    return not REFERS_BACK.isdisjoint(clause.words[:2]) and REDNESS.isdisjoint(clause.words)


def _mark_long_ago(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Mark what tells of long ago, what goes on from it, and what it is added to: "puffy, back in May"."""
    if any(COMES_AGAIN.places(clause) for clause in clauses):
        return
    goes_on: int | None = None  # the sentence that tells of long ago from an earlier clause on
    for place, clause in enumerate(clauses):
        said = set(clause.words)
        goes_on = goes_on if goes_on == clause.sentence and not said & BACK_TO_NOW else None
        if goes_on is not None:
            cues[place].append(whole(Reading.LONG_AGO, clause))
        is_year_alone = clause.words in YEAR_ALONE
        is_years = is_year_alone or bool(YEARS_AGO.places(clause))
        is_long = is_years or (not said & TREATED and bool(LONG_AGO.places(clause)))
        if said & NOW or not is_long:
            continue
        if is_year_alone or THAT_WAS.search(" ".join(clause.words)):
            for earlier in _told_of_then(clauses, place):
                cues[earlier].append(whole(Reading.LONG_AGO, clauses[earlier]))
        if _is_past(said):
            cues[place].append(whole(Reading.LONG_AGO, clause))
            goes_on = clause.sentence
        elif place and len(said) <= 5:
            before = clauses[place - 1]
            words = set(before.words)
            if before.sentence == clause.sentence and _is_past(words) and not words & NOW:
                cues[place - 1].append(whole(Reading.LONG_AGO, before))


def _is_past(words: set[str]) -> bool:
    """Tell whether words have a verb of the past."""
    return bool(words & BEFORE) or any(len(word) > 4 and word.endswith("ed") and word not in NO_PAST for word in words)


def _told_of_then(clauses: Sequence[Clause], place: int) -> list[int]:
    """Number the clauses that "that was years ago" speaks of: those of its sentence and of the one before."""
    told = []
    for earlier in range(place - 1, max(-1, place - 1 - THEN_REACH), -1):
        if clauses[earlier].sentence < clauses[place].sentence - 1 or {*clauses[earlier].words} & NOW:
            break
        told.append(earlier)
    return told
