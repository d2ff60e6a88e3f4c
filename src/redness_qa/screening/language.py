"""Which other language a message is written in."""

from __future__ import annotations

import tempfile
import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from redness_qa.errors import SettingsError
from redness_qa.screening.text import plain, words_of

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SURE = 0.7  # probability of the best language from which a message of some words is in it
LIKELY = 0.4  # the same where typical words of that language stand in it
NOT_ENGLISH = 0.02  # highest probability of English in the first case
HARDLY_ENGLISH = 0.1  # and in the second
OF_SCRIPT = 0.9  # probability from which a script's commonest language gives way to another
ENOUGH_WORDS = 4
LEAST_SHARE = 0.4  # of its letters in another script make a message one of that script
WEIGHT = {"CJK": 3, "HIRAGANA": 2, "KATAKANA": 2, "HANGUL": 2, "THAI": 1}  # what a letter weighs against a Latin one

_OWN_SCRIPT = {
    "GREEK": "el",
    "HEBREW": "he",
    "THAI": "th",
    "BENGALI": "bn",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "SINHALA": "si",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "ETHIOPIC": "am",
    "KHMER": "km",
    "LAO": "lo",
    "MYANMAR": "my",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
}
"""Scripts that one language, or one above all, is written in; by the first word of the names Unicode gives letters."""

_LIKE_LATIN = frozenset(("CYRILLIC", "GREEK"))  # a word with these and Latin letters is one written to look odd

_SHARED_SCRIPT = {
    "CYRILLIC": ("ru", "uk", "bg", "sr", "be", "kk"),
    "ARABIC": ("ar", "ur", "fa", "ps"),
    "DEVANAGARI": ("hi", "mr", "ne"),
}
"""Scripts of several languages, the commonest first."""

_TELLING = {
    "uk": "іїєґ",
    "ru": "ыэё",
    "ur": "ٹڈڑںےۓھہ",
    "fa": "پچژگکی",
}
"""Letters that one language of a script has and the others here lack or hardly use."""

_ENGLISH = ("en", "pcm")  # what the library takes for Nigerian Pidgin is as often short English
_LATIN = (
    *_ENGLISH,
    *("es", "fr", "de", "it", "pt", "pl", "nl", "tr", "vi", "tl"),
    *("ro", "cs", "sk", "sv", "da", "no", "fi", "hu", "id", "ms", "hr", "sl", "et", "lt", "lv", "sq", "ca", "sw", "so"),
)
"""Languages in Latin script that are told apart; the last row is there so that none of it is taken for one before."""

_FREQUENT = """
    the and how long why what when which who where does did should would could my ive im its it after before still
    with from this that these those have been you your they their she not if because about much many until please
    day days today tomorrow yesterday week weeks use put wear look feel skin redness just now than then there
"""
"""Frequent words that are English and no words of the languages above."""

_ENGLISH_WORDS = frozenset(_FREQUENT.split())

