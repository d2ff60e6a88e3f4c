"""A message as clauses of words, the same however it was typed, with slips of the keyboard seen through."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


def word_set(text: str) -> frozenset[str]:
    """Make a set of the words of a text."""
    return frozenset(text.split())


LONGEST_CLAUSE = 120  # words; a longer one is cut, so that the time a text takes grows with its length and no faster
OVERLAP = 16  # words that both halves of a cut clause have, so that no phrase is lost
FEVER, HIGH_FEVER = "fever_number", "high_fever_number"
PRONOUNS = word_set("i im ive my me mine it its she shes he hes they we our there theres the now ill")

_APOSTROPHES = str.maketrans(dict.fromkeys("‘’‛ʼ′´`＇", "'"))
_SHORTENED = re.compile(r"\b(\w+)'(re|ve|ll|d|m)\b")
_LONG_FORM = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}
_WORD = re.compile(r"[$£€]\s?\d[\d.,]*|\d+(?:[.,]\d+)?|[^\W\d_]+|[.!?;\n]+|[,:()]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_NEARLY_REPEATED = re.compile(r"(.).?\1")  # only where it matches can one slip put a letter three times running
_DASH = re.compile(r"\s[-\u2010-\u2015]+\s|[\u2013-\u2015]|--+")
_TURNS = frozenset(("but", "although", "though", "however", "except", "yet", "pero", "whereas", "also", "bar"))
_UNITS = frozenset(("c", "f", "celsius", "fahrenheit", "degrees", "degree", "deg", "grados"))
_TEMPERATURE = frozenset(("temp", "temperature", "fever", "fiebre", "thermometer"))


@dataclass(frozen=True, slots=True)
class Token:
    """A word.

    Attributes:
        text: The word as normalised.
        forms: What it may stand for: itself, sign words one slip away, and the kind of number it is.
    """

    text: str
    forms: frozenset[str]


@dataclass(frozen=True)
class Clause:
    """A part of a sentence between commas, brackets and words of contrast.

    Attributes:
        tokens: Its words, at least one.
        sentence: Number of its sentence.
        is_question: The sentence ends in a question mark.
        after_comma: A comma or colon alone parts it from the clause before.
    """

    tokens: tuple[Token, ...]
    sentence: int
    is_question: bool
    after_comma: bool

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words as normalised."""
        return tuple(token.text for token in self.tokens)

    @cached_property
    def forms(self) -> frozenset[str]:
        """Everything one of its words may stand for."""
        return frozenset().union(*(token.forms for token in self.tokens))


def split_sentences(text: str) -> list[str]:
    """Cut a text into its sentences; blank parts are left out."""
    return [text[start:end] for start, end in sentence_places(text)]


def sentence_places(text: str) -> list[tuple[int, int]]:
    """Cut a text behind its full stops, question marks, exclamation marks and line ends.

    Returns:
        Start and end of each sentence in the text; blank parts are left out.
    """
    ends = [(match.start(), match.end()) for match in _SENTENCE_END.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(text)]
    return [(start, stop) for start, stop in zip(starts, stops, strict=True) if text[start:stop].strip()]


def normalise(text: str) -> str:
    """Lower case, one kind of apostrophe, no accents, no invisible characters; a letter repeats twice at most."""
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    if not text.isascii():  # which has no accents and nothing invisible
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in parts if unicodedata.category(letter) not in {"Mn", "Cf"})
    text = _SHORTENED.sub(lambda match: f"{match[1]} {_LONG_FORM[match[2]]}", text).replace("'", "")
    text = re.sub(r"\bw/o\b", "without", text).replace("&", " and ").replace("+", " and ")
    return _DASH.sub(" , ", _REPEATED.sub(r"\1\1", text))


