from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from redness_qa.encoder import Encoder, SentenceEncoder
from redness_qa.errors import IndexStale
from redness_qa.index import Index, row_texts
from redness_qa.lexical import Bm25, word_counts
from redness_qa.manifest import Manifest
from redness_qa.passages import Limit, LimitKind, Passage, Source
from redness_qa.readings import Outlook
from redness_qa.retriever import Evidence, Retriever
from redness_qa.testing import WordEncoder
from redness_qa.vectors import FloatMatrix

HALF_PRECISION = 5e-4  # in a cosine of a stored vector
WORDS = WordEncoder(dim=256)
"""Wide enough that texts without a shared word hardly resemble each other."""


def passages_of(
    *texts: str,
    facts: Sequence[tuple[str, ...]] = (),
    contexts: Sequence[str] = (),
    questions: Sequence[tuple[str, ...]] = (),
) -> list[Passage]:
    """Make passages of one document that do not overlap; what is not given for one is empty."""
    return [
        Passage(
            id=f"{number}",
            document="guide.md",
            section="Section",
            text=text,
            start=1000 * number,
            end=1000 * number + len(text),
            facts=facts[number] if facts else (),
            sources=(Source("Guide", ""),),
            context=contexts[number] if contexts else "",
            questions=questions[number] if questions else (),
        )
        for number, text in enumerate(texts)
    ]


def retriever_of(
    passages: list[Passage], *, limits: tuple[Limit, ...] = (), encoder: Encoder = WORDS, words_share: float = 0.0
) -> Retriever:
    texts = row_texts(passages, limits)
    rows = [encoder.encode_passages(texts.passages), encoder.encode_questions(texts.questions)]
    vectors = np.concatenate([*rows, encoder.encode_passages(texts.statements)])
    manifest = Manifest(
        encoder=encoder.name,
        weights_sha256=encoder.weights_sha256,
        dim=encoder.dim,
        chunking={},
        corpus_fingerprint="",
        documents={},
        passages=len(passages),
        rows=len(vectors),
        search={"method": "flat"},
        background_mean=0.0,
        background_deviation=1.0,
        versions={},
        files={},
    )
    return Retriever(encoder, Index(passages, limits, vectors, manifest), words_share=words_share)


def texts_of(evidence: Evidence) -> list[str]:
    assert [hit.rank for hit in evidence.hits] == list(range(1, len(evidence.hits) + 1))
    scores = [hit.score for hit in evidence.hits]
    assert scores == sorted(scores, reverse=True)
    return [hit.passage.text for hit in evidence.hits]


class OtherWeights(WordEncoder):
    weights_sha256 = "f" * 64


@pytest.mark.parametrize(
    ("encoder", "told"),
    [
        pytest.param(WordEncoder(dim=32), "dimension 64, the model 'word-encoder' has 32", id="dimension"),
        pytest.param(OtherWeights(), "weights [0-9a-f]{64}, the model 'word-encoder' has f{64}", id="weights"),
    ],
)
def test_refuses_another_encoder(guide_index: Index, encoder: Encoder, told: str) -> None:
    with pytest.raises(IndexStale, match=f"built with {told}.*Build it again"):
        Retriever(encoder, guide_index)


def test_the_same_weights_under_another_name_will_do(guide_index: Index) -> None:
    encoder = WordEncoder()
    encoder.name = "/models/copy"
    assert Retriever(encoder, guide_index).find("sun", k=1).hits[0].passage.document == "aftercare.md"


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("can i go in the sun", "F4"),
        ("how long will i be red", "F1"),
        ("what cools the skin down", "F5"),
        ("Sensitive skin stays red for longer than other skin.", "F3"),
        ("pus on my skin", "F6"),
    ],
)
def test_finds_by_question_form_and_by_text(guide_index: Index, question: str, fact: str) -> None:
    found = Retriever(WordEncoder(), guide_index).find(question, k=3)
    assert fact in found.hits[0].passage.facts
    assert len(texts_of(found)) == 3


@pytest.mark.parametrize("question", ["", " ", "?!", "皮肤发红", "x" * 10_000, "\0"], ids=ascii)
def test_any_text_is_a_question(guide_index: Index, question: str) -> None:
    assert len(Retriever(WordEncoder(), guide_index).find(question, k=3).hits) == 3


