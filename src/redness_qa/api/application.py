"""Our own application: routes, refusals, and the layers that every request passes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from redness_qa.api.counts import Counts
from redness_qa.api.gate import Gate, Trust
from redness_qa.api.intake import Intake
from redness_qa.api.policy import Policy
from redness_qa.api.rates import Rates
from redness_qa.api.refusals import (
    BAD_FIELD,
    BAD_JSON,
    BAD_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Refusal,
    Refused,
)
from redness_qa.settings import Settings
from redness_qa.wording import LANGUAGES, Wording

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_FIELDS = ("question", "previous", "language")
_UNREADABLE = ("json_invalid",)
_REASONS = {
    "missing": "missing",
    "string_type": "no_text",
    "string_unicode": "no_text",
    "list_type": "no_list",
    "literal_error": "no_language",
}


@asynccontextmanager
async def _nothing_to_run(application: FastAPI) -> AsyncIterator[None]:
    yield


def create_application(
    *,
    routers: Sequence[APIRouter],
    settings: Settings,
    counts: Counts,
    lifespan: Lifespan = _nothing_to_run,
) -> FastAPI:
    """Create the application; the chat page is mounted on it afterwards.

    Args:
        routers: The routes: those of `build_router`, and of others that are served beside them.
        settings: Give the origins, proxies and rates.
        counts: Where refusals are counted.
        lifespan: What runs beside the server, from its start to its end.
    """
    application = FastAPI(
        title="redness-qa",
        summary="Quotes a written guide about skin redness after microneedling.",
        version=version("redness-qa"),
        docs_url=None,  # these load scripts from other hosts
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    for router in routers:
        application.include_router(router)
    own: list[BaseRoute] = [route for router in routers for route in router.routes]
    own += [route for route in application.routes if getattr(route, "path", None) == application.openapi_url]
    application.add_exception_handler(RequestValidationError, _unreadable)
    application.add_exception_handler(HTTPException, _not_served)
    policy = Policy(settings.origins)
    wordings = {language: Wording.load(language, contacts=settings.contacts) for language in LANGUAGES}
    # The last one added is the outermost: gate, CORS, intake, compression, routes.
    # Gradio compresses its scripts but not the page, which is a seventh of the first load.
    application.add_middleware(GZipMiddleware)
    application.add_middleware(
        Intake,
        wordings=wordings,
        rates=Rates(a_client=settings.questions_a_minute, overall=settings.questions_a_minute_overall),
        on_refusal=counts.refused,
    )
    # Gradio leaves CORS to this one, because it is here.
    application.add_middleware(
        CORSMiddleware,
        allow_origins=policy.origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Content-Type",),
        expose_headers=("Retry-After",),
    )
    application.add_middleware(
        Gate,
        wordings=wordings,
        own_routes=lambda: own,
        policy=policy,
        trust=Trust(proxies=settings.trusted_proxies, metrics_readers=settings.metrics_readers),
        serves_mcp=settings.serves_mcp,
        on_refusal=counts.refused,
    )
    return application


# What FastAPI refuses is raised anew, for the intake to write and count like every other refusal.


async def _unreadable(request: Request, error: Exception) -> Response:
    raise Refused(refusal_of(error.errors() if isinstance(error, RequestValidationError) else []))


async def _not_served(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    known = {400: BAD_JSON, 404: NOT_FOUND, 405: METHOD_NOT_ALLOWED.filled(methods="GET, POST")}
    raise Refused(known.get(status, BAD_REQUEST))


def refusal_of(faults: Sequence[Any]) -> Refusal:
    """Say what is wrong with a body, by the first fault that was found in it; its text is not repeated."""
    if not faults or any(fault["type"] in _UNREADABLE for fault in faults):
        return BAD_JSON
    first = faults[0]
    place = [part for part in first["loc"] if part != "body"]
    field = place[0] if place and place[0] in _FIELDS else "body"
    if field == "body" and not place:
        return BAD_JSON
    if first["type"] == "extra_forbidden":
        return BAD_FIELD.filled(field="body", reason="other_names", names=", ".join(_FIELDS))
    return BAD_FIELD.filled(field=field, reason=_REASONS.get(first["type"], "other"))
