"""What routes share: the source of everything, the caller's language, and which parameters a route has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Depends, Query, Request
from starlette.responses import Response

from api.errors import UnknownParameterError, asked_language, shortened
from api.source import Source
from geogrid.words import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import APIRouter
    from fastapi.dependencies.models import Dependant

    Endpoint = Callable[..., Response]

PROBLEM = {"description": "Problem details (RFC 9457) in the caller's language", "content": {"application/problem+json": {}}}


def only_known(request: Request) -> None:
    """Refuse parameters that the route does not have, and any given twice."""
    known = parameters_of(request.scope["route"].dependant)
    names = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(names) - known)
    if unknown:
        message = Text("没有参数 {names}：可用 {known}", "unknown parameter {names}: this address takes {known}")
        raise UnknownParameterError(message.fill(names=shortened(", ".join(unknown)), known=", ".join(sorted(known))))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnknownParameterError(Text("参数 {names} 只能给一次", "{names} may be given once").fill(names=", ".join(twice)))


def parameters_of(dependant: Dependant) -> set[str]:
    """Return the names of the query parameters that an endpoint and what it depends on take."""
    own = {parameter.alias for parameter in dependant.query_params}
    return own.union(*(parameters_of(other) for other in dependant.dependencies))


def source_of(request: Request) -> Source:
    """Return what the service serves."""
    return cast("Source", request.app.state.source)


def language(
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
    return lang or asked_language(request, source_of(request).settings.lang)


def service_asked(
    request: Request,
    service: Annotated[
        str,
        Query(
            description="A service of the report, or all (every service at once).",
            json_schema_extra={"x-zh": "报告中的服务，或 all（全部服务同时满足）。"},
        ),
    ] = "all",
) -> str:
    """Return the service that the caller asks for."""
    return source_of(request).known_service(service)


Asked = Annotated[Source, Depends(source_of)]
Language = Annotated[Lang, Depends(language)]
Service = Annotated[str, Depends(service_asked)]


def get(
    router: APIRouter, path: str, *, says: Text, media_type: str, tag: str, public: bool = True
) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint for GET and HEAD, with its sentence in both languages for /docs if it is public."""
    responses: dict[int | str, dict[str, Any]] = {
        200: {"description": says.en, "content": {media_type: {}}},
        304: {"description": "The caller has these bytes already (If-None-Match)"},
        400: PROBLEM,
        404: PROBLEM,
        422: PROBLEM,
        503: PROBLEM,
    }

    def register(endpoint: Endpoint) -> Endpoint:
        shown: dict[str, Any] = {"summary": says.en, "openapi_extra": {"x-zh": says.zh}, "responses": responses, "tags": [tag]}
        same: dict[str, Any] = {"response_model": None, "response_class": Response}
        router.add_api_route(path, endpoint, methods=["GET"], **same, **shown, include_in_schema=public)
        router.add_api_route(path, endpoint, methods=["HEAD"], **same, include_in_schema=False)
        return endpoint

    return register
