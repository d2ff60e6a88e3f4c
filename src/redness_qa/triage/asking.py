"""What a message only asks about or imagines: the words, and how far each reaches."""

from __future__ import annotations

import re
from collections.abc import Sequence

from redness_qa.triage.cue import NOW, Cue, Reading, whole
from redness_qa.triage.phrases import Places, phrase_list
from redness_qa.triage.text import Clause, word_set

OPENERS = word_set(
    """
    what whats how hows is are was does do did can could would will should might may why whys which who whom whos
    when where whether explain define difference hypothetically suppose supposing imagine theoretically que como es
    son cuanto cual por puede
    """
)
STATEMENTS = phrase_list(  # open like a question, but tell: "is very swollen today", "can see pus"
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
FILLERS = word_set(
    """
    so and also but sir please hi hello hey just ok okay well or then dear madam doctor doc team hiya um er q
    question second third first anyway actually like at in of for from by to with curious wondering hypothetically
    """
)
FRAMES = re.compile(
    r"^(?:can|could|would|will|do|does|please|may i|i|id|would|like|want|to|ask|just|was|were|am|wonder|wondering|know|"
    r"if|you|u|tell|me|explain|curious|asking| )*\b(?:know|wonder|wondering|tell me|explain|curious|ask|asking)\b"
)
RELATIVES = word_set("which who whom whos where when what that")  # "my cheek, which is swollen" tells
INQUIRIES = word_set(
    """
    normal ok okay common bad dangerous usual expected possible part ever always something sign mean happen safe
    worth need reason contagious serious a an the any there likely supposed better worse for or
    """
)
PRESENT = word_set("still now today tonight currently been suddenly")
ASIDES = phrase_list(
    "just curious/wondering/asking/learning/reading", "in general", "generally", "hypothetically", "reading up",
    "assignment/homework/essay/faq/leaflet", "suppose/supposing/"
    "imagine", "whether", "tell .. how/what/about", "explain",
    "difference between",
)  # fmt: skip
PERSONAL = word_set(
    """
    i im ive my me mine myself we our us this these her his hers he she hes shes here theres id mi tengo esto
    """
)
CONDITIONS = phrase_list(
    "if i/it/they/she/he/you/we/u/someone/somebody/anyone/people ever/get/gets/got/see/notice/develop/had/were/should/"
    "find/starts/start/begins/turns/becomes/would/popped/was",
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
    "can/could/will/would/might/may/should i/you/u/they/one/people/ppl .. get/have/develop/catch/bleed/swell/"
    "itch/hurt/faint",
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
WORRIES = phrase_list(
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
# In these the words of the sign itself are imagined too: "if it blisters", "should redness come back".
SUPPOSED = phrase_list(
    "suppose/supposing",
    "say a/an/someone/somebody",
    "were i/it/he/she/there to",
    "should i/she/he/they/blood/pus/redness/swelling/pain get/keep/have/turn/go/come/start/develop",
    "if i/she/he/they/it faint/faints/fainted/swell/swells/swelled/blister/blisters/blistered/bleed/bleeds/vomit/react/"
    "reacts/collapse/collapses/scab/scabs/worsen/worsens/went/goes/turned/came/comes",
)
NOT_IMAGINED = phrase_list(
    "i/we/id suppose",
    "get rid/help/something/it/them/my/medicine/treated/seen/this/these/up",
    "last time .. looked/checked",
)
IMAGINED_STOPS = word_set("if because since cos bc as now")
# Who says this tells of nobody's skin in what stands beside it and names nobody: "for my essay: wheezing, a rash".
FOR_STUDY = phrase_list(
    "essay/exam/homework/assignment/quiz/quizzes/textbook/refresher/revision/hypothetical/hypothetically/theoretically/"
    "coursework",
    "writing/write .. story/chapter/leaflet/faq/manual/guide",
    "phone/training/call script/tree/notes/sheet/manual",
    "for/our/my training/knowledge/notes/revision",
    "in theory",
    "out of interest/curiosity",
    "consent form",
    "of purely/academic/general interest",
)
NOT_YET_TREATED = phrase_list(
    "not/never/havent/hasnt/isnt/arent/wasnt/yet been/had/done/booked/have/treated/needled/started "
    "it/anything/yet/mine/one",
    "not/never/havent/hasnt/isnt/arent/wasnt .. booked/treated/needled/started yet",
    "not/havent/hasnt/isnt .. been/had/done/booked .. yet",
    "havent/hasnt booked",
    "before i/we/she/he sign/book/decide/start/say/commit/agree/go",
    "before my/her/his/the first",
    "still deciding/thinking/undecided",
    "not happening to",
    "having/getting it/mine/hers/his/them .. tomorrow/next",
    "mine/hers/his is/s .. tomorrow/next",
    "thinking of/about having/getting/going/booking/doing",
)
POINTED = word_set("this these my mine our his her")
TIMES = word_set("before after when until during")
OWN = word_set("my mine this these coming came comes our her his")
NAMING = (
    PERSONAL | PRESENT | NOW | word_set("mum dad wife husband son daughter ago started noticed") - word_set("is are")
)
TELLS_AFTER_ALL = phrase_list(
    "i/we/she/he have/had/got/do/has it/that/some/one/this/them/those",
    "mine is/are/has/looks/look/was",
    "thats what/me",
    "ive got/it/some",
    "asking because/cause/cos/bc i/my/im/mine",
)


def imaginings(clause: Clause) -> list[Cue]:
    """Find what a clause only supposes, warns of or fears."""
    void: Places = frozenset().union(*NOT_IMAGINED.places(clause))
    cues = [Cue(Reading.IMAGINED, at, _until(clause, at)) for at in CONDITIONS.places(clause) if at.isdisjoint(void)]
    cues += [
        Cue(Reading.IMAGINED, frozenset(), _until(clause, at)) for at in SUPPOSED.places(clause) if at.isdisjoint(void)
    ]
    for at in WORRIES.places(clause):
        stop = next((place for place in range(max(at) + 1, len(clause.tokens)) if clause.words[place] in TIMES), None)
        if OWN.isdisjoint(clause.words[max(at) + 1 : stop]):
            cues.append(Cue(Reading.IMAGINED, at, frozenset(range(min(at), len(clause.tokens)))))
    return cues


def _until(clause: Clause, at: Places) -> Places:
    """Reach from the cue to the end of the clause, or to a condition or reason after it."""
    stops = (place for place in range(max(at) + 1, len(clause.tokens)) if clause.words[place] in IMAGINED_STOPS)
    return frozenset(range(min(at), next(stops, len(clause.tokens))))


def mark_asked(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Mark the clauses that ask about a sign in general, unless the message tells of it after all."""
    if any(TELLS_AFTER_ALL.places(clause) for clause in clauses):
        return
    asked_sentence = -1
    for place, clause in enumerate(clauses):
        goes_on = asked_sentence == clause.sentence and clause.after_comma and NOW.isdisjoint(clause.words)
        is_asked = goes_on or _is_asked(clause, is_first=place == 0 or clauses[place - 1].sentence != clause.sentence)
        if (
            is_asked
            and PERSONAL.isdisjoint(_without_frame(clause))
            and PRESENT.isdisjoint(clause.words)
            and "its" not in clause.words
        ):
            asked_sentence = clause.sentence
            cues[place].append(whole(Reading.ASKED, clause))
        else:
            asked_sentence = -1


def mark_framed(clauses: Sequence[Clause], cues: list[list[Cue]]) -> None:
    """Mark what names nobody beside words like "for my essay" or "I haven't had it yet", a sentence away at most."""
    framed = {clause.sentence for clause in clauses if FOR_STUDY.places(clause) or NOT_YET_TREATED.places(clause)}
    for place, clause in enumerate(clauses):
        is_near = not framed.isdisjoint((clause.sentence - 1, clause.sentence, clause.sentence + 1))
        if is_near and NAMING.isdisjoint(clause.words):
            cues[place].append(whole(Reading.IMAGINED, clause))


def _is_asked(clause: Clause, *, is_first: bool) -> bool:
    words = _without_frame(clause)
    start = next(
        (place for place, word in enumerate(words) if word not in FILLERS or word in OPENERS),
        len(words),
    )
    if ASIDES.places(clause):
        return True
    if start == len(words):
        return False
    if words[start] in RELATIVES and not is_first:
        return False
    if words[start] in {"is", "are"} and not clause.is_question and INQUIRIES.isdisjoint(words):
        return False
    start_in_clause = start + len(clause.words) - len(words)
    if any(min(at) == start_in_clause for at in STATEMENTS.places(clause)):
        return False
    if words[start] in {"when", "where", "what"} and not clause.is_question:
        return not OPENERS.isdisjoint(words[start + 1 : start + 3])
    return words[start] in OPENERS or words[start] == "if"


def _without_frame(clause: Clause) -> tuple[str, ...]:
    """Drop "can you tell me", "I wonder" and their like from the head of a clause."""
    text = " ".join(clause.words)
    return tuple(text[len(match[0]) :].split()) if (match := FRAMES.match(text)) else clause.words
