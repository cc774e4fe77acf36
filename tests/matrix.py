"""Every address of a service, asked as everybody, about things of one township: all of it read off the service's own routes."""

from __future__ import annotations

import itertools
import re
import urllib.parse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from api.callers import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx
    from fastapi.dependencies.models import Dependant

    from api.callers import Role
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
    role : Role
        The least that a caller must be.
    of_v2 : tuple of str
        The ids in it that nobody but V2, and who has rights everywhere, may know of.
    takes : frozenset of str
        Names of its parameters.
    asked : tuple of str
        Such ids in its query.
    """

    method: str
    route: str
    path: str
    role: Role
    of_v2: tuple[str, ...]
    takes: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()

    def with_query(self, wanted: Mapping[str, str], town: Townships) -> Question:
        """Return the same with parameters."""
        told = " ".join(wanted.values())
        own = tuple(each for each in town.of_v2.values() if each in told)
        return replace(self, path=f"{self.path}?{urllib.parse.urlencode(wanted)}", asked=own)

    def of_nothing(self) -> Question:
        """Return the same about things that do not exist."""
        path = self.path
        for each in self.of_v2:
            path = path.replace(urllib.parse.quote(each, safe=""), "0" * len(each))
        return replace(self, path=path, of_v2=tuple("0" * len(each) for each in self.of_v2))

    def unnamed(self, answer: httpx.Response) -> str:
        """Return the text of an answer without the ids that the question named."""
        told = answer.text
        for each in self.of_v2:
            told = told.replace(each, "")
        return told

    def told_by(self, answer: httpx.Response) -> bytes:
        """Return all that an answer says, without what the question said itself."""
        told = b"\n".join([answer.content, *(f"{name}: {value}".encode() for name, value in answer.headers.items())])
        for each in (*self.of_v2, *self.asked):
            for written in (each, urllib.parse.quote(each), urllib.parse.quote_plus(each)):
                told = told.replace(written.encode(), b"")
        return told


def questions(town: Townships, *methods: str) -> Iterator[Question]:
    """Yield every address for some methods, its parts filled with things of V2.

    A part whose name nothing is known of is filled with everything that belongs to V2, so that a new route is asked by itself.
    """
    for route in town.office.app.state.routes:
        for method in sorted(route.methods & set(methods)):
            for path, secret in _filled(town, route.path):
                takes = frozenset(_parameters(route.dependant))
                yield Question(method, route.path, path, route.openapi_extra["x-role"], secret, takes)


def answers(town: Townships, who: str, *methods: str, least: Role = "public") -> Iterator[tuple[Question, httpx.Response]]:
    """Ask all of it, and where there is something at an address, what it takes as questions about V2 too."""
    for question in questions(town, *methods):
        if ROLES.index(question.role) < ROLES.index(least):
            continue
        answer = sent(town, question, who)
        yield question, answer
        if answer.status_code not in (401, 403, 404):
            for wanted in town.asked:
                if wanted.keys() <= question.takes:
                    more = question.with_query(wanted, town)
                    yield more, sent(town, more, who)


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


def sent(town: Townships, question: Question, who: str, body: Any = None) -> httpx.Response:
    """Ask."""
    given: Mapping[str, Any] = {} if question.method in ("GET", "HEAD") else {"json": {} if body is None else body}
    return town.office.ask(question.path, who=who, method=question.method, **given)
