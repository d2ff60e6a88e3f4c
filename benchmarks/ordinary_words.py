"""Lists the words that may stay in a stored question: `python benchmarks/ordinary_words.py > .../ordinary_words.txt`.

The words of the guide (not of its sources), and those of at least three questions and messages of this folder, without
names of people and places. Run it after the guide or the questions have changed much; read what it adds.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORD = re.compile(r"[a-z]+")
AT_LEAST = 3

NAMES = """
al ali ana angel asp aston bali bashir bell bill bonnet bristol chelsea china cid co columbia com curry dawn den di don
doreen drew eleanor elizabeth fae fanning gaya garg gent gon hale hall ham hunt india ireland ivy jack jama james jesus
ji jo john joy judge karan king kit lagos lal lambert law leo li lil london mary max mon monica moon mum's na nick nn
patience patricia pearl pepper poland priest prince queen rob robin rose sam sha soltani spain stone sue tad tom uma
walt ward wis wood york za america french english bondi collet cyprus dusty gulab nada osei petal priya rudolph
"""
"""Names that are words too; what is told of roses and olives is worth less than a patient called Rose."""


def main() -> None:
    """Print the list."""
    counted: Counter[str] = Counter()
    for path in sorted((ROOT / "benchmarks").glob("*/*.jsonl")):
        if path.name.startswith(("voice-", "tune", "train", "pairs")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                counted.update(words(f"{row.get('question', '')} {row.get('message', '')}"))
    listed = {word for word, number in counted.items() if number >= AT_LEAST}
    for path in sorted((ROOT / "corpus").glob("*.md")):
        body = path.read_text(encoding="utf-8").split("\n---\n", 1)[-1]
        listed |= words("\n".join(line for line in body.splitlines() if not line.startswith(("[^", "    "))))
    for path in ("refer.yaml", "not-covered.yaml"):
        listed |= words((ROOT / "corpus" / path).read_text(encoding="utf-8"))
    listed -= set(NAMES.split())
    sys.stdout.write("# Words that may stay in a stored question; made by benchmarks/ordinary_words.py.\n")
    sys.stdout.write(textwrap.fill(" ".join(sorted(listed)), width=118) + "\n")


def words(text: str) -> set[str]:
    """List the words of a text in small letters; "don't" is "don" and "t"."""
    return set(WORD.findall(text.lower()))


if __name__ == "__main__":
    main()
