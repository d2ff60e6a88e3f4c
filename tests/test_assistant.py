from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import redness_qa.assistant
import redness_qa.offers
import redness_qa.readers
from assistants import NOT_COVERED, REDNESS, REFER, build_assistant, write_guide
from heads import SIGNS, WORDS, head_for
from redness_qa.answer import Answer, Status
from redness_qa.assistant import MAX_QUOTES, Assistant
from redness_qa.build import build_index
from redness_qa.contacts import Contacts
from redness_qa.decision import Calibration, Logistic
from redness_qa.encoder import GUIDE_MODEL, Encoder, Reading
from redness_qa.errors import Busy, EncoderError, IndexMissing, IndexStale, QuestionError
from redness_qa.readers import models_of
from redness_qa.readings import Readings
from redness_qa.settings import default_corpus, default_index
from redness_qa.testing import WordEncoder
from redness_qa.triage import Thresholds, Told, Triage, Urgency
from redness_qa.triage.signs import SEVERITY
from redness_qa.weights import DECISION, THRESHOLDS
from redness_qa.wording import Wording

WORDING = Wording.load()
DECLINED = (Status.REFER, Status.NOT_COVERED, Status.OFF_TOPIC)
URGENT = "there is pus on my cheek and the pain is severe"
EMERGENCY = "i cannot breathe and my tongue is swelling"

