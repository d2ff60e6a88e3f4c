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
abuja adele adeyemi al ali america ana angel art asp aston bali baltic bashir bell bhatt bill billy birch bliss
blossom bondi bonnet bonnie brazil brenda bristol buck carol chelsea cherry china chuck cid co collet columbia com
coral curry cyprus dan dana dawn delhi den di don donald doreen drew dubai dublin dusty eleanor elizabeth england
english europe eve fae fanning filipina french garg gaya gent gon grace grant gulab gwen hale hall ham harry hart hawk
hazel hunt ibiza india ireland ivy jack jama james jan japan jesus ji jo john joy judge karan kent kev king kit lagos
lal lambert lanzarote law lego leo li lil liverpool london lund madrid mair manila mary max mercury mon monica moon
mum's na nada nick nigerian nn osei oyelaran patience patricia pearl penny pepper petal poland pooja porter portuguese
priest prince priya pune queen rob robin ros rose rudolph sam sang seoul sha sherry soltani spain stone sue tad tesco
thai thailand thandi tom tran tunde uma usa violet walt wan ward willow wis wolf wood york za
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