_TYPICAL = {
    "es": """que cuanto cuanta cuantos cuantas dias tiempo estoy esta tengo tiene puedo puede cara piel muy despues
        cuando donde hoy ayer ahora hace roja rojo hice pero porque hola gracias buenas duele arde""",
    "fr": """je jai mon ma mes le les des du est une pour pas que quand combien temps visage peau rouge depuis apres
        puis peux dois cest encore hier bonjour merci avec suis toujours quelle quel""",
    "de": """ich mein meine meinem das ist und nicht wie lange darf kann haut gesicht noch immer rot nach gestern heute
        morgen wann muss welche hallo danke bitte hab habe der dem brennt""",
    "it": """che il la della dopo quanto quando posso ho mia mio viso faccia pelle ancora rossa rosso giorni sono
        normale oggi domani ieri crema grazie buongiorno cosa devo""",
    "pt": """que quanto quando posso meu minha rosto pele depois muito ainda hoje ontem amanha vermelha vermelho fiz
        estou esta tempo dias usar voltar protetor obrigado obrigada ola nao""",
    "pl": """czy jak dlugo jest sie moge mozna skora twarz po zabiegu kiedy jeszcze czerwona czerwone nadal mam nie
        dzien dobry jutro wczoraj dzisiaj dziekuje piecze jaki""",
    "nl": """hoe mijn huid gezicht nog steeds rood ik mag kan weer wanneer na het niet een wat gisteren vandaag moet
        welke dank goedemorgen lang blijft""",
    "tr": """ne kadar zaman yuzum cildim cok sonra sonrasi hala normal mi kirmizi bugun yarin dun nasil var icin
        yapabilir miyim miyiz kizariklik surer bir merhaba tesekkurler oldu""",
    "vi": """da mat toi bao lau khong duoc sau khi nen co bi van con do qua lan kim ngay gi the kem cam xin chao""",
    "tl": """ang ng ako ko po ba pa rin na mukha pwede akong kailan gaano katagal ano namumula mapula pagkatapos
        bukas hindi normal sa mga salamat kumusta""",
    "ru": """можно когда после что как нет это кожа лицо лица меня сколько долго сегодня спасибо коже кожи""",
    "uk": """чи можна коли що це шкіра обличчя мене довго дякую треба досі буде""",
    "ro": """cat timp fata mea pielea este inca rosie dupa pot cand ziua maine ieri nu sunt""",
    "cs": """jak dlouho muzu kuze je se zitra dnes vcera porad cervena kdy jsem oblicej""",
    "sv": """jag hur lange min huden ar och kan nar efter fortfarande rod idag igar imorgon inte""",
    "hu": """meddig mikor arcom bor piros vagyok holnap tegnap utan hogy nem lehet meg""",
    "id": """saya apakah berapa lama kulit wajah setelah boleh kapan merah masih besok kemarin tidak""",
    "ms": """saya adakah berapa lama kulit muka selepas boleh bila merah masih esok semalam tidak""",
    "sk": """ako dlho mozem koza tvar zajtra dnes vcera po este cervena kedy som""",
    "da": """jeg hvor laenge min huden hud er og kan efter stadig rod igar imorgen ikke hvornar""",
    "no": """jeg hvor lenge min huden hud er og kan etter fortsatt rod igar imorgen ikke nar""",
}
"""Frequent words of a language as patients use them, without accents."""

_TWINS = {"id": ("ms",), "ms": ("id",), "cs": ("sk",), "sk": ("cs",), "da": ("no",), "no": ("da",)}
"""Languages that can hardly be told apart in a short text."""

_TYPICAL_WORDS = {language: frozenset(words.split()) for language, words in _TYPICAL.items()}

_GREETINGS = {
    "es": "hola|hola buenas|buenos dias|buenas tardes|buenas noches|gracias|muchas gracias",
    "fr": "bonjour|bonsoir|merci|merci beaucoup",
    "de": "guten tag|guten morgen|guten abend|danke|danke schon|vielen dank",
    "it": "buongiorno|buonasera|grazie|grazie mille",
    "pt": "ola|bom dia|boa tarde|boa noite|obrigado|obrigada",
    "pl": "dzien dobry|czesc|dziekuje",
    "nl": "goedemorgen|goedemiddag|goedenavond|dank je|dank u|bedankt",
    "tr": "merhaba|gunaydin|iyi gunler|tesekkurler|tesekkur ederim",
    "vi": "xin chao|cam on",
    "tl": "kumusta|kamusta|salamat|salamat po|magandang umaga",
}
_LANGUAGE_OF_GREETING = {
    greeting: language for language, greetings in _GREETINGS.items() for greeting in greetings.split("|")
}


def language_of(text: str) -> str | None:
    """Name the language of a text that is plainly not English (ISO 639-1), else None."""
    text = unicodedata.normalize("NFKC", text)
    words = words_of(text.casefold())
    english = len(_ENGLISH_WORDS.intersection(map(plain, words)))
    return _by_script(words, english) or _by_words(text, words, english)


