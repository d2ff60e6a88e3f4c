"""How often each phrase of signs.yaml is right in labelled messages, and which may therefore count by themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

from redness_qa.errors import QuestionError

FILE = "phrase_counts.csv"
RIGHT = 0.85  # share of rightly told messages from which a phrase counts by itself
_COLUMNS = ["sign", "phrase", "with a sign", "calm"]


@dataclass(frozen=True, slots=True)
class Count:
    """In how many labelled messages a phrase is said of somebody now.

    Attributes:
        told: Of those that tell of a warning sign, whichever.
        calm: Of the others.
    """

    told: int
    calm: int

    def is_hardly_ever_wrong(self, *, is_emergency: bool) -> bool:
        """Tell whether the phrase may count by itself, whatever was learned of the message.

        Two right messages and a wrong one are added to the counts, so that few messages prove little: it takes four
        right ones, or ten and one wrong. A phrase of an emergency needs no proof, only no message against it.
        """
        share = (self.told + 2) / (self.told + self.calm + 3)
        return share >= RIGHT or (is_emergency and not self.calm)


NEVER_SAID = Count(0, 0)

Counts = Mapping[tuple[str, str], Count]
"""Of each sign and phrase that a message says."""


def count_phrases(said: Iterable[tuple[bool, Iterable[tuple[str, str]]]]) -> dict[tuple[str, str], Count]:
    """Count what messages say.

    Args:
        said: Of each message whether it tells of a warning sign, and the sign and text of every phrase in it.
    """
    counts: dict[tuple[str, str], Count] = {}
    for is_told, phrases in said:
        for phrase in set(phrases):
            before = counts.get(phrase, NEVER_SAID)
            counts[phrase] = Count(before.told + is_told, before.calm + (not is_told))
    return counts


def write_counts(counts: Counts) -> str:
    """Give counts as the text of the file, by sign and phrase."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((sign, phrase, count.told, count.calm) for (sign, phrase), count in sorted(counts.items()))
    return text.getvalue()


def read_counts(text: str) -> dict[tuple[str, str], Count]:
    """Read the text of a file of counts.

    Raises:
        QuestionError: It has another form.
    """
    rows = list(csv.reader(io.StringIO(text)))
    try:
        if rows[0] != _COLUMNS:
            raise ValueError(f"the columns are {rows[0]}")
        return {(sign, phrase): Count(int(told), int(calm)) for sign, phrase, told, calm in rows[1:]}
    except (ValueError, IndexError) as error:
        raise QuestionError(f"{FILE}: {error}; write it anew with `redness-qa weigh-signs`") from error


def shipped_counts() -> dict[tuple[str, str], Count]:
    """Read the counts that ship with the package."""
    return read_counts(resources.files("redness_qa.triage").joinpath(FILE).read_text(encoding="utf-8"))
