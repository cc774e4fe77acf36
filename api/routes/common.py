"""What routes share: the source of everything, the caller's language, and which parameters a route has."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import caller_of
from api.callers import Caller
from api.errors import UnknownParameterError, UnsupportedError, asked_language
from api.holdings import Holdings, NothingPublishedError, holdings_of
from api.source import Source
from api.statuswords import DONE, WRONG
from api.valuewords import shortened
from geogrid.errors import InputError, NotFoundError
from geogrid.words import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from fastapi import APIRouter

    from api.callers import Role

    Endpoint = Callable[..., Response | Awaitable[Response]]

Model = TypeVar("Model", bound=BaseModel)
PAGE = "text/html"
NOTHING_THEN = Text("{day} 还没有发布任何结果：见 /api/v1/reports", "nothing was published on {day}: see /api/v1/reports")
NOT_JSON = Text("请以 application/json 发送", "send it as application/json")


async def only_known(request: Request) -> None:
    """Refuse parameters that the route does not have, and any given twice."""
    known = request.scope["route"].takes
    names = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(names) - known)
    if unknown:
        message = Text("没有参数 {names}：可用 {known}", "unknown parameter {names}: this address takes {known}")
        raise UnknownParameterError(message.fill(names=shortened(", ".join(unknown)), known=", ".join(sorted(known))))
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise UnknownParameterError(Text("参数 {names} 只能给一次", "{names} may be given once").fill(names=", ".join(twice)))


async def source_of(request: Request) -> Source:
    """Return what is published today; without a thread where it takes no reading, for a thread costs more than most answers."""
    holdings = holdings_of(request)
    at_hand = holdings.source_at_hand()
    return at_hand if at_hand is not None else await run_in_threadpool(holdings.source)


async def source_then(
    request: Request,
    on: Annotated[
        dt.date | None,
        Query(
            description="What was published on this day; today without it, and for a day to come.",
            json_schema_extra={"x-zh": "这一天已发布的；不给或给将来的日期则为今天。"},
        ),
    ] = None,
) -> Source:
    """Return what is published today, or was on a day; what is to come is nobody's yet, and a folder holds on every day.

    Raises
    ------
    NotFoundError
        When nothing was published then.
    """
    holdings = holdings_of(request)
    if on is None or not holdings.is_office:
        return await source_of(request)
    try:
        return await run_in_threadpool(lambda: holdings.source(min(on, holdings.today())))
    except NothingPublishedError as error:
        raise NotFoundError(NOTHING_THEN.fill(day=on)) from error


async def language(
    request: Request,
    lang: Annotated[
        Lang | None,
        Query(
            description="Language of pages and messages; without it Accept-Language decides.",
            json_schema_extra={"x-zh": "页面和提示的语言；不给则按 Accept-Language。"},
        ),
    ] = None,
) -> Lang:
    """Return the caller's language."""
    return lang or asked_language(request, holdings_of(request).settings.lang)


ServiceName = Annotated[
    str,
    Query(
        description="A service of the report, or all (every service at once).",
        json_schema_extra={"x-zh": "报告中的服务，或 all（全部服务同时满足）。"},
    ),
]


async def service_asked(source: Annotated[Source, Depends(source_of)], service: ServiceName = "all") -> str:
    """Return the service that the caller asks for."""
    return source.known_service(service)


async def service_then(source: Annotated[Source, Depends(source_then)], service: ServiceName = "all") -> str:
    """Return the service that the caller asks for, of what was published on the day asked for."""
    return source.known_service(service)


async def _holdings(request: Request) -> Holdings:
    """Return what the service holds; like the others here that do next to nothing, without a thread, which costs more."""
    return holdings_of(request)


async def _caller(request: Request) -> Caller:
    """Return who calls, whom `admit` found out."""
    return caller_of(request)


Asked = Annotated[Source, Depends(source_of)]
Then = Annotated[Source, Depends(source_then)]
Held = Annotated[Holdings, Depends(_holdings)]
Calling = Annotated[Caller, Depends(_caller)]
Language = Annotated[Lang, Depends(language)]
Service = Annotated[str, Depends(service_asked)]
ServiceThen = Annotated[str, Depends(service_then)]


def get(
    router: APIRouter, path: str, *, says: Text, media_type: str, tag: str, public: bool = True
) -> Callable[[Endpoint], Endpoint]:
    """Register a public endpoint for GET and HEAD; see `offer`."""
    return offer(router, "GET", path, says=says, tag=tag, answer=Offered(media_type=media_type, is_described=public))