# The same statement twice, once as it stands in sun.md; and a sentence that needs the one before it.
REPEATS = """\
# More

Keep your skin out of direct sun after needling.[^F16]
Keep your skin out of direct sun after needling.[^F16]
Call your clinic if redness comes with swelling, pain or pus.[^F28]

Sunscreen stings some people. This passes within an hour.[^F17]

[^F16]: *More*. A Clinic.
[^F17]: *More*. A Clinic.
[^F28]: *More*. A Clinic.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assistant")
    (write_guide(folder / "corpus") / "more.md").write_text(REPEATS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def assistant(folder: Path) -> Assistant:
    return build_assistant(folder)


@pytest.fixture(scope="module")
def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (folder / "corpus").glob("*.md")}


any_text = st.text(st.characters() | st.characters(categories=["Cs", "Cc"]), min_size=1, max_size=60)
VOCABULARY = (
    "how long does the redness last which sunscreen do i need may take ibuprofen much one session cost skin direct "
    "after needling pus pain severe swelling tongue breathe cannot no not it that clinic 10 days fever hours"
)
words = st.sampled_from(VOCABULARY.split())
asked_words = st.lists(words, min_size=1, max_size=12).map(" ".join)
questions = (asked_words | any_text | st.builds("{} {}".format, asked_words, any_text)).filter(str.strip)


def fixed_messages(assistant: Assistant) -> set[str]:
    advice = (limit.advice for limit in assistant.index.limits if limit.advice)
    return {*WORDING.status.values(), *WORDING.screened.values(), *WORDING.other_languages.values(), *advice}


def signs_named(message: str, urgency: Urgency) -> list[str]:
    """Take a message of urgent advice apart; it must be the fixed advice around labels of signs, and no more."""
    advice = (WORDING.urgency[urgency.value], WORDING.urgency_before[urgency.value])
    parts = [words.split("{signs}") for words in advice]
    before, after = next((before, after) for before, after in parts if message.startswith(before))
    assert message.endswith(after)
    named = message[len(before) : len(message) - len(after)]
    labels = [sign.label for sign in Triage.load().signs]
    found = sorted((label for label in labels if label in named), key=len, reverse=True)
    for label in found:
        named = named.replace(label, "")
    assert set(named.replace(" and ", "")) <= {",", " "}, message
    return found


def assert_promises(answer: Answer, assistant: Assistant, texts: dict[str, str]) -> None:
    assert answer.disclaimer == WORDING.disclaimer
    assert len(answer.quotes) <= MAX_QUOTES == 3
    for quote in answer.quotes:
        assert quote.text == texts[quote.document][quote.start : quote.end] != ""
        assert quote.sources
    for one, other in itertools.combinations(answer.quotes, 2):
        assert one.text != other.text
        assert one.document != other.document or one.end <= other.start or other.end <= one.start
    if answer.urgency is Urgency.ROUTINE:
        assert answer.message in fixed_messages(assistant)
        assert answer.quotes or answer.status in DECLINED
        assert not answer.quotes or answer.status not in (Status.NOT_COVERED, Status.OFF_TOPIC)
    else:
        assert answer.status is Status.REFER
        assert signs_named(answer.message, answer.urgency)


@given(questions, st.none() | questions)
@example("\x00", None)
@example("!", "")
@example("\ud800 how long \udfff", "\udc80")
@example(URGENT, EMERGENCY)
@example("{signs} pus {0}", None)
@settings(max_examples=100, deadline=None)
def test_every_answer_keeps_the_promises(
    assistant: Assistant, texts: dict[str, str], question: str, previous: str | None
) -> None:
    answer = assistant.ask(question, previous=previous)

    assert answer.question == question
    assert_promises(answer, assistant, texts)
    assert assistant.ask(question, previous=previous) == answer


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("how long does the redness last " * 645 + "x" * 5, id="20000 characters of words"),
        pytest.param("x" * 20_000, id="one word of 20000"),
        pytest.param(f"{URGENT}. " * 400 + "x" * 800, id="20000 urgent characters"),
        pytest.param("红肿多久会消退？", id="Chinese"),
        pytest.param("كم يدوم الاحمرار بعد الإبر", id="Arabic"),
        pytest.param("Сколько держится покраснение?", id="Cyrillic"),
        pytest.param("लाली कब तक रहती है", id="Devanagari"),
        pytest.param("😳🔴❓", id="emoji"),
        pytest.param("\x1b[31mhow long\x07\x00", id="control characters"),
        pytest.param("how \u202elong\u2066 does", id="bidi controls"),
        pytest.param("\ud83d how long does the redness last", id="half a surrogate pair"),
        pytest.param("e" + "\u0301" * 500, id="stacked accents"),
        pytest.param("?", id="no word"),
    ],
)
def test_odd_questions_get_an_answer(assistant: Assistant, texts: dict[str, str], question: str) -> None:
    assert_promises(assistant.ask(question), assistant, texts)
    assert_promises(assistant.ask("and that?", previous=question), assistant, texts)


def test_the_long_urgent_question_is_seen_as_urgent(assistant: Assistant) -> None:
    assert assistant.ask("hello there. " * 1500 + URGENT).urgency is Urgency.CONTACT_CLINIC


@pytest.mark.parametrize("question", ["", " ", "\n\t\r", "\u2003\u00a0"])
def test_an_empty_question_is_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError, match="the question is empty"):
        assistant.ask(question)


@pytest.mark.parametrize(
    ("question", "status", "facts"),
    [
        pytest.param("how long does the redness last?", Status.ANSWERED, "F12", id="answered"),
        pytest.param("Which sunscreen do I need", Status.ANSWERED, "F17", id="answered by a question form"),
        pytest.param("may i take ibuprofen tablets tonight", Status.REFER, None, id="refer"),
        pytest.param("how much does one session cost in euros", Status.NOT_COVERED, None, id="not covered"),
        pytest.param("purple dinosaur railway", Status.OFF_TOPIC, None, id="off topic"),
    ],
)
def test_the_status_leads_the_answer(assistant: Assistant, question: str, status: Status, facts: str | None) -> None:
    answer = assistant.ask(question)

    assert (answer.status, answer.urgency) == (status, Urgency.ROUTINE)
    assert [quote.facts for quote in answer.quotes[:1]] == ([(facts,)] if facts else [])
    if status is not Status.REFER:
        assert answer.message == WORDING.status[status.value]


def test_advice_of_a_limit_is_shown_and_without_it_the_fixed_wording(tmp_path: Path, assistant: Assistant) -> None:
    write_guide(
        tmp_path / "corpus",
        refer=REFER.replace("Please ask a pharmacist about your medicine.", '""'),
        **{"not-covered": NOT_COVERED.replace('""', "Prices hang at the door.")},
    )
    other = build_assistant(tmp_path)

    medicine, cost = "may i take ibuprofen tablets tonight", "how much does one session cost in euros"
    assert assistant.ask(medicine).message == "Please ask a pharmacist about your medicine."
    assert other.ask(medicine).message == WORDING.status["refer"]
    assert assistant.ask(cost).message == WORDING.status["not_covered"]
    assert other.ask(cost).message == "Prices hang at the door."
    assert other.ask("purple dinosaur railway").message == WORDING.status["off_topic"]


def test_urgent_messages_are_advised_and_quote_what_the_signs_rest_on(assistant: Assistant) -> None:
    answer = assistant.ask(URGENT)

    assert (answer.status, answer.urgency) == (Status.REFER, Urgency.CONTACT_CLINIC)
    assert [quote.facts for quote in answer.quotes] == [("F28",), ("F29",)]
    assert len(signs_named(answer.message, answer.urgency)) == 2
    assert "cheek" not in answer.message


def test_at_most_three_quotes_stand_under_urgent_advice(tmp_path: Path) -> None:
    advice = (
        "Show pus to your clinic.",
        "Pus can mean an infection.",
        "A doctor treats pus early.",
        "Wipe no pus away.",
    )
    more = "".join(f"{sentence}[^F28]\n" for sentence in advice) + "\n[^F28]: *More*. A Clinic.\n"
    write_guide(tmp_path / "corpus", sun=f"# Pus\n\n{more}")

    assert len(build_assistant(tmp_path).ask(URGENT).quotes) == 3


def test_an_emergency_is_told_to_call_the_emergency_number(assistant: Assistant) -> None:
    answer = assistant.ask(EMERGENCY)

    assert (answer.status, answer.urgency) == (Status.REFER, Urgency.EMERGENCY)
    assert "Call your emergency number now" in answer.message


@given(asked_words, asked_words)
@example("is that normal", URGENT)
@example(URGENT, "no pus no pain, it is better")
@example("no more pus", URGENT)
@settings(max_examples=80, deadline=None)
def test_the_previous_question_never_lowers_the_urgency(assistant: Assistant, question: str, previous: str) -> None:
    alone, after = assistant.ask(question), assistant.ask(question, previous=previous)

    assert SEVERITY[after.urgency] >= SEVERITY[alone.urgency]


def test_the_previous_question_can_raise_the_urgency(assistant: Assistant) -> None:
    assert assistant.ask("is that normal").urgency is Urgency.ROUTINE
    assert assistant.ask("is that normal", previous=URGENT).urgency is Urgency.CONTACT_CLINIC


def test_a_follow_up_is_read_after_the_question_before_it(assistant: Assistant) -> None:
    previous = "which sunscreen do i need"

    assert [quote.facts for quote in assistant.ask("and that one?", previous=previous).quotes[:1]] == [("F17",)]
    alone = assistant.find("how long does the redness last")
    assert assistant.find("how long does the redness last", previous=previous) == alone
    assert assistant.find("and that one?", previous="") == assistant.find("and that one?")


@given(st.text())
def test_a_given_id_is_kept(assistant: Assistant, name: str) -> None:
    assert assistant.ask("how long", id=name).id == name


def test_an_id_is_made_from_question_and_index(assistant: Assistant, tmp_path: Path) -> None:
    write_guide(tmp_path / "corpus")
    other = build_assistant(tmp_path)

    assert assistant.ask("how long").id == assistant.ask("how long", previous="why").id
    assert len({assistant.ask("how long").id, assistant.ask("how long?").id, other.ask("how long").id}) == 3


def test_suggestions_are_questions_of_different_sections(assistant: Assistant) -> None:
    sections = {
        asked: (passage.document, passage.section)
        for passage in assistant.index.passages
        for asked in passage.questions
    }

    suggested = assistant.suggestions()

    assert len({sections[asked] for asked in suggested}) == len(suggested) == len(set(sections.values())) == 4
    assert assistant.suggestions(2) == suggested[:2]
    assert {sections[asked][0] for asked in suggested[:2]} == {"redness.md", "sun.md"}
    assert assistant.suggestions(0) == ()


def test_an_index_without_questions_suggests_nothing_and_still_answers(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = "Redness lasts one day.\n\nPus is a sign of infection and needs a doctor soon.\n"
    (corpus / "web.txt").write_text(text, encoding="utf-8")
    assistant = build_assistant(tmp_path)

    assert assistant.suggestions() == ()
    assert [quote.text for quote in assistant.ask("redness lasts one day?").quotes] == ["Redness lasts one day."]
    urgent = assistant.ask(URGENT)
    assert (urgent.status, urgent.urgency, urgent.quotes) == (Status.REFER, Urgency.CONTACT_CLINIC, ())


def test_a_question_form_of_two_sections_is_suggested_once(tmp_path: Path) -> None:
    sections = (
        f"## {name}\n\n{name} is safe.\n\n### Questions patients ask\n\n- is it safe\n\n" for name in ("Sun", "Sea")
    )
    write_guide(tmp_path / "corpus", sun="# Safety\n\n" + "".join(sections))

    assert build_assistant(tmp_path).suggestions().count("is it safe") == 1


def test_loading_names_a_corpus_that_was_changed_since(tmp_path: Path) -> None:
    corpus = write_guide(tmp_path / "corpus")
    build_assistant(tmp_path)
    (corpus / "redness.md").write_text(REDNESS.replace("mostly", "often"), encoding="utf-8")
    encoder: Encoder = WordEncoder()

    with pytest.raises(IndexStale, match="source texts were changed"):
        Assistant.load(tmp_path / "index", corpus=corpus, encoder=encoder)
    assert Assistant.load(str(tmp_path / "index"), encoder=encoder).ask("how long does the redness last").quotes


def test_loading_refuses_another_model_and_an_empty_place(tmp_path: Path) -> None:
    write_guide(tmp_path / "corpus")
    build_assistant(tmp_path)

    with pytest.raises(IndexStale, match="dimension"):
        Assistant.load(tmp_path / "index", encoder=WordEncoder(dim=32))
    with pytest.raises(IndexMissing):
        Assistant.load(tmp_path / "nothing", encoder=WordEncoder())


# Conversations


def test_every_earlier_message_can_raise_the_urgency(assistant: Assistant) -> None:
    calm = ["hello", "how long does the redness last"]

    assert assistant.ask("is that normal", previous=calm).urgency is Urgency.ROUTINE
    for place in range(3):
        before = [*calm[:place], URGENT, *calm[place:]]
        answer = assistant.ask("is that normal", previous=before)
        assert (answer.status, answer.urgency) == (Status.REFER, Urgency.CONTACT_CLINIC)
        assert [quote.facts for quote in answer.quotes] == [("F28",), ("F29",)]
    assert assistant.ask("hello", previous=[EMERGENCY, *calm]).urgency is Urgency.EMERGENCY


def test_the_advice_says_where_a_sign_was_told_earlier_only(assistant: Assistant) -> None:
    before, after = WORDING.urgency_before["contact_clinic"].split("{signs}")

    earlier = assistant.ask("how long does the redness last", previous=[URGENT, "hello"])
    again = assistant.ask(URGENT, previous=[URGENT, "hello"])

    assert earlier.message.startswith(before)
    assert earlier.message.endswith(after)
    assert again.message == assistant.ask(URGENT).message != earlier.message


def test_one_earlier_message_may_be_given_by_itself(assistant: Assistant) -> None:
    for question, previous in (("is that normal", URGENT), ("and that one?", "which sunscreen do i need"), ("hi", "")):
        assert assistant.ask(question, previous=previous) == assistant.ask(question, previous=[previous])
    assert (
        assistant.ask("how long", previous=None) == assistant.ask("how long", previous=[]) == assistant.ask("how long")
    )


def test_a_follow_up_is_about_the_last_message(assistant: Assistant) -> None:
    before = ["which sunscreen do i need", "how long does the redness last"]

    answer = assistant.ask("and that one?", previous=before)

    assert [quote.facts for quote in answer.quotes[:1]] == [("F12",)]
    assert answer == assistant.ask("and that one?", previous=before[-1])


def test_the_numbers_that_were_set_stand_in_advice_and_disclaimer(folder: Path, assistant: Assistant) -> None:
    contacts = Contacts(emergency_number="112", clinic_telephone="+44 20 7946 0000")
    reached = Assistant.load(folder / "index", encoder=WordEncoder(), contacts=contacts)

    clinic, emergency = reached.ask(URGENT), reached.ask(EMERGENCY)

    assert "(+44 20 7946 0000)" in clinic.message
    assert "Call 112 now" in emergency.message
    for answer in (clinic, emergency, reached.ask("how long does the redness last")):
        assert "(+44 20 7946 0000)" in answer.disclaimer
        assert "call 112" in answer.disclaimer
    assert not any(letter.isdigit() for letter in assistant.ask(URGENT).message)


# What was learned

TAUGHT = SIGNS | {
    "urgency:urgent": "sparks",
    "urgency:emergency": "thunder",
    "sign:pus": "sparks",
    "sign:breathing_trouble": "thunder",
    "fact:F12": "stay",
    "fact:F16": "outside",
    "fact:F17": "spf",
    "fact:F28": "telephone",
    "fact:none": "zebra",
    **{f"kind:{kind}": kind for kind in ("answerable", "partial", "unanswerable", "refer", "offtopic")},
}
"""What the head of these tests knows, each by one word; no rule and no text of the guide has them."""
BARS = Thresholds(possible=0.25, sentence=0.25, urgent=0.75, emergency=0.75)


class Counting(WordEncoder):
    """Counts how often each text is read."""

    def __init__(self) -> None:
        super().__init__(dim=WORDS.dim)
        self.read_texts: Counter[str] = Counter()

    def read(self, question: str) -> Reading:
        self.read_texts[question] += 1
        return super().read(question)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ship a head of words in place of the one that was learned."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for module in (redness_qa.assistant, redness_qa.readers):
        monkeypatch.setattr(module, "shipped_folder", lambda: folder)
    head_for(TAUGHT).save(folder)
    (folder / THRESHOLDS).write_text(json.dumps(BARS.to_json()), encoding="utf-8")
    return folder


@pytest.fixture
def taught(shipped: Path, tmp_path: Path) -> Assistant:
    write_guide(tmp_path / "corpus")
    return build_assistant(tmp_path, encoder=WORDS)


def test_what_was_learned_alone_raises_the_urgency(taught: Assistant, assistant: Assistant) -> None:
    for question, urgency in (
        ("my cheek throws sparks", Urgency.CONTACT_CLINIC),
        ("i hear thunder", Urgency.EMERGENCY),
        ("how long does the redness last", Urgency.ROUTINE),
    ):
        answer = taught.ask(question)
        assert answer.urgency is urgency
        assert assistant.ask(question).urgency is Urgency.ROUTINE
        assert urgency is Urgency.ROUTINE or answer.status is Status.REFER
    assert taught.ask("is that normal", previous=["my cheek throws sparks", "hello"]).urgency is Urgency.CONTACT_CLINIC


def test_what_was_learned_lowers_nothing_that_the_rules_are_sure_of(taught: Assistant) -> None:
    urgencies = {sign.name: sign.urgency for sign in Triage.load().signs}
    for message, urgency in ((URGENT, Urgency.CONTACT_CLINIC), ("i have chest pain", Urgency.EMERGENCY)):
        told = taught.tell(message)
        assert told.learned is not None
        assert told.learned.urgent < 0.01
        assert urgency in {urgencies[name] for name in told.sure}
        assert taught.ask(message).urgency is urgency


def test_what_the_rules_are_not_sure_of_needs_what_was_learned(taught: Assistant, assistant: Assistant) -> None:
    """The head of these tests finds nothing in a message without its words."""
    message = next(
        text for text in ("my cheek is puffy", "i am dizzy", EMERGENCY) if not Triage.load().read(text, None).sure
    )

    assert assistant.ask(message).urgency is not Urgency.ROUTINE
    assert taught.ask(message).urgency is Urgency.ROUTINE
    assert taught.ask(f"{message} and sparks").urgency is assistant.ask(message).urgency


def test_what_a_message_tells_is_told_with_what_was_learned(taught: Assistant, assistant: Assistant) -> None:
    learned = taught.tell("my cheek throws sparks").learned

    assert learned is not None
    assert learned.urgent > 0.9 > 0.1 > learned.emergency
    assert assistant.tell("my cheek throws sparks") == Told(frozenset(), {}, None)
    assert assistant.tell(URGENT) == Triage.load().read(URGENT, None)


def test_a_message_is_read_once_for_its_level_and_for_what_was_learned(shipped: Path, tmp_path: Path) -> None:
    write_guide(tmp_path / "corpus")
    encoder, readings = Counting(), Readings()
    assistant = build_assistant(tmp_path, encoder=encoder)
    encoder.read_texts.clear()

    assistant.assess("my cheek throws sparks", readings=readings)
    assistant.tell("my cheek throws sparks", readings=readings)

    assert encoder.read_texts == {"my cheek throws sparks": 1}


def test_each_text_of_a_turn_is_read_once(shipped: Path, tmp_path: Path) -> None:
    write_guide(tmp_path / "corpus")
    encoder = Counting()
    counted = build_assistant(tmp_path, encoder=encoder)

    counted.ask("how long. does it stay?", previous=["my face. there", "which sunscreen"])
    first = encoder.read_texts.copy()
    counted.ask("how long. does it stay?")

    assert {*first.values()} == {1}
    assert {
        "how long. does it stay?",
        "my face. there",
        "which sunscreen",
        "which sunscreen\nhow long. does it stay?",
        "which sunscreen | how long. does it stay?",
    } <= set(first)
    assert encoder.read_texts["how long. does it stay?"] == 2  # once more in the second turn


def test_slips_are_mended_where_questions_were_learned_from_and_nowhere_else(
    taught: Assistant, assistant: Assistant
) -> None:
    """On another guide a word that is in no list may be its own."""
    for asked, previous in (("otuside", None), ("and outside", "reddness"), ("and otuside", "redness")):
        mended = taught.find(asked, previous=previous)
        plain = taught.find(asked.replace("otuside", "outside"), previous=previous and "redness")
        assert mended == plain

    assert assistant.find("otuside").hits[0].score != assistant.find("outside").hits[0].score


def test_the_facts_that_are_expected_are_preferred(taught: Assistant, assistant: Assistant) -> None:
    assert taught.has_outlook
    evidence = taught.find("outside")

    assert evidence.outlook is not None
    assert max(evidence.outlook.facts, key=evidence.outlook.facts.__getitem__) == "F16"
    assert evidence.hits[0].passage.facts == ("F16",)
    assert not assistant.has_outlook
    assert assistant.find("outside").outlook is None


def test_a_question_is_read_behind_the_one_before_it(taught: Assistant) -> None:
    after = taught.find("and how long", previous="spf")

    assert after == taught.find("spf | and how long")
    assert after.hits[0].passage.facts == ("F17",)
    assert taught.find("and how long", previous="") == taught.find("and how long", previous=None)


def test_the_calibration_beside_the_weights_decides(shipped: Path, taught: Assistant, tmp_path: Path) -> None:
    never, always = Logistic(-9.0), Logistic(9.0)
    questions = ("how long does the redness last", "purple dinosaur railway")
    for name, status in (("right", Status.ANSWERED), ("refer", Status.REFER), ("off_topic", Status.OFF_TOPIC)):
        models = dict.fromkeys(("right", "helpful", "refer", "off_topic"), never) | {name: always}
        (shipped / DECISION).write_text(json.dumps(Calibration(**models).to_json()), encoding="utf-8")

        decided = Assistant.load(tmp_path / "index", encoder=WORDS)

        assert [decided.ask(question).status for question in questions] == [status] * 2
        evidence, decision = decided.decide(questions[0])
        assert (evidence, decision.status) == (decided.find(questions[0]), status)


@pytest.mark.parametrize(
    ("facts", "has_outlook"),
    [
        pytest.param(["F12", "F16", "F17"], True, id="all stated"),
        pytest.param(["F12", "F16", "F17", "F98"], True, id="most"),
        pytest.param(["F12", "F97", "F98", "F99"], False, id="few"),
        pytest.param(["F98", "F99"], False, id="none"),
    ],
)
def test_a_head_of_another_guide_reads_signs_but_expects_no_facts(
    shipped: Path, tmp_path: Path, facts: list[str], *, has_outlook: bool
) -> None:
    signs = {name: word for name, word in TAUGHT.items() if not name.startswith("fact:")}
    head_for(signs | {f"fact:{fact}": fact for fact in (*facts, "none")}).save(shipped)
    (shipped / DECISION).write_text("not to be read where nothing is expected", encoding="utf-8")
    write_guide(tmp_path / "corpus")
    if has_outlook:
        with pytest.raises(EncoderError, match="is no calibration"):
            build_assistant(tmp_path, encoder=WORDS)
        (shipped / DECISION).unlink()

    assistant = build_assistant(tmp_path, encoder=WORDS)

    assert assistant.has_outlook is has_outlook
    assert (assistant.find("how long").outlook is not None) is has_outlook
    assert assistant.ask("my cheek throws sparks").urgency is Urgency.CONTACT_CLINIC


def test_another_model_reads_signs_by_the_rules_alone_and_says_so(
    shipped: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    replace(head_for(TAUGHT), encoder_sha256="f" * 64).save(shipped)
    (shipped / THRESHOLDS).write_text("not to be read where nothing was learned", encoding="utf-8")
    write_guide(tmp_path / "corpus")

    assistant = build_assistant(tmp_path, encoder=WORDS)

    assert caplog.messages == ["nothing was learned about warning signs on word-encoder, so rules alone read them"]
    assert not assistant.has_outlook
    assert assistant.tell("my cheek throws sparks").learned is None
    assert assistant.ask("my cheek throws sparks").urgency is Urgency.ROUTINE
    assert assistant.ask(URGENT).urgency is Urgency.CONTACT_CLINIC


def test_an_index_of_another_model_has_its_signs_read_by_the_one_that_learned_them(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loaded: list[str] = []

    class Other(WordEncoder):
        name = "other"
        weights_sha256 = "f" * 64

    def load(
        name: str, *, weights_sha256: str, folder: Path | None, for_one: bool = False, for_many: bool = True
    ) -> WordEncoder:
        loaded.append(name)
        found = WORDS if name == GUIDE_MODEL else Other()
        assert (found.weights_sha256, folder, for_one, for_many) == (weights_sha256, None, False, False)
        return found

    monkeypatch.setattr(redness_qa.readers, "load_encoder", load)
    build_index(write_guide(tmp_path / "corpus"), tmp_path / "index", encoder=Other())

    assistant = Assistant.load(tmp_path / "index")

    assert loaded == ["other", GUIDE_MODEL]
    assert models_of(assistant.index) == tuple(loaded)
    assert not assistant.has_outlook
    assert assistant.ask("my cheek throws sparks").urgency is Urgency.CONTACT_CLINIC
    assert assistant.find("how long does the redness last").hits[0].passage.facts == ("F12",)
    assert caplog.messages == []


class BusyEncoder(WordEncoder):
    """Has no turn for anybody while it is told to be busy, and counts what it reads."""

    def __init__(self) -> None:
        super().__init__(dim=WORDS.dim)
        self.name, self.weights_sha256 = WORDS.name, WORDS.weights_sha256
        self.is_busy = False
        self.reads = 0

    def read(self, question: str) -> Reading:
        if self.is_busy:
            raise Busy("too many are asking; ask again a little later")
        self.reads += 1
        return super().read(question)


def assistant_for_many(folder: Path, *, encoder: WordEncoder, remembered_answers: int = 10) -> Assistant:
    write_guide(folder / "corpus")
    build_index(folder / "corpus", folder / "index", encoder=encoder)
    return Assistant.load(folder / "index", encoder=encoder, remembered_answers=remembered_answers)


def test_a_repeated_question_is_answered_from_memory_under_its_own_name(tmp_path: Path) -> None:
    encoder = BusyEncoder()
    assistant = assistant_for_many(tmp_path, encoder=encoder)
    first = assistant.ask("how long does the redness last", previous="is it red")
    reads = encoder.reads

    assert assistant.ask("how long does the redness last", previous=["is it red"]) == first
    named = assistant.ask("how long does the redness last", previous="is it red", id="mine")
    assert (named.id, replace(named, id=first.id)) == ("mine", first)
    assert encoder.reads == reads
    assistant.ask("how long does the redness last")
    assert encoder.reads > reads


def test_nothing_is_remembered_unless_asked_for(tmp_path: Path) -> None:
    encoder = BusyEncoder()
    assistant = assistant_for_many(tmp_path, encoder=encoder, remembered_answers=0)
    assistant.ask("how long does the redness last")
    reads = encoder.reads

    assistant.ask("how long does the redness last")

    assert encoder.reads == 2 * reads > 0


def test_when_all_turns_are_taken_a_warning_sign_is_answered_by_the_rules_and_the_rest_is_told(
    shipped: Path, tmp_path: Path
) -> None:
    encoder = BusyEncoder()
    assistant = assistant_for_many(tmp_path, encoder=encoder)
    encoder.is_busy = True

    assert assistant.ask(EMERGENCY).urgency is Urgency.EMERGENCY
    assert assistant.ask("and now?", previous=URGENT).urgency is Urgency.CONTACT_CLINIC
    with pytest.raises(Busy):
        assistant.ask("how long does the redness last")
    with pytest.raises(Busy):
        assistant.ask("my cheek throws sparks")

    encoder.is_busy = False
    assert assistant.ask("my cheek throws sparks").urgency is Urgency.CONTACT_CLINIC
    assert assistant.ask("how long does the redness last").quotes


def test_a_learned_sign_that_the_table_no_longer_has_is_told_unnamed(shipped: Path, tmp_path: Path) -> None:
    """Whoever renames a sign in signs.yaml does not train anew; a patient's message must be answered all the same."""
    head_for(TAUGHT | {"sign:pus": "zebra", "sign:of_old": "sparks"}).save(shipped)
    write_guide(tmp_path / "corpus")

    assert build_assistant(tmp_path, encoder=WORDS).ask("my cheek throws sparks").urgency is Urgency.CONTACT_CLINIC