def test_k_below_one_is_a_mistake(guide_index: Index) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        Retriever(WordEncoder(), guide_index).find("sun", k=0)


FOUR_WORDINGS = [
    "Redness after the treatment is normal and temporary.",
    "Temporary redness is normal after the treatment.",
    "After the treatment, temporary redness is normal and expected.",
    "It is normal that redness after the treatment is temporary.",
]
OTHERS = ["Call the clinic about pus.", "Sun makes skin burn faster.", "A cold cloth soothes."]


def test_four_wordings_of_one_statement_take_one_place() -> None:
    found = retriever_of(passages_of(*FOUR_WORDINGS, *OTHERS)).find("is redness after the treatment normal", k=4)
    texts = texts_of(found)
    assert len(set(texts) & set(FOUR_WORDINGS)) == 1
    assert texts[0] in FOUR_WORDINGS
    assert set(texts[1:]) == set(OTHERS)


def test_a_statement_told_many_times_leaves_room_for_others() -> None:
    texts = [*itertools.repeat(FOUR_WORDINGS[0], 60), *OTHERS]
    found = retriever_of(passages_of(*texts)).find(FOUR_WORDINGS[0], k=4)
    assert texts_of(found)[0] == FOUR_WORDINGS[0]
    assert set(texts_of(found)[1:]) == set(OTHERS)


def test_fewer_statements_than_k_give_fewer_hits() -> None:
    found = retriever_of(passages_of(*FOUR_WORDINGS, OTHERS[0])).find("is redness normal", k=5)
    assert len(found.hits) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Redness is gone within 24 hours.", "Redness is gone within 48 hours.", id="hours"),
        pytest.param("Redness is gone within 24 hours.", "Redness is gone within 24 days.", id="units"),
        pytest.param("Redness lasts two days.", "Redness lasts three days.", id="numbers in words"),
        pytest.param("Use SPF 30 or more.", "Use SPF 50 or more.", id="factor"),
        pytest.param("Needles are 1.5 mm long.", "Needles are 2.5 mm long.", id="decimals"),
        pytest.param("Wear make-up on that day.", "Never wear make-up on that day.", id="never"),
        pytest.param("You may wear make-up on the day.", "You may not wear make-up on the day.", id="not"),
        pytest.param("Do rub the skin with scrubs.", "Don't rub the skin with scrubs.", id="don't"),
        pytest.param("Do rub the skin with scrubs.", "Don’t rub the skin with scrubs.", id="typographic don't"),
        pytest.param("Use creams with perfume on the skin.", "Use creams without perfume on the skin.", id="without"),
    ],
)
def test_other_figures_or_a_negation_make_another_statement(one: str, other: str) -> None:
    found = retriever_of(passages_of(one, other)).find(one, k=2)
    assert set(texts_of(found)) == {one, other}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Redness is gone within 2 days.", "Redness is gone within two days.", id="digits and words"),
        pytest.param("It lasts one week or one day.", "It lasts one day or one week.", id="order"),
        pytest.param("It lasts a day, or a week.", "It lasts a week, or days.", id="plural"),
        pytest.param("Skin then is no longer red.", "Then skin is red longer.", id="no longer is no negation"),
        pytest.param("Use perfume-free cream.", "Use cream without perfume, free.", id="-free is one"),
        pytest.param("That is one of the signs.", "That is of the signs.", id="one of is no figure"),
    ],
)
def test_the_same_figures_written_otherwise_make_no_difference(one: str, other: str) -> None:
    assert len(retriever_of(passages_of(one, other)).find(one, k=2).hits) == 1


def test_the_same_figures_lower_the_bar() -> None:
    """Two of three words shared, and figures: a paraphrase; without figures it may be anything."""
    with_figures = passages_of("swelling gone within 48 hours", "swelling vanishes within 48 hours")
    without = passages_of("swelling gone tonight", "swelling vanishes tonight")
    assert len(retriever_of(with_figures).find("swelling", k=2).hits) == 1
    assert len(retriever_of(without).find("swelling", k=2).hits) == 2


def test_headings_do_not_make_statements_alike() -> None:
    context = "Why skin turns red after microneedling > What happens in the treated skin after needling"
    texts = ("Wounds set off inflammation.", "Blood brings oxygen.")
    found = retriever_of(passages_of(*texts, contexts=(context, context))).find(context, k=2)
    assert set(texts_of(found)) == set(texts)


