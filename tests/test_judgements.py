from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lessons import said
from redness_qa.errors import QuestionError
from redness_qa.judgements import UNLABELLED, Judgement, load_judgements, packed, text_key, wanted
from redness_qa.messages import LabelledMessage
from redness_qa.triage import Urgency

PUS = said("a bit of pus", Urgency.CONTACT_CLINIC, "pus")
BREATH = said("no air", Urgency.EMERGENCY, "breathing_trouble")


@pytest.mark.parametrize(
    ("message", "levels"), [(said("all is well"), (0.01, 0.01)), (PUS, (0.99, 0.01)), (BREATH, (0.99, 0.99))]
)
def test_a_label_alone_is_nearly_sure(message: LabelledMessage, levels: tuple[float, float]) -> None:
    assert wanted(message, {}) == pytest.approx(levels)


def test_a_judgement_counts_as_much_as_a_label() -> None:
    judgements = {text_key(PUS.message): Judgement(0.5, 0.2)}

    assert wanted(PUS, judgements) == pytest.approx(((0.99 + 0.5) / 2, (0.01 + 0.2) / 2))
    assert wanted(BREATH, judgements) == pytest.approx((0.99, 0.99))


def test_a_text_that_nobody_labelled_is_what_it_was_judged_to_be() -> None:
    text = said("no air, all is well", sort=UNLABELLED)

    assert wanted(text, {text_key(text.message): Judgement(0.7, 0.6)}) == (0.7, 0.6)
    with pytest.raises(QuestionError, match="no judgement of the text 'no air, all is well'"):
        wanted(text, {})


def test_judgements_are_read_as_they_were_written_whatever_their_order(tmp_path: Path) -> None:
    judged = [("a bit of pus", Judgement(0.9, 0.1)), ("no air", Judgement(1.0, 0.999)), ("fine", Judgement(0.0, 0.0))]
    path = tmp_path / "judged.csv.gz"

    path.write_bytes(packed(judged))

    assert packed(reversed(judged)) == path.read_bytes()
    read = load_judgements(path)
    assert set(read) == {text_key(text) for text, _ in judged}
    for text, judgement in judged:
        found = read[text_key(text)]
        assert (found.urgent, found.emergency) == pytest.approx((judgement.urgent, judgement.emergency), abs=0.015)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    packed_texts = packed([("the one", Judgement(0.9, 0.1)), ("the other", Judgement(0.2, 0.1))])
    path = tmp_path / "judged.csv.gz"
    path.write_bytes(packed_texts[:12] + bytes(byte ^ 0xFF for byte in packed_texts[12:30]) + packed_texts[30:])

    with pytest.raises(QuestionError, match=r"judged\.csv\.gz holds no judgements .*`redness-qa judge-signs`"):
        load_judgements(path)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"text,urgent\nabc,1\n",
        b"text,urgent,emergency\nabc,1\n",
        b"text,urgent,emergency\nabc,1,2,3\n",
        b"text,urgent,emergency\na,b,c\n",
        b"text,urgent,emergency\na,nan,0\n",
        b"text,urgent,emergency\na,-800,0\n",
    ],
)
def test_another_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "judged.csv.gz"
    if content is not None:
        path.write_bytes(gzip.compress(content) if content else content)

    with pytest.raises(QuestionError, match=r"judged\.csv\.gz holds no judgements .*`redness-qa judge-signs`"):
        load_judgements(path)
