from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from redness_qa.errors import QuestionError
from redness_qa.messages import LabelledMessage
from redness_qa.metrics import Share
from redness_qa.triage import Assessment, Likelihood, Sign, Thresholds, Told, Triage, Urgency
from redness_qa.triage_evaluation import (
    HIGH_COST,
    LOW_COST,
    MISS_COST,
    SCARE_COST,
    TriageReport,
    choose_thresholds,
    evaluate_negation,
    evaluate_triage,
)

CALM, CLINIC, EMERGENCY = Urgency.ROUTINE, Urgency.CONTACT_CLINIC, Urgency.EMERGENCY


def message(name: str, urgency: Urgency, sort: str = "pus", *, text: str = "as typed") -> LabelledMessage:
    return LabelledMessage(name, text, urgency, sort)


def sign(name: str, urgency: Urgency) -> Sign:
    return Sign(name, name, urgency, ("F1",), "a leaflet", ())


def assessed(urgency: Urgency, *names: str) -> Assessment:
    return Assessment(urgency, tuple(sign(name, urgency) for name in names), is_earlier=False)


# Figures

OUTCOMES = (
    (message("e1", EMERGENCY, "airway"), assessed(EMERGENCY, "airway")),
    (message("e2", EMERGENCY, "airway"), assessed(CLINIC, "swelling")),
    (message("e3", EMERGENCY, "sepsis"), assessed(CALM)),
    (message("c1", CLINIC, "pus"), assessed(CLINIC, "pus")),
    (message("c2", CLINIC, "pus", text="weeping\n  a bit"), assessed(CALM)),
    (message("c3", CLINIC, "pus"), assessed(EMERGENCY, "airway", "sepsis")),
    (message("c4", CLINIC, "rash"), assessed(CLINIC, "rash")),
    (message("r1", CALM, "denied"), assessed(CALM)),
    (message("r2", CALM, "denied"), assessed(CLINIC, "pus")),
    (message("r3", CALM, "pus"), assessed(EMERGENCY, "airway")),
)
REPORT = TriageReport(OUTCOMES, (None,) * len(OUTCOMES))


def test_the_figures_of_hand_counted_messages() -> None:
    assert REPORT.seen == Share(5, 7)
    assert REPORT.emergencies_seen == Share(1, 3)
    assert REPORT.emergencies_missed == Share(1, 3)
    assert REPORT.clinic_seen == Share(3, 4)
    assert REPORT.false_alarms == Share(2, 3)


def test_each_sort_is_counted_by_itself_from_the_most_urgent_down() -> None:
    """A sort is seen where it was read at its level or above; a calm one where it alarmed at all."""
    assert list(REPORT.by_sort.items()) == [
        ((EMERGENCY, "airway"), Share(1, 2)),
        ((EMERGENCY, "sepsis"), Share(0, 1)),
        ((CLINIC, "pus"), Share(2, 3)),
        ((CLINIC, "rash"), Share(1, 1)),
        ((CALM, "denied"), Share(1, 2)),
        ((CALM, "pus"), Share(1, 1)),
    ]


def test_errors_are_all_that_were_read_at_another_level() -> None:
    assert [found.id for found, _ in REPORT.errors] == ["e2", "e3", "c2", "c3", "r2", "r3"]


def test_no_messages_have_figures_too() -> None:
    report = TriageReport((), ())

    assert report.seen == report.false_alarms == Share(0, 0)
    assert report.by_sort == {}
    assert "no case" in report.to_text(errors=True)


