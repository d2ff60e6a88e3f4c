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
abuja adele adeyemi africa agnes al ali amarillo america ana angel anna antwerp art ash asp aston austria bach bahia
bali baltic bashir bea bell betty bhatt bill billy birch bliss blossom bob bondi bonnet bonnie brandt brazil brenda
bridie brighton bristol britain buck calgary cardiff carlisle carol chelsea cherry china chuck cid co collet columbia
com cooper coral corfu costa cox curry cyprus dai dakar dan dana dawn delhi den denise di don donald doreen dover drew
dubai dublin dunne durban dusty eleanor elizabeth england english europe eve fae fanning filipina frank french garg
gaya gdansk gent gon grace grant gulab gwen haddad hale hall ham hamburg harry hart hawk hazel heathrow hove hull hunt
ibiza ikeja india ireland istanbul ivy jack jama james jan japan jesus ji jo john joy judge julie karan kaya kent
kenya kerala kev king kit krakow kumasi lagos lal lambert lanzarote law lego leith lena leo li lil lim lindqvist
lisbon liverpool lola london lowe lund lyon macbeth madeira madrid madurai mair malta manila marta mary maureen max
mayo mercury minsk mo mon monica moon mum's na nada naxos nick nigerian nile nn norway okafor okoro osei oslo oyelaran
patience patricia paulo pearl pedy penny pepper peru petal petrov poland pooja porter porto portuguese priest prince
priya pune queen recife rob robin rome ros rose rudolph sam sandra sang santa seoul seville sha shaz sherry singapore
soltani spain sri stoke stone sue swansea tad tesco thai thailand thandi tom tomasz tran tunde uma usa violet wales
walt wan ward warsaw whitby willow wis wolf wood york yorkshire za
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
