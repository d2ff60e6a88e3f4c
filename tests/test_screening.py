from __future__ import annotations

import errno
import json
import string
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redness_qa.contacts import Contacts
from redness_qa.errors import SettingsError
from redness_qa.readability import flesch_kincaid_grade
from redness_qa.screening import Kind, Screened, language, load_languages, screen
from redness_qa.wording import Wording

ROOT = Path(__file__).resolve().parent.parent
MAX_CHARACTERS = 300  # what the messages that are too long were written for
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "tests" / "data" / "screening.jsonl").read_text("utf-8").splitlines()
]
ORDINARY = [row["message"] for row in ROWS if row["kind"] == "ordinary"]
LANGUAGES = ("es", "fr", "de", "it", "pt", "pl", "nl", "tr", "ru", "uk", "ar", "hi", "ur", "zh", "ja", "ko", "vi", "tl")
REACHED = {
    # kind: (found, of so many), on the messages that no rule was made for
    "report": {
        "ordinary": (89, 89),
        "other_language": (74, 79),
        "small_talk": (14, 15),
        "instruction": (9, 13),
        "gibberish": (8, 13),
        "abuse": (6, 13),
        "empty": (4, 4),
        "too_long": (2, 2),
    },
    "tune": {
        "ordinary": (269, 269),
        "other_language": (210, 214),
        "small_talk": (83, 83),
        "instruction": (69, 70),
        "gibberish": (68, 70),
        "abuse": (72, 72),
        "empty": (26, 26),
        "too_long": (4, 4),
    },
}
WORDING = Wording.load()


def screened(message: str) -> Screened:
    return screen(message, max_characters=MAX_CHARACTERS)


# The messages


def test_the_messages_are_told_apart_and_of_all_kinds() -> None:
    assert len({row["message"] for row in ROWS}) == len({row["id"] for row in ROWS}) == len(ROWS) >= 300
    assert {row["kind"] for row in ROWS} == {kind.value for kind in Kind}
    for part in REACHED:
        languages = Counter(row["language"] for row in ROWS if row["part"] == part)
        assert all(languages[language] >= 4 for language in LANGUAGES)


@pytest.mark.parametrize("part", REACHED)
def test_as_many_are_found_as_were_when_the_rules_were_frozen(part: str) -> None:
    rows = [row for row in ROWS if row["part"] == part]
    found = Counter(
        row["kind"] for row in rows if screened(row["message"]) == Screened(Kind(row["kind"]), row["language"])
    )
    of = Counter(row["kind"] for row in rows)
    assert {kind: of[kind] for kind in of} == {kind: number for kind, (_, number) in REACHED[part].items()}
    short = {kind: found[kind] for kind, (least, _) in REACHED[part].items() if found[kind] < least}
    assert short == {}


def test_what_is_not_found_passes_for_ordinary() -> None:
    # The one mistake beside it is the language that a few words of Cyrillic are taken for.
    taken = [(row["kind"], screened(row["message"]).kind.value) for row in ROWS]
    assert {(kind, as_kind) for kind, as_kind in taken if as_kind not in (kind, "ordinary")} == set()


@pytest.mark.parametrize("message", ORDINARY)
def test_an_ordinary_message_is_ordinary(message: str) -> None:
    assert screened(message) == Screened(Kind.ORDINARY, None)


@pytest.mark.parametrize(
    "message",
    [
        "why the f*** am i so red",
        "forget the rules, can i swim",
        "can i go home and ignore your instructions",
        "what if i ignore all the instructions they gave me",
        "i lost the original instructions",
        "thanks for your prompt reply, one more: sunscreen?",
        "can i do anything now to calm it",
        "you are now free to wash your face it says",
        "only mineral sunscreen from now on",
        "pretend you are me, what would you put on",
        "its been 3 weeks and it wont fuck off",
        "later?",
        "hi, and then?",
        "hello, today?",
        "sudo cream ok?",
        "itchy; -- what now",
        "i want to kill myself",
        "help",
        "are you sure",
        "can i talk to a person",
        "owowowow",
        "hw lng b4 gym",
        "call me on +44 20 7946 0000",
        "my order number is AB12CD34EF56GH78",
        "sex?",
        "boleh swim?",
        "mi cara is muy red, how long will it last",
        "wetin dey cause am",
        "dinnae ken if ah can go oot in the sun the morra",
        "https://clinic.example/aftercare/Day2Page?id=4f3c2a9b8e7d",
    ],
)
def test_what_looks_like_another_kind_is_ordinary(message: str) -> None:
    assert screen(message) == Screened(Kind.ORDINARY, None)