def test_the_text_has_every_figure() -> None:
    lines = REPORT.to_text(errors=False).splitlines()

    assert lines == [
        f"warning signs seen            {Share(5, 7)}",
        f"  emergencies as such         {Share(1, 3)}",
        f"  emergencies sent nowhere    {Share(1, 3)}",
        f"  for the clinic, seen        {Share(3, 4)}",
        f"false alarms                  {Share(2, 3)}",
        "",
        f"  emergency      airway                       seen    {Share(1, 2)}",
        f"  emergency      sepsis                       seen    {Share(0, 1)}",
        f"  contact_clinic pus                          seen    {Share(2, 3)}",
        f"  contact_clinic rash                         seen    {Share(1, 1)}",
        f"  routine        denied                       alarmed {Share(1, 2)}",
        f"  routine        pus                          alarmed {Share(1, 1)}",
    ]


def test_errors_are_listed_on_request_each_on_one_line() -> None:
    listed = REPORT.to_text(errors=True).removeprefix(REPORT.to_text(errors=False)).splitlines()

    assert listed == [
        "",
        "",
        "read otherwise than labelled",
        "  e2 emergency (airway) read contact_clinic (swelling): as typed",
        "  e3 emergency (sepsis) read routine (no sign): as typed",
        "  c2 contact_clinic (pus) read routine (no sign): weeping a bit",
        "  c3 contact_clinic (pus) read emergency (airway, sepsis): as typed",
        "  r2 routine (denied) read contact_clinic (pus): as typed",
        "  r3 routine (pus) read emergency (airway): as typed",
    ]


def test_every_message_is_read_by_itself() -> None:
    read = {"i have pus": (assessed(CLINIC, "pus"), None), "thank you": (assessed(CALM), None)}
    messages = [message("1", CLINIC, text="i have pus"), message("2", CALM, text="thank you")]
    told: list[tuple[int, int]] = []

    report = evaluate_triage(read.__getitem__, messages, progress=lambda done, total: told.append((done, total)))

    assert report.outcomes == tuple((each, read[each.message][0]) for each in messages)
    assert report.errors == []
    assert told == [(1, 2), (2, 2)]
    assert evaluate_triage(read.__getitem__, []) == TriageReport((), ())


def test_what_was_learned_is_measured_by_itself() -> None:
    """Of the two pairs of a message with a sign and a calm one, the likelihood puts one in order; what it cannot read
    is left out."""
    urgent = {"pus": 0.4, "hives": 0.9, "fine": 0.6, "gracias": None}
    read = {text: None if each is None else Likelihood(each, 0.0, "pus", 1.0) for text, each in urgent.items()}
    messages = [message("1", CLINIC, text="pus"), message("2", CLINIC, text="hives"), message("3", CALM, text="fine")]
    messages.append(message("4", CALM, text="gracias"))

    report = evaluate_triage(lambda text: (assessed(CALM), read[text]), messages)

    assert (report.auroc.value, report.auroc.total) == (0.5, 3)
    assert "AUROC of the likelihood       0.500 (" in report.to_text(errors=False)


def test_the_rules_can_be_measured() -> None:
    messages = [message("1", CLINIC, text="there is pus on my cheek"), message("2", CALM, text="thank you so much")]

    report = evaluate_triage(lambda text: (Triage.load().assess(text), None), messages)

    assert (report.seen, report.false_alarms) == (Share(1, 1), Share(0, 1))


# Thresholds

TRIAGE = Triage.load()
FIRST_CLINIC = next(each.name for each in TRIAGE.signs if each.urgency is CLINIC)
FIRST_EMERGENCY = next(each.name for each in TRIAGE.signs if each.urgency is EMERGENCY)


def told(
    urgent: float,
    emergency: float = 0.0,
    *,
    sure: str | None = None,
    possible: Mapping[str, float] | None = None,
    by_sentence: Mapping[str, float] | None = None,
) -> Told:
    """Make what a message tells; the learned sign is not sure enough to be named."""
    learned = Likelihood(urgent, emergency, FIRST_CLINIC, 0.1)
    return Told(frozenset((sure,) if sure else ()), possible or {}, learned, by_sentence or {})