# What is shipped


@pytest.fixture(scope="module")
def shipped_assistant() -> Assistant:
    return Assistant.load(default_index(), corpus=default_corpus())


PLAIN_EMERGENCIES = (
    "I can't breathe",
    "my tongue is swelling",
    "my lips are swollen",
    "I fainted today",
    "I have chest pain",
)


@pytest.mark.model
@pytest.mark.parametrize("emergency", PLAIN_EMERGENCIES)
@pytest.mark.parametrize(
    "around",
    ["{}", "{}!!! what do i do", "Thank you, all went well yesterday and my skin feels smooth. {}", "{}. is that ok?"],
    ids=["alone", "asking", "after calm words", "doubting"],
)
def test_plain_emergencies_are_seen_by_what_is_shipped(
    shipped_assistant: Assistant, emergency: str, around: str
) -> None:
    assert shipped_assistant.assess(around.format(emergency)).urgency is Urgency.EMERGENCY


@pytest.mark.model
def test_the_shipped_guide_is_the_one_that_was_learned_on(
    shipped_assistant: Assistant, caplog: pytest.LogCaptureFixture
) -> None:
    assert shipped_assistant.has_outlook
    # Several facts answer this one, so whether it is likely enough to be called answered is a near thing.
    answer = shipped_assistant.ask("how long will my face stay red")
    assert answer.status in (Status.ANSWERED, Status.PARTIAL)
    assert "F12" in answer.quotes[0].facts
    answer = shipped_assistant.ask("when can i wear make-up again")
    assert (answer.status, answer.urgency) == (Status.ANSWERED, Urgency.ROUTINE)
    assert "X36" in answer.quotes[0].facts
    assert caplog.messages == []


