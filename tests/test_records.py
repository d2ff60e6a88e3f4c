from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering import Canned
from redness_qa.errors import StoreError
from redness_qa.records import Record, Store, redact
from redness_qa.records.redaction import ordinary_words
from redness_qa.records.store import FILE_NAME

DATA = Path(__file__).parent / "data"
CASES = [json.loads(line) for line in (DATA / "redaction.jsonl").read_text(encoding="utf-8").splitlines()]
BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
NOON = datetime(2026, 3, 10, 12, 34, tzinfo=timezone.utc)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:40].encode("ascii", "replace").decode())
def test_what_tells_who_asked_is_left_out_and_the_question_stays(case: dict[str, list[str]]) -> None:
    redacted = redact(str(case["text"]))

    assert [part for part in case["hidden"] if part.lower() in redacted.lower()] == []
    assert [part for part in case["kept"] if part.lower() not in redacted.lower()] == []


FORMATS = [
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
]


def test_telephone_numbers_of_all_countries_are_left_out() -> None:
    seen = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if number is None:
            continue
        for form in FORMATS:
            written = phonenumbers.format_number(number, form)
            redacted = redact(f"please call {written} about my red face")
            assert sum(mark.isdigit() for mark in redacted) == 0, (region, written, redacted)
            assert redacted.endswith("about my red face")
            seen += 1
    assert seen > 900


@given(
    local=st.from_regex(r"[A-Za-z0-9._%+-]{1,20}", fullmatch=True),
    host=st.from_regex(r"[a-z0-9-]{1,12}(\.[a-z]{2,6}){1,2}", fullmatch=True),
)
def test_no_mail_address_stays(local: str, host: str) -> None:
    assert redact(f"write to {local}@{host} please") == "write to [e-mail] please"


@given(
    born=st.dates(min_value=date(1900, 1, 1)),
    form=st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%y", "%m/%d/%y", "%d %B %Y", "%B %d, %Y"]),
)
def test_no_date_of_birth_stays(born: date, form: str) -> None:
    redacted = redact(f"born {born.strftime(form)} and red")

    assert sum(mark.isdigit() for mark in redacted) == 0
    assert redacted.endswith("and red")


@given(text=st.text(max_size=200))
def test_only_ordinary_words_small_numbers_and_marks_stay(text: str) -> None:
    redacted = redact(text)

    for token in redacted.replace("[", " [").replace("]", "] ").split():
        if not token.startswith("["):
            for word in "".join(mark if mark.isalpha() else " " for mark in token).split():
                assert word.lower() in ordinary_words()
            assert all(len(digits) <= 3 for digits in "".join(m if m.isdigit() else " " for m in token).split())
    assert redact(redacted).count("[") >= 0


def test_ordinary_words_are_the_ones_that_are_made() -> None:
    made = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BENCHMARKS / "ordinary_words.py")], capture_output=True, text=True, check=True
    ).stdout

    listed = frozenset(word for line in made.splitlines() if not line.startswith("#") for word in line.split())
    assert len(listed ^ ordinary_words()) < len(listed) / 5, "run benchmarks/ordinary_words.py again"
    assert not {"rose", "london", "anna", "smith", "mary", "james"} & ordinary_words()


def test_most_words_of_unseen_questions_stay() -> None:
    lines = (BENCHMARKS / "questions" / "report-r.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]

    words = sum(len(question.split()) for question in questions)
    lost = sum(redact(question).count("[") for question in questions)

    assert lost / words < 0.08


def test_a_question_is_kept_without_what_tells_who_asked(tmp_path: Path) -> None:
    store = Store(tmp_path / "kept", days=7)

    store.keep(Canned().ask("My name is Anna Kowalska, 07700 900123. How long?"), door="page", now=NOON)

    assert store.records() == [
        Record(
            id=1,
            asked_at="2026-03-10T12:00Z",
            door="page",
            question="[name], [number]. How long?",
            status="answered",
            urgency="routine",
            facts=("F12",),
        )
    ]
    for path in (tmp_path / "kept").iterdir():
        assert b"Kowalska" not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700


def test_a_question_is_deleted_on_time_and_wiped(tmp_path: Path) -> None:
    store = Store(tmp_path, days=7)
    store.keep(Canned().ask("How long does the swelling last?"), door="page", now=NOON)
    store.keep(Canned().ask("Is it normal to itch?"), door="api", now=NOON + timedelta(days=1))

    assert store.delete_expired(now=NOON + timedelta(days=7)) == 0
    assert store.delete_expired(now=NOON + timedelta(days=7, hours=1)) == 1
    assert [record.question for record in store.records()] == ["Is it normal to itch?"]
    assert b"swelling" not in (tmp_path / FILE_NAME).read_bytes()


def test_one_question_or_all_are_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path, days=7)
    for _ in range(3):
        store.keep(Canned().ask("How long?"), door="page")

    assert (store.delete(id=2), store.delete(id=2)) == (1, 0)
    assert [record.id for record in store.records()] == [1, 3]
    assert store.delete() == 2
    assert store.records() == []


def test_many_threads_and_stores_keep_at_once(tmp_path: Path) -> None:
    stores = [Store(tmp_path, days=7) for _ in range(3)]
    answer = Canned().ask("How long?")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: stores[number % 3].keep(answer, door="page"), range(30)))

    assert len(stores[0].records()) == 30


def test_a_damaged_file_and_a_bad_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 200)
    with pytest.raises(StoreError, match=FILE_NAME):
        Store(tmp_path, days=7)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        Store(tmp_path / "file", days=7)


def test_the_file_is_sound_sqlite(tmp_path: Path) -> None:
    Store(tmp_path, days=7).keep(Canned().ask("How long?"), door="page")

    connection = sqlite3.connect(tmp_path / FILE_NAME)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
