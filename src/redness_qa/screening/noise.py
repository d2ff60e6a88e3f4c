"""Whether a message is noise: keys struck at random, one thing over and over, encoded data, program code."""

from __future__ import annotations

import itertools
import re
import unicodedata

from redness_qa.screening.text import plain, words_of

LEAST_LETTERS = 5  # a shorter word may be an abbreviation
MOST_OF_IT = 0.6  # share of the letters that must be noise

_RARE_AFTER = {
    "b": "cdfghkpqwxz",
    "c": "bdfgjpvwx",
    "d": "kpqxz",
    "f": "bcghjkmnpqvwxz",
    "g": "cdfjkpqvwxz",
    "h": "cfghjpqvxz",
    "i": "jwy",
    "j": "bdfghjklnpqrtvwxyz",
    "k": "cdghjkmpqvxz",
    "l": "hjqxz",
    "m": "ghjkqtvwxz",
    "n": "q",
    "o": "q",
    "p": "bgjqvwxz",
    "q": "abcdefghijklmnopqrstvwxyz",
    "r": "jqxz",
    "s": "jvxz",
    "t": "gjkq",
    "u": "jquw",
    "v": "bcfghjklmnpqrstvwxz",
    "w": "bgjkmpqtuvxz",
    "x": "bdgjklmnoqrsvwxz",
    "y": "ghjkquvxy",
    "z": "bcdfghjklmnpqrstvwx",
}
"""Letters that follow a letter in at most one of 11,241 English words (the guide's, and those of syllapy's list)."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEY_RUNS = frozenset(
    keys[place : place + 3] for row in _ROWS for keys in (row, row[::-1]) for place in range(len(row) - 2)
)
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}.{0,3}")
_STRETCHED = re.compile(r"(.)\1{2,}")
_TWICE = re.compile(r"(.{2,4})\1.{0,3}")
_SAID_AGAIN = frozenset(
    ("no", "ow", "oh", "ah", "ha", "he", "hi", "ho", "ya", "yes", "ye", "bye", "aw", "eh", "uh", "ok", "go", "so", "o")
)
"""Syllables that people do write over and over."""

_ENCODED = re.compile(r"[A-Za-z0-9+/_.-]{16,}={0,2}")
_ADDRESS = re.compile(r"https?:|www\.|\w@\w|\.(?:com|org|net|co|uk|gov|edu|html?|pdf)\b", re.IGNORECASE)
_CLASS_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[a-z0-9])|(?<=[0-9])(?=[A-Za-z])")
_HEX = re.compile(r"(?=.*[0-9])(?=.*[a-fA-F])[0-9a-fA-F-]{20,}")

_CODE = tuple(
    re.compile(pattern)
    for pattern in (
        r"[{}]",
        r";\s*(?:$|[\w}])",
        r"\w\([^()]*\)",
        r"==|!=|\+=|=>|->|&&|\|\||::|\+\+",
        r'"\w+"\s*:',
        r"\b\w+\s=\s\w",
        r"\b(?:def|function|void|var|const|elif|println|printf|stdio|argv|environ)\b",
        r"^(?:import|from) \w+(?:;|$| import )|^#include\b|\breturn\b.*[;}+]|\bprint\(",
        r"\[\w*\]",
        r"^\s*(?:\{.*\}|\[.*\])\s*$",
    )
)
_ENOUGH_CODE = 3
_LEAST_SYMBOLS = 0.05
_PROSE = frozenset(".,?!'\"’-:")


def is_noise(text: str) -> bool:
    """Tell whether a text is plainly noise; a text of a few letters never is."""
    return _is_one_character(text) or _is_encoded(text) or _is_code(text) or _is_mashed(text)


def _is_one_character(text: str) -> bool:
    """Tell whether it is one letter or digit, over and over."""
    characters = [character for character in text.casefold() if character.isalnum()]
    return len(characters) >= 8 and len(set(characters)) == 1


def _is_encoded(text: str) -> bool:
    """Tell whether it is mostly long runs of mixed letters and digits, such as base64."""
    if _ADDRESS.search(text):
        return False
    pieces = text.split()
    encoded = [piece for piece in pieces if _ENCODED.fullmatch(piece) and _is_random(piece)]
    return sum(map(len, encoded)) > MOST_OF_IT * sum(map(len, pieces))


def _is_random(piece: str) -> bool:
    changes = len(_CLASS_CHANGE.findall(piece))
    return changes >= len(piece) / 4 or _HEX.fullmatch(piece) is not None


def _is_code(text: str) -> bool:
    """Tell whether it is program code or a record of data."""
    symbols = sum(unicodedata.category(letter)[0] in "PS" and letter not in _PROSE for letter in text)
    if symbols < _LEAST_SYMBOLS * len(text):
        return False
    return sum(pattern.search(text) is not None for pattern in _CODE) >= _ENOUGH_CODE


def _is_mashed(text: str) -> bool:
    """Tell whether most of it is keys struck at random, in letters without accents."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if any(letter.isalpha() and not letter.isascii() for letter in text):
        return False
    words = words_of(plain(text))
    letters = sum(map(len, words))
    if letters < LEAST_LETTERS:
        return False
    on_keys = sum(_on_key_runs(word) for word in words)
    if letters > LEAST_LETTERS and on_keys >= 0.8 * letters:
        return True
    mashed = sum(len(word) for word in words if _is_mashed_word(word))
    return mashed > MOST_OF_IT * letters


def _on_key_runs(word: str) -> int:
    """Count the letters that stand in runs of three neighbouring keys."""
    places = {
        place + step for place in range(len(word) - 2) if word[place : place + 3] in _KEY_RUNS for step in range(3)
    }
    return len(places)


def _is_mashed_word(word: str) -> bool:
    word = _STRETCHED.sub(r"\1", word) if len(set(word)) > 2 else word
    rare = sum(following in _RARE_AFTER.get(letter, "") for letter, following in itertools.pairwise(word))
    if len(word) < LEAST_LETTERS:
        return rare >= 2
    repeated = _REPEATED.fullmatch(word)
    if repeated and len(word) > LEAST_LETTERS:
        return len(repeated[1]) > 1 and repeated[1] not in _SAID_AGAIN
    has_vowel = not set(word).isdisjoint("aeiouy")
    if not has_vowel:
        return len(word) > LEAST_LETTERS and (rare >= 2 or len(word) > 8 or _TWICE.fullmatch(word) is not None)
    return rare >= 3 or (rare >= 2 and rare >= len(word) / 4)
