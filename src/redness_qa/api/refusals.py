"""What is said instead of an answer: a stable code, an HTTP status and a sentence for a person."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse a request.

    Attributes:
        code: Stable name, for programs.
        status: HTTP status.
        message: What is wrong and what to do, for a person; fields in braces are filled by `filled`.
        headers: Headers of the response that say the same to programs.
    """

    code: str
    status: int
    message: str
    headers: tuple[tuple[str, str], ...] = ()

    def filled(self, **values: int | str) -> Refusal:
        """Put values into the message."""
        return replace(self, message=self.message.format(**values))

    def with_header(self, name: str, value: int | str) -> Refusal:
        """Add a header to the response."""
        return replace(self, headers=(*self.headers, (name, str(value))))

    def to_response(self) -> JSONResponse:
        """Write the refusal as a response; "detail" is what the chat page shows."""
        fields = {"code": self.code, "message": self.message, "detail": self.message}
        return JSONResponse(fields, status_code=self.status, headers=dict(self.headers))


BAD_JSON = Refusal("bad_json", 400, 'This is not JSON. Send an object such as {"question": "How long?"}.')
BAD_REQUEST = Refusal("bad_request", 400, "This request cannot be read. Send it again, or reload the page.")
ORIGIN_NOT_LISTED = Refusal(
    "origin_not_listed", 403, "This web site may not ask here. Whoever runs this service can add it to the list."
)
NOT_FOUND = Refusal("not_found", 404, "There is nothing at this address. Check it, or start at the first page.")
METHOD_NOT_ALLOWED = Refusal("method_not_allowed", 405, "This address takes another method. Use one of: {methods}.")
TOO_SLOW = Refusal("too_slow", 408, "The request took too long to arrive. Please send it again.")
TOO_LARGE = Refusal("too_large", 413, "This is too much to read. Send at most {kilobytes} kB.")
NOT_JSON = Refusal("not_json", 415, "Only JSON is read here. Send it with the header Content-Type: application/json.")
BAD_FIELD = Refusal("bad_field", 422, "The field {field} cannot be used: {reason}.")
QUESTION_EMPTY = Refusal("question_empty", 422, "The question is empty. Please type one.")
QUESTION_TOO_LONG = Refusal(
    "question_too_long", 422, "The question is too long. Please shorten it to {characters} characters or fewer."
)
TOO_MANY = Refusal("too_many", 429, "Please wait a moment before asking again.")
FAILED = Refusal(
    "failed", 500, "Something went wrong and there is no answer. Please try again, or ask the clinic that treated you."
)
BUSY = Refusal(
    "busy",
    503,
    "Many people are asking just now. Please try again shortly, or ask the clinic that treated you.",
    (("Retry-After", "10"),),
)

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