class Speller:
    """Finds which sign words a word may be a slip of: one letter missing, extra, wrong or swapped."""

    def __init__(self, words: Iterable[str], real_words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._real = frozenset(real_words)
        self._longest = max(map(len, self._words), default=0)
        self._near: dict[str, set[str]] = {}
        for word in self._words:
            if len(word) >= 5 and word.isalpha():
                for short in _shortened(word):
                    self._near.setdefault(short, set()).add(word)
        self._drawn_out: dict[str, set[str]] = {}
        for word in self._words:
            for slip in _slips_that_repeat(word) if len(word) >= 5 and word.isalpha() else ():
                self._drawn_out.setdefault(slip, set()).add(word)

    def forms(self, word: str) -> frozenset[str]:
        """The word itself and, where it is no word of its own, the sign words it may be a slip of."""
        if len(word) < 4 or len(word) > self._longest + 1 or word in self._words or word in self._real:
            return frozenset((word,))
        candidates = set().union(*(self._near.get(short, ()) for short in _shortened(word)))
        drawn_out = self._drawn_out.get(word, ())
        return frozenset((word, *(near for near in candidates if is_one_slip(word, near)), *drawn_out))


def _slips_that_repeat(word: str) -> set[str]:
    """The slips of a word that have a letter three times running, with it twice as in a normalised text: bbling."""
    if not _NEARLY_REPEATED.search(word):
        return set()
    slips = {
        slip
        for place in range(len(word))
        for slip in (
            word[:place] + word[place + 1 :],
            word[:place] + word[place + 1 : place + 2] + word[place : place + 1] + word[place + 2 :],
            *(word[:place] + letter + word[place + 1 :] for letter in {*word[:place][-1:], *word[place + 1 :][:1]}),
        )
    }
    return {once for slip in slips if (once := _REPEATED.sub(r"\1\1", slip)) != slip}


def _shortened(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def is_one_slip(word: str, other: str) -> bool:
    """Tell whether one letter missing, extra, wrong or swapped makes one word the other."""
    if len(word) > len(other):
        word, other = other, word
    start = next((i for i, letter in enumerate(word) if letter != other[i]), len(word))
    if len(other) - len(word) > 1:
        return False
    if len(word) < len(other):
        return word[start:] == other[start + 1 :]
    swapped = word[start : start + 2] == other[start : start + 2][::-1] and word[start + 2 :] == other[start + 2 :]
    return swapped or word[start + 1 :] == other[start + 1 :]


def read_clauses(message: str, speller: Speller) -> list[Clause]:
    """Cut a message into clauses; an empty message has none."""
    clauses: list[Clause] = []
    words: list[str] = []
    sentence, after_comma, first_of_sentence = 0, False, 0

    def close() -> None:
        if words:
            clauses.append(Clause(_tokens(words, speller), sentence, False, after_comma))
            words.clear()

    pieces = _WORD.findall(normalise(message))
    for place, piece in enumerate(pieces):
        if len(words) == LONGEST_CLAUSE:
            both = words[-OVERLAP:]
            close()
            after_comma = False
            words += both
        following = pieces[place + 1] if place + 1 < len(pieces) else ""
        if piece[0] in ".!?;\n":
            close()
            if "?" in piece:
                clauses[first_of_sentence:] = [
                    Clause(clause.tokens, clause.sentence, True, clause.after_comma)
                    for clause in clauses[first_of_sentence:]
                ]
            sentence, after_comma, first_of_sentence = sentence + 1, False, len(clauses)
        elif piece in ",:()":
            close()
            after_comma = piece in ",:"
        elif words and (piece in _TURNS or (piece in {"and", "n", "plus", "y"} and following in PRONOUNS)):
            close()
            after_comma = False
            words.append(piece)
        else:
            words.append(piece)
    close()
    return clauses


def _tokens(words: list[str], speller: Speller) -> tuple[Token, ...]:
    return tuple(
        Token(word, frozenset((word, kind)) if (kind := _temperature(words, place)) else speller.forms(word))
        for place, word in enumerate(words)
    )


def _temperature(words: list[str], place: int) -> str | None:
    """Name the kind of fever a number states, if it is plainly a temperature of a body."""
    number = words[place].replace(",", ".")
    if not re.fullmatch(r"\d{2,3}(\.\d+)?", number):
        return None
    is_temperature = (
        "." in number or not _UNITS.isdisjoint(words[place + 1 : place + 2]) or not _TEMPERATURE.isdisjoint(words)
    )
    degrees = float(number)
    if not is_temperature:
        return None
    if 39.5 <= degrees <= 43 or 103 <= degrees <= 109:
        return HIGH_FEVER
    return FEVER if 37.5 <= degrees < 39.5 or 99.6 <= degrees < 103 else None