@dataclass(frozen=True)
class Offered:
    """What the description says of an endpoint besides its sentence.

    Attributes
    ----------
    role : Role
        The least that a caller must be.
    status : int
        Of success.
    media_type : str
        Of the answer; "" where it has no body.
    also : tuple of str
        Other types that it may be of, as a page for people.
    body : type of BaseModel, optional
        Of a JSON request; the endpoint takes it as ``Annotated[Model, Depends(body_of(Model))]``.
    takes : mapping
        Other types of request bodies, each with its schema, such as ``{"application/octet-stream": {...}}``.
    more : tuple of int
        Statuses of errors besides those that every endpoint may answer.
    is_described : bool
        Whether the public description of the service names it.
    example : any
        Of the answer; without it the description shows that of a run, see `api.described.examples`.
    """

    role: Role = "public"
    status: int = 200
    media_type: str = "application/json"
    also: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    takes: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[int, ...] = ()
    is_described: bool = True
    example: Any = None


def offer(router: APIRouter, method: str, path: str, *, says: Text, tag: str, answer: Offered) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint, GET with HEAD, with its sentence in both languages for /docs, its role and its statuses.

    Parameters
    ----------
    router : APIRouter
    method : str
        GET, POST, PUT, PATCH or DELETE.
    path : str
    says : Text
    tag : str
        A key of `api.pages.TAGS`.
    answer : Offered
    """

    def register(endpoint: Endpoint) -> Endpoint:
        extra: dict[str, Any] = {"x-zh": says.zh, "x-role": answer.role, **_request_body(answer)}
        same: dict[str, Any] = {"response_model": None, "response_class": Response, "status_code": answer.status}
        shown: dict[str, Any] = {"summary": says.en, "responses": _statuses(method, answer), "tags": [tag]}
        router.add_api_route(
            path, endpoint, methods=[method], **same, **shown, openapi_extra=extra, include_in_schema=answer.is_described
        )
        if method == "GET":
            router.add_api_route(path, endpoint, methods=["HEAD"], **same, openapi_extra=extra, include_in_schema=False)
        return endpoint

    return register


def _request_body(answer: Offered) -> dict[str, Any]:
    types: dict[str, Any] = {media: {"schema": schema} for media, schema in answer.takes.items()}
    if answer.body is not None:
        schema = inlined(answer.body.model_json_schema())
        shown = {"example": schema.pop("example")} if "example" in schema else {}
        types["application/json"] = {"schema": schema, **shown}
    return {"requestBody": {"required": True, "content": types}} if types else {}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON schema without references to definitions of its own, which OpenAPI would look for elsewhere."""
    named = schema.get("$defs", {})

    def resolved(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                return resolved(named[part["$ref"].rpartition("/")[2]])
            return {key: resolved(value) for key, value in part.items() if key not in ("$defs", "discriminator")}
        return [resolved(each) for each in part] if isinstance(part, list) else part

    whole: dict[str, Any] = resolved(schema)
    return whole


def _statuses(method: str, answer: Offered) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {} if answer.example is None else {"example": answer.example}
    done = {"content": {answer.media_type: content} | {each: {} for each in answer.also}} if answer.media_type else {}
    found: dict[int | str, dict[str, Any]] = {answer.status: {**_told(DONE[answer.status]), **done}}
    wanted = {400, 401, 404, 422, 429, 503} | ({403} if answer.role != "public" else set()) | set(answer.more)
    is_led_to_login = answer.role != "public" and PAGE in (answer.media_type, *answer.also)
    wanted |= ({304} if method == "GET" else set()) | ({303} if is_led_to_login else set())
    wanted |= {408, 413, 415} if answer.takes or answer.body else set()
    return found | {status: _told(DONE[status]) if status in DONE else _problem(status) for status in sorted(wanted)}


def _problem(status: int) -> dict[str, Any]:
    return {**_told(WRONG[status]), "content": {"application/problem+json": {}}}


def _told(text: Text) -> dict[str, Any]:
    return {"description": text.en, "x-zh": text.zh}


@contextmanager
def named_in_body() -> Iterator[None]:
    """Let what a body names and is not there be a fault of the body (422): the address is there.

    Raises
    ------
    InputError
        In place of NotFoundError.
    """
    try:
        yield
    except NotFoundError as error:
        raise InputError(error.message) from error


def body_of(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """Return a dependency that reads a request's JSON into a model: strict about type and size, and about what JSON is.

    Raises (when asked)
    -------------------
    UnsupportedError
        When it is not sent as JSON.
    RequestValidationError
        When it is not what the model wants.
    """

    async def read(request: Request) -> Model:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedError(NOT_JSON)
        try:
            return model.model_validate_json(await request.body())
        except ValidationError as error:
            problems = error.errors(include_url=False)
            raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in problems]) from error

    return read
