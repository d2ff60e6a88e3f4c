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
abuja adele adeyemi africa agatha agnes al alaga alexa ali alps amarillo america ana angel ankara anna anthony antwerp
art ash asp aston australia austria bach bahia bali baltic barbie bashir bea beirut bell ben benidorm betty bhatt bill
billy birch bliss blossom bob bondi bonnet bonnie brahms brandt brandy brazil brenda bridie brighton bristol britain
buck butler calgary cardiff carlisle carol carrie chase chelsea chennai cherry china christie chuck cid co collet
columbia com cooper coral corfu costa cox croatian crystal curry cyprus dai daisy dakar dan dana darwin dawn dee delhi
den denise denver derby di don donald dora doreen dover dracula drew duac dubai dublin dunne durban dusty eleanor
elizabeth ember england english enugu europe eve fae fanning filipina frank french gale garg gaya gaye gdansk gent gg
ghent gon grace grant gulab gwen haddad hale hall ham hamburg harrow harry hart hawk hazel heathrow houston hove hull
hunt ibiza ikeja india ireland istanbul ivy izmir jack jama james jan japan jersey jesus ji jo john josh joy judge
julie kala karan kaya keel ken kent kenya kerala kev kia king kit krakow kumasi lagos lal lambert lanzarote law lego
leith lena leo li lil lim lima lindqvist lisbon liverpool lola london lowe lund lyon macbeth madeira madrid madurai
magaluf mair mak malaga maldives malta manila mars marseille marta martin mary maureen max mayo merchant mercury mill
minsk mo mon monica monk monroe moon morag moscow moss mum's mumbai munich na nada nadia naples napoleon naxos nepa
newark nicholas nick nigerian nile nn norway odesa okafor okoro olga osei oslo ottilie oyelaran patel patience
patricia paulo peacock pearl pedy penny pepper peru petal petrov poland pooja porter porto portugal portuguese priest
prince priya pune queen recife rio rob robin rome ros rose rudolph sam sandra sang santa seoul seville sha shan shaz
sherry singapore slovenia soltani spain spiro sri stoke stone sue swansea tad tampere tawa teddy tengo tesco tet texas
thai thailand thandi tokyo tom tomasz tran tuna tunde ukraine uma usa vienna violet wales walt wan ward warsaw watsons
whitby willow wis wolf wood york yorkshire za
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