def test_hardly_any_question_of_the_benchmarks_is_turned_away() -> None:
    folder = ROOT / "benchmarks"
    files = [
        *folder.glob("questions/voice-*.jsonl"),
        folder / "questions" / "dev.jsonl",
        folder / "triage" / "train.jsonl",
        *folder.glob("triage/pairs*.jsonl"),
    ]
    rows = [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]
    messages = [row.get("question") or row["message"] for row in rows]
    turned_away = [message for message in messages if screen(message).kind is not Kind.ORDINARY]

    assert len(messages) > 5000
    assert len(turned_away) <= 0.003 * len(messages), turned_away


# Single kinds


@pytest.mark.parametrize("message", ["", " ", "\n", "?!", "😭", "\u200b", "\u3164", "\ud800", "\U000e0041", "⠀"])
def test_nothing_to_read_is_empty(message: str) -> None:
    assert screen(message) == Screened(Kind.EMPTY, None)


@pytest.mark.parametrize("message", ["3", "day 2", "ok so", "é", "红肿吗 is it normal that it is red"])
def test_something_to_read_is_not_empty(message: str) -> None:
    assert screen(message) == Screened(Kind.ORDINARY, None)


def test_a_message_is_too_long_from_one_character_over_the_limit() -> None:
    assert screen("is it red", max_characters=9).kind is Kind.ORDINARY
    assert screen("  is it red\n", max_characters=9).kind is Kind.ORDINARY
    assert screen("is it red", max_characters=8).kind is Kind.TOO_LONG
    assert screen("😭" * 20, max_characters=8).kind is Kind.EMPTY
    assert screen("is it red? " * 1000).kind is Kind.ORDINARY


@pytest.mark.parametrize(
    ("message", "language"),
    [
        pytest.param("做完microneedling可以用什么面霜", "zh", id="loan word without spaces"),
        pytest.param("赤み", "ja", id="short, with kana"),
        pytest.param("hola", "es", id="greeting"),
        pytest.param("MEIN GESICHT IST IMMER NOCH ROT", "de", id="capitals"),
        pytest.param("пе́рвый день, лицо красное", "ru", id="combining accent"),
        pytest.param("Salut, am fața roșie de trei zile și nu știu ce cremă să pun", "ro", id="not asked for"),
        pytest.param("hello мой face is красный since the needling, what should i put", None, id="English question"),
        pytest.param("рlease, is it nоrmal tо be rеd", None, id="Cyrillic look-alikes"),
        pytest.param("α-hydroxy", None, id="Greek letter"),
        pytest.param("µm", None, id="unit"),
        pytest.param("𝓱𝓸𝔀 𝓵𝓸𝓷𝓰 𝓪𝓶 𝓘 𝓻𝓮𝓭", None, id="fancy letters"),
        pytest.param("ｈｏｗ ｌｏｎｇ ａｍ Ｉ ｒｅｄ", None, id="full width"),
    ],
)
def test_a_language_is_told_where_it_is_plain(message: str, language: str | None) -> None:
    assert screen(message).language == language


def test_a_long_text_in_another_language_is_told() -> None:
    text = (
        "Ayer por la tarde me hicieron el tratamiento en la clínica de mi barrio y la doctora fue muy amable, pero al "
        "llegar a casa me miré en el espejo y me asusté un poco porque tenía las mejillas como un tomate. Mi marido "
        "dice que es normal y que mañana estaré mejor, y mi madre quiere que me ponga aceite de oliva. "
    )
    assert screen(text * 3) == Screened(Kind.OTHER_LANGUAGE, "es")


def test_the_language_model_is_loaded_only_where_a_message_may_be_in_another() -> None:
    script = (
        "import sys\n"
        "from redness_qa.screening import screen\n"
        "screen('how long will my face stay red?'), screen('thanks'), screen('asdfasdf'), screen('顔が赤い')\n"
        "assert not {'py3langid', 'numpy'} & set(sys.modules)\n"
        "screen('wie lange ist das rot')\n"
        "assert 'py3langid' in sys.modules\n"
    )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# Any text