def chosen(*read: tuple[Urgency, Told]) -> Thresholds:
    messages = [message(f"{number}", urgency, text=f"{number}") for number, (urgency, _) in enumerate(read)]
    return choose_thresholds(lambda text: read[int(text)][1], messages, resamples=0)


def test_of_two_ways_to_see_a_message_the_more_cautious_threshold_stays_low() -> None:
    """The likelihood of the whole is moved first; then the phrase must go on counting, or the message is missed."""
    said = {FIRST_CLINIC: 0.3}
    read = [(CLINIC, told(0.3, possible=said)), (CALM, told(0.3)), (CALM, told(0.0, possible=said))]

    assert chosen(*read) == Thresholds(possible=0.01, sentence=0.01, urgent=0.31, emergency=0.01)


def test_no_single_message_decides() -> None:
    """A miss costs as much as ten false alarms: the eleventh turns the choice around, but not the median of draws."""

    def threshold(calm: int, *, resamples: int) -> float:
        read = [(CLINIC, told(0.02)), *[(CALM, told(0.03))] * calm, *[(CLINIC, told(0.5))] * 9]
        read += [(CALM, told(0.001))] * 20
        messages = [message(f"{number}", urgency, text=f"{number}") for number, (urgency, _) in enumerate(read)]
        return choose_thresholds(lambda text: read[int(text)][1], messages, resamples=resamples).urgent

    assert [threshold(calm, resamples=0) for calm in (10, 11)] == [0.01, 0.04]
    assert [threshold(calm, resamples=25) for calm in (10, 11, 20)] == [0.01, 0.01, 0.04]


def test_the_costs_are_stated_in_false_alarms() -> None:
    assert (MISS_COST, SCARE_COST, LOW_COST, HIGH_COST) == (10.0, 3.0, 8.0, 0.5)


def test_what_can_be_told_apart_is_told_apart_at_the_lowest_thresholds() -> None:
    thresholds = chosen(
        (CALM, told(0.3, 0.1)),
        (CALM, told(0.1, possible={FIRST_CLINIC: 0.2})),
        (CLINIC, told(0.2, 0.15, possible={FIRST_CLINIC: 0.4})),
        (CLINIC, told(0.6, 0.25)),
        (EMERGENCY, told(0.9, 0.8)),
    )

    # Just above what is calm, and above the clinic's messages for an emergency.
    assert thresholds == Thresholds(possible=0.21, sentence=0.01, urgent=0.31, emergency=0.26)


@pytest.mark.parametrize(
    ("calm", "urgent"), [(9, 0.01), (10, 0.01), (11, 0.31)], ids=["fewer", "as costly", "too many"]
)
def test_a_miss_is_worth_ten_false_alarms(calm: int, urgent: float) -> None:
    read = [(CLINIC, told(0.3)), *[(CALM, told(0.3))] * calm]

    assert chosen(*read).urgent == urgent


@pytest.mark.parametrize(
    ("calm", "possible"), [(9, 0.01), (10, 0.01), (11, 0.41)], ids=["fewer", "as costly", "too many"]
)
def test_a_phrase_that_calm_people_use_counts_while_it_costs_less_than_a_miss(calm: int, possible: float) -> None:
    said = told(0.0, possible={FIRST_CLINIC: 0.4})

    assert chosen((CLINIC, said), *[(CALM, said)] * calm).possible == possible


@pytest.mark.parametrize(
    ("calm", "sentence"), [(9, 0.01), (10, 0.01), (11, 0.41)], ids=["fewer", "as costly", "too many"]
)
def test_so_does_one_that_its_sentence_alone_bears_out(calm: int, sentence: float) -> None:
    said = told(0.0, possible={FIRST_CLINIC: 0.0}, by_sentence={FIRST_CLINIC: 0.4})

    assert chosen((CLINIC, said), *[(CALM, said)] * calm).sentence == sentence