def _by_script(words: list[str], english: int) -> str | None:
    """Name the language of a text that is written in another script, by whole words of it."""
    scripts: Counter[str] = Counter()
    latin, foreign = 0, []
    for word in words:
        found = Counter(map(_script, word))
        if found["LATIN"]:
            latin += found.pop("LATIN")
            found = Counter({script: count for script, count in found.items() if script not in _LIKE_LATIN})
        if found:
            scripts.update({script: count * WEIGHT.get(script, 1) for script, count in found.items()})
            foreign.append(word)
    weight = sum(scripts.values())
    if english > 1 or weight < 4 or weight < LEAST_SHARE * (weight + latin):
        return None
    letters = "".join(foreign)
    if any(scripts[kana] for kana in ("HIRAGANA", "KATAKANA")):
        return "ja"
    script = scripts.most_common(1)[0][0]
    if script in _OWN_SCRIPT:
        return _OWN_SCRIPT[script]
    if script not in _SHARED_SCRIPT:
        return None
    for language in _SHARED_SCRIPT[script]:
        if not set(letters).isdisjoint(_TELLING.get(language, "")):
            return language
    for language in _SHARED_SCRIPT[script]:
        if not _TYPICAL_WORDS.get(language, frozenset()).isdisjoint(foreign):
            return language
    likely = _probabilities(" ".join(foreign), _SHARED_SCRIPT[script])
    best = max(likely, key=lambda language: likely[language])
    return best if likely[best] >= OF_SCRIPT else _SHARED_SCRIPT[script][0]


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _by_words(text: str, words: list[str], english: int) -> str | None:
    """Name the language of a text in Latin script."""
    plain_words = [plain(word) for word in words]
    greeting = _LANGUAGE_OF_GREETING.get(" ".join(plain_words))
    if greeting or english > 1 or len(words) < 2:
        return greeting
    likely = _probabilities(text, _LATIN)
    found = max(likely, key=lambda language: likely[language])
    # Twins share most words, so either is as good; the words of patients tell them apart best.
    twins = (found, *_TWINS.get(found, ()))
    typical = {language: len(_TYPICAL_WORDS.get(language, frozenset()).intersection(plain_words)) for language in twins}
    best = max(twins, key=lambda language: typical[language])
    probability = sum(likely[language] for language in twins)
    as_english = sum(likely[language] for language in _ENGLISH)
    if best in _ENGLISH:
        return None
    is_sure = probability >= SURE and as_english <= NOT_ENGLISH
    if english:
        is_other = is_sure and len(words) > ENOUGH_WORDS and as_english <= NOT_ENGLISH / 10
    elif is_sure:
        is_other = len(words) >= ENOUGH_WORDS or typical[best] > 0
    else:
        is_other = typical[best] > 1 and probability >= LIKELY and as_english <= HARDLY_ENGLISH
    return best if is_other else None


def _probabilities(text: str, languages: tuple[str, ...]) -> dict[str, float]:
    """Tell how likely each of some languages is, given that it is one of them; the first if nothing is known."""
    found = {language: float(share) for language, share in _identifier().rank(text) if language in languages}
    whole = sum(found.values())
    return {language: share / whole for language, share in found.items()} if whole else {languages[0]: 1.0}


def load_languages() -> None:
    """Load the model of languages now, instead of with the first message that needs it.

    A server does, before it takes questions: loading unpacks the model into a temporary file of 65 MiB, and several
    messages at once would do so each.

    Raises:
        SettingsError: There is no room for that file.
    """
    _identifier()


@cache
def _identifier() -> LanguageIdentifier:
    """Load the model, the first time that it is needed: a third of a second, 75 MB."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError as error:
        raise SettingsError(
            f"TMPDIR: the model of languages cannot be unpacked in {tempfile.gettempdir()} ({error.strerror}). "
            "Make room for 65 MiB there, or name another folder."
        ) from error
    identifier.set_languages({*_LATIN, *(language for several in _SHARED_SCRIPT.values() for language in several)})
    return identifier
