from __future__ import annotations

import numpy as np
import pytest
import torch

from lessons import FORMS
from redness_qa.encoder import DEFAULT_WEIGHTS_SHA256, SentenceEncoder, bundled_folder
from redness_qa.guide_lesson import GuideStudent, Outcomes
from redness_qa.head import Head
from redness_qa.learning import Learned

pytestmark = pytest.mark.usefixtures("on_one_thread")

OUTCOMES = Outcomes.of(FORMS, ["airway", "pus"])


@pytest.fixture(scope="module")
def untaught() -> GuideStudent:
    """A student of the bundled model that was taught nothing; its head is random, so that it says something."""
    torch.manual_seed(5)
    student = GuideStudent(bundled_folder(), len(OUTCOMES.names))
    for linear in (student.head.token, student.head.message):
        torch.nn.init.normal_(linear.weight, std=0.5)
    return student


@pytest.fixture
def student(untaught: GuideStudent) -> GuideStudent:
    untaught.eval()
    return untaught


@pytest.mark.model
def test_texts_are_embedded_in_their_order_as_one_by_one(student: GuideStudent) -> None:
    texts = ["sun", "how long will my face stay red after this", "", "a b c"]

    rows = student.embed(texts, batch=2)

    assert rows.shape == (4, 384)
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(4))
    student.eval()
    with torch.no_grad():
        for text, row in zip(texts, rows, strict=True):
            torch.testing.assert_close(row, student([text])[2][0], atol=0.01, rtol=0)  # bfloat16


@pytest.mark.model
def test_the_head_reads_as_the_student_does(student: GuideStudent, sentence_encoder: SentenceEncoder) -> None:
    """What is shipped is NumPy on the states of sentence-transformers; both must give the student's numbers."""
    learned = Learned.of(student.head, OUTCOMES.names, {})
    head = Head(
        learned.outcomes, learned.token_weights, learned.token_bias, learned.message_weights, DEFAULT_WEIGHTS_SHA256
    )
    texts = ["sun", "there is yellow pus on my cheek", "and how long will it be red? " * 4]

    with torch.no_grad():
        scores = student.head(*student(texts)).numpy()

    for text, expected in zip(texts, scores, strict=True):
        reading = sentence_encoder.read(text)
        found = head.read(reading.tokens, reading.vector[0])
        np.testing.assert_allclose(list(found.values()), expected, atol=0.25)  # bfloat16, over numbers of about 10
        assert np.corrcoef(list(found.values()), expected)[0, 1] > 0.999


@pytest.mark.model
def test_a_student_that_was_taught_nothing_embeds_as_the_model_does(
    student: GuideStudent, sentence_encoder: SentenceEncoder
) -> None:
    texts = ["sun", "how long does the redness last"]

    rows = student.embed(texts).numpy()

    np.testing.assert_allclose(rows, sentence_encoder.encode_questions(texts), atol=0.02)  # bfloat16
    assert len(student.linear_layers()) == 36  # six linear layers in each of six blocks
    learning = {name for name, weights in student.named_parameters() if weights.requires_grad}
    assert learning == {"null", "head.token.weight", "head.token.bias", "head.message.weight"}