@pytest.mark.parametrize(
    ("clinic", "emergency"), [(15, 0.01), (16, 0.01), (17, 0.31)], ids=["fewer", "as costly", "too many"]
)
def test_an_emergency_sent_too_low_is_worth_sixteen_messages_sent_too_high(clinic: int, emergency: float) -> None:
    read = [
        (EMERGENCY, told(0.0, 0.3, sure=FIRST_CLINIC)),
        *[(CLINIC, told(0.0, 0.3, sure=FIRST_CLINIC))] * clinic,
    ]

    assert chosen(*read).emergency == emergency


@pytest.mark.parametrize(
    ("calm", "emergency"), [(7, 0.01), (8, 0.01), (9, 0.31)], ids=["fewer", "as costly", "too many"]
)
def test_three_emergencies_sent_too_low_are_worth_eight_scares(calm: int, emergency: float) -> None:
    read = [*[(EMERGENCY, told(0.0, 0.3, sure=FIRST_CLINIC))] * 3, *[(CALM, told(0.0, 0.3))] * calm]

    assert chosen(*read).emergency == emergency


@pytest.mark.parametrize(
    ("calm", "emergency"), [(3, 0.01), (4, 0.01), (5, 0.31)], ids=["fewer", "as costly", "too many"]
)
def test_a_false_alarm_that_becomes_a_scare_costs_two_more(calm: int, emergency: float) -> None:
    said = told(0.0, 0.3, sure=FIRST_CLINIC)

    assert chosen((EMERGENCY, said), *[(CALM, said)] * calm).emergency == emergency


def test_what_is_sure_is_no_matter_of_thresholds() -> None:
    """A calm message with a sure phrase costs the same at every threshold, so the lowest are taken."""
    assert chosen((CALM, told(0.0, 0.0, sure=FIRST_EMERGENCY))) == Thresholds(0.01, 0.01, 0.01, 0.01)


def test_without_a_learned_likelihood_any_thresholds_do() -> None:
    assert chosen((CLINIC, Told(frozenset(), {FIRST_CLINIC: 1.0}, None))) == Thresholds(0.01, 0.01, 0.01, 0.01)
    assert chosen() == Thresholds(0.01, 0.01, 0.01, 0.01)


def test_each_message_is_read_once() -> None:
    asked: list[str] = []
    progress: list[tuple[int, int]] = []

    def tell(text: str) -> Told:
        asked.append(text)
        return told(0.5)

    messages = [message("1", CALM, text="a"), message("2", CLINIC, text="b")]
    choose_thresholds(tell, messages, progress=lambda done, total: progress.append((done, total)))

    assert asked == ["a", "b"]
    assert progress == [(1, 2), (2, 2)]


def cost_of(thresholds: Thresholds, read: Sequence[tuple[Urgency, Told]]) -> float:
    """Add up the costs as they are stated, by the levels that `Triage.names` gives."""
    levels = {each.name: each.urgency for each in TRIAGE.signs}
    order = [CALM, CLINIC, EMERGENCY]
    costs = {
        (CALM, CLINIC): 1.0,
        (CALM, EMERGENCY): SCARE_COST,
        (CLINIC, CALM): MISS_COST,
        (CLINIC, EMERGENCY): HIGH_COST,
        (EMERGENCY, CALM): MISS_COST,
        (EMERGENCY, CLINIC): LOW_COST,
    }
    total = 0.0
    for labelled, tells in read:
        names = TRIAGE.names(tells, thresholds)
        level = max((levels[name] for name in names), key=order.index, default=CALM)
        total += costs.get((labelled, level), 0.0)
    return total


