"""Lists the words that slips of the keyboard are mended to, and those that are left as they are.

`python benchmarks/frequent_words.py /usr/share/dict/{american,british}-english-large` writes both lists of
`src/redness_qa/mending/`; the word lists are those of Debian's wamerican-large and wbritish-large (SCOWL). Run it after
the questions and messages to learn from, or the words of signs, have changed much.

Words are mended to those that are frequent and to those of signs. What is in a word list, among the names of medicines
of `medicine_names.txt` or used several times is left as it is, unless it is no word and near to a word of a sign.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from redness_qa.encoder import bundled_folder
from redness_qa.mending import FREQUENT, LEAST_WORD_LETTERS, OTHERS, slips
from redness_qa.triage.signs import SignTable

ROOT = Path(__file__).resolve().parent.parent
WORD = re.compile(r"[a-z]+(?:['’][a-z]+)*")
MEDICINES = ROOT / "benchmarks" / "medicine_names.txt"
TEXTS = ("question", "previous", "message")
AT_LEAST = 5
"""Times that a word is used in what is learned from, from which it is frequent."""

USED_AT_LEAST = 3
"""Times from which a word that is in no list is known as it stands, such as "onsen" or a slip that many make."""


def main() -> None:
    """Write the lists."""
    if not sys.argv[1:]:
        sys.exit(f"give the word lists, as in\n{__doc__}")
    counted = _counted()
    signs = {word for word in SignTable.load().vocabulary if WORD.fullmatch(word)}
    known = _known(map(Path, sys.argv[1:])) | signs
    frequent = [word for word, number in counted.most_common() if number >= AT_LEAST and word in known]
    frequent += sorted(signs - set(frequent))
    targets = frozenset(frequent)
    used = {word for word, number in counted.items() if number >= USED_AT_LEAST and signs.isdisjoint(slips(word))}
    meant = known | used | _words_of(MEDICINES)
    near = (word for word in meant - targets if len(word) >= LEAST_WORD_LETTERS and not targets.isdisjoint(slips(word)))
    _write(FREQUENT, "Words of patients' questions and messages, most frequent first", frequent)
    _write(OTHERS, "Words that are one slip away from a frequent one", sorted(near))


def _counted() -> Counter[str]:
    """Count the words of all questions and messages that are learned from, and of the guide."""
    counted: Counter[str] = Counter()
    for path in sorted((ROOT / "benchmarks").glob("*/*.jsonl")):
        if path.name.startswith(("voice-", "train", "pairs")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                counted.update(_words(" ".join(str(row.get(name) or "") for name in TEXTS)))
    for path in sorted((*(ROOT / "corpus").glob("*.md"), *(ROOT / "corpus").glob("*.yaml"))):
        counted.update(_words(path.read_text(encoding="utf-8").split("\n---\n", 1)[-1]))
    return counted


def _known(lists: Iterable[Path]) -> set[str]:
    """List the words of the word lists, and those that the small model knows whole."""
    listed = {word for path in lists for word in _words_of(path)}
    vocabulary = json.loads((bundled_folder() / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return listed | {word for word in vocabulary if word.isascii() and word.isalpha()}


def _words_of(path: Path) -> set[str]:
    return set(_words(path.read_text(encoding="utf-8")))


def _words(text: str) -> list[str]:
    """List the words of a text in small letters, but those with an apostrophe."""
    return [word for word in WORD.findall(text.lower()) if word.isalpha()]


def _write(name: str, what: str, words: Iterable[str]) -> None:
    path = ROOT / "src" / "redness_qa" / "mending" / name
    header = f"# {what}; made by benchmarks/frequent_words.py, in part from SCOWL (see NOTICE).\n"
    path.write_text(header + textwrap.fill(" ".join(words), width=118) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
