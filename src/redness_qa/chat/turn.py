"""One turn of the conversation: what a browser sent becomes what the page shows."""

from __future__ import annotations

import html
import logging
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace

from redness_qa.answer import Status
from redness_qa.bounds import Answering, answer_within, is_visible
from redness_qa.errors import Busy, QuestionError, QuestionTooLong
from redness_qa.render import to_html
from redness_qa.wording import Wording

FEEDBACK = ("helped", "did_not_help")
"""What a reader can say of an answer."""

_LOG = logging.getLogger(__name__)
_MAX_MESSAGES = 40
_SUGGESTED = 3  # questions offered where none is near


@dataclass(frozen=True, slots=True)
class Turn:
    """What the page shows after one press of "Ask".

    Attributes:
        messages: The conversation, oldest first, in Gradio's message format.
        box: What is left in the box: nothing, or the question when it was not answered.
        note: A sentence beside the box as HTML; empty when there is nothing to say.
    """

    messages: list[dict[str, str]]
    box: str
    note: str


def take_turn(
    question: object,
    history: object,
    *,
    assistant: Answering,
    wording: Wording,
    max_question_characters: int,
    suggestions: Sequence[str] = (),
    asks_feedback: bool = False,
) -> Turn:
    """Answer what a browser sent; both values may be forged.

    The answer rests on the question. The history only gives back what is on the screen, and its last questions
    go to the assistant as context: a warning sign among them still counts.

    Args:
        question: What stands in the box.
        history: The conversation that the browser holds.
        assistant: What answers.
        wording: The page's sentences in the reader's language.
        max_question_characters: Longest question that is answered.
        suggestions: Questions to offer where none is near to one that is not answered.
        asks_feedback: Whether to ask if an answer helped.
    """
    messages = _messages(history)
    # Half a surrogate pair cannot be sent back.
    asked = question.encode(errors="replace").decode().strip() if isinstance(question, str) else ""
    try:
        answer = answer_within(
            assistant,
            asked,
            previous=[html.unescape(each["content"]).strip() for each in messages if each["role"] == "user"],
            language=wording.language,
            max_question_characters=max_question_characters,
        )
    except QuestionTooLong as error:
        return Turn(messages, asked, _note(wording.page["long_question"].format(characters=error.characters)))
    except QuestionError:
        return Turn(messages, asked if is_visible(asked) else "", _note(wording.page["empty_question"]))
    except Busy:
        return Turn(messages, asked, _note(wording.page["busy"]))
    except Exception as error:  # a fault must not leave a worried reader without a sentence
        # The kind of fault only: its message or trace could hold what a patient typed.
        _LOG.error("A question got no answer: %s", type(error).__name__)
        return Turn(messages, asked, _note(wording.page["failed"]))
    messages.append({"role": "user", "content": _inert(asked[:max_question_characters])})
    if not answer.nearest and answer.status is not Status.ANSWERED:
        answer = replace(answer, nearest=tuple(suggestions[:_SUGGESTED]))
    messages.append({"role": "assistant", "content": to_html(answer, wording, asks_feedback=asks_feedback)})
    return Turn(messages[-_MAX_MESSAGES:], "", "")


def _messages(history: object) -> list[dict[str, str]]:
    """Keep the plain texts of a conversation, newest last; whatever else a browser sends is dropped."""
    messages = []
    for message in history[-_MAX_MESSAGES:] if isinstance(history, list) else []:
        if isinstance(message, dict) and message.get("role") in ("user", "assistant"):
            content = _text_of(message.get("content"))
            if content:
                messages.append({"role": str(message["role"]), "content": content})
    return messages


def _text_of(content: object) -> str:
    """Join the texts of one message; Gradio sends a list of parts and takes a plain string."""
    if isinstance(content, str):
        return content.encode(errors="replace").decode()
    parts = content if isinstance(content, list) else []
    return "".join(
        part["text"].encode(errors="replace").decode()
        for part in parts
        if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
    )


def _inert(question: str) -> str:
    """Write a question so that the chat's Markdown reader shows it as typed; `html.unescape` gives it back.

    Every mark becomes an entity: a question may hold an image or a link, and the page must fetch neither.
    """
    return "".join(f"&#{ord(mark)};" if mark in string.punctuation else mark for mark in " ".join(question.split()))


def _note(sentence: str) -> str:
    return f'<p role="alert">{html.escape(sentence)}</p>'