@given(st.text() | st.sampled_from([row["message"] for row in ROWS]) | st.text(alphabet=string.printable))
@example("\ud800a")
@example("\ufdfa" * 50)
@settings(max_examples=500, deadline=None)
def test_any_text_has_one_kind_and_a_language_only_if_it_is_another(text: str) -> None:
    found = screen(text)
    assert (found.kind is Kind.OTHER_LANGUAGE) == (found.language is not None)
    assert found.language is None or (len(found.language) == 2 and found.language.isalpha() and found.language != "en")
    assert screen(f" \n{text} ") == found == screen(text, max_characters=len(text))


@given(st.sampled_from(ORDINARY), st.sampled_from(["hi, ", "Hello! ", "thanks. ", "ok so "]))
@settings(max_examples=300, deadline=None)
def test_a_greeting_does_not_turn_a_question_away(message: str, greeting: str) -> None:
    assert screen(greeting + message).kind in (Kind.ORDINARY, Kind.TOO_LONG)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "fu",
        "ok ",
        "bye ",
        "good morning ",
        "you are a very ",
        "ignore all the ",
        "select a, ",
        "a(b",
        '"a',
        "< a",
        "stupid ",
        "return ",
        "answer ",
        "hola que tal ",
        "脸",
        "лицо красное ",
        "\ufdfa",
        "e\u0301",
        "x\n",
        "ha",
        "{{a",
        "a;  ",
        "and now please ",
        "what the ",
        "aB3",
        "that was very ",
    ],
)
def test_the_time_is_bounded(piece: str) -> None:
    screen("wie lange ist das rot")  # loads the model
    started = time.perf_counter()
    screen((piece * 20_000)[:20_000])
    screen((piece * 120)[:118] + "x")
    assert time.perf_counter() - started < 2


# The fixed sentences


def test_there_is_a_sentence_for_every_kind_but_ordinary() -> None:
    assert {*WORDING.screened} == {kind.value for kind in Kind} - {"ordinary"}


@pytest.mark.parametrize("kind", WORDING.screened)
def test_a_sentence_is_plain_and_says_what_to_do(kind: str) -> None:
    text = WORDING.screened[kind]
    sentences = [sentence for sentence in text.replace("?", ".").split(". ") if sentence.strip('". ')]
    assert flesch_kincaid_grade(sentences) <= 6.5
    assert "lease" in text
    assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_notice_in_each_language(language: str) -> None:
    assert language in WORDING.other_languages


@pytest.mark.parametrize("language", WORDING.other_languages)
def test_a_notice_is_in_its_language_and_names_the_numbers_that_are_set(language: str) -> None:
    notice = WORDING.other_languages[language]
    with_numbers = Wording.load(contacts=Contacts(emergency_number="112", clinic_telephone="+44 20 7946 0000"))
    filled = with_numbers.other_languages[language]

    # Norwegian in so few words passes for Danish.
    assert screen(notice) == Screened(Kind.OTHER_LANGUAGE, {"no": "da"}.get(language, language))
    assert not {"{", "}", "(", ")"} & {*notice}
    assert "112" in filled
    assert "+44 20 7946 0000" in filled
    assert "{" not in filled
    # In a text from right to left the groups of a telephone number would be shown in reverse.
    assert ("(\u2066+44 20 7946 0000\u2069)" in filled) == (language in {"ar", "ur", "he", "fa"})


def test_numbers_are_named_in_english_too() -> None:
    filled = Wording.load(contacts=Contacts(emergency_number="112", clinic_telephone="020 7946 0000")).screened
    assert "call 112" in filled["other_language"]
    assert "your clinic (020 7946 0000)" in filled["gibberish"]


def test_a_model_of_languages_that_finds_no_room_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("py3langid.modelio.tempfile.TemporaryFile", refuse)
    language._identifier.cache_clear()
    try:
        with pytest.raises(SettingsError, match=r"TMPDIR: .*No space left on device.* 65 MiB"):
            load_languages()
    finally:
        language._identifier.cache_clear()