def test_no_single_threshold_could_be_better() -> None:
    read = [
        (urgency, told(urgent, emergency, possible={FIRST_CLINIC: support} if support else None))
        for urgency, urgent, emergency, support in (
            *((CALM, 0.05 * step, 0.02 * step, 0.03 * step) for step in range(14)),
            *((CLINIC, 0.2 + 0.06 * step, 0.03 * step, 0.0) for step in range(10)),
            *((CLINIC, 0.1, 0.0, 0.1 * step) for step in range(1, 8)),
            *((EMERGENCY, 0.5, 0.1 + 0.08 * step, 0.0) for step in range(8)),
        )
    ]
    best = chosen(*read)

    least = cost_of(best, read)
    assert 0 < least < cost_of(Thresholds(0.5, 0.5, 0.5, 0.5), read)
    for value in (step / 100 for step in range(1, 100)):
        for other in (
            replace(best, possible=value),
            replace(best, sentence=value),
            replace(best, urgent=value),
            replace(best, emergency=value),
        ):
            assert cost_of(other, read) >= least


# Negation

ROWS = (
    ("1", "fever", "The patient has no FEVER today.", "Negated"),
    ("2", "fever", "She denies FEVER.", "Negated"),
    ("3", "fever", "The FEVER is high.", "Negated"),
    ("4", "fever", "He has FEVER and chills.", "Affirmed"),
    ("5", "fever", "There is FEVER since Monday.", "Affirmed"),
    ("6", "fever", "There is no FEVER at all.", "Affirmed"),
    ("7", "fever", "The FEVER is high.", "Affirmed"),
)


def tsv(path: Path, *rows: Sequence[str]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    return path


def test_the_figures_of_hand_labelled_sentences(tmp_path: Path) -> None:
    report = evaluate_negation(tsv(tmp_path / "sentences.tsv", *ROWS))

    assert report.denied_seen == Share(2, 3)
    assert report.denied_rightly == Share(2, 3)
    assert report.affirmed_kept == Share(3, 4)
    assert report.to_text().splitlines() == [
        f"negated, read as denied       {Share(2, 3)}",
        f"read as denied, rightly       {Share(2, 3)}",
        f"affirmed, not read as denied  {Share(3, 4)}",
    ]


def test_further_columns_are_left_alone_and_an_empty_file_has_no_case(tmp_path: Path) -> None:
    more = evaluate_negation(tsv(tmp_path / "more.tsv", *((*row, "note") for row in ROWS)))
    none = evaluate_negation(tsv(tmp_path / "none.tsv"))

    assert more == evaluate_negation(tsv(tmp_path / "sentences.tsv", *ROWS))
    assert (none.denied_seen, none.denied_rightly, none.affirmed_kept) == (Share(0, 0),) * 3


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(("8", "fever", "No FEVER."), id="no label"),
        pytest.param(("8", "fever", "No FEVER.", "negated"), id="label in small letters"),
        pytest.param(("8", "fever", "No FEVER.", "Possible"), id="other label"),
        pytest.param(("8;fever;No FEVER.;Negated",), id="other separator"),
        pytest.param(("",), id="empty line"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, row: tuple[str, ...]) -> None:
    path = tsv(tmp_path / "sentences.tsv", ROWS[0], row, ROWS[1])

    with pytest.raises(QuestionError, match="line 2: give number, finding, sentence") as caught:
        evaluate_negation(path)

    assert str(path) in str(caught.value)


def write_nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(write_nothing, id="absent"),
        pytest.param(lambda path: path.write_bytes(b"1\tfever\tno F\xcaVER\tNegated\n"), id="latin-1"),
        pytest.param(Path.mkdir, id="a folder"),
    ],
)
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path, write: Callable[[Path], object]) -> None:
    path = tmp_path / "sentences.tsv"
    write(path)

    with pytest.raises(QuestionError, match=r"sentences\.tsv cannot be read"):
        evaluate_negation(path)


def test_a_quotation_mark_that_opens_a_sentence_is_a_part_of_it(tmp_path: Path) -> None:
    quoted = ("8", "fever", '"No FEVER, she says.', "Negated")

    report = evaluate_negation(tsv(tmp_path / "sentences.tsv", quoted, *ROWS))

    assert report.denied_seen == Share(3, 4)
