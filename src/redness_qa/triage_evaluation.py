"""Labelled messages and a reader of them to figures: how many warning signs are seen, how many calm messages alarm."""

from __future__ import annotations

import csv
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from redness_qa.errors import QuestionError
from redness_qa.messages import LabelledMessage
from redness_qa.metrics import Estimate, Share, auroc
from redness_qa.triage import Assessment, Likelihood, Thresholds, Told, Triage, Urgency
from redness_qa.triage.negation import is_denied
from redness_qa.triage.signs import SEVERITY


@dataclass(frozen=True, slots=True)
class TriageReport:
    """The figures of one set of messages, each as a share with its 95 % interval.

    Attributes:
        outcomes: Every message with how it was read.
        likelihoods: What was learned of each message in the same order, None where nothing was.
    """

    outcomes: tuple[tuple[LabelledMessage, Assessment], ...]
    likelihoods: tuple[Likelihood | None, ...]

    @property
    def auroc(self) -> Estimate:
        """How often a message with a sign has a higher likelihood than a calm one; ties count half.

        It is the likelihood that is held against the thresholds: where the rules read a sign for sure, the highest of
        the whole message and of what is left of it without that. Messages without one are left out.
        """
        read = zip(self.outcomes, self.likelihoods, strict=True)
        likely = [(message.urgency, learned.urgent) for (message, _), learned in read if learned is not None]
        return auroc(
            [urgent for urgency, urgent in likely if urgency is not Urgency.ROUTINE],
            [urgent for urgency, urgent in likely if urgency is Urgency.ROUTINE],
        )

    @property
    def seen(self) -> Share:
        """Messages with a warning sign that were sent to a clinic or to the emergency number."""
        return self._share(lambda label: label is not Urgency.ROUTINE, lambda read: read is not Urgency.ROUTINE)

    @property
    def emergencies_seen(self) -> Share:
        """Emergencies that were sent to the emergency number."""
        return self._share(lambda label: label is Urgency.EMERGENCY, lambda read: read is Urgency.EMERGENCY)

    @property
    def emergencies_missed(self) -> Share:
        """Emergencies that were sent nowhere."""
        return self._share(lambda label: label is Urgency.EMERGENCY, lambda read: read is Urgency.ROUTINE)

    @property
    def clinic_seen(self) -> Share:
        """Messages for the clinic that were sent there or to the emergency number."""
        return self._share(lambda label: label is Urgency.CONTACT_CLINIC, lambda read: read is not Urgency.ROUTINE)

    @property
    def false_alarms(self) -> Share:
        """Calm messages that were sent to help."""
        return self._share(lambda label: label is Urgency.ROUTINE, lambda read: read is not Urgency.ROUTINE)

    @property
    def by_sort(self) -> dict[tuple[Urgency, str], Share]:
        """For each sort of message the share that was read at its level or above; of calm ones that alarmed."""
        sorts = sorted({(message.urgency, message.sort) for message, _ in self.outcomes}, key=_place)
        return {(urgency, sort): self._sort(urgency, sort) for urgency, sort in sorts}

    @property
    def errors(self) -> list[tuple[LabelledMessage, Assessment]]:
        """Messages that were read at another level than the labelled one."""
        return [(message, read) for message, read in self.outcomes if read.urgency is not message.urgency]

    def to_text(self, *, errors: bool) -> str:
        """Give the figures as lines of text.

        Args:
            errors: List every message that was read otherwise than labelled.
        """
        lines = [
            f"warning signs seen            {self.seen}",
            f"  emergencies as such         {self.emergencies_seen}",
            f"  emergencies sent nowhere    {self.emergencies_missed}",
            f"  for the clinic, seen        {self.clinic_seen}",
            f"false alarms                  {self.false_alarms}",
            *([f"AUROC of the likelihood       {self.auroc}"] if set(self.likelihoods) - {None} else []),
            "",
        ]
        for (urgency, sort), share in self.by_sort.items():
            what = "alarmed" if urgency is Urgency.ROUTINE else "seen"
            lines.append(f"  {urgency.value:<14} {sort:<28} {what:<7} {share}")
        if errors:
            lines += ["", "read otherwise than labelled"]
            for message, read in self.errors:
                signs = ", ".join(sign.name for sign in read.signs) or "no sign"
                lines.append(
                    f"  {message.id} {message.urgency.value} ({message.sort}) read {read.urgency.value} ({signs}): "
                    f"{' '.join(message.message.split())}"
                )
        return "\n".join(lines)

    def _share(self, labelled: Callable[[Urgency], bool], read: Callable[[Urgency], bool]) -> Share:
        found = [read(assessment.urgency) for message, assessment in self.outcomes if labelled(message.urgency)]
        return Share(sum(found), len(found))

    def _sort(self, urgency: Urgency, sort: str) -> Share:
        read = [each for message, each in self.outcomes if message.urgency is urgency and message.sort == sort]
        least = max(SEVERITY[urgency], 1)
        return Share(sum(SEVERITY[each.urgency] >= least for each in read), len(read))


def _place(sort: tuple[Urgency, str]) -> tuple[int, str]:
    return -SEVERITY[sort[0]], sort[1]


Read = Callable[[str], tuple[Assessment, Likelihood | None]]
"""Reads a message, as `Triage.assess` does, and tells what was learned of it, if anything was."""


