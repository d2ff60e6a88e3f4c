"""What is said instead of an answer: a stable code, an HTTP status and a sentence for a person in their language."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.responses import JSONResponse

from redness_qa.wording import Wording


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse a request; the sentence that says it stands in the wording, by the code.

    Attributes:
        code: Stable name, for programs.
        status: HTTP status.
        headers: Headers of the response that say the same to programs.
        values: What is put into the sentence, by field; "reason" names one of the wording's reasons.
    """

    code: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    def filled(self, **values: int | str) -> Refusal:
        """Put values into the sentence; those of a reason stand after it."""
        return replace(self, values=(*self.values, *((name, str(value)) for name, value in values.items())))

    def with_header(self, name: str, value: int | str) -> Refusal:
        """Add a header to the response."""
        return replace(self, headers=(*self.headers, (name, str(value))))

    def message(self, wording: Wording) -> str:
        """Write what is wrong and what to do, for a person."""
        sentence = wording.refusals[self.code]
        for name, value in self.values:
            sentence = sentence.replace(f"{{{name}}}", wording.reasons[value] if name == "reason" else value)
        return sentence

    def to_response(self, wording: Wording) -> JSONResponse:
        """Write the refusal as a response; "detail" is what the chat page shows."""
        message = self.message(wording)
        return JSONResponse(
            {"code": self.code, "message": message, "detail": message},
            status_code=self.status,
            headers={"Content-Language": wording.language, **dict(self.headers)},
        )


BAD_JSON = Refusal("bad_json", 400)
BAD_REQUEST = Refusal("bad_request", 400)
ORIGIN_NOT_LISTED = Refusal("origin_not_listed", 403)
NOT_FOUND = Refusal("not_found", 404)
METHOD_NOT_ALLOWED = Refusal("method_not_allowed", 405)
TOO_SLOW = Refusal("too_slow", 408)
TOO_LARGE = Refusal("too_large", 413)
NOT_JSON = Refusal("not_json", 415)
BAD_FIELD = Refusal("bad_field", 422)
QUESTION_EMPTY = Refusal("question_empty", 422)
QUESTION_TOO_LONG = Refusal("question_too_long", 422)
TOO_MANY = Refusal("too_many", 429)
FAILED = Refusal("failed", 500)
BUSY = Refusal("busy", 503, (("Retry-After", "10"),))

REFUSALS = (
    *(BAD_JSON, BAD_REQUEST, ORIGIN_NOT_LISTED, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_SLOW, TOO_LARGE, NOT_JSON),
    *(BAD_FIELD, QUESTION_EMPTY, QUESTION_TOO_LONG, TOO_MANY, FAILED, BUSY),
)
"""Every refusal that there is; a code is never given a second meaning."""


class Refused(Exception):
    """A request is refused.

    Attributes:
        refusal: Why.
    """

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.code)
