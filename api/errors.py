"""From errors to HTTP: one table of statuses, and problem details (RFC 9457) in the caller's language."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, ClassVar

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errorpage import error_page, policy_of
from api.httpwords import over_http
from api.logs import HEADER, REQUEST
from api.valuewords import wrong_values
from geogrid.errors import BusyError as StoreBusyError
from geogrid.errors import ConflictError, FullError, GeogridError, InputError, NotFoundError, RefusedError
from geogrid.words import LANGS, Lang, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA_TYPE = "application/problem+json"
LANGUAGE_TAGS: dict[Lang, str] = {"zh": "zh-CN", "en": "en"}
RETRY_AFTER_S = 5


class UnknownParameterError(GeogridError, ValueError):
    """A query parameter that the route does not have, or has once and was given twice."""


class InvalidParameterError(GeogridError, ValueError):
    """A query parameter of a standard that wants 400 for a value that cannot be used."""


class BusyError(GeogridError):
    """More work than the service takes on at once."""


class NotStaffError(GeogridError):
    """A question for staff without their token, or with a wrong one."""

    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="geogrid staff"'}


class LoginNeededError(NotStaffError):
    """A page for staff that somebody without a key opens in a browser: they are led to the login."""

    def __init__(self, message: Text, location: str) -> None:
        super().__init__(message)
        self.headers = {"Location": location}  # type: ignore[misc]


class ForbiddenError(GeogridError):
    """Something that the caller's role does not allow."""


class PreconditionRequiredError(GeogridError):
    """A change that does not say (``If-Match``) which state it rests on."""


class PreconditionFailedError(GeogridError):
    """A change that rests on a state which is no longer so."""


class TooLargeError(GeogridError):
    """More than the service takes at once."""


class TooSlowError(GeogridError):
    """A body that does not arrive."""


class UnsupportedError(GeogridError):
    """A body of a type that the address does not take."""


class TooManyGuessesError(GeogridError):
    """Wrong tokens, or requests, without end."""

    def __init__(self, message: Text, wait_s: float) -> None:
        super().__init__(message)
        self.headers = {"Retry-After": str(math.ceil(wait_s))}


STATUS: dict[type[Exception], int] = {
    LoginNeededError: 303,
    UnknownParameterError: 400,
    InvalidParameterError: 400,
    NotStaffError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    TooSlowError: 408,
    ConflictError: 409,
    PreconditionFailedError: 412,
    TooLargeError: 413,
    UnsupportedError: 415,
    RequestValidationError: 422,
    InputError: 422,
    RefusedError: 422,
    PreconditionRequiredError: 428,
    TooManyGuessesError: 429,
    BusyError: 503,
    StoreBusyError: 503,
    FullError: 503,
    GeogridError: 500,
    Exception: 500,
}
"""The status of every error; the nearest class counts."""

TITLES: dict[int, Text] = {
    303: Text("请先登录", "Log in first"),
    400: Text("请求有误", "Bad request"),
    401: Text("需要密钥或令牌", "Key or token needed"),
    403: Text("没有权限", "Forbidden"),
    404: Text("没有找到", "Not found"),
    405: Text("不支持这种请求方法", "Method not allowed"),
    406: Text("没有这种格式", "Not acceptable"),
    408: Text("请求太慢", "Request timeout"),
    409: Text("与现状冲突", "Conflict"),
    412: Text("已被他人修改", "Changed meanwhile"),
    413: Text("内容太大", "Too large"),
    415: Text("不支持这种内容类型", "Unsupported type"),
    422: Text("内容或参数的值不对", "Unusable value"),
    428: Text("需要 If-Match", "If-Match needed"),
    429: Text("请求过多", "Too many requests"),
    500: Text("服务内部出错", "Internal error"),
    503: Text("服务繁忙", "Busy"),
}

DETAILS: dict[int, Text] = {
    404: Text("没有这个地址；全部地址见 /docs。", "There is nothing at this address; /docs lists what there is."),
    405: Text("这个地址不支持这种方法；可用的见 Allow。", "This address does not take that method; Allow lists those it takes."),
    500: Text("这不是您的问题，已记入服务日志。", "This is our fault; it was written to the service's log."),
}


def install(app: FastAPI, lang: Lang) -> None:
    """Answer every error with problem details; ``lang`` is for callers that ask for no language."""

    async def answer(request: Request, error: Exception) -> Response:
        return problem(request, error, default=lang)

    for kind in (HTTPException, RequestValidationError, GeogridError, Exception):
        app.add_exception_handler(kind, answer)