def test_headings_do_not_hide_that_statements_are_alike() -> None:
    contexts = ("Sunscreen and shade outdoors > Summer", "Frequently asked > Another chapter altogether")
    texts = ("Redness fades by itself mostly.", "Redness mostly fades by itself.")
    assert len(retriever_of(passages_of(*texts, contexts=contexts)).find("does redness fade", k=2).hits) == 1


def test_statements_labelled_with_other_facts_are_not_the_same() -> None:
    texts = ("Redness mostly fades by itself.", "Redness fades by itself mostly.")
    for facts, hits in (((("F1",), ("F2",)), 2), ((("F1",), ("F1", "F2")), 1), (((), ("F2",)), 1)):
        assert len(retriever_of(passages_of(*texts, facts=facts)).find("redness", k=2).hits) == hits, facts


def test_overlapping_passages_do_not_both_come() -> None:
    one, other, third = passages_of("Needles wake repair.", "Needles wake repair. It makes collagen.", "Drink water.")
    other = replace(other, start=0, end=len(other.text))
    retriever = retriever_of([one, other, third])
    assert texts_of(retriever.find("it makes collagen", k=3)) == [other.text, third.text]
    assert texts_of(retriever.find("needles wake repair", k=3)) == [one.text, third.text]


def test_passages_at_one_place_of_two_documents_do_not_overlap() -> None:
    one, other = passages_of("Needles wake repair.", "Drink water.")
    other = replace(other, document="b.md", start=0, end=len(other.text))
    assert len(retriever_of([one, other]).find("needles", k=2).hits) == 2


def test_runner_up_is_the_best_that_answers_something_else() -> None:
    passages = passages_of(
        "alpha beta gamma",
        "alpha beta delta epsilon",
        "alpha zeta eta theta",
        "iota kappa",
        facts=(("F1",), ("F1",), ("F2",), ("F3",)),
    )
    found = retriever_of(passages).find("alpha beta gamma", k=1)
    assert texts_of(found) == ["alpha beta gamma"]
    question, third = WORDS.encode_questions(["alpha beta gamma"]), WORDS.encode_passages(["alpha zeta eta theta"])
    assert found.runner_up_score == pytest.approx(float(question[0] @ third[0]), abs=HALF_PRECISION)
    assert retriever_of(passages[:1]).find("alpha", k=1).runner_up_score == 0


def test_passages_that_share_a_question_form_do_not_run_against_each_other() -> None:
    passages = passages_of("alpha beta", "gamma delta", "epsilon zeta", questions=(("q r",), ("q r",), ()))
    found = retriever_of(passages).find("q r", k=3)
    assert {hit.passage.text for hit in found.hits[:2]} == {"alpha beta", "gamma delta"}
    assert found.runner_up_score == found.hits[2].score


LIMITS = (
    Limit("diagnosis", LimitKind.REFER, "", "", ("what is wrong with me", "is it infected")),
    Limit("cost", LimitKind.NOT_COVERED, "", "", ("how much does it cost",)),
)


def test_the_nearest_limit_of_each_kind_comes_with_its_score() -> None:
    retriever = retriever_of(passages_of("Redness fades.", "Call us."), limits=LIMITS)
    found = retriever.find("how much does it cost", k=1)
    assert {kind: hit.limit for kind, hit in found.limits.items()} == {limit.kind: limit for limit in LIMITS}
    assert found.limits[LimitKind.NOT_COVERED].score == pytest.approx(1, abs=HALF_PRECISION)
    assert found.limits[LimitKind.REFER].score < 0.5
    assert found.limit_score == found.limits[LimitKind.NOT_COVERED].score
    near = retriever.find("is something infected", k=1)
    assert 0.3 < near.limits[LimitKind.REFER].score < 0.95
    assert near.limits[LimitKind.NOT_COVERED].score < 0.3
    assert near.limit_score == near.limits[LimitKind.REFER].score


def test_a_limit_scores_as_its_nearest_question_form_does() -> None:
    retriever = retriever_of(passages_of("Redness fades.", "Call us."), limits=LIMITS)
    question, *forms = WORDS.encode_questions(["is something wrong with me", *LIMITS[0].questions])
    found = retriever.find("is something wrong with me", k=1)
    assert found.limits[LimitKind.REFER].score == pytest.approx(
        max(float(form @ question) for form in forms), abs=HALF_PRECISION
    )


