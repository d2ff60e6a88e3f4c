"""The routes for other web sites: the script of the panel, and the page for a frame."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from redness_qa.api.policy import Policy
from redness_qa.api.refusals import ORIGIN_NOT_LISTED, Refused
from redness_qa.embed import Embed
from redness_qa.wording import LANGUAGES

_READING = ("GET", "HEAD")
_A_WHILE = "public, max-age=300"
_FOREVER = "public, max-age=31536000, immutable"


def build_embed_router(embed: Embed, *, policy: Policy) -> APIRouter:
    """Build the routes that web sites load from.

    Args:
        embed: What is served.
        policy: Which sites may load the script, and show the page in a frame.
    """
    router = APIRouter(include_in_schema=False)
    script_tag, page_tags = _tag(embed.script), {language: _tag(page) for language, page in embed.pages.items()}
    page_policy = (
        f"default-src 'none'; script-src 'self'; style-src '{embed.style_hash}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        f"frame-ancestors {policy.ancestors}"
    )

    @router.api_route("/embed.js", methods=list(_READING))
    async def script(request: Request, v: str = "") -> Response:
        if not _is_let_in(request, policy):
            raise Refused(ORIGIN_NOT_LISTED)
        headers = {
            "Cache-Control": _FOREVER if v == embed.version else _A_WHILE,
            "Vary": "Origin, Referer",
            # A listed site may leave `crossorigin` out; where no site is told, other sites cannot use the answer.
            "Cross-Origin-Resource-Policy": "cross-origin" if _site_of(request) is not None else "same-origin",
        }
        return _cached(request, embed.script, tag=script_tag, media_type="text/javascript", headers=headers)

    @router.api_route("/embed/", methods=list(_READING))
    async def page(request: Request, lang: str = LANGUAGES[0]) -> Response:
        headers = {"Cache-Control": _A_WHILE, "Content-Security-Policy": page_policy}
        language = lang if lang in embed.pages else LANGUAGES[0]
        return _cached(request, embed.pages[language], tag=page_tags[language], media_type="text/html", headers=headers)

    @router.api_route("/embed", methods=list(_READING))
    async def page_without_slash() -> Response:
        return RedirectResponse("embed/", status_code=308)

    return router


def _site_of(request: Request) -> str | None:
    """Name the origin of the page that a request is from, where the browser tells it."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin
    try:
        parts = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def _is_let_in(request: Request, policy: Policy) -> bool:
    """Tell whether the page that a request is from may have the script; a request from no page may."""
    site = _site_of(request)
    return site is None or policy.allows(site, host=request.headers.get("host", ""))


def _tag(content: bytes) -> str:
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def _cached(request: Request, content: bytes, *, tag: str, media_type: str, headers: dict[str, str]) -> Response:
    """Answer with content, or that what the browser has is still good."""
    headers = headers | {"ETag": tag}
    known = {name.strip() for name in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
