"""A few forms, questions and messages that a reader of the guide is taught in tests."""

from __future__ import annotations

from redness_qa.guide_lesson import Form
from redness_qa.messages import LabelledMessage
from redness_qa.questions import LabelledQuestion, QuestionRow
from redness_qa.triage import Urgency


def asked(question: str, kind: str, *facts: str, previous: str | None = None) -> LabelledQuestion:
    return LabelledQuestion(QuestionRow(1, question, question, previous), kind, frozenset(facts))


def said(message: str, urgency: Urgency = Urgency.ROUTINE, sort: str = "calm") -> LabelledMessage:
    return LabelledMessage(message, message, urgency, sort)


FORMS = (
    Form("Redness fades within two days.", frozenset({"F1"})),
    Form("how long will i be red", frozenset({"F1"})),
    Form("Stay out of the sun.", frozenset({"F2"})),
    Form("can i go in the sun", frozenset({"F2"})),
)
QUESTIONS = (
    asked("how long does the redness stay", "answerable", "F1"),
    asked("when is the red gone", "answerable", "F1"),
    asked("is sunshine all right", "answerable", "F2"),
    asked("may i lie in the sun with a tan", "partial", "F2"),
    asked("and how long", "answerable", "F2", previous="can i go in the sun"),
    asked("may i take my blood thinner", "refer"),
    asked("what does it cost", "unanswerable"),
    asked("who won the match", "offtopic"),
)
MESSAGES = (
    said("there is yellow pus on my cheek", Urgency.CONTACT_CLINIC, "pus"),
    said("my cheek leaks pus and smells", Urgency.CONTACT_CLINIC, "pus"),
    said("i cannot breathe and my tongue swells", Urgency.EMERGENCY, "airway"),
    said("my throat closes, i get no air", Urgency.EMERGENCY, "airway"),
    said("thank you, all is fine today"),
    said("my skin feels smooth and looks lovely"),
    said("no pus at all, just a bit pink", sort="denied"),
    said("see you on monday for my next visit"),
)
