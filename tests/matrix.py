"""Every address of a service, asked as everybody, about things of one township: all of it read off the service's own routes."""

from __future__ import annotations

import itertools
import re
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx
    from fastapi.dependencies.models import Dependant

    from tests.townships import Townships

PART = re.compile(r"\{(\w+)(?::\w+)?\}")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Question:
    """One address as it is asked.

    Attributes
    ----------
    method, route, path : str
        The route as it is registered, and the address with its query.
    role : str
        The least that a caller must be.
    of_v2 : tuple of str
        The ids in it that nobody but V2, and who has rights everywhere, may know of.
    """

    method: str
    route: str
    path: str
    role: str
    of_v2: tuple[str, ...]

    def echoes(self, town: Townships, answer: httpx.Response) -> bytes:
        """Return all that an answer says, without what the question said itself."""
        told = b"\n".join([answer.content, *(f"{name}: {value}".encode() for name, value in answer.headers.items())])
        for each in self.of_v2:
            for written in (each, urllib.parse.quote(each), urllib.parse.quote(each, safe="")):
                told = told.replace(written.encode(), b"")
        return told


def questions(town: Townships, *methods: str) -> Iterator[Question]:
    """Yield every address for some methods, its parts filled with things of V2 and its query with questions about them.

    A part whose name nothing is known of is filled with everything that belongs to V2, so that a new route is asked by itself.
    """
    for route in town.office.app.state.routes:
        for method in sorted(route.methods & set(methods)):
            for path, secret in _filled(town, route.path):
                for query, asked in _queries(town, _parameters(route.dependant)):
                    role = route.openapi_extra["x-role"]
                    yield Question(method, route.path, path + query, role, (*secret, *asked))


def _parameters(dependant: Dependant) -> set[str]:
    """Return the names of the parameters that an address takes."""
    own = {parameter.alias for parameter in dependant.query_params}
    return own.union(*(_parameters(other) for other in dependant.dependencies))


def _filled(town: Townships, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    names = PART.findall(path)
    for values in itertools.product(*(_values(town, name) for name in names)):
        given = dict(zip(names, values, strict=True))
        filled = PART.sub(lambda found: urllib.parse.quote(given[found[1]], safe=""), path)  # noqa: B023 -- used at once
        yield filled, tuple(value for value in values if value in town.of_v2.values())


def _values(town: Townships, name: str) -> tuple[str, ...]:
    if name in town.of_v2:
        return (town.of_v2[name],)
    return town.common.get(name) or tuple(town.of_v2.values())


def _queries(town: Townships, known: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield no query, and the questions about V2 that an address takes."""
    yield "", ()
    for wanted in town.asked:
        if wanted.keys() <= known:
            yield f"?{urllib.parse.urlencode(wanted)}", tuple(value for value in wanted.values() if value in town.of_v2.values())


def sent(town: Townships, question: Question, who: str, body: Any = None) -> httpx.Response:
    """Ask."""
    given: Mapping[str, Any] = {} if question.method in ("GET", "HEAD") else {"json": {} if body is None else body}
    return town.office.ask(question.path, who=who, method=question.method, **given)
