from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from redness_qa.answer import Answer, Status
from redness_qa.answer_cache import AnswerCache
from redness_qa.triage import Urgency

TYPED = "my cheek is red and my name is on it"


def answer_to(question: str, *, message: str = "The guide does not say.") -> Answer:
    return Answer(
        id="id of it",
        question=question,
        status=Status.NOT_COVERED,
        urgency=Urgency.ROUTINE,
        quotes=(),
        message=message,
        disclaimer="notice",
    )


def test_what_was_kept_is_found_by_question_and_those_before_it() -> None:
    cache = AnswerCache(10)
    cache.keep(answer_to("how long", message="alone"), ())
    cache.keep(answer_to("how long", message="after another"), ("is it red",))

    alone, after = cache.find("how long", (), language="en"), cache.find("how long", ("is it red",), language="en")

    assert alone is not None
    assert (alone.question, alone.message) == ("how long", "alone")
    assert after is not None
    assert after.message == "after another"
    for question, previous in [
        ("how long ", ()),
        ("How long", ()),
        ("how", ("long",)),
        ("how long", ("is it", "red")),
        ("how long", ("is it red", "")),
    ]:
        assert cache.find(question, previous, language="en") is None


def test_the_least_lately_asked_for_goes_first() -> None:
    cache = AnswerCache(2)
    for question in ("a", "b"):
        cache.keep(answer_to(question), ())
    assert cache.find("a", (), language="en") is not None

    cache.keep(answer_to("c"), ())

    assert len(cache) == 2
    assert cache.find("b", (), language="en") is None
    assert cache.find("a", (), language="en") is not None
    assert cache.find("c", (), language="en") is not None


def test_size_zero_keeps_nothing() -> None:
    cache = AnswerCache(0)

    cache.keep(answer_to("a"), ())

    assert (len(cache), cache.find("a", (), language="en")) == (0, None)


def test_no_question_is_held() -> None:
    cache = AnswerCache(5)

    cache.keep(answer_to(TYPED), (TYPED,))

    assert len(cache) == 1
    assert "cheek" not in repr(list(cache._answers.items()))
    found = cache.find(TYPED, (TYPED,), language="en")
    assert found is not None
    assert (found.id, found.question) == ("", TYPED)


def test_another_cache_has_other_digests() -> None:
    one, other = AnswerCache(1), AnswerCache(1)
    for cache in (one, other):
        cache.keep(answer_to("a"), ())

    assert list(one._answers) != list(other._answers)


def test_half_a_surrogate_pair_is_a_question_too() -> None:
    cache = AnswerCache(1)
    cache.keep(answer_to("red \ud83d"), ())

    assert cache.find("red \ud83d", (), language="en") is not None


def test_many_threads_stay_within_the_bound() -> None:
    cache = AnswerCache(7)

    def use(number: int) -> None:
        question = f"question {number % 20}"
        found = cache.find(question, (), language="en")
        assert found is None or found.question == question
        cache.keep(answer_to(question), ())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(2000)))
    assert len(cache) == 7


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot keep -1 answers"):
        AnswerCache(-1)