def test_an_index_without_limits_gives_none() -> None:
    found = retriever_of(passages_of("Redness fades.")).find("redness", k=1)
    assert found.limits == {}
    assert found.limit_score == 0


def test_the_nearest_row_is_a_text_or_a_question_form() -> None:
    retriever = retriever_of(passages_of("alpha beta", "gamma delta", questions=((), ("epsilon zeta",))), limits=LIMITS)
    for question, nearest in (("alpha beta", 1.0), ("epsilon zeta", 1.0), ("how much does it cost", 0.4)):
        row = retriever.find(question, k=1).nearest_row
        assert row == pytest.approx(nearest, abs=HALF_PRECISION) if nearest == 1.0 else row < nearest


# What is made of a question beforehand


def outlook_of(**facts: float) -> Outlook:
    return Outlook({**facts, "none": 1 - sum(facts.values())}, {"answerable": 1.0})


FOUR = passages_of("alpha beta", "gamma delta", "epsilon zeta", "eta theta", facts=(("F1",), ("F2",), ("F2", "F3"), ()))


def test_a_passage_gains_by_how_likely_its_facts_are() -> None:
    retriever, outlook = retriever_of(FOUR), outlook_of(F1=0.01, F2=0.5, F3=0.25)
    plain = {hit.passage.text: hit.score for hit in retriever.find("alpha eta", k=4).hits}
    found = retriever.find("alpha eta", k=4, outlook=outlook)
    gains = {hit.passage.text: hit.score - plain[hit.passage.text] for hit in found.hits}
    # Three fortieths for each factor e above one in ten thousand.
    assert gains == pytest.approx(
        {
            "alpha beta": 0.075 * math.log(100),
            "gamma delta": 0.075 * math.log(5000),
            "epsilon zeta": 0.075 * math.log(7500),
            "eta theta": 0.0,
        },
        abs=1e-6,
    )
    assert found.outlook == outlook
    assert retriever.find("alpha eta", k=4).outlook is None


def test_of_two_texts_as_near_the_one_of_the_likelier_fact_leads_and_no_likelihood_outweighs_a_far_text() -> None:
    retriever, question = retriever_of(FOUR), "alpha beta gamma delta"
    assert texts_of(retriever.find(question, k=2, outlook=outlook_of(F1=0.9, F2=0.05)))[0] == "alpha beta"
    assert texts_of(retriever.find(question, k=2, outlook=outlook_of(F1=0.05, F2=0.9)))[0] == "gamma delta"
    certain = retriever.find("alpha beta", k=2, outlook=outlook_of(F2=1.0))
    assert texts_of(certain)[0] == "alpha beta"


@pytest.mark.parametrize(
    "outlook",
    [
        pytest.param(outlook_of(), id="no fact at all"),
        pytest.param(outlook_of(F1=1e-4, F2=1e-5, F3=0.0), id="hardly likely"),
        pytest.param(outlook_of(F99=0.9), id="a fact that no passage states"),
    ],
)
def test_an_outlook_that_expects_nothing_changes_no_score(outlook: Outlook) -> None:
    retriever = retriever_of(FOUR, limits=LIMITS)
    for question in ("alpha gamma", "how much does it cost", ""):
        assert retriever.find(question, k=4, outlook=outlook) == replace(retriever.find(question, k=4), outlook=outlook)


def test_an_outlook_changes_neither_limits_nor_the_nearest_row() -> None:
    retriever = retriever_of(FOUR, limits=LIMITS)
    plain, expecting = (retriever.find("alpha cost", k=2, outlook=outlook) for outlook in (None, outlook_of(F2=0.9)))
    assert expecting.hits != plain.hits
    assert (expecting.limits, expecting.nearest_row) == (plain.limits, plain.nearest_row)


def test_the_runner_up_is_measured_as_the_hits_are() -> None:
    retriever = retriever_of(FOUR)
    found = retriever.find("alpha beta", k=4, outlook=outlook_of(F1=0.5, F2=0.25))
    assert found.hits[0].passage.text == "alpha beta"
    assert found.runner_up_score == found.hits[1].score


class Silent(WordEncoder):
    """Fails where it is asked to embed a question."""

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        raise AssertionError(f"asked to embed {texts}")


