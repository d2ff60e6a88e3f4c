"""Tell text that states nothing (promises of a list, website boilerplate, slogans) from content."""

from __future__ import annotations

import re

_CLOSING_MARKS = "\"'\u201c\u201d\u2018\u2019*_)] "

_PROMISE = re.compile(
    r"""
    (?:here(?:\s+(?:are|is)|['\u2019]s)|below\s+(?:are|is|you)|(?:read|keep)\s+(?:on|reading)|consider|try|follow|check\s+out
       |let(?:['\u2019]s|\s+us)\s+look|take\s+a\s+look)\b.*
      \b(?:ways?|tips?|things?|steps?|options?|reasons?|measures?|methods?|factors?|signs?|symptoms?|suggestions?|advice|
         recommendations?|guidelines?|remedies|causes?|questions?|answers?|strategies|points?|rules?|ideas?|list|more|
         following)\b
    | .*\bthere\s+(?:are|is|exist)\s+(?:also\s+)?(?:several|many|some|various|a\s+few|a\s+number\s+of|a\s+couple\s+of|
         a\s+variety\s+of|a\s+range\s+of|different|numerous|multiple|plenty\s+of|lots\s+of|\d+|two|three|four|five|six|seven|
         eight|nine|ten)\s+(?:\w+\s+){0,2}?
      (?:ways|tips|things|steps|options|reasons|measures|methods|factors|signs|symptoms|suggestions|remedies|causes|
         strategies|points|rules|recommendations|ideas)\b
    | .*\b(?:the\s+following|as\s+follows|listed\s+below|described\s+below|outlined\s+below|see\s+below)\W*$
    | .*\b(?:these|this|which|they|symptoms|signs|effects|tips|steps|options|factors|causes|ways|reasons)\s+
      (?:may\s+|can\s+|might\s+)?(?:also\s+)?(?:include|are|be|involve)\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A sentence that already names what it promised is content.
_FULFILLED = re.compile(r"\b(?:such as|including|like|for example|for instance|e\.g\.|namely)\b|:\s+\S", re.IGNORECASE)
_LONGEST_PROMISE_WORDS = 25

_BOILERPLATE = re.compile(
    r"""
    (?:
      (?:please\s+)?share\s+(?:this|on|via|the)\s*(?:article|post|page|story|guide|facebook|twitter|x|link
         |with\s+your\s+friends)?\W*$
    | (?:please\s+)?share\s+(?:this\s+(?:article|post|page|story)
         |on\s+(?:facebook|twitter|x|pinterest|linkedin|social)|via\s+e?-?mail)\b
    | (?:copyright\b|©|\(c\)\s*(?:19|20)\d\d)
    | .*\ball\s+rights\s+reserved\b
    | read\s+(?:more|next|also|the\s+full)\b | learn\s+more\b | find\s+out\s+more\b | see\s+also\b
    | continue\s+reading\b
    | (?:related|recent|popular|previous|next|more)\s+(?:articles?|posts?|stories|reading|topics|pages?)\b
    | (?:subscribe|sign\s+up|log\s*in|sign\s+in|register)\b
    | (?:join|get)\s+our\s+(?:newsletter|mailing|e?-?mail)
    | follow\s+us\b | like\s+us\b | find\s+us\s+on\b | connect\s+with\s+us\b
    | click\s+(?:here|the|on|below)\b | tap\s+here\b | download\s+(?:our|the|this)\b
    | watch\s+(?:our|the|this)\s+video\b
    | (?:leave|post|add|write)\s+(?:a|your)\s+(?:comment|reply|review)\b | \d+\s+comments?\W*$
    | (?:posted|published|written|reviewed|medically\s+reviewed|edited|updated|last\s+(?:updated|reviewed|modified))\s+
      (?:by|on|in|at|:|\d|january|february|march|april|may|june|july|august|september|october|november|december)
    | (?:last\s+(?:updated|reviewed|modified)|date|author|tags?|categor(?:y|ies)|filed\s+under)\s*:
    | (?:advertisement|sponsored|table\s+of\s+contents|contents|back\s+to\s+top|skip\s+to\s+(?:main\s+)?content
         |menu|search|home)\W*$
    | (?:\d+|one|two|three|five|ten)[\s-]+min(?:ute)?s?\s+read\b
    | (?:this\s+(?:web)?site|we)\s+uses?\s+cookies\b | (?:accept|manage)\s+(?:all\s+)?cookies\b
    | (?:privacy\s+policy|terms\s+(?:of|and|&)\s+\w+|cookie\s+policy|imprint|sitemap|disclosure)\b
    | (?:book|schedule|request|reserve)\s+(?:\w+\s+){0,3}?
         (?:appointment|consultation|treatment|session|visit|call)\b(?!.*\bif\b)
    | (?:call|contact|e-?mail|visit|message|text)\s+(?:us|our)\b(?!.*\bif\b)
    | (?:photo|image|picture)\s+(?:by|credit|courtesy|source)\b | source\s*:\s*(?:shutterstock|getty|istock|unsplash)
    | page\s+\d+(?:\s+of\s+\d+)?\W*$
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_BOILERPLATE_WORDS = 25

_STRONG_MARKETING = re.compile(
    r"""
    \b(?:glow\w*|radian\w+|beaut(?:y|iful|ifully)|confiden(?:t|ce)|passion\w*|trust(?:ed)?|lov(?:e|ing)|shin(?:e|ing)
      |flawless|gorgeous|stunning|ageless|timeless|dream\w*|unlock|(?:re)?discover|reveal|unleash|embrace
      |transform(?:s|ing)?|redefin\w+|reimagin\w+|reinvent\w*|excellence|magic\w*|journey|deserves?|awaits?|inspired?|empower\w*
      |luxur\w+|elevate|indulge|pamper\w*|celebrat\w+|perfect(?:ed|ion)|brilliance|sparkl\w+|dare|welcome)\b
    | [\u2122\u00ae] | \bsince\s+(?:19|20)\d\d\b | \b\d+\s?%\s+off\b | [#]1\b | \bnumber\s+one\b
    | \b(?:new|better|brighter|younger|happier|best)\s+you\b | \bbest\s+in\s+you\b | \bbest\s+version\b
    | \b(?:starts|begins|is)\s+here\b | \bthe\s+(?:future|art|secret|science|power|home|magic)\s+(?:of|to|in)\b
    | \bwhere\s+\w+\s+meets?\b | \bour\s+(?:priority|business|promise|mission|specialty|pride|commitment|expertise)\b
    | \byou\s+can\s+(?:rely|count|depend|believe)\b | \b(?:see|feel|taste)\s+the\s+difference\b
    | \blike\s+(?:we\s+do|no\s+(?:one|other))\b | \byour\s+partner\b | \bputs?\s+you\s+first\b
    | \binside\s+(?:and|&)\s+out\b | \bclick\s+away\b | \bsay\s+(?:hello|goodbye)\b | \btreat\s+yourself\b
    | \bone\s+\w+\s+at\s+a\s+time\b | \bhappy\s+(?:clients|customers|patients)\b | \bexperience\s+(?:the|our)\b
    | \byour\b[^.!?]*,\s+our\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WEAK_MARKETING = re.compile(
    r"""
    \b(?i:we|us|our|experts?|expertise|great|amazing|bold|youth|youthful|skin\s?care|every(?:one|day)?|better|best|beyond
      |smile|simply|naturally|happy|join|enjoy|get|bring(?:ing)?|feel|today|future|luxury|starts?\s+with|begins?\s+with)\b
    | ! | \A(?i:because|where|the\s+\w+\s+that|\w+ing)\b | [A-Z][a-z]+[A-Z]\w+ | \s[|\u2013\u2014\u00b7]\s
    """,
    re.VERBOSE,
)
_CONTENT_WORDS = re.compile(
    r"""
    \b(?:if|when|until|unless|while|may|might|can\s+(?:take|be|cause|help|last|make)|should|must|usual(?:ly)?|often|most|some
      |mild\w*|several|temporary|normal\w*|common|always|never|not|avoid\w*|do\s+not|don['\u2019]t|before|after|during|because\s+of
      |hours?|days|weeks?|months?|times?|years|night|morning|spf|\d+\s*(?:hours?|days?|weeks?|months?|minutes?|mm|times)
      |red(?:ness)?|swell\w*|swollen|pain\w*|itch\w*|burn\w*|bruis\w*|bleed\w*|flak\w+|scars?|acne|infect\w+|allerg\w+|fever
      |symptoms?|signs?|reactions?|risks?|safe|side\s+effects?|inflam\w+|irritat\w+|emergency|disease|conditions?
      |doctors?|dermatologists?|providers?|practitioners?|professionals?|physicians?|pharmacists?|medical\w*|healthcare|advice
      |heals?|healing|recover\w*|settles?|fades?|lasts?|goes\s+(?:away|down)|aftercare|treatments?|sessions?|procedures?
      |needl\w+|microneedling|collagen|elastin|sun(?:screen|light|burn)?|shade|moisturi\w+|hydrat\w+|cleans\w+|creams?|gels?
      |wash\w*|rinse|water|compress(?:es)?|appl(?:y|ied|ying)|make-?up|exercise|gentle|gently|help|results?|blood|drink\w*|eat
      |sleep|smok\w+|medicines?|medications?|dose|tablets?|study|studies|patients?|protect\w*)\b
    """,
    re.VERBOSE,
)
_LONGEST_SLOGAN_WORDS = 16
_LEAST_SLOGAN_WEIGHT = 2


def is_lead_in(sentence: str) -> bool:
    """Tell whether a sentence ends in a colon, and so only leads to what should follow."""
    return sentence.rstrip(_CLOSING_MARKS).endswith((":", "\uff1a"))


def promises_list(sentence: str) -> bool:
    """Tell whether a sentence promises a list without naming one entry of it, such as "Here are some tips."."""
    if len(sentence.split()) > _LONGEST_PROMISE_WORDS or _FULFILLED.search(sentence):
        return False
    return bool(_PROMISE.match(sentence))


def is_question(sentence: str) -> bool:
    """Tell whether a sentence ends in a question mark."""
    return sentence.rstrip(_CLOSING_MARKS).endswith(("?", "\uff1f"))


def is_boilerplate(sentence: str) -> bool:
    """Tell whether a sentence belongs to the website around a text, such as "Share this article"."""
    if len(sentence.split()) > _LONGEST_BOILERPLATE_WORDS:
        return False
    return bool(_BOILERPLATE.match(sentence.lstrip(_CLOSING_MARKS + "\u2022|>»→")))


def is_slogan(line: str) -> bool:
    """Tell whether the last line of a text is marketing rather than content.

    Signs of marketing are weighed against words of advice, time, doubt and illness. Without any sign the line
    counts as content, since a lost fact is worse than a quoted slogan. Tuned on the half of
    tests/data/slogans/last_lines.tsv that is marked so; the tests hold the figures for the other half.
    """
    words = line.split()
    if not words or len(words) > _LONGEST_SLOGAN_WORDS:
        return False
    return _marketing_weight(line) - 2 * len(set(_CONTENT_WORDS.findall(line.lower()))) >= _LEAST_SLOGAN_WEIGHT


def _marketing_weight(line: str) -> int:
    weight = 2 * sum(1 for _ in _STRONG_MARKETING.finditer(line)) + sum(1 for _ in _WEAK_MARKETING.finditer(line))
    parts = [part.split() for part in re.split(r"[.!?]+", line) if part.strip()]
    if len(parts) > 1 and all(len(part) <= 4 for part in parts):
        weight += 2  # "Smile. Glow. Repeat."
    words = re.findall(r"[^\W\d_]+", line.lower())
    if any(words.count(word) > 2 and 5 * words.count(word) >= 2 * len(words) for word in words):
        weight += 2  # "Look better, feel better, live better."
    if line.rstrip()[-1].isalnum():
        weight += 1  # running text ends in a full stop
    return weight