@pytest.mark.parametrize("question", ["how much does one session cost", "may i take ibuprofen tablets"])
def test_the_nearest_questions_are_answered_by_the_guide(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)

    assert answer.status is not Status.ANSWERED
    assert len(answer.nearest) == len(set(answer.nearest)) <= 3
    quoted = {quote.text for quote in answer.quotes}
    for asked in answer.nearest:
        own = assistant.ask(asked)
        assert own.status in (Status.ANSWERED, Status.PARTIAL)
        assert own.urgency is Urgency.ROUTINE
        assert not {quote.text for quote in own.quotes[:1]} <= quoted


def test_what_is_near_enough_is_offered(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "which sunscreen costs how much in euros for one session"
    assert assistant.ask(question).nearest == ()

    monkeypatch.setattr(redness_qa.offers, "NEAR", 0.1)
    assert "which sunscreen do i need" in assistant.ask(question).nearest


@pytest.mark.parametrize("question", ["how long does the redness last", URGENT, "hello", "hola, que tal estas hoy"])
def test_nothing_is_near_where_it_was_answered_or_no_question(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).nearest == ()


def test_spanish_is_spoken_where_it_is_asked_for(assistant: Assistant) -> None:
    spanish = WORDING.in_language("es")

    answer = assistant.ask("how long does the redness last", language="es")
    assert (answer.message, answer.disclaimer, answer.language) == (
        spanish.status["answered"],
        spanish.disclaimer,
        "es",
    )
    assert answer.quotes == assistant.ask("how long does the redness last").quotes
    assert assistant.ask("may i take ibuprofen tablets tonight", language="es").message == (
        f"{spanish.status['refer']}\n\nPlease ask a pharmacist about your medicine."
    )
    urgent = assistant.ask("there is pus on my cheek", language="es").message
    assert urgent == spanish.urgency["contact_clinic"].format(signs="pus o supuración")
    assert " y " in assistant.ask(URGENT, language="es").message.split(".")[0]


def test_urgent_advice_is_given_in_the_language_of_the_message_too(assistant: Assistant) -> None:
    answer = assistant.ask("no puedo respirar y tengo la lengua hinchada, ayuda por favor")
    english, _, spanish = answer.message.partition("\n\n")

    assert answer.urgency is Urgency.EMERGENCY
    assert english.startswith("You wrote about trouble breathing")
    assert spanish.startswith("Ha escrito sobre: dificultad para respirar")
    assert "\n\n" not in assistant.ask("no puedo respirar", language="es").message


def test_an_unknown_language_is_refused(assistant: Assistant) -> None:
    with pytest.raises(FileNotFoundError):
        assistant.ask("how long does the redness last", language="tlh")