def test_a_vector_that_is_known_is_not_computed_again(guide_index: Index) -> None:
    vector = WordEncoder().encode_questions(["can i go in the sun"])
    found = Retriever(Silent(), guide_index).find("can i go in the sun", k=3, vector=vector)
    assert found == Retriever(WordEncoder(), guide_index).find("can i go in the sun", k=3)


# Words beside vectors


def test_shared_words_count_beside_similarity() -> None:
    question = "which factor has the cream of 1998"
    passages = passages_of("the cream was made in 1998", "which factor has the cream", "nothing of the kind")
    alone, beside = (retriever_of(passages, words_share=share).find(question, k=3) for share in (0.0, 0.05))

    more = Bm25([word_counts(passage.text) for passage in passages]).scores(question)
    place = {passage.text: number for number, passage in enumerate(passages)}
    scores = {hit.passage.text: hit.score for hit in alone.hits}
    assert more[0] > 0.5
    assert {hit.passage.text: hit.score for hit in beside.hits} == pytest.approx(
        {text: score + 0.05 * more[place[text]] for text, score in scores.items()}
    )
    assert texts_of(beside) == sorted(scores, key=lambda text: -scores[text] - 0.05 * more[place[text]])


def test_a_few_words_can_lift_one_of_the_nearest_to_the_first_place() -> None:
    passages = passages_of(*(f"alpha beta gamma {word}" for word in ("delta", "epsilon", "zeta")))
    found = retriever_of(passages, words_share=10.0).find("alpha beta gamma delta zeta zeta", k=3)

    assert {hit.passage.text[17:] for hit in found.hits[:2]} == {"delta", "zeta"}
    assert texts_of(found)[2] == "alpha beta gamma epsilon"


def test_words_of_question_forms_count_as_those_of_the_text() -> None:
    questions = ((), ("epsilon",), ())
    passages = passages_of("alpha beta", "alpha gamma", "alpha delta", questions=questions)
    found = retriever_of(passages, words_share=10.0).find("alpha epsilon", k=3, outlook=outlook_of(F1=0.5))

    assert texts_of(found)[0] == "alpha gamma"


def test_spelling_helps_to_choose_a_limit_and_leaves_its_score() -> None:
    medicines = Limit("medicines", LimitKind.REFER, "", "", ("may i take ibuprofen",))
    peels = Limit("peels", LimitKind.REFER, "", "", ("may i have peels",))
    found = retriever_of(FOUR, limits=(peels, medicines)).find("may i ibuprofn", k=1).limits[LimitKind.REFER]

    question, *forms = WORDS.encode_questions(["may i ibuprofn", *peels.questions, *medicines.questions])
    assert found.limit == medicines
    assert found.score == pytest.approx(max(float(form @ question) for form in forms), abs=HALF_PRECISION)


# How well statements are told apart with the real encoder

PAIRS = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "same_statement.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


def test_the_pairs_are_split_evenly() -> None:
    counts = {(half, label): sum(pair[:2] == [half, label] for pair in PAIRS) for half, label, *_ in PAIRS}
    assert counts == dict.fromkeys(itertools.product(("tune", "report"), ("same", "other")), 26)


class Remembering(WordEncoder):
    """Gives vectors that were computed in one go, since a call for each of a hundred texts takes long."""

    def __init__(self, encoder: Encoder, texts: Sequence[str]) -> None:
        super().__init__(dim=encoder.dim)
        self._rows = dict(zip(texts, encoder.encode_passages(texts), strict=True))

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        return np.array([self._rows[text] for text in texts], dtype=np.float32).reshape(-1, self.dim)


@pytest.mark.model
def test_statements_are_told_apart_on_the_half_that_was_not_tuned_on(sentence_encoder: SentenceEncoder) -> None:
    pairs = [(label, one, other) for half, label, one, other in PAIRS if half == "report"]
    texts = sorted({text for _, *both in pairs for text in both})
    encoder = Remembering(sentence_encoder, texts)
    merged = {"same": 0, "other": 0}
    for label, one, other in pairs:
        found = retriever_of(passages_of(one, other), encoder=encoder).find(one, k=2)
        merged[label] += len(found.hits) == 1
    # Of 26 each. The other statements of these pairs differ in one point only, unlike most of a guide.
    assert merged["other"] <= 2
    assert merged["same"] >= 13