def status_of(error: Exception) -> int:
    """Return the HTTP status of an error.

    Examples
    --------
    >>> status_of(NotFoundError(Text("没有", "none"))), status_of(ZeroDivisionError()), status_of(HTTPException(405))
    (404, 500, 405)
    """
    if isinstance(error, HTTPException):
        return error.status_code
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(request: Request, error: Exception, *, default: Lang) -> Response:
    """Return the problem details of an error: a title, what is wrong and what to do, never a path or a traceback."""
    status, lang = status_of(error), asked_language(request, default)
    body: dict[str, Any] = {"type": "about:blank", "title": _title(status).say(lang), "status": status}
    detail = _detail(error, status)
    if detail is not None:
        body["detail"] = detail.say(lang)
    body |= getattr(error, "members", {})
    if wants_page(request):
        return _page(request, error, body, lang)
    return Response(json.dumps(body, ensure_ascii=False), status, _headers(request, error, status, lang), MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Return whether a person with a browser asks: it names pages before everything else, which programs do not."""
    is_read = request.method in ("GET", "HEAD") and request.query_params.get("f", "html") == "html"
    return is_read and request.headers.get("accept", "").lower().startswith("text/html")


def _page(request: Request, error: Exception, body: Mapping[str, Any], lang: Lang) -> Response:
    """Return an error as a page; how many levels down its address lies says how to get to the start page from there."""
    status = int(body["status"])
    home = "../" * (request.scope["path"].count("/") - 1) or "./"
    content = error_page(str(body["title"]), str(body.get("detail", "")), status, home, lang=lang)
    headers = _headers(request, error, status, lang)
    headers["Content-Security-Policy"] = policy_of(content)
    return Response(content, status, headers, "text/html")


def asked_language(request: Request, default: Lang) -> Lang:
    """Return the language a caller asks for: the parameter ``lang``, else Accept-Language, else the default."""
    asked = request.query_params.get("lang")
    if asked in LANGS:
        return asked
    known = [
        (_quality(part), lang)
        for part in request.headers.get("accept-language", "").split(",")
        for lang in LANGS
        if _speaks(part, lang)
    ]
    best = max(known, key=lambda pair: pair[0], default=(0.0, default))
    return best[1] if best[0] > 0 else default


def _speaks(part: str, lang: Lang) -> bool:
    return part.partition(";")[0].strip().lower().partition("-")[0] == lang


def _quality(part: str) -> float:
    """Return the weight of one entry of an Accept header; a malformed one has none."""
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return float(value) if value.strip().replace(".", "", 1).isdecimal() else 0.0
    return 1.0


def _title(status: int) -> Text:
    return TITLES.get(status, TITLES[400] if status < 500 else TITLES[500])  # noqa: PLR2004 -- from here on the fault is ours


def _detail(error: Exception, status: int) -> Text | None:
    if isinstance(error, RequestValidationError):
        return wrong_values(error.errors())
    if isinstance(error, GeogridError) and status != 500:  # noqa: PLR2004 -- ours to mend, nothing for the caller
        return over_http(error.message)
    return DETAILS.get(status)


SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Headers of every answer. Any page may load what is public; what may frame a page is said by its Content-Security-Policy."""


def _methods(request: Request) -> list[str]:
    """Return the methods that an address takes: those of all its routes, of which the framework names the first one's."""
    found: set[str] = set()
    for route in request.app.state.routes:
        if route.path_regex.match(request.scope["path"]):
            found |= route.methods
    return sorted(found)


def _headers(request: Request, error: Exception, status: int, lang: Lang) -> dict[str, str]:
    given = dict(getattr(error, "headers", None) or {})
    busy = {"Retry-After": str(RETRY_AFTER_S)} if status == STATUS[BusyError] and "Retry-After" not in given else {}
    methods = {"Allow": ", ".join(_methods(request))} if status == 405 else {}  # noqa: PLR2004 -- method not allowed
    known = {HEADER: REQUEST.get()} if REQUEST.get() else {}  # what ends in a fault of ours does not go out through the guard
    fixed = {
        "Content-Language": LANGUAGE_TAGS[lang],
        "Vary": "Accept, Accept-Language, Authorization, Cookie",
        "Cache-Control": "no-store",
    }
    policy = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
    return given | busy | methods | known | fixed | SECURITY | policy
