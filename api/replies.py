"""Answers to one caller: private, compressed, with an ETag for what changes, and the conditions that a change must state."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from api.answers import JSON, WORTH_GZIP, holds, prefers_gzip
from api.errors import SECURITY, PreconditionFailedError, PreconditionRequiredError
from api.staff import encoded
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

OWN = {
    **SECURITY,
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer that depends on who calls: nobody else may be given it, embed it or frame it."""

NEEDS_MATCH = Text(
    "请用 If-Match 说明所改的是哪个状态（GET 所得的 ETag）", "say with If-Match which state you change (the ETag that GET gave)"
)
CHANGED = Text(
    "您看到之后它已被修改：请重新读取（GET），核对后再改",
    "it was changed since you saw it: read it again (GET), check, and change it then",
)


def reply(
    request: Request,
    content: Any,
    *,
    status: int = 200,
    etag: str = "",
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return content for one caller.

    Parameters
    ----------
    request : Request
    content : bytes, or anything that becomes JSON; None for an empty answer
    status : int
    etag : str
        Of the state that is shown, without quotes: a GET of who has it is answered 304, and `require_match` wants it back.
        Without one the answer is not to be kept at all.
    media_type : str
    headers : mapping
        More of them, such as ``Location``.
    """
    told = {**OWN, **(headers or {})} | ({"ETag": f'"{etag}"'} if etag else {"Cache-Control": "no-store"})
    if etag and request.method in ("GET", "HEAD") and holds(request.headers.get("if-none-match", ""), f'"{etag}"'):
        return Response(status_code=304, headers=told)
    if content is None:
        return Response(status_code=status, headers=told)
    body = content if isinstance(content, bytes) else encoded(content)
    if len(body) >= WORTH_GZIP and prefers_gzip(request.headers.get("accept-encoding", "")):
        body, told = gzip.compress(body, compresslevel=5, mtime=0), told | {"Content-Encoding": "gzip"}
    told["Content-Length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, status, told, media_type)


def require_match(request: Request, *etags: str) -> None:
    """Refuse a change that does not rest on the state there is, whichever of its names is given.

    Raises
    ------
    PreconditionRequiredError
        Without ``If-Match`` (428); ``*`` says nothing about a state and does not count.
    PreconditionFailedError
        When it names another state (412).
    """
    given = request.headers.get("if-match", "").strip()
    if not given or given == "*":
        raise PreconditionRequiredError(NEEDS_MATCH)
    allow_match(request, *etags)


def allow_match(request: Request, *etags: str) -> None:
    """Refuse a change that says which state it rests on, and means another; it need not say.

    Raises
    ------
    PreconditionFailedError
        When ``If-Match`` names another state (412).
    """
    given = [each.strip() for each in request.headers.get("if-match", "*").split(",")]
    if "*" not in given and not {f'"{each}"' for each in etags} & set(given):
        raise PreconditionFailedError(CHANGED)
