"""How a request finds its endpoint: all addresses in one list, looked through quickly, and a short way to those asked most.

FastAPI keeps routers inside routers and goes through all of them twice for each request, and reads every declared parameter of
an endpoint through a model of its own. The first costs an office with its hundred and more addresses a part of each answer; the
second is most of what a page of features takes.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from fastapi import APIRouter, FastAPI
    from fastapi.dependencies.models import Dependant
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    Handler = Callable[[Request], Coroutine[Any, Any, Response]]

SAME = ("response_model", "response_class", "status_code", "summary", "responses", "tags", "openapi_extra", "include_in_schema")
"""What an address keeps when it is laid beside the others."""


def straight(endpoint: Any) -> Any:
    """Mark an endpoint that reads its parameters itself: it is given the request and what stands in the path, nothing else.

    Its query parameters are declared like those of others, for the description and for refusing others;
    they are None.
    """
    endpoint.is_straight = True
    return endpoint


class Way(APIRoute):
    """An address; a straight one goes past FastAPI's own reading of parameters, not past who may ask (`api.access.admit`)."""

    @cached_property
    def takes(self) -> frozenset[str]:
        """Return the names of the query parameters."""
        return frozenset(parameters_of(self.dependant))

    def get_route_handler(self) -> Handler:
        """Return what answers a request."""
        if not getattr(self.endpoint, "is_straight", False):
            return super().get_route_handler()
        first = [depends.dependency for depends in self.dependencies if depends.dependency is not None]
        unread = {parameter.name: None for parameter in self.dependant.query_params}

        async def answered(request: Request) -> Response:
            for each in first:
                await each(request)
            found: Response = await self.endpoint(request, **unread, **request.path_params)
            return found

        return answered


def parameters_of(dependant: Dependant) -> set[str]:
    """Return the names of the query parameters that an endpoint and what it depends on take."""
    own = {parameter.alias for parameter in dependant.query_params}
    return own.union(*(parameters_of(other) for other in dependant.dependencies))


class Index(BaseRoute):
    """Stands before all addresses and leads to the first that answers; what it does not find is looked for as ever (405, 404)."""

    def __init__(self, ways: Iterable[Way]) -> None:
        fixed = [(way, "{" not in way.path) for way in ways]
        self._ways = [(way.path.partition("{")[0], is_fixed, way.methods or set(), way) for way, is_fixed in fixed]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether an address is there, and what its path states."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path, method = scope["path"], scope["method"]  # nothing is mounted
        for start, is_fixed, methods, way in self._ways:
            if (path == start if is_fixed else path.startswith(start)) and method in methods:
                match, found = way.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at the address that was found."""
        await scope["route"].handle(scope, receive, send)


def lay(app: FastAPI, routers: Iterable[APIRouter]) -> tuple[Way, ...]:
    """Add the addresses of some routers to a service, one beside the other, and return them."""
    app.router.route_class = Way
    before = len(app.router.routes)
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)  # noqa: S101 -- `offer` makes no others
            app.router.add_api_route(
                route.path, route.endpoint, methods=sorted(route.methods or ()), **{name: getattr(route, name) for name in SAME}
            )
    ways = tuple(route for route in app.router.routes[before:] if isinstance(route, Way))
    app.router.routes.insert(before, Index(ways))
    return ways
