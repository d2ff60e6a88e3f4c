"""The words by which a message denies, asks about, imagines or remembers; `scope` says how far each reaches."""

from __future__ import annotations

import re

from redness_qa.triage.phrases import Phrase, PhraseList
from redness_qa.triage.text import word_set


def phrases(*texts: str) -> PhraseList:
    """Read phrases in the notation of signs.yaml."""
    return PhraseList(Phrase.parse(text, {}) for text in texts)


DENIALS = phrases(
    "no/not/never/without/zero/none/nor/neither/denies/denied/denying/nothing/nobody/sin/nunca/ningun/ninguna",
    "isnt/arent/wasnt/werent/aint/dont/doesnt/didnt/havent/hasnt/hadnt/wouldnt/ain/doesn/isn/didn/hasn/haven/wasn/aren",
    "free of/from",
    "hardly any",
    "no/not/any problem/problems/issue/issues/trouble/troubles/sign/signs/trace/hint with/of",
    "lack/absence of",
    "negative/neg for",
    "cant see/feel/say any/its/it/im",
)
# Words of denial that deny nothing, or something else than the sign after them.
NO_DENIALS = phrases(
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
DENIAL_STOPS = word_set(
    """
    just only merely because from due why how what if still since until till when while except save instead pero
    besides for on about that which who
    """
)
DENIAL_REACH = 7
LISTING = word_set("no without zero denies denied denying free nor neither sin any")  # go on over an "and"
TELLING = word_set(
    """
    got get getting gets is are am has have had started starting feels feel looks look keeps kept full very so
    really full still lots loads hurts itches throbs oozes burns
    """
)
LATE_DENIALS = phrases(
    "hasnt/havent/hadnt/didnt/never shown/show/come/came/happened/happen/appeared/appear/turned/turn/started/"
    "materialised",
    "is/are none/nil/absent",
)
WELL = phrases(
    "breathe/breathing/breath/heart/heartbeat/pulse/vision/sight/eyes/lips/lip/throat/tongue/temperature/temp/swallowing"
    " .. fine/normal/ok/okay/good",
)
DENIED_ANSWERS = frozenset(
    {("nope",), ("no",), ("none",), ("nah",), ("never",), ("not", "at", "all"), ("nil",), ("nothing",)}
)

ANSWERED_NO = re.compile(r"^(?:but |thankfully |luckily )?(?:(?:i|she|he) (?:havent|hasnt|dont|doesnt|didnt)|not me)$")

OPENERS = word_set(
    """
    what whats how hows is are was does do did can could would will should might may why whys which who whom whos
    when where whether explain define difference hypothetically suppose supposing imagine theoretically que como es
    son cuanto cual por puede
    """
)
STATEMENTS = phrases(  # open like a question, but tell: "is very swollen today", "can see pus"
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
ASIDES = phrases(
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
CONDITIONS = phrases(
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
WORRIES = phrases(
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
NOT_IMAGINED = phrases(
    "get rid/help/something/it/them/my/medicine/treated/seen/this/these/up", "last time .. looked/checked"
)
IMAGINED_STOPS = word_set("if because since cos bc as now")
POINTED = word_set("this these my mine our his her")
TIMES = word_set("before after when until during")
OWN = word_set("my mine this these coming came comes our her his")

LONG_AGO = phrases(
    "year/years/yr/yrs/months/decade/decades/ages ago/back",
    "last year/yr/summer/winter/spring/autumn/fall/christmas/january/february/march/april/june/july/august/"
    "october/november/time",
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
    "back then",
    "a while back/ago",
    "earlier this year",
    "used to get/have/be/break/swell/suffer",
    "long time ago",
    "before covid/lockdown/christmas/easter/summer",
    "during pregnancy/lockdown/covid/uni/university/school",
    "at school/uni/university/college",
    "two/three/four/five/six/several/many/few/couple/10/20 .. years/summers/winters ago/back/before",
    "hace .. anos",
)
BEFORE = word_set("had got was were did went gave ended left ran broke itched turned reacted swelled fainted tuve")
NOW = word_set(
    """
    still now today tonight again currently have has ive am im is are atm yet getting keeps since ongoing tengo
    """
)
BACK_TO_NOW = NOW | {"but", "my", "i"}  # what follows is no longer of then
TREATED = word_set("needling needled treatment session done dermapen procedure microneedling looked checked")
RECOVERIES = phrases(
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
    "it they that which its all then cleared healed gone went everything thankfully luckily calmed both"
)
REDNESS = word_set("red redness pink colour color flush")
TELLS_AFTER_ALL = phrases(
    "i/we/she/he have/had/got/do/has it/that/some/one/this/them/those",
    "mine is/are/has/looks/look/was",
    "thats what/me",
    "ive got/it/some",
    "asking because/cause/cos/bc i/my/im/mine",
)
