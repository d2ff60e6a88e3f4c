"""The routes of the HTTP API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import anyio
import anyio.to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from redness_qa.answer import Answer
from redness_qa.api.counts import Counts
from redness_qa.api.gate import METRICS_PATH
from redness_qa.api.languages import ASK_PATH
from redness_qa.api.refusals import BUSY, QUESTION_EMPTY, QUESTION_TOO_LONG, REFUSALS, Refused
from redness_qa.bounds import Answering, answer_within
from redness_qa.errors import Busy, QuestionError, QuestionTooLong
from redness_qa.render import to_json
from redness_qa.threads import processors

ANSWER_SECONDS = 20.0
_MOST_AT_ONCE = 8
_WAITING = 128


def _mended(value: object) -> object:
    """Replace half a surrogate pair, which no text can hold; what is no text stays as it is."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_mended)]


class Question(BaseModel):
    """A question, with the questions before it in the same conversation."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Text = Field(description="As typed. At most as long as the settings say.", examples=["How long?"])
    previous: Text | list[Text] | None = Field(
        default=None,
        description="The question before it, or several, oldest first; the last eight are read. "
        "A warning sign in one of them still counts.",
    )
    language: Literal["en", "es"] = Field(
        default="en", description="Of the message and the disclaimer; quotes stay in the language of the guide."
    )


class SourceRecord(BaseModel):
    """Where a statement comes from."""

    title: str
    publisher: str | None
    url: str | None
    year: int | None
    grade: str | None
    note: str | None


class QuoteRecord(BaseModel):
    """Sentences of the guide, word for word."""

    text: str
    document: str
    section: str
    start: int
    end: int
    facts: list[str]
    sources: list[SourceRecord]


class AnswerRecord(BaseModel):
    """An answer: quotes with their sources, or the reason for none. `message` and `disclaimer` are always shown."""

    id: str
    question: str
    status: Literal["answered", "partial", "refer", "not_covered", "off_topic"]
    urgency: Literal["routine", "contact_clinic", "emergency"]
    quotes: list[QuoteRecord]
    message: str
    disclaimer: str
    nearest: list[str] = Field(description="Questions near to this one that the guide does answer.")
    language: str = Field(description="Of message and disclaimer.")


class Suggestions(BaseModel):
    """Questions that the guide answers."""

    suggestions: list[str]


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """An index is loaded, and questions are answered from it."""

    status: Literal["ready"]
    index: str = Field(description="Fingerprint of the index.")


class RefusalRecord(BaseModel):
    """Why a request was refused."""

    code: str = Field(description=f"One of: {', '.join(refusal.code for refusal in REFUSALS)}.")
    message: str = Field(
        description="For a person: in the language that the question names, or else that Accept-Language prefers."
    )
    detail: str = Field(description="The same, under the name that the chat page reads.")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for the OpenAPI document."""
    return {
        status: {
            "model": RefusalRecord,
            "description": ", ".join(refusal.code for refusal in REFUSALS if refusal.status == status),
        }
        for status in statuses
    }


def build_router(
    assistant: Answering,
    *,
    suggestions: Sequence[str],
    fingerprint: str,
    max_question_characters: int,
    counts: Counts,
) -> APIRouter:
    """Build the routes that answer.

    Args:
        assistant: What answers.
        suggestions: Questions that the guide answers.
        fingerprint: Of the index that answers come from.
        max_question_characters: Longest question that is answered.
        counts: What `/metrics` shows.
    """
    router = APIRouter()
    # More than the processors and one would only wait for each other.
    limiter = anyio.CapacityLimiter(min(_MOST_AT_ONCE, processors() + 1))

    @router.post(
        ASK_PATH,
        response_model=AnswerRecord,
        responses=responses(400, 403, 408, 413, 415, 422, 429, 500, 503),
        summary="Answer a question with quotes from the guide, or say why not.",
    )
    async def ask(question: Question) -> Response:
        if limiter.statistics().tasks_waiting >= _WAITING:
            raise Refused(BUSY)
        answer: Answer | None = None
        with anyio.move_on_after(ANSWER_SECONDS):
            answer = await anyio.to_thread.run_sync(
                lambda: answer_to(question, assistant, max_question_characters=max_question_characters),
                limiter=limiter,
                abandon_on_cancel=True,
            )
        if answer is None:
            raise Refused(BUSY)
        return JSONResponse(to_json(answer))

    @router.get("/api/suggestions", response_model=Suggestions, summary="List questions that the guide answers.")
    async def suggest() -> Response:
        return JSONResponse({"suggestions": list(suggestions)})

    @router.get("/healthz", response_model=Health, summary="Tell that the process answers.")
    async def health() -> Response:
        return JSONResponse({"status": "ok"})

    @router.get("/readyz", response_model=Readiness, summary="Tell from which index questions are answered.")
    async def readiness() -> Response:
        return JSONResponse({"status": "ready", "index": fingerprint})

    @router.get(METRICS_PATH, include_in_schema=False)
    async def metrics() -> Response:
        return Response(counts.exposition(), headers={"Content-Type": counts.content_type})

    return router


def answer_to(asked: Question, assistant: Answering, *, max_question_characters: int) -> Answer:
    """Answer what was sent, or refuse it.

    Raises:
        Refused: The question is empty or too long, or too many ask at once.
    """
    previous = [asked.previous] if isinstance(asked.previous, str) else asked.previous or []
    try:
        return answer_within(
            assistant,
            asked.question,
            previous=previous,
            language=asked.language,
            max_question_characters=max_question_characters,
        )
    except QuestionTooLong as error:
        raise Refused(QUESTION_TOO_LONG.filled(characters=error.characters)) from error
    except QuestionError as error:
        raise Refused(QUESTION_EMPTY) from error
    except Busy as error:
        raise Refused(BUSY) from error