def evaluate_triage(
    read: Read,
    messages: Sequence[LabelledMessage],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> TriageReport:
    """Read every message and compare with its label.

    Args:
        read: Reads a message.
        messages: With their labels.
        progress: Told the number of messages done and the number of all.
    """
    outcomes, likelihoods = [], []
    for done, message in enumerate(messages, start=1):
        assessment, likelihood = read(message.message)
        outcomes.append((message, assessment))
        likelihoods.append(likelihood)
        if progress is not None:
            progress(done, len(messages))
    return TriageReport(tuple(outcomes), tuple(likelihoods))


@dataclass(frozen=True, slots=True)
class NegationReport:
    """How findings in clinical sentences are read: denied, or not.

    Attributes:
        denied_seen: Of findings labelled negated, those read as denied (recall of negation).
        denied_rightly: Of findings read as denied, those labelled negated (precision of negation).
        affirmed_kept: Of findings labelled affirmed, those not read as denied: a warning sign is not lost.
    """

    denied_seen: Share
    denied_rightly: Share
    affirmed_kept: Share

    def to_text(self) -> str:
        """Give the figures as lines of text."""
        return (
            f"negated, read as denied       {self.denied_seen}\n"
            f"read as denied, rightly       {self.denied_rightly}\n"
            f"affirmed, not read as denied  {self.affirmed_kept}"
        )


def evaluate_negation(path: Path) -> NegationReport:
    """Measure the reading of negation on annotated sentences.

    Args:
        path: Tab-separated: number, finding, sentence with the finding in capitals, "Affirmed" or "Negated", as
            the annotated sentences of NegEx (W. Chapman et al., 2001; Apache-2.0) have it.

    Raises:
        QuestionError: The file cannot be read or has another form.
    """
    counts = dict.fromkeys([(label, read) for label in ("Negated", "Affirmed") for read in (True, False)], 0)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
                if len(row) < 4 or row[3] not in {"Negated", "Affirmed"}:
                    raise QuestionError(
                        f'{path}, line {number}: give number, finding, sentence, "Affirmed" or "Negated"'
                    )
                counts[row[3], is_denied(row[2], finding=row[1])] += 1
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{path} cannot be read: {error}") from error
    negated = counts["Negated", True] + counts["Negated", False]
    return NegationReport(
        denied_seen=Share(counts["Negated", True], negated),
        denied_rightly=Share(counts["Negated", True], counts["Negated", True] + counts["Affirmed", True]),
        affirmed_kept=Share(counts["Affirmed", False], counts["Affirmed", True] + counts["Affirmed", False]),
    )


MISS_COST = 10.0
"""What a message with a warning sign that is sent nowhere costs, in false alarms."""

SCARE_COST = 3.0
"""What a calm message that is sent to the emergency number costs, in false alarms."""

LOW_COST = 8.0
"""What an emergency that is sent to the clinic only costs, in false alarms."""

HIGH_COST = 0.5
"""What it costs to send a message for the clinic to the emergency number, in false alarms."""

_GRID = tuple(step / 100 for step in range(1, 100))
_ROUNDS = 3

RESAMPLES = 25
"""Draws whose median each step takes; more take longer."""


def choose_thresholds(
    tell: Callable[[str], Told],
    messages: Sequence[LabelledMessage],
    *,
    resamples: int = RESAMPLES,
    progress: Callable[[int, int], None] | None = None,
) -> Thresholds:
    """Choose from which likelihoods on a message is urgent, at the least cost on labelled messages.

    Beginning with the most cautious ones, one threshold after the other is moved, three times in turn, while the others
    stay. Each takes the median of the values of least cost, the lowest of equal ones, on many sets of messages drawn
    from these with replacement, so that no single message decides (Breiman 1996, Bagging predictors,
    doi:10.1007/BF00058655).

    Args:
        tell: Reads a message, as `Triage.read` does.
        messages: Of all levels; nothing may have been learned from them.
        resamples: Draws, the same ones at each step; 0 takes the messages as they are.
        progress: Told the number of messages done and the number of all.
    """
    triage = Triage.load()
    by_name = {sign.name: sign.urgency for sign in triage.signs}
    read: list[tuple[Urgency, Told]] = []
    for done, message in enumerate(messages, start=1):
        read.append((message.urgency, tell(message.message)))
        if progress is not None:
            progress(done, len(messages))

    def cost(told: Told, labelled: Urgency, thresholds: Thresholds) -> float:
        levels = [by_name[name] for name in triage.names(told, thresholds)]
        return _cost(labelled, max(levels, key=SEVERITY.__getitem__, default=Urgency.ROUTINE))

    chance = random.Random(0)  # noqa: S311
    everyone = range(len(read))
    draws = [np.bincount(chance.choices(everyone, k=len(read)), minlength=len(read)) for _ in range(resamples)]
    draws = draws or [np.ones(len(read), dtype=np.intp)]
    chosen = Thresholds(*(_GRID[0] for _ in fields(Thresholds)))
    for name in ("urgent", "possible", "sentence", "emergency") * _ROUNDS:
        tried = [replace(chosen, **{name: value}) for value in _GRID]
        costs = np.array([[cost(told, label, thresholds) for label, told in read] for thresholds in tried])
        best = [_GRID[int(np.argmin(costs @ times))] for times in draws]
        chosen = replace(chosen, **{name: statistics.median_low(best)})
    return chosen


def _cost(labelled: Urgency, read: Urgency) -> float:
    if labelled is Urgency.ROUTINE:
        return SCARE_COST if read is Urgency.EMERGENCY else float(read is not Urgency.ROUTINE)
    if read is Urgency.ROUTINE:
        return MISS_COST
    if labelled is Urgency.EMERGENCY:
        return LOW_COST * (read is not Urgency.EMERGENCY)
    return HIGH_COST * (read is Urgency.EMERGENCY)
