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
abuja achterberg adam adele adeyemi africa agatha agnes ahmed al alaga aleppo alexa ali alps amarillo america ames ana
angel ankara anna annas anneke anthony antwerp art ash asp aston athens australia austria bach bahia bali baltic
bangkok barbados barbie barry bashir bea beirut bell ben benidorm bergen berlin bernadette betty bev bhatt bihar bill
billie billy birch bliss blossom bo bob bondi bonnet bonnie brahms brandt brandy brazil brenda bridie brighton bristol
britain bucharest buck budapest bulla butler calgary camino cardiff carlisle carol carrie cebu celsus chantelle chase
chelsea chennai cherry china chloe christie chuck cid clifford co col collet columbia com cooper coral corfu costa cox
croatian crystal curry cyprus dai daisy dakar dal dan dana danlos darren darth darwin dawn dee delhi den denise denver
derby devon di doha don donald dora doreen doris dover doyle dracula drew duac dubai dublin dunne durban dusty ebony
ehlers eleanor elizabeth elm elvis ember england english enugu essex etna europe eve fae falmouth fanning femi filipina
finland france frank french gale garg gaya gaye gdansk gent gerald germany gg ghent gon grace grant gujarati gulab gwen
haddad hale hall ham hamburg hannah harley harrow harry hart hashimoto hawk hazel heathrow houston hove hull hunt ibiza
ikeja ilse india indians ines ingrid inverness ireland istanbul italy ito ivy izmir jack jama jamaica jamaican james
jan janet japan japanese jason jasons jean jen jersey jesus ji jo john josh joy judge julie kala karan kasia kay kaya
keel ken kent kenya kerala kev kia kilimanjaro king kit krakow kumasi kwame lagos lakshmi lal lambert lanzarote law
lego leicester leith len lena leo li lil lily lim lima lindqvist lisbon liverpool lola london lowe luc lucia ludlow
luke lund lviv lyon macbeth madeira madrid madurai magaluf mair mak malaga maldives malta manchester manila marbella
marco marek maria marias mars marseille marta martin mary maureen max mayo mei merchant mercury mill minsk mo mon
monica monk monroe moon morag moro moscow moss mum's mumbai munich na nada nadia naples napoleon naxos nepa newark
nicholas nick nigeria nigerian nile nn noor norway odesa oduya okafor okoro olga olsen osei oslo ottilie oyelaran
parkinson patel patience patricia paul paulo peacock pearl pedy penny pepper peru petal petra petrov petrova
philippines poland pooja porter porto portugal portuguese prague priest prince priya pune pym queen ray rayburn recife
rio rob robin romans rome ros rosa rosalie rose rosie rotterdam rudolph ruth sam sandra sang santa santiago sato seoul
seville sha shan shaz sheila sherry sicily singapore siobhan siri skegness slovenia smith soltani spain spiro sri stoke
stone sue svalbard swansea swedes tad tampere tane tawa teddy temu tengo tesco tet texas thai thailand thandi
thessaloniki tokyo tom tomasz toms tracey tran tuna tunde ukraine uma usa vader valentine vienna violet wales walt
walter wan ward warsaw watsons whitby willow winnipeg wis wolf wood york yorkshire yusuf za
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
